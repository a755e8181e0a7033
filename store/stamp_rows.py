"""What is asked of the table of stamps and written into it, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, desc, insert, select, tuple_, update

from .checks import stamps

Values = dict[str, Any]


def add(connection: Connection, values: Values) -> None:
    """Write a stamp that was asked for."""
    connection.execute(insert(stamps), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give a stamp."""
    row = connection.execute(select(stamps).where(stamps.c.id == id)).first()
    return dict(row._mapping) if row else None


def locked(connection: Connection, id: str) -> Values | None:
    """Give a stamp that nobody else changes until this transaction ends."""
    row = connection.execute(select(stamps).where(stamps.c.id == id).with_for_update()).first()
    return dict(row._mapping) if row else None


def change(connection: Connection, id: str, **values: object) -> None:
    """Change a stamp that is locked."""
    connection.execute(update(stamps).where(stamps.c.id == id).values(**values))


def listing(connection: Connection, tenant_id: str, limit: int, before: tuple[str, str] | None) -> list[Values]:
    """List a tenant's stamps, the last laid first; `before` is the time and the id at which a page ended."""
    query = select(stamps).where(stamps.c.tenant_id == tenant_id, stamps.c.deleted_at.is_(None))
    if before is not None:
        query = query.where(tuple_(stamps.c.created_at, stamps.c.id) < before)
    query = query.order_by(desc(stamps.c.created_at), desc(stamps.c.id)).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]


def files_due(connection: Connection, now: str, limit: int) -> list[str]:
    """Give the ids of stamps whose files are past their time."""
    query = select(stamps.c.id).where(stamps.c.until <= now).order_by(stamps.c.until).limit(limit)
    return list(connection.execute(query).scalars())


def remove_due(connection: Connection, now: str) -> None:
    """Forget stamps that are past their time and have no files any more."""
    connection.execute(delete(stamps).where(stamps.c.record_until <= now, stamps.c.until.is_(None)))
