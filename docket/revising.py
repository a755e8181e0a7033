"""Verdicts that come after the first: by a person, a revoked credential, a new model or list of trust.

Also what people say of a result without changing it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from ..errors import CheckUnfit
from ..verdict import Verdict
from . import announcing, callbacks, packing, secrets, submitting
from .desk import Desk
from .opening import get, known, read, taken, tell
from .values import OVER, Change, Check, Feedback, Revision, Status, Why

_TRIES = 20  # as many others may come between
MOST_FEEDBACK = 200  # of one check: nobody fills the record with it


def revise(
    desk: Desk,
    check_id: str,
    verdict: Verdict,
    *,
    who: str,
    why: Why,
    note: str,
    versions: Mapping[str, str],
    after: int | None,
    tenant_id: str | None,
) -> Revision:
    """Add a verdict; one that says exactly what the latest says, by the same, for the same reason, is the latest."""
    from ..store import check_rows, checks

    with desk.changing() as connection:
        row = taken(connection, check_id, tenant_id)
        if row["status"] != "succeeded":
            raise CheckUnfit(f"check {check_id} has no verdict that could be revised")
        latest = read(connection, check_id).revisions[-1]
        if (verdict, who, why, note) == (latest.verdict, latest.who, latest.why, latest.note):
            return latest
        if after is not None and after != latest.number:
            advice = "look at the check anew, then decide"
            raise CheckUnfit(f"check {check_id} has got revision {latest.number} meanwhile", advice=advice)
        now = desk.now()
        revision = Revision(latest.number + 1, now, who, why, note, verdict, versions)
        check_rows.add_child(connection, checks.check_revisions, packing.revision_row(check_id, revision))
        check_rows.rest_on(connection, check_id, packing.manifests_of(verdict))
        check_rows.change(connection, check_id, outcome=verdict.outcome, revision=revision.number)
        if verdict.outcome != latest.verdict.outcome:
            body = {"was": latest.verdict.outcome, "outcome": verdict.outcome, "revision": revision.number, "why": why}
            tell(connection, check_id, now, "verdict_changed", body)
            callbacks.owe(connection, check_id, "check.verdict_changed", now)
            announcing.announce(connection, row, "check.verdict_changed", now, body)
            submitting.to_decide(connection, row, now)
        return read(connection, check_id).revisions[-1]


def revise_from(desk: Desk, check_id: str, change: Callable[[Check], Change | None], tenant_id: str | None) -> Revision:
    """Make a revision from the latest; where another comes between, from that one: what it says is never lost."""
    tries = 0
    while True:
        tries += 1
        check = get(desk, check_id, tenant_id)
        if not check.revisions:
            advice = _without_result(check.status)
            raise CheckUnfit(f"check {check_id} has no verdict that could be revised", advice=advice)
        latest, made = check.revisions[-1], change(check)
        if made is None:
            return latest
        try:
            return revise(desk, check_id, **vars(made), after=latest.number, tenant_id=tenant_id)
        except CheckUnfit:
            now = get(desk, check_id, tenant_id).revisions
            if tries == _TRIES or not now or now[-1].number == latest.number:
                raise


def _without_result(status: Status) -> str:
    return "it ended without one: check the video anew" if status in OVER else "wait for its result"


def give_feedback(
    desk: Desk,
    check_id: str,
    says: Literal["right", "wrong", "unclear"],
    comment: str,
    made_by: str,
    tenant_id: str | None,
) -> Feedback:
    """Note what somebody thinks of a result; CheckUnfit where there is none, or where that many have spoken already."""
    from ..store import check_rows, checks

    with desk.changing() as connection:
        row = taken(connection, check_id, tenant_id)
        if row["status"] != "succeeded":
            advice = _without_result(row["status"])
            raise CheckUnfit(f"check {check_id} has no result to speak of", advice=advice)
        if check_rows.count_said(connection, check_id) >= MOST_FEEDBACK:
            raise CheckUnfit(f"this check has {MOST_FEEDBACK} answers already", advice="tell the operator otherwise")
        given = Feedback(secrets.new_id("fbk"), desk.now(), says, packing.text(comment), made_by)
        check_rows.add_child(connection, checks.feedback, {"check_id": check_id, **vars(given)})
        return given


def feedback(desk: Desk, check_id: str, tenant_id: str | None) -> tuple[Feedback, ...]:
    """Give what people said, oldest first."""
    from ..store import check_rows

    with desk.reading() as connection:
        if connection is None:
            return ()
        known(check_rows.one(connection, check_id), check_id, tenant_id)
        return tuple(map(packing.feedback, check_rows.said(connection, check_id)))
