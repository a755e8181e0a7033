"""What is asked of the table of arrivals and written into it, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from .streams import arrivals

Values = dict[str, Any]
_AT_ONCE = 500  # ids in one question


def take(connection: Connection, values: Values) -> bool:
    """Write an arrival that is new, and say whether it was; whoever is at the same one is waited for."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    new = insert(arrivals).values(values).on_conflict_do_nothing().returning(arrivals.c.id)
    return connection.execute(new).first() is not None


def some(connection: Connection, ids: Sequence[str]) -> dict[str, Values]:
    """Give those of some arrivals that are there, by their ids."""
    found: dict[str, Values] = {}
    for start in range(0, len(ids), _AT_ONCE):
        asked = select(arrivals).where(arrivals.c.id.in_(ids[start : start + _AT_ONCE]))
        found |= {row.id: dict(row._mapping) for row in connection.execute(asked)}
    return found
