"""What is asked of the table of uploads and written into it, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update

from .checks import checks, stamps, uploads

Values = dict[str, Any]


def add(connection: Connection, values: Values) -> None:
    """Write an upload that was begun."""
    connection.execute(insert(uploads), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give an upload."""
    row = connection.execute(select(uploads).where(uploads.c.id == id)).first()
    return dict(row._mapping) if row else None


def locked(connection: Connection, id: str) -> Values | None:
    """Give an upload that nobody else changes until this transaction ends."""
    row = connection.execute(select(uploads).where(uploads.c.id == id).with_for_update()).first()
    return dict(row._mapping) if row else None


def change(connection: Connection, id: str, **values: object) -> None:
    """Change an upload that is locked."""
    connection.execute(update(uploads).where(uploads.c.id == id).values(**values))


def due(connection: Connection, now: str, limit: int) -> list[Values]:
    """Give those past their time."""
    query = select(uploads).where(uploads.c.until <= now).order_by(uploads.c.until, uploads.c.id).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]


def has_owner(connection: Connection, object_key: str) -> bool:
    """Say whether an object belongs to a check or a stamp."""
    for key in (checks.c.object_key, stamps.c.source_key):
        if connection.execute(select(key).where(key == object_key).limit(1)).first() is not None:
            return True
    return False


def standing(connection: Connection, tenant_id: str) -> int:
    """Give the bytes that a tenant has here: of uploads that are nobody's yet, of films of stamps, of media of checks.

    An upload counts with all that it will have; one that was broken off does not, while its row waits for a sweep.
    """
    of_stamp = select(stamps.c.id).where(stamps.c.source_key == uploads.c.object_key).exists()
    waits = and_(uploads.c.used_at.is_(None), uploads.c.dropped_at.is_(None))
    of_uploads = select(func.sum(uploads.c.bytes)).where(uploads.c.tenant_id == tenant_id, or_(waits, of_stamp))
    of_checks = select(func.sum(checks.c.bytes)).where(
        checks.c.tenant_id == tenant_id, checks.c.object_key.is_not(None)
    )
    return _sum(connection, of_uploads, of_checks)


def standing_of(connection: Connection, asker: str) -> int:
    """Give the bytes that one address without a key has here, among those of its tenant."""
    of_uploads = select(func.sum(uploads.c.bytes)).where(uploads.c.asker == asker, uploads.c.dropped_at.is_(None))
    of_checks = select(func.sum(checks.c.bytes)).where(checks.c.asker == asker, checks.c.object_key.is_not(None))
    return _sum(connection, of_uploads, of_checks)


def _sum(connection: Connection, *queries: Select[Any]) -> int:
    return sum(int(connection.execute(query).scalar() or 0) for query in queries)


def remove(connection: Connection, id: str) -> None:
    """Forget an upload."""
    connection.execute(delete(uploads).where(uploads.c.id == id))
