"""What is asked of the tables of submissions and decisions and written into them. Knows no meaning of what it holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, desc, func, insert, select, tuple_, update

from .checks import check_revisions, checks
from .moderation import decisions, submissions

Values = dict[str, Any]
Place = tuple[str, str]  # a time and an id: where a page ended

_SUBMITTED = [*submissions.c, checks.c.content_hash]
_with_check = submissions.join(checks, checks.c.id == submissions.c.of_check)


# Submissions --------------------------------------------------------------------------------------------------------


def submit(connection: Connection, values: Values) -> None:
    """Write a submission."""
    connection.execute(insert(submissions), values)


def change_submission(connection: Connection, check_id: str, **values: object) -> None:
    """Change what was submitted with a check, if anything was."""
    connection.execute(update(submissions).where(submissions.c.of_check == check_id).values(**values))


def drop_undecided(connection: Connection, check_id: str) -> None:
    """Take away what was submitted with a check, if nothing was ever decided about it."""
    decided = select(decisions.c.id).where(decisions.c.submission_id == submissions.c.id).exists()
    connection.execute(delete(submissions).where(submissions.c.of_check == check_id, ~decided))


def submission(connection: Connection, id: str) -> Values | None:
    """Give a submission, with the digest of its media."""
    return _first(connection, select(*_SUBMITTED).select_from(_with_check).where(submissions.c.id == id))


def submission_of(connection: Connection, check_id: str) -> Values | None:
    """Give what was submitted with a check."""
    return _first(connection, select(*_SUBMITTED).select_from(_with_check).where(submissions.c.of_check == check_id))


def locked(connection: Connection, id: str) -> Values | None:
    """Give a submission that nobody else changes until this transaction ends."""
    return _first(connection, select(submissions).where(submissions.c.id == id).with_for_update())


def of_item(connection: Connection, tenant_id: str, item_type: str, item_id: str) -> list[Values]:
    """Give the submissions of an item, oldest first."""
    query = select(*_SUBMITTED).select_from(_with_check)
    query = query.where(
        submissions.c.tenant_id == tenant_id, submissions.c.item_type == item_type, submissions.c.item_id == item_id
    )
    return _all(connection, query.order_by(submissions.c.at, submissions.c.id))


def owed(connection: Connection, before: str, limit: int) -> list[str]:
    """Give the checks whose submissions wait for a decision since before a time, the longest waiting first."""
    query = select(submissions.c.of_check).where(submissions.c.decide_at <= before)
    return list(connection.execute(query.order_by(submissions.c.decide_at).limit(limit)).scalars())


# Decisions ----------------------------------------------------------------------------------------------------------


def add(connection: Connection, values: Values) -> None:
    """Write a decision."""
    connection.execute(insert(decisions), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give a decision."""
    return _first(connection, select(decisions).where(decisions.c.id == id))


def named(connection: Connection, ids: Collection[str]) -> list[Values]:
    """Give some decisions, in no order."""
    return _all(connection, select(decisions).where(decisions.c.id.in_(ids)))


def count(connection: Connection) -> int:
    """Count all decisions."""
    return connection.execute(select(func.count()).select_from(decisions)).scalar_one()


def made(connection: Connection, submission_id: str, policy_id: str, side: str, key: str) -> Values | None:
    """Give the decision of an occasion."""
    query = select(decisions).where(
        decisions.c.submission_id == submission_id,
        decisions.c.policy_id == policy_id,
        decisions.c.side == side,
        decisions.c.occasion_key == key,
    )
    return _first(connection, query)


def of_submissions(connection: Connection, submission_ids: Collection[str]) -> list[Values]:
    """Give the decisions about some submissions, in their order."""
    query = select(decisions).where(decisions.c.submission_id.in_(submission_ids))
    return _all(connection, query.order_by(decisions.c.submission_id, decisions.c.policy_id, decisions.c.number))


def last_number(connection: Connection, submission_id: str, policy_id: str) -> int:
    """Give the number of the newest decision; 0 where there is none."""
    of = (decisions.c.submission_id == submission_id, decisions.c.policy_id == policy_id)
    return connection.execute(select(func.max(decisions.c.number)).where(*of)).scalar() or 0


def of_tenant(connection: Connection, tenant_id: str, limit: int, before: Place | None) -> list[Values]:
    """List a tenant's decisions, the last made first."""
    query = select(decisions).where(decisions.c.tenant_id == tenant_id)
    if before is not None:
        query = query.where(tuple_(decisions.c.made_at, decisions.c.id) < before)
    return _all(connection, query.order_by(desc(decisions.c.made_at), desc(decisions.c.id)).limit(limit))


def page_of(
    connection: Connection,
    tenant_id: str,
    limit: int,
    before: Place | None,
    *,
    check_id: str | None = None,
    item: tuple[str, str] | None = None,
) -> list[Values]:
    """List the decisions about a check, or an item's type and id, the last made first."""
    query = select(decisions).join(submissions, submissions.c.id == decisions.c.submission_id)
    query = query.where(submissions.c.tenant_id == tenant_id)
    if check_id is not None:
        query = query.where(submissions.c.of_check == check_id)
    if item is not None:
        query = query.where(submissions.c.item_type == item[0], submissions.c.item_id == item[1])
    if before is not None:
        query = query.where(tuple_(decisions.c.made_at, decisions.c.id) < before)
    return _all(connection, query.order_by(desc(decisions.c.made_at), desc(decisions.c.id)).limit(limit))


def submissions_named(connection: Connection, ids: Collection[str]) -> list[Values]:
    """Give some submissions, in no order."""
    return _all(connection, select(*_SUBMITTED).select_from(_with_check).where(submissions.c.id.in_(ids)))


def is_item(connection: Connection, tenant_id: str, item_type: str, item_id: str) -> bool:
    """Say whether an item was ever submitted."""
    query = select(submissions.c.id).where(
        submissions.c.tenant_id == tenant_id, submissions.c.item_type == item_type, submissions.c.item_id == item_id
    )
    return connection.execute(query.limit(1)).first() is not None


def due(connection: Connection, now: str, limit: int) -> list[Values]:
    """Give the decisions whose effects go out by now, the longest due first."""
    query = select(decisions).where(decisions.c.due_at <= now).order_by(decisions.c.due_at, decisions.c.number)
    return _all(connection, query.limit(limit))


def change(connection: Connection, id: str, **values: object) -> None:
    """Change a decision."""
    connection.execute(update(decisions).where(decisions.c.id == id).values(**values))


def hold_back(connection: Connection, submission_id: str, policy_id: str) -> None:
    """Let no earlier decision about a submission go out any more: another takes its place."""
    query = update(decisions).where(
        decisions.c.submission_id == submission_id, decisions.c.policy_id == policy_id, decisions.c.due_at.is_not(None)
    )
    connection.execute(query.values(due_at=None))


# Past checks --------------------------------------------------------------------------------------------------------


def past(
    connection: Connection, tenant_id: str, since: str, until: str, after: Place | None, limit: int
) -> list[Values]:
    """Give a page of a tenant's checks that are over, oldest first: the latest verdict or error, what was submitted."""
    latest = (check_revisions.c.check_id == checks.c.id) & (check_revisions.c.number == checks.c.revision)
    of = submissions.c.of_check == checks.c.id
    query = select(
        *(checks.c[name] for name in ("id", "tenant_id", "content_hash", "error", "options", "created_at")),
        *(column for column in check_revisions.c if column.name not in ("check_id", "outcome")),
        *(column.label(f"submission_{column.name}") for column in submissions.c),
    ).select_from(checks.outerjoin(check_revisions, latest).outerjoin(submissions, of))
    query = query.where(
        checks.c.tenant_id == tenant_id,
        checks.c.deleted_at.is_(None),
        checks.c.status.in_(("succeeded", "failed")),
        checks.c.created_at >= since,
        checks.c.created_at <= until,
    )
    if after is not None:
        query = query.where(tuple_(checks.c.created_at, checks.c.id) > after)
    return _all(connection, query.order_by(checks.c.created_at, checks.c.id).limit(limit))


def submitted(
    connection: Connection, tenant_id: str, since: str, until: str, after: Place | None, limit: int
) -> list[tuple[Place, str]]:
    """Give a page of a tenant's submissions, oldest first: the place of each, and its check."""
    query = select(submissions.c.at, submissions.c.id, submissions.c.of_check).where(
        submissions.c.tenant_id == tenant_id, submissions.c.at >= since, submissions.c.at <= until
    )
    if after is not None:
        query = query.where(tuple_(submissions.c.at, submissions.c.id) > after)
    rows = connection.execute(query.order_by(submissions.c.at, submissions.c.id).limit(limit))
    return [((row[0], row[1]), row[2]) for row in rows]


def count_of(connection: Connection, tenant_id: str, policy_id: str, key: str) -> int:
    """Say how many decisions an occasion has brought."""
    query = select(func.count()).where(
        decisions.c.tenant_id == tenant_id, decisions.c.policy_id == policy_id, decisions.c.occasion_key == key
    )
    return connection.execute(query).scalar() or 0


def numbers(connection: Connection, tenant_id: str) -> list[tuple[str, int, int]]:
    """Count a tenant's decisions by policy and version."""
    c = decisions.c
    query = select(c.policy_id, c.policy_version, func.count()).where(c.tenant_id == tenant_id)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.group_by(c.policy_id, c.policy_version))]


def by_version(connection: Connection, tenant_id: str, policy_id: str, number: int, limit: int) -> list[Values]:
    """List the decisions under a version of a policy, the last made first."""
    c = decisions.c
    query = select(decisions).where(c.tenant_id == tenant_id, c.policy_id == policy_id, c.policy_version == number)
    return _all(connection, query.order_by(desc(c.made_at), desc(c.id)).limit(limit))


def _all(connection: Connection, query: Any) -> list[Values]:
    return [dict(row._mapping) for row in connection.execute(query)]


def _first(connection: Connection, query: Any) -> Values | None:
    row = connection.execute(query).first()
    return dict(row._mapping) if row else None
