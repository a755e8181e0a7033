"""What is asked of the tables of queues, reviews and opinions, and written into them, as plain values.

Who changes a review takes its row first: by `locked`, or by `next_for`, which passes over rows that others have locked.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    desc,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from .reviews import (
    review_barred,
    review_opinions,
    review_queue_people,
    review_queues,
    review_seen,
    reviews,
)

Values = dict[str, Any]


# Queues -------------------------------------------------------------------------------------------------------------


def queue(connection: Connection, tenant_id: str, name: str) -> Values | None:
    """Give a queue."""
    c = review_queues.c
    return _first(connection, select(review_queues).where(c.tenant_id == tenant_id, c.name == name))


def queues(connection: Connection, tenant_id: str) -> list[Values]:
    """Give a tenant's queues, by name."""
    c = review_queues.c
    return _all(connection, select(review_queues).where(c.tenant_id == tenant_id).order_by(c.name))


def queue_people(connection: Connection, tenant_id: str) -> list[tuple[str, str]]:
    """Give who is named for which queue."""
    c = review_queue_people.c
    query = select(c.queue, c.who).where(c.tenant_id == tenant_id).order_by(c.queue, c.who)
    return [(row.queue, row.who) for row in connection.execute(query)]


def set_queue(connection: Connection, values: Values, people: Collection[str]) -> None:
    """Write a queue, new or as it is from now on, and who is named for it."""
    tenant_id, name = values["tenant_id"], values["name"]
    c, p = review_queues.c, review_queue_people.c
    of = (c.tenant_id == tenant_id, c.name == name)
    if not connection.execute(update(review_queues).where(*of).values(**values)).rowcount:
        connection.execute(insert(review_queues), values)
    connection.execute(delete(review_queue_people).where(p.tenant_id == tenant_id, p.queue == name))
    if people:
        rows = [{"tenant_id": tenant_id, "queue": name, "who": who} for who in sorted(people)]
        connection.execute(insert(review_queue_people), rows)


def waiting(connection: Connection, tenant_id: str, now: str) -> list[Values]:
    """Count what waits in each queue: all, those that somebody is at or people differ on, and since when the oldest."""
    c, o = reviews.c, review_opinions.c
    said = select(func.count()).where(o.review_id == c.id, o.round == c.round).scalar_subquery()
    query = select(
        c.queue,
        func.count().label("waiting"),
        func.sum(case((c.claimed_until > now, 1), else_=0)).label("claimed"),
        func.sum(case((said >= c.people, 1), else_=0)).label("differ"),
        func.min(c.made_at).label("oldest_at"),
    ).where(c.tenant_id == tenant_id, c.settled_at.is_(None))
    return _all(connection, query.group_by(c.queue).order_by(c.queue))


# Reviews ------------------------------------------------------------------------------------------------------------


def add(connection: Connection, values: Values) -> None:
    """Write a review that is new."""
    connection.execute(insert(reviews), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give a review."""
    return _first(connection, select(reviews).where(reviews.c.id == id))


def locked(connection: Connection, id: str) -> Values | None:
    """Give a review that nobody else changes until this transaction ends."""
    return _first(connection, select(reviews).where(reviews.c.id == id).with_for_update())


def open_of(connection: Connection, submission_id: str) -> Values | None:
    """Give the ordinary review of a submission that waits, and lock it."""
    c = reviews.c
    query = select(reviews).where(c.submission_id == submission_id, c.kind == "review", c.settled_at.is_(None))
    return _first(connection, query.with_for_update())


def blind_of(connection: Connection, submission_id: str) -> Values | None:
    """Give the blind review of a submission, also a settled one."""
    c = reviews.c
    return _first(connection, select(reviews).where(c.submission_id == submission_id, c.kind == "blind"))


def of_decision(connection: Connection, decision_id: str) -> Values | None:
    """Give the review that a decision came of."""
    return _first(connection, select(reviews).where(reviews.c.decision_id == decision_id))


def next_for(connection: Connection, tenant_id: str, who: str, queues: Collection[str], now: str) -> Values | None:
    """Give the review that is next for somebody, locked: their own claim, else by priority, then by age."""
    c = reviews.c
    free = or_(c.claimed_until.is_(None), c.claimed_until <= now)
    query = select(reviews).where(c.tenant_id == tenant_id, c.settled_at.is_(None), c.queue.in_(queues))
    query = query.where(or_(c.claimed_by == who, free), *_fit(who))
    mine = case((and_(c.claimed_by == who, c.claimed_until > now), 0), else_=1)
    query = query.order_by(mine, desc(c.priority), c.made_at, c.id).limit(1)
    return _first(connection, query.with_for_update(of=reviews, skip_locked=True))


def may(connection: Connection, id: str, who: str) -> bool:
    """Say whether nothing keeps somebody from a review."""
    return connection.execute(select(reviews.c.id).where(reviews.c.id == id, *_fit(who))).first() is not None


def _fit(who: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions: not barred, said nothing in this round, and, where it is blind, has not seen the verdict."""
    c, b, o, s = reviews.c, review_barred.c, review_opinions.c, review_seen.c
    other = reviews.alias("other")
    barred = select(b.who).where(b.review_id == c.id, b.who == who).exists()
    spoke = select(o.who).where(o.review_id == c.id, o.round == c.round, o.who == who).exists()
    saw = (
        select(s.who)
        .select_from(review_seen.join(other, other.c.id == s.review_id))
        .where(s.who == who, other.c.tenant_id == c.tenant_id, other.c.kind != "blind")
        .where(or_(other.c.of_check == c.of_check, other.c.content_hash == c.content_hash))
        .exists()
    )
    return ~barred, ~spoke, or_(c.kind != "blind", ~saw)


def fresh(connection: Connection, tenant_id: str) -> list[Values]:
    """Count reviews that wait and that nothing keeps anybody from yet, by queue and by how many must agree."""
    c = reviews.c
    query = select(c.queue, c.people, func.count().label("number"))
    query = query.where(c.tenant_id == tenant_id, c.settled_at.is_(None), ~_kept_from_some())
    return _all(connection, query.group_by(c.queue, c.people))


def begun(connection: Connection, tenant_id: str, limit: int) -> list[Values]:
    """Give others that wait, oldest first."""
    c = reviews.c
    columns = (c.id, c.queue, c.kind, c.people, c.round, c.of_check, c.content_hash)
    query = select(*columns).where(c.tenant_id == tenant_id, c.settled_at.is_(None), _kept_from_some())
    return _all(connection, query.order_by(c.made_at, c.id).limit(limit))


def _kept_from_some() -> ColumnElement[bool]:
    c, b, o = reviews.c, review_barred.c, review_opinions.c
    spoke = select(o.who).where(o.review_id == c.id, o.round == c.round).exists()
    return or_(c.kind == "blind", spoke, select(b.who).where(b.review_id == c.id).exists())


def spoke(connection: Connection, ids: Collection[str]) -> list[Values]:
    """Give who said something about some reviews, and in which round."""
    o = review_opinions.c
    return _all(connection, select(o.review_id, o.round, o.who).where(o.review_id.in_(ids)))


def barred(connection: Connection, ids: Collection[str]) -> list[Values]:
    """Give who is kept from some reviews."""
    return _all(
        connection, select(review_barred.c.review_id, review_barred.c.who).where(review_barred.c.review_id.in_(ids))
    )


def saw_verdicts(
    connection: Connection, tenant_id: str, check_ids: Collection[str], hashes: Collection[str]
) -> list[Values]:
    """Give who was shown the verdict of which checks and contents, of these."""
    c, s = reviews.c, review_seen.c
    query = select(c.of_check, c.content_hash, s.who).select_from(review_seen.join(reviews, c.id == s.review_id))
    query = query.where(c.tenant_id == tenant_id, c.kind != "blind")
    return _all(connection, query.where(or_(c.of_check.in_(check_ids), c.content_hash.in_(hashes))))


def change(connection: Connection, id: str, **values: object) -> None:
    """Change a review that is locked."""
    connection.execute(update(reviews).where(reviews.c.id == id).values(**values))


def bar(connection: Connection, id: str, people: Collection[str]) -> None:
    """Keep people from a new review."""
    if people:
        connection.execute(insert(review_barred), [{"review_id": id, "who": who} for who in sorted(people)])


def is_barred(connection: Connection, id: str, who: str) -> bool:
    """Say whether somebody is kept from a review."""
    b = review_barred.c
    return connection.execute(select(b.who).where(b.review_id == id, b.who == who)).first() is not None


def saw(connection: Connection, id: str, who: str) -> bool:
    """Say whether somebody claimed a review once, and so was shown it."""
    s = review_seen.c
    return connection.execute(select(s.who).where(s.review_id == id, s.who == who)).first() is not None


def see(connection: Connection, id: str, who: str) -> None:
    """Note that somebody was shown a review that is locked."""
    if not saw(connection, id, who):
        connection.execute(insert(review_seen), {"review_id": id, "who": who})


def of_item(connection: Connection, tenant_id: str, item_type: str, item_id: str) -> list[Values]:
    """Give the reviews of an item, oldest first."""
    c = reviews.c
    query = select(reviews).where(c.tenant_id == tenant_id, c.item_type == item_type, c.item_id == item_id)
    return _all(connection, query.order_by(c.made_at, c.id))


def page_of(
    connection: Connection,
    tenant_id: str,
    queues: Collection[str],
    limit: int,
    after: tuple[str, str] | None,
    item: tuple[str, str] | None,
) -> list[Values]:
    """List reviews in some queues, oldest first: those of an item's type and id, or else those that wait."""
    c = reviews.c
    query = select(reviews).where(c.tenant_id == tenant_id, c.queue.in_(queues))
    if item is None:
        query = query.where(c.settled_at.is_(None))
    else:
        query = query.where(c.item_type == item[0], c.item_id == item[1])
    if after is not None:
        query = query.where(tuple_(c.made_at, c.id) > after)
    return _all(connection, query.order_by(c.made_at, c.id).limit(limit))


def settled(connection: Connection, tenant_id: str, since: str, until: str) -> list[Values]:
    """Give the reviews that people came to an end with in a time, oldest first."""
    c = reviews.c
    query = select(reviews).where(c.tenant_id == tenant_id, c.settled_at >= since, c.settled_at < until)
    return _all(connection, query.order_by(c.settled_at, c.id))


# Opinions -----------------------------------------------------------------------------------------------------------


def add_opinion(connection: Connection, values: Values) -> None:
    """Write an opinion."""
    connection.execute(insert(review_opinions), values)


def opinions(connection: Connection, review_id: str, round: int | None = None) -> list[Values]:
    """Give the opinions of a review, or of one round, in their order."""
    c = review_opinions.c
    query = select(review_opinions).where(c.review_id == review_id)
    if round is not None:
        query = query.where(c.round == round)
    return _all(connection, query.order_by(c.round, c.number))


def who_decided(connection: Connection, submission_id: str) -> set[str]:
    """Give who said something about a submission of which a decision comes."""
    query = select(review_opinions.c.who).select_from(
        review_opinions.join(reviews, reviews.c.id == review_opinions.c.review_id)
    )
    query = query.where(reviews.c.submission_id == submission_id, reviews.c.kind != "blind").distinct()
    return set(connection.execute(query).scalars())


def blind_opinions(connection: Connection, tenant_id: str, since: str, until: str) -> list[Values]:
    """Give the opinions of a tenant's blind reviews that are settled, by review and in their order."""
    query = _blind().where(reviews.c.tenant_id == tenant_id)
    return _all(connection, query.where(reviews.c.settled_at >= since, reviews.c.settled_at < until))


def blind_opinions_of(connection: Connection, check_ids: Collection[str]) -> list[Values]:
    """Give the same of some checks."""
    return _all(connection, _blind().where(reviews.c.of_check.in_(check_ids), reviews.c.settled_at.is_not(None)))


def _blind() -> Select[Any]:
    query = select(
        review_opinions.c.review_id,
        review_opinions.c.who,
        review_opinions.c.finding,
        reviews.c.of_check,
        reviews.c.content_hash,
    ).select_from(review_opinions.join(reviews, reviews.c.id == review_opinions.c.review_id))
    order = (reviews.c.settled_at, review_opinions.c.review_id, review_opinions.c.number)
    return query.where(reviews.c.kind == "blind").order_by(*order)


def _all(connection: Connection, query: Select[Any]) -> list[Values]:
    return [dict(row._mapping) for row in connection.execute(query)]


def _first(connection: Connection, query: Select[Any]) -> Values | None:
    row = connection.execute(query).first()
    return dict(row._mapping) if row else None
