"""Deleting a check: what is left is a tombstone with id, tenant, times and digest, and a line in the ledger."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..errors import CheckUnfit, ObjectsUnavailable
from . import erasing, packing, retention, submitting, times
from .desk import Desk
from .opening import taken
from .values import OVER

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)


def delete(desk: Desk, check_id: str, who: str, tenant_id: str | None) -> None:
    """Delete a check that nothing holds; one that is not over ends by it."""
    from ..store import check_rows

    with desk.writing() as connection:
        row = taken(connection, check_id, tenant_id)
        holds = [packing.hold(one) for one in check_rows.placed(connection, check_id)]
        standing = [hold.reason for hold in holds if hold.lifted_at is None]
        if standing:
            advice = "whoever placed the hold can lift it, when its reason is gone"
            raise CheckUnfit(f"check {check_id} is held: {', '.join(standing)}", advice=advice)
        bound = retention.bound_until(desk, holds)
        if bound is not None and bound > desk.now():
            advice = "records of enforcement are kept for their time, also when the hold is lifted"
            raise CheckUnfit(f"check {check_id} is a record of enforcement until {bound}", advice=advice)
        bury(desk, connection, row, who)
    try:
        erasing.erase(desk, check_id)
    except ObjectsUnavailable as error:  # the record is gone, and a sweep erases what is noted
        log.warning("objects of %s are erased later: %s", check_id, error)


def bury(desk: Desk, connection: Connection, row: packing.Row, who: str) -> None:
    """Leave a tombstone and a line in the ledger, within the caller's transaction."""
    from ..store import check_rows, checks, ledger

    now, check_id = desk.now(), row["id"]
    over = row["status"] in OVER
    last = check_rows.last_number(connection, checks.check_events, check_id)
    check_rows.clear(connection, check_id)
    submitting.forget_uploader(connection, row)
    told = {"check_id": check_id, "number": last + 1, "at": now, "kind": "deleted", "body": "{}"}
    check_rows.add_child(connection, checks.check_events, told)
    check_rows.change(
        connection,
        check_id,
        **_BLANK,
        status=row["status"] if over else "cancelled",
        stage="done",
        finished_at=row["finished_at"] or now,
        deleted_at=now,
        erase_at=now if over else times.later(now, seconds=erasing.LATE_S),
    )
    ledger.append(
        connection, "check.deleted", {"id": check_id, "digest": row["content_hash"], "who": who, "deleted_at": now}
    )


_BLANK = {
    "made_by": "",
    "asker": None,
    "manage_hash": None,
    "name": "",
    "url": None,
    "rendition": None,
    "group_id": None,
    "bytes": None,
    "looked": None,
    "error": None,
    "outcome": None,
    "revision": 0,
    "options": "{}",
    "media_until": None,
    "record_until": None,
}
