"""What is asked of the table of idempotency keys and written into it, as plain values. Knows no meaning of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from .checks import idempotency

Values = dict[str, Any]


def claim(connection: Connection, values: Values) -> bool:
    """Write a key that is new, and say whether it was; whoever is at the same key is waited for."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    new = insert(idempotency).values(values).on_conflict_do_nothing().returning(idempotency.c.key)
    return connection.execute(new).first() is not None


def one(connection: Connection, tenant_id: str, key: str) -> Values | None:
    """Give a key."""
    query = select(idempotency).where(idempotency.c.tenant_id == tenant_id, idempotency.c.key == key)
    row = connection.execute(query).first()
    return dict(row._mapping) if row else None


def remove_before(connection: Connection, at: str, key: str | None = None) -> None:
    """Forget keys that were used before a time; `key`: only those called so."""
    where = [idempotency.c.at < at, *([idempotency.c.key == key] if key is not None else [])]
    connection.execute(delete(idempotency).where(*where))
