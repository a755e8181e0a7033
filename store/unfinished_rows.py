"""What was asked for and has no end yet, as plain values: checks and stamps. Knows no meaning of what it holds."""

from __future__ import annotations

from sqlalchemy import Connection, Table, select, tuple_

from .checks import checks

Place = tuple[str, str]  # a time and an id: where a part ended


def some(connection: Connection, table: Table, after: Place, before: str, limit: int) -> list[tuple[Place, str | None]]:
    """Give those laid before a time, the oldest first, from a place on: each with its place, and the lane of checks."""
    lane = [checks.c.lane] if table is checks else []
    query = select(table.c.created_at, table.c.id, *lane).where(
        table.c.finished_at.is_(None),
        table.c.created_at < before,
        tuple_(table.c.created_at, table.c.id) > after,
    )
    rows = connection.execute(query.order_by(table.c.created_at, table.c.id).limit(limit)).all()
    return [((row[0], row[1]), row[2] if lane else None) for row in rows]
