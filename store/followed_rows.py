"""How far somebody has come who follows what changes, and what is followed: lines of the ledger, heads of tenants."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, func, insert, select, update

from .accounts import tenants
from .checks import followed
from .schema import ledger


def place(connection: Connection, name: str) -> str | None:
    """Give how far it came; None: it never began."""
    return connection.execute(select(followed.c.place).where(followed.c.name == name)).scalar()


def come(connection: Connection, name: str, place: str) -> None:
    """Note how far it has come. One at a time follows what has a name."""
    moved = connection.execute(update(followed).where(followed.c.name == name).values(place=place))
    if not moved.rowcount:
        connection.execute(insert(followed).values(name=name, place=place))


def last_line(connection: Connection) -> int:
    """Give the number of the ledger's last line; 0 where it has none."""
    return connection.execute(select(func.max(ledger.c.seq))).scalar() or 0


def lines(connection: Connection, kinds: Collection[str], after: int, limit: int) -> list[tuple[int, str]]:
    """Give number and body of the ledger's next lines of some kinds."""
    query = select(ledger.c.seq, ledger.c.body).where(ledger.c.seq > after, ledger.c.kind.in_(kinds))
    return [(row.seq, row.body) for row in connection.execute(query.order_by(ledger.c.seq).limit(limit))]


def heads(connection: Connection) -> list[tuple[str, str]]:
    """Give each tenant that has a detector's head of its own, and that head."""
    query = select(tenants.c.id, tenants.c.detector_head).where(tenants.c.detector_head.is_not(None))
    return [(row.id, row.detector_head) for row in connection.execute(query.order_by(tenants.c.id))]
