"""What is asked of the table of retroactions and written into it. Knows no meaning of what it holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, desc, insert, select, tuple_, update

from .moderation import retroactions

Values = dict[str, Any]
Place = tuple[str, str]  # a time and an id: where a page ended


def add(connection: Connection, values: Values) -> None:
    """Write one that is new."""
    connection.execute(insert(retroactions), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give one."""
    return _first(connection, select(retroactions).where(retroactions.c.id == id))


def locked(connection: Connection, id: str) -> Values | None:
    """Give one that nobody else changes until this transaction ends."""
    return _first(connection, select(retroactions).where(retroactions.c.id == id).with_for_update())


def going_of(connection: Connection, tenant_id: str, name: str) -> Values | None:
    """Give the one of a policy that has not ended."""
    query = select(retroactions).where(*_of(tenant_id, name), retroactions.c.ended_at.is_(None))
    return _first(connection, query)


def going(connection: Connection, limit: int) -> list[Values]:
    """Give those that have not ended, the first asked first."""
    query = select(retroactions).where(retroactions.c.ended_at.is_(None))
    return _all(connection, query.order_by(retroactions.c.asked_at, retroactions.c.id).limit(limit))


def listed(connection: Connection, tenant_id: str, name: str, limit: int, before: Place | None) -> list[Values]:
    """List those of a policy, the last asked first."""
    query = select(retroactions).where(*_of(tenant_id, name))
    if before is not None:
        query = query.where(tuple_(retroactions.c.asked_at, retroactions.c.id) < before)
    return _all(connection, query.order_by(desc(retroactions.c.asked_at), desc(retroactions.c.id)).limit(limit))


def change(connection: Connection, id: str, **values: object) -> None:
    """Change one."""
    connection.execute(update(retroactions).where(retroactions.c.id == id).values(**values))


def _of(tenant_id: str, name: str) -> tuple[Any, Any]:
    return retroactions.c.tenant_id == tenant_id, retroactions.c.name == name


def _all(connection: Connection, query: Any) -> list[Values]:
    return [dict(row._mapping) for row in connection.execute(query)]


def _first(connection: Connection, query: Any) -> Values | None:
    row = connection.execute(query).first()
    return dict(row._mapping) if row else None
