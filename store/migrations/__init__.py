"""Steps from one schema to the next, run by alembic where something is written."""
