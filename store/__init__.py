"""The database: one engine for SQLite and PostgreSQL, its schema, migrations, and a hash-chained ledger.

Knows tables and transactions; what a record means is known in `provenance`. Reading never makes a file, and never
migrates; writing does both.

>>> from countermark.store.engine import reading
>>> with reading("sqlite:////nowhere/registry.sqlite") as connection:
...     connection is None
True
"""
