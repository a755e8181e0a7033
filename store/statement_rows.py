"""What is asked of the table of statements and written into it, as plain values. Knows no meaning of what it holds.

Who changes a statement takes its row by `locked` or `due` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, tuple_, update

from .statements import statements

Values = dict[str, Any]


def add(connection: Connection, values: Values) -> None:
    """Write a statement that is new."""
    connection.execute(insert(statements), values)


def one(connection: Connection, decision_id: str) -> Values | None:
    """Give the statement of a decision."""
    row = connection.execute(select(statements).where(statements.c.decision_id == decision_id)).first()
    return dict(row._mapping) if row else None


def locked(connection: Connection, decision_ids: Sequence[str]) -> list[Values]:
    """Give statements that nobody else changes until this transaction ends."""
    asked = select(statements).where(statements.c.decision_id.in_(decision_ids)).order_by(statements.c.decision_id)
    return [dict(row._mapping) for row in connection.execute(asked.with_for_update())]


def due(connection: Connection, now: str, limit: int) -> list[Values]:
    """Give what is to be sent by now, the longest due first, and not what another is taking in this moment."""
    asked = (
        select(statements)
        .where(statements.c.due_at <= now)
        .order_by(statements.c.due_at, statements.c.decision_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [dict(row._mapping) for row in connection.execute(asked)]


def change(connection: Connection, decision_id: str, **values: object) -> None:
    """Change a statement that is locked."""
    connection.execute(update(statements).where(statements.c.decision_id == decision_id).values(**values))


def of_tenant(connection: Connection, tenant_id: str, after: tuple[str, str] | None, limit: int) -> list[Values]:
    """Give a tenant's statements, oldest first, from after a time and decision on."""
    asked = select(statements).where(statements.c.tenant_id == tenant_id)
    if after is not None:
        asked = asked.where(tuple_(statements.c.made_at, statements.c.decision_id) > after)
    asked = asked.order_by(statements.c.made_at, statements.c.decision_id).limit(limit)
    return [dict(row._mapping) for row in connection.execute(asked)]
