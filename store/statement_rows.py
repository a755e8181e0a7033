"""What is asked of the table of statements and written into it, as plain values. Knows no meaning of what it holds.

Who changes a statement takes its row by `locked` or `due` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, or_, select, tuple_, update

from .moderation import decisions, submissions
from .reviews import appeals, notices, reviews
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


def of_tenant(
    connection: Connection, tenant_id: str, state: str | None, after: tuple[str, str] | None, limit: int
) -> list[Values]:
    """Give a tenant's statements, or those in one state, oldest first, from after a time and decision on."""
    asked = select(statements).where(statements.c.tenant_id == tenant_id)
    if state is not None:
        asked = asked.where(statements.c.state == state)
    if after is not None:
        asked = asked.where(tuple_(statements.c.made_at, statements.c.decision_id) > after)
    asked = asked.order_by(statements.c.made_at, statements.c.decision_id).limit(limit)
    return [dict(row._mapping) for row in connection.execute(asked)]


# What statements and reports are made of -----------------------------------------------------------------------------


def noticed_before(connection: Connection, submission_id: str, until: str) -> list[str]:
    """Give the kinds of the notices about a submission that had come by a time."""
    query = select(notices.c.kind).join(reviews, reviews.c.id == notices.c.review_id)
    query = query.where(reviews.c.submission_id == submission_id, notices.c.made_at <= until).distinct()
    return list(connection.execute(query).scalars())


def measures(
    connection: Connection, tenant_id: str, since: str, until: str, after: tuple[str, str], limit: int
) -> list[Values]:
    """Give a page of decisions by which something was, or is to be, done; oldest first, with what was submitted."""
    query = select(decisions, *(column.label(f"submitted_{column.name}") for column in submissions.c)).select_from(
        decisions.join(submissions, submissions.c.id == decisions.c.submission_id)
    )
    query = query.where(
        decisions.c.tenant_id == tenant_id,
        decisions.c.made_at >= since,
        decisions.c.made_at < until,
        decisions.c.standing.is_(True),
        decisions.c.undone_at.is_(None),
        or_(decisions.c.due_at.is_not(None), decisions.c.out_at.is_not(None)),
        tuple_(decisions.c.made_at, decisions.c.id) > after,
    )
    return _page(connection, query.order_by(decisions.c.made_at, decisions.c.id).limit(limit))


def noticed(
    connection: Connection, tenant_id: str, since: str, until: str, after: tuple[str, str], limit: int
) -> list[Values]:
    """Give a page of notices of article 16, oldest first, each with the decision that came of its review."""
    joined = notices.join(reviews, reviews.c.id == notices.c.review_id)
    joined = joined.outerjoin(decisions, decisions.c.id == reviews.c.decision_id)
    joined = joined.outerjoin(submissions, submissions.c.id == decisions.c.submission_id)
    columns = [column.label(f"decision_{column.name}") for column in decisions.c]
    columns += [column.label(f"submitted_{column.name}") for column in submissions.c]
    query = select(notices.c.id, notices.c.kind, notices.c.category, notices.c.made_at, *columns).select_from(joined)
    query = query.where(
        notices.c.tenant_id == tenant_id,
        notices.c.kind.in_(("article_16", "trusted_flagger")),
        notices.c.made_at >= since,
        notices.c.made_at < until,
        tuple_(notices.c.made_at, notices.c.id) > after,
    )
    return _page(connection, query.order_by(notices.c.made_at, notices.c.id).limit(limit))


def appealed(
    connection: Connection, tenant_id: str, since: str, until: str, after: tuple[str, str], limit: int
) -> list[Values]:
    """Give a page of appeals, oldest first, each with the kind of the notice that it is about."""
    joined = appeals.outerjoin(notices, notices.c.id == appeals.c.notice_id)
    columns = [appeals.c[name] for name in ("id", "side", "at", "answer", "answered_at")]
    query = select(*columns, notices.c.kind).select_from(joined)
    query = query.where(
        appeals.c.tenant_id == tenant_id,
        appeals.c.at >= since,
        appeals.c.at < until,
        tuple_(appeals.c.at, appeals.c.id) > after,
    )
    return _page(connection, query.order_by(appeals.c.at, appeals.c.id).limit(limit))


def _page(connection: Connection, query: Any) -> list[Values]:
    return [dict(row._mapping) for row in connection.execute(query)]
