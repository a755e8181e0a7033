"""What is asked of the table of events that nobody has made deliveries of yet, and written into it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from .hooks import hook_events

Values = dict[str, Any]


def add(connection: Connection, values: Values) -> None:
    """Write an event."""
    connection.execute(insert(hook_events), values)


def take_back(connection: Connection, decision_id: str) -> None:
    """Let nobody be told any more what goes out with a decision."""
    connection.execute(delete(hook_events).where(hook_events.c.of_decision == decision_id))


def take(connection: Connection, now: str, limit: int) -> list[Values]:
    """Take due events away, the oldest first; whoever takes them makes what is owed in the same transaction."""
    query = select(hook_events).where(hook_events.c.at <= now)
    query = query.order_by(hook_events.c.at, hook_events.c.id).limit(limit)
    rows = [dict(row._mapping) for row in connection.execute(query.with_for_update(skip_locked=True))]
    if rows:
        connection.execute(delete(hook_events).where(hook_events.c.id.in_([row["id"] for row in rows])))
    return rows
