"""What is asked of the table of callbacks and written into it, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from .checks import callbacks

Values = dict[str, Any]


def add(connection: Connection, values: Values) -> None:
    """Write a callback that is owed."""
    connection.execute(insert(callbacks), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give a callback."""
    row = connection.execute(select(callbacks).where(callbacks.c.id == id)).first()
    return dict(row._mapping) if row else None


def locked(connection: Connection, id: str) -> Values | None:
    """Give a callback that nobody else changes until this transaction ends."""
    row = connection.execute(select(callbacks).where(callbacks.c.id == id).with_for_update()).first()
    return dict(row._mapping) if row else None


def of_check(connection: Connection, check_id: str) -> list[Values]:
    """Give what is owed, and was sent, of a check, oldest first."""
    query = select(callbacks).where(callbacks.c.check_id == check_id).order_by(callbacks.c.made_at, callbacks.c.id)
    return [dict(row._mapping) for row in connection.execute(query)]


def due(connection: Connection, now: str, limit: int) -> list[Values]:
    """Give what is to be tried now, the longest due first."""
    query = select(callbacks).where(callbacks.c.due_at <= now).order_by(callbacks.c.due_at, callbacks.c.id)
    return [dict(row._mapping) for row in connection.execute(query.limit(limit))]


def change(connection: Connection, id: str, **values: object) -> None:
    """Change a callback that is locked."""
    connection.execute(update(callbacks).where(callbacks.c.id == id).values(**values))
