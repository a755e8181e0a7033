"""How a review comes to lie in a queue, one for each submission, and how its place there rises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...docket.desk import Desk
from ...docket.opening import read as read_check
from ...docket.secrets import new_id
from ...errors import CheckMissing
from ...evidence import ChangesDetails
from ...verdict import Verdict
from ..values import Review, Submission
from . import keeping, packing, queues
from .values import ReviewKind, Seen

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

TRUSTED = 100  # what a trusted flagger adds to priority
MOST_OTHERS = 49  # what all others add together at most: a crowd comes after one trusted flagger


def want(desk: Desk, submission: Submission, review: Review, policy_id: str | None = None) -> str:
    """Let people look at a submission, and give the review's id; where one waits already, it is that one."""
    with desk.writing() as connection:
        return want_within(desk, connection, submission, review, policy_id)


def want_within(
    desk: Desk, connection: Connection, submission: Submission, review: Review, policy_id: str | None = None
) -> str:
    """Let people look at a submission, within a transaction of `writing`."""
    from ...store import review_rows

    row = review_rows.open_of(connection, submission.id)
    if row is None:
        return lay(desk, connection, "review", submission, review, policy_id)
    queue = queues.named(connection, submission.tenant_id, review.queue)
    base = max(row["base"], review.priority)
    values: dict[str, Any] = {"base": base, "people": max(row["people"], review.people)}
    values["policy_id"] = row["policy_id"] if policy_id is None else policy_id
    if queue.restricted and not queues.known(connection, submission.tenant_id, row["queue"]).restricted:
        values["queue"] = queue.name
        if row["claimed_by"] is not None and not queue.open_to(row["claimed_by"]):
            values |= {"claimed_by": None, "claimed_until": None}
    review_rows.change(connection, row["id"], **values)
    raise_priority(connection, row["id"])
    return str(row["id"])


def lay(
    desk: Desk,
    connection: Connection,
    kind: ReviewKind,
    submission: Submission,
    review: Review,
    policy_id: str | None = None,
    barred: Collection[str] = (),
) -> str:
    """Write a review that is new, within a transaction of `writing`."""
    from ...store import ledger, review_rows

    queues.named(connection, submission.tenant_id, review.queue)
    seen, review_id = seen_of(connection, submission), new_id("rvw")
    hold_id = None  # an appeal has its own
    if kind != "appeal":
        hold_id = keeping.hold(desk, connection, submission.tenant_id, submission.check_id, "review", review_id)
    values = {
        "id": review_id,
        "tenant_id": submission.tenant_id,
        "queue": review.queue,
        "kind": kind,
        "submission_id": submission.id,
        "of_check": submission.check_id,
        "content_hash": submission.content_hash,
        "policy_id": policy_id,
        **packing.item_row(submission.item),
        "base": review.priority,
        "priority": review.priority,
        "people": max(1, review.people),
        "round": 1,
        "outcome": seen.outcome,
        "manipulations": " ".join(seen.manipulations),
        "made_at": desk.now(),
        "hold_id": hold_id,
    }
    review_rows.add(connection, values)
    review_rows.bar(connection, review_id, barred)
    body = {"review": review_id, "tenant": submission.tenant_id, "of": kind, "submission": submission.id}
    ledger.append(connection, "moderation.review", {**body, "queue": review.queue})
    return review_id


def raise_priority(connection: Connection, review_id: str) -> None:
    """Work out a review's priority from its base and its notices; the review is locked."""
    from ...store import report_rows, review_rows

    row = review_rows.one(connection, review_id)
    if row is not None:
        kinds = report_rows.kinds(connection, review_id)
        trusted = kinds.pop("trusted_flagger", 0)
        priority = row["base"] + TRUSTED * trusted + min(MOST_OTHERS, sum(kinds.values()))
        review_rows.change(connection, review_id, priority=priority)


def seen_of(connection: Connection, submission: Submission) -> Seen:
    """Give what the latest verdict that is no person's says, for counting how often people find otherwise."""
    try:
        revisions = read_check(connection, submission.check_id).revisions
    except CheckMissing:
        return Seen()
    verdicts = [one.verdict for one in revisions if one.why != "human"]
    return Seen(verdicts[-1].outcome, _kinds(verdicts[-1])) if verdicts else Seen()


def _kinds(verdict: Verdict) -> tuple[str, ...]:
    details = [one.details for one in verdict.evidence if one.finding == "present"]
    return tuple(sorted({change.kind for of in details if isinstance(of, ChangesDetails) for change in of.changes}))
