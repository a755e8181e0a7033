"""What is asked of the tables of notices, appeals and what is owed to their sides, and written into them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, delete, desc, func, insert, select, tuple_, update

from .reviews import appeals, contacts, notices, told

Values = dict[str, Any]


# Notices ------------------------------------------------------------------------------------------------------------


def add(connection: Connection, values: Values) -> None:
    """Write a notice that is new."""
    connection.execute(insert(notices), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give a notice."""
    return _first(connection, select(notices).where(notices.c.id == id))


def change(connection: Connection, id: str, **values: object) -> None:
    """Change a notice, whose review is locked."""
    connection.execute(update(notices).where(notices.c.id == id).values(**values))


def of_review(connection: Connection, review_id: str) -> list[Values]:
    """Give the notices of a review, oldest first."""
    query = select(notices).where(notices.c.review_id == review_id)
    return _all(connection, query.order_by(notices.c.made_at, notices.c.id))


def page_of(
    connection: Connection, tenant_id: str, item: tuple[str, str], limit: int, before: tuple[str, str] | None
) -> list[Values]:
    """List the notices about an item's type and id, the last made first."""
    c = notices.c
    query = select(notices).where(c.tenant_id == tenant_id, c.item_type == item[0], c.item_id == item[1])
    if before is not None:
        query = query.where(tuple_(c.made_at, c.id) < before)
    return _all(connection, query.order_by(desc(c.made_at), desc(c.id)).limit(limit))


def again(connection: Connection, review_id: str, reporter: str) -> Values | None:
    """Give the notice of a review that came from a reporter, by the hash that is kept of them."""
    query = select(notices).select_from(notices.join(contacts, contacts.c.of == notices.c.id))
    return _first(connection, query.where(notices.c.review_id == review_id, contacts.c.hash == reporter))


def kinds(connection: Connection, review_id: str) -> dict[str, int]:
    """Count the notices of a review by kind."""
    query = select(notices.c.kind, func.count().label("number")).where(notices.c.review_id == review_id)
    return {row.kind: row.number for row in connection.execute(query.group_by(notices.c.kind))}


# Who they are -------------------------------------------------------------------------------------------------------


def add_contact(connection: Connection, values: Values) -> None:
    """Write who a notice or an appeal is from."""
    connection.execute(insert(contacts), values)


def contact(connection: Connection, of: str) -> Values | None:
    """Give who a notice or an appeal is from; None: nobody said, or it was erased."""
    return _first(connection, select(contacts).where(contacts.c.of == of))


def erase_contact(connection: Connection, tenant_id: str, of: str) -> bool:
    """Forget who a notice or an appeal is from; say whether it was known."""
    query = delete(contacts).where(contacts.c.of == of, contacts.c.tenant_id == tenant_id)
    return bool(connection.execute(query).rowcount)


def contacts_of(connection: Connection, tenant_id: str, hash: str) -> list[str]:
    """Give the notices and appeals that one person is known to have made."""
    query = select(contacts.c.of).where(contacts.c.tenant_id == tenant_id, contacts.c.hash == hash)
    return list(connection.execute(query.order_by(contacts.c.of)).scalars())


# Appeals ------------------------------------------------------------------------------------------------------------


def add_appeal(connection: Connection, values: Values) -> None:
    """Write an appeal that is new."""
    connection.execute(insert(appeals), values)


def appeal(connection: Connection, id: str) -> Values | None:
    """Give an appeal."""
    return _first(connection, select(appeals).where(appeals.c.id == id))


def appeal_of(connection: Connection, review_id: str) -> Values | None:
    """Give the appeal that a review is for."""
    return _first(connection, select(appeals).where(appeals.c.review_id == review_id))


def open_appeal(connection: Connection, decision_id: str, side: str) -> Values | None:
    """Give the appeal of a side against a decision that is not answered."""
    c = appeals.c
    query = select(appeals).where(c.decision_id == decision_id, c.side == side, c.answered_at.is_(None))
    return _first(connection, query)


def answered(connection: Connection, decision_id: str, side: str, notice_id: str | None) -> bool:
    """Say whether a side had an answer to an appeal against a decision; of reporters, by the same notice."""
    c = appeals.c
    query = select(c.id).where(c.decision_id == decision_id, c.side == side, c.answered_at.is_not(None))
    of = c.notice_id.is_(None) if notice_id is None else c.notice_id == notice_id
    return connection.execute(query.where(of)).first() is not None


def appeals_of(connection: Connection, tenant_id: str, decision_id: str) -> list[Values]:
    """Give the appeals against a decision, oldest first."""
    query = select(appeals).where(appeals.c.tenant_id == tenant_id, appeals.c.decision_id == decision_id)
    return _all(connection, query.order_by(appeals.c.at, appeals.c.id))


def change_appeal(connection: Connection, id: str, **values: object) -> None:
    """Change an appeal, whose review is locked."""
    connection.execute(update(appeals).where(appeals.c.id == id).values(**values))


# What is owed -------------------------------------------------------------------------------------------------------


def tell(connection: Connection, values: Values) -> None:
    """Write what somebody is to be told."""
    connection.execute(insert(told), values)


def due(
    connection: Connection, now: str, limit: int, tenant_id: str | None = None, after: tuple[str, str] | None = None
) -> list[Values]:
    """Give what is to be told by now, the longest due first; of all tenants, or of one."""
    query = select(told).where(told.c.due_at <= now)
    if tenant_id is not None:
        query = query.where(told.c.tenant_id == tenant_id)
    if after is not None:
        query = query.where(tuple_(told.c.due_at, told.c.id) > after)
    return _all(connection, query.order_by(told.c.due_at, told.c.id).limit(limit))


def one_told(connection: Connection, id: str) -> Values | None:
    """Give what somebody is, or was, to be told."""
    return _first(connection, select(told).where(told.c.id == id))


def told_about(connection: Connection, tenant_id: str, about: str) -> list[Values]:
    """Give what was, or is to be, told about a notice, a decision or an appeal, oldest first."""
    query = select(told).where(told.c.tenant_id == tenant_id, told.c.about == about)
    return _all(connection, query.order_by(told.c.made_at, told.c.id))


def sent(connection: Connection, id: str, now: str) -> None:
    """Note that somebody was told; a second note changes nothing."""
    query = update(told).where(told.c.id == id, told.c.sent_at.is_(None))
    connection.execute(query.values(sent_at=now, due_at=None))


def take_back(connection: Connection, about: str) -> None:
    """Let nobody be told any more what was not sent about a decision or an appeal."""
    query = update(told).where(told.c.about == about, told.c.sent_at.is_(None))
    connection.execute(query.values(due_at=None))


def _all(connection: Connection, query: Select[Any]) -> list[Values]:
    return [dict(row._mapping) for row in connection.execute(query)]


def _first(connection: Connection, query: Select[Any]) -> Values | None:
    row = connection.execute(query).first()
    return dict(row._mapping) if row else None
