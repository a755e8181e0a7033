"""How a check goes on, up to its first verdict or its failure.

Every call here may come twice, since a worker may die between what it did and its note that it did: the second changes
nothing. A check that was cancelled, or has failed, refuses to go on; one that was deleted is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Literal

from ..errors import CheckMissing, CheckUnfit
from ..evidence import Evidence
from ..verdict import Verdict
from . import announcing, callbacks, erasing, packing, retention, submitting
from .desk import Desk
from .opening import read, taken, tell
from .values import OVER, STAGES, Check, CheckError, CheckPicture, Revision, Stage, Status

if TYPE_CHECKING:
    from sqlalchemy import Connection

SERVICE = "the service"


def at_stage(desk: Desk, check_id: str, stage: Stage) -> None:
    """Note that a check has come to a stage; what was passed already is passed."""
    from ..store import check_rows

    with desk.changing() as connection:
        row = _going(connection, check_id)
        if row is None or STAGES.index(stage) <= STAGES.index(row["stage"]):
            return
        now = desk.now()
        started = {} if row["started_at"] else {"started_at": now}
        check_rows.change(connection, check_id, stage=stage, status="running", **started)
        tell(connection, check_id, now, "stage", {"stage": stage})


def fetched(
    desk: Desk,
    check_id: str,
    object_key: str,
    content_hash: str,
    size: int,
    rendition: Mapping[str, Any] | None,
) -> None:
    """Note where the media lies."""
    from ..store import check_rows

    try:
        with desk.changing() as connection:
            if _going(connection, check_id) is None:
                return
            which = {} if rendition is None else {"rendition": packing.json_of(dict(rendition))}
            place = {"object_key": object_key, "content_hash": content_hash, "bytes": size}
            check_rows.change(connection, check_id, **place, **which)
    except (CheckMissing, CheckUnfit):
        erasing.late(desk, check_id, object_key)
        raise


def add_evidence(desk: Desk, check_id: str, number: int, evidence: Evidence) -> None:
    """Note what an examiner saw, under its number in the look."""
    from ..store import check_rows, checks

    with desk.changing() as connection:
        if _going(connection, check_id) is None:
            return
        if check_rows.has_number(connection, checks.check_evidence, check_id, number):
            return
        now = desk.now()
        check_rows.add_child(connection, checks.check_evidence, packing.evidence_row(check_id, number, now, evidence))
        body = {"number": number, "examiner": evidence.examiner, "track": evidence.track, "finding": evidence.finding}
        tell(connection, check_id, now, "evidence", body)


def keep_looked(desk: Desk, check_id: str, plain: Mapping[str, Any]) -> None:
    """Keep what the look gave, for the steps that follow."""
    from ..store import check_rows

    with desk.changing() as connection:
        if _going(connection, check_id) is not None:
            check_rows.change(connection, check_id, looked=packing.deflated(plain))


def looked(desk: Desk, check_id: str) -> dict[str, Any] | None:
    """Give what was kept of the look."""
    from ..store import check_rows

    with desk.reading() as connection:
        packed = None if connection is None else check_rows.looked(connection, check_id)
    return None if packed is None else packing.inflated(packed)


def finish(
    desk: Desk, check_id: str, verdict: Verdict, versions: Mapping[str, str], pictures: Sequence[CheckPicture]
) -> Check:
    """Write the first verdict, once, with all that follows from it."""
    from ..store import check_rows, checks

    try:
        with desk.changing() as connection:
            if (row := _going(connection, check_id)) is None:
                return read(connection, check_id)
            now = desk.now()
            first = Revision(1, now, SERVICE, "first", "", verdict, versions)
            check_rows.add_child(connection, checks.check_revisions, packing.revision_row(check_id, first))
            shown = ({"check_id": check_id, **asdict(replace(one, words=packing.text(one.words)))} for one in pictures)
            check_rows.add_child(connection, checks.check_pictures, *shown)
            check_rows.clear(connection, check_id, checks.check_evidence)  # the verdict has it
            check_rows.rest_on(connection, check_id, packing.manifests_of(verdict))
            _end(desk, connection, row, now, "succeeded", "finished", outcome=verdict.outcome, revision=1)
            return read(connection, check_id)
    except CheckMissing:
        erasing.late(desk, check_id)
        raise


def fail(desk: Desk, check_id: str, error: CheckError) -> Check:
    """Write why there is no verdict, once."""
    with desk.changing() as connection:
        row = taken(connection, check_id)
        if row["status"] in ("succeeded", "cancelled"):
            raise CheckUnfit(f"check {check_id} has {_ENDED[row['status']]} already")
        if row["status"] != "failed":
            words = CheckError(*(packing.text(part) for part in (error.type, error.message, error.advice)))
            _end(desk, connection, row, desk.now(), "failed", "failed", error=words)
        return read(connection, check_id)


def cancel(desk: Desk, check_id: str, who: str, tenant_id: str | None) -> Check:
    """End a check that is not over; cancelling twice is no error."""
    with desk.changing() as connection:
        row = taken(connection, check_id, tenant_id)
        if row["status"] in ("succeeded", "failed"):
            raise CheckUnfit(f"check {check_id} has {_ENDED[row['status']]} already")
        if row["status"] != "cancelled":
            _end(desk, connection, row, desk.now(), "cancelled", "cancelled", who=who)
        return read(connection, check_id)


_ENDED: dict[Status, str] = {"succeeded": "finished", "failed": "failed", "cancelled": "been cancelled"}


def _going(connection: Connection, check_id: str) -> packing.Row | None:
    """Lock a check that may go on; None where it has its verdict, so that nothing is left to do."""
    row = taken(connection, check_id)
    if row["status"] == "succeeded":
        return None
    if row["status"] in OVER:
        raise CheckUnfit(f"check {check_id} has {_ENDED[row['status']]}, and does not go on")
    return row


def _end(
    desk: Desk,
    connection: Connection,
    row: packing.Row,
    now: str,
    status: Status,
    kind: Literal["finished", "failed", "cancelled"],
    *,
    error: CheckError | None = None,
    who: str | None = None,
    **changes: Any,
) -> None:
    """Set what every end sets: status, both clocks, the event, and the callback that is owed."""
    from ..store import check_rows

    changes |= {"status": status, "stage": "done", "finished_at": now}
    if error is not None:
        changes["error"] = packing.json_of(asdict(error))
    check_rows.change(connection, row["id"], **changes, **retention.clocks(desk, connection, row, now))
    said = {"outcome": changes.get("outcome"), "who": who, "error": error and error.type}
    tell(connection, row["id"], now, kind, {"status": status} | {k: v for k, v in said.items() if v is not None})
    callbacks.owe(connection, row["id"], "check.finished", now)
    body = {"status": status, "outcome": changes.get("outcome"), "error": error and error.type}
    announcing.announce(connection, row, "check.finished", now, body)
    if status != "cancelled":
        submitting.to_decide(connection, row, now)
