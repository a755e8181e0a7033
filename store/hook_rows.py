"""What is asked of the tables of webhooks and written into them, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select, update

from .hooks import hook_deliveries as deliveries
from .hooks import hook_endpoints as endpoints
from .hooks import hook_streams as streams

Values = dict[str, Any]


# Endpoints ----------------------------------------------------------------------------------------------------------


def add_endpoint(connection: Connection, values: Values) -> None:
    """Write an endpoint that is new."""
    connection.execute(insert(endpoints), values)


def endpoint(connection: Connection, id: str, *, lock: bool = False) -> Values | None:
    """Give an endpoint; `lock`: nobody else changes it until this transaction ends."""
    query = select(endpoints).where(endpoints.c.id == id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return dict(row._mapping) if row else None


def endpoints_of(connection: Connection, tenant_id: str) -> list[Values]:
    """Give the endpoints of a tenant, oldest first."""
    query = select(endpoints).where(endpoints.c.tenant_id == tenant_id, endpoints.c.gone.is_(False))
    return [dict(row._mapping) for row in connection.execute(query.order_by(endpoints.c.created_at, endpoints.c.id))]


def change_endpoint(connection: Connection, id: str, **values: object) -> None:
    """Change an endpoint."""
    connection.execute(update(endpoints).where(endpoints.c.id == id).values(**values))


def note_failing(connection: Connection, id: str, at: str) -> None:
    """Note since when nothing has arrived, unless that is noted."""
    still = and_(endpoints.c.id == id, endpoints.c.failing_since.is_(None))
    connection.execute(update(endpoints).where(still).values(failing_since=at))


# Deliveries ---------------------------------------------------------------------------------------------------------


def next_number(connection: Connection, endpoint_id: str, subject: str) -> int:
    """Give the next number of a subject; whoever asks for one at the same time waits until this transaction ends."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as put
    else:
        from sqlalchemy.dialects.sqlite import insert as put  # type: ignore[assignment]
    new = put(streams).values(endpoint_id=endpoint_id, subject=subject, last=1)
    key = [streams.c.endpoint_id, streams.c.subject]
    query = new.on_conflict_do_update(index_elements=key, set_={"last": streams.c.last + 1})
    return int(connection.execute(query.returning(streams.c.last)).scalar_one())


def add(connection: Connection, values: Values) -> None:
    """Write a delivery that is owed."""
    connection.execute(insert(deliveries), values)


def one(connection: Connection, id: str, *, lock: bool = False) -> Values | None:
    """Give a delivery; `lock`: nobody else changes it until this transaction ends."""
    query = select(deliveries).where(deliveries.c.id == id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return dict(row._mapping) if row else None


def change(connection: Connection, id: str, **values: object) -> None:
    """Change a delivery that is locked."""
    connection.execute(update(deliveries).where(deliveries.c.id == id).values(**values))


def page(
    connection: Connection,
    tenant_id: str,
    endpoint_id: str | None,
    state: str | None,
    after: tuple[str, str],
    limit: int,
) -> list[Values]:
    """List deliveries of a tenant, oldest first, from after a time and an id on; state: delivered, dead or waiting."""
    place = or_(deliveries.c.made_at > after[0], and_(deliveries.c.made_at == after[0], deliveries.c.id > after[1]))
    query = select(deliveries).where(deliveries.c.tenant_id == tenant_id, place)
    if endpoint_id is not None:
        query = query.where(deliveries.c.endpoint_id == endpoint_id)
    if state == "dead":
        query = query.where(deliveries.c.dead_at.is_not(None))
    elif state == "delivered":
        query = query.where(deliveries.c.delivered_at.is_not(None))
    elif state is not None:
        query = query.where(deliveries.c.due_at.is_not(None))
    query = query.order_by(deliveries.c.made_at, deliveries.c.id).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]


def with_open(connection: Connection, now: str) -> list[tuple[str, int]]:
    """Give the endpoints to which something is due, and of how much an attempt stands in the queue already."""
    asked = func.count(deliveries.c.asked_at)
    query = select(deliveries.c.endpoint_id, asked).where(deliveries.c.due_at.is_not(None))
    query = query.group_by(deliveries.c.endpoint_id).having(func.min(deliveries.c.due_at) <= now)
    return [(str(row[0]), int(row[1])) for row in connection.execute(query)]


def asked_of(connection: Connection, endpoint_id: str) -> int:
    """Count what stands in the queue of an endpoint."""
    query = select(func.count()).where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.asked_at.is_not(None))
    return int(connection.execute(query).scalar_one())


def lost(connection: Connection, endpoint_id: str, now: str, limit: int) -> list[Values]:
    """Give what was asked for so long ago that it is to be asked for again."""
    long_ago = and_(deliveries.c.asked_at.is_not(None), deliveries.c.due_at <= now)
    query = select(deliveries).where(deliveries.c.endpoint_id == endpoint_id, long_ago)
    return [dict(row._mapping) for row in connection.execute(query.order_by(deliveries.c.due_at).limit(limit))]


def due(connection: Connection, endpoint_id: str, now: str, held_since: str, limit: int) -> list[Values]:
    """Give what is to be asked for now and waits for none before it, the longest due first.

    What comes before one within its subject and has not arrived holds it up, unless one of these was first tried at
    `held_since` or earlier; then what has been tried once, or was begun so long ago, holds up nothing.
    """
    before = deliveries.alias("before")
    earlier = and_(
        before.c.endpoint_id == deliveries.c.endpoint_id,
        before.c.subject == deliveries.c.subject,
        before.c.sequence < deliveries.c.sequence,
        before.c.due_at.is_not(None),
    )
    long_ago = before.c.begun_at <= held_since
    untried = or_(before.c.begun_at.is_(None), and_(before.c.tries == 0, before.c.begun_at > held_since))
    free = or_(
        ~_is_there(before.c.id, earlier),
        and_(_is_there(before.c.id, and_(earlier, long_ago)), ~_is_there(before.c.id, and_(earlier, untried))),
    )
    ready = and_(deliveries.c.due_at <= now, deliveries.c.asked_at.is_(None), free)
    query = select(deliveries).where(deliveries.c.endpoint_id == endpoint_id, ready)
    # Within a time, by number: what was laid in one transaction has one time.
    query = query.order_by(deliveries.c.due_at, deliveries.c.sequence, deliveries.c.id).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]


def close(connection: Connection, endpoint_id: str, at: str, why: str) -> int:
    """Give up everything that is owed to an endpoint; say how much that was."""
    still = and_(deliveries.c.endpoint_id == endpoint_id, deliveries.c.due_at.is_not(None))
    values = {"due_at": None, "asked_at": None, "dead_at": at, "failure": why}
    return connection.execute(update(deliveries).where(still).values(**values)).rowcount


def reopen(
    connection: Connection, endpoint_id: str, at: str, which: str | None = None, since: str | None = None
) -> int:
    """Owe again what is over: one, or all since a time, or all that was given up; say how much that was."""
    condition = and_(deliveries.c.endpoint_id == endpoint_id, deliveries.c.due_at.is_(None))
    if which is not None:
        condition = and_(condition, deliveries.c.id == which)
    elif since is not None:
        condition = and_(condition, deliveries.c.made_at >= since)
    else:
        condition = and_(condition, deliveries.c.dead_at.is_not(None))
    # Each attempt is a job with a number: one that was asked for and found itself needless has had its own.
    number = {"attempts": deliveries.c.attempts + 1}
    values = {"due_at": at, "tries": 0, "begun_at": None, "delivered_at": None, "dead_at": None, **number}
    return connection.execute(update(deliveries).where(condition).values(**values)).rowcount


def forget(connection: Connection, before: str, limit: int) -> int:
    """Take away what is over and was made before a time, so much of it; say how much that was."""
    over = select(deliveries.c.id).where(deliveries.c.due_at.is_(None), deliveries.c.made_at < before).limit(limit)
    return connection.execute(delete(deliveries).where(deliveries.c.id.in_(over))).rowcount


def _is_there(column: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(column).where(condition).correlate(deliveries))
