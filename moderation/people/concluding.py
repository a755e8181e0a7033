"""What people concluded in a review becomes part of the check's verdict, as a revision; undone with the review.

It is done in the transaction that settles the review: a process that dies leaves both or neither. The service's
reviewers have one conclusion of a check at a time: a later review's takes the place of the one before. Blind reviews
measure, and change nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...docket import Change, Check
from ...docket.desk import Desk
from ...docket.opening import read as read_check
from ...docket.revising import revise
from ...errors import CheckMissing
from ...evidence import Evidence, HumanDetails
from ...rejudging import judged_again
from ...verdict import Verdict
from . import room
from .values import Opinion

if TYPE_CHECKING:
    from sqlalchemy import Connection

WHO = "reviewers"  # as the verdict's reasons name them; who settled it stands with the revision
_EXAMINER, _VERSION = "human", "1"
Row = dict[str, Any]


def conclude(desk: Desk, connection: Connection, row: Row, agreed: Opinion) -> int | None:
    """Revise the verdict by what was agreed on, and give the revision's number.

    None: it says that already, or the check is gone or never had a verdict.
    """
    check = _standing(connection, row["of_check"])
    if check is None:
        return None
    verdict = check.revisions[-1].verdict
    said = None
    if agreed.finding != "unclear":
        details = HumanDetails(agreed.finding, WHO, agreed.reason)
        said = Evidence(verdict.subject, "video", _EXAMINER, _VERSION, "present", details=details)
    return _revise(desk, connection, check, said, agreed.who, agreed.reason)


def take_back(desk: Desk, connection: Connection, row: Row, who: str, reason: str) -> None:
    """Let what reviewers had concluded before this review stand again; one that changed nothing takes nothing back."""
    check, revision = _standing(connection, row["of_check"]), row["revision"]
    if check is None or revision is None:
        return
    by_number = {one.number: one.verdict for one in check.revisions}
    made, before, now = _said(by_number[revision]), _said(by_number[revision - 1]), _said(check.revisions[-1].verdict)
    if made != before and now == made:
        _revise(desk, connection, check, before, who, reason)


def _revise(desk: Desk, connection: Connection, check: Check, said: Evidence | None, who: str, note: str) -> int | None:
    latest = check.revisions[-1]
    if said == _said(latest.verdict):
        return None
    kept = tuple(one for one in latest.verdict.evidence if not _by_reviewers(one))
    change = Change(judged_again(replace(latest.verdict, evidence=kept), said), who, "human", note, latest.versions)
    of = room.joined(desk, connection)
    return revise(of, check.id, **vars(change), after=latest.number, tenant_id=check.tenant_id).number


def _standing(connection: Connection, check_id: str) -> Check | None:
    """Give a check that has a verdict, locked."""
    from ...store import check_rows

    if check_rows.locked(connection, check_id) is None:
        return None
    try:
        check = read_check(connection, check_id)
    except CheckMissing:
        return None
    return check if check.status == "succeeded" and check.revisions and check.deleted_at is None else None


def _said(verdict: Verdict) -> Evidence | None:
    return next((one for one in verdict.evidence if _by_reviewers(one)), None)


def _by_reviewers(evidence: Evidence) -> bool:
    return isinstance(evidence.details, HumanDetails) and evidence.details.who == WHO
