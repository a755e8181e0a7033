"""What is asked of the table of shadows and written into it, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from .scans import shadow_looks

Values = dict[str, Any]


def add(connection: Connection, rows: list[Values]) -> None:
    """Write what came of one check; where it is there already, it stays."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    if rows:
        connection.execute(kind.insert(shadow_looks).on_conflict_do_nothing(), rows)


def names(connection: Connection) -> list[str]:
    """Give the shadows that have looked at anything."""
    query = select(shadow_looks.c.shadow).distinct().order_by(shadow_looks.c.shadow)
    return list(connection.execute(query).scalars())


def looks(
    connection: Connection, shadow: str, tenant_id: str, since: str, until: str, after: tuple[str, str], limit: int
) -> list[Values]:
    """Give a page of what a shadow and the live one have seen, by check and target; tenant_id: empty: of all."""
    c = shadow_looks.c
    query = select(shadow_looks).where(c.shadow == shadow, c.at >= since, c.at <= until)
    query = query.where(tuple_(c.check_id, c.target) > after)
    if tenant_id:
        query = query.where(c.tenant_id == tenant_id)
    return [dict(row) for row in connection.execute(query.order_by(c.check_id, c.target).limit(limit)).mappings()]
