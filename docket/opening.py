"""Laying a check down, and reading it back. What another tenant asked for is not there for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CheckMissing
from ..verdict import Outcome
from . import arriving, cursors, idempotency, packing, secrets, submitting, uploads
from .desk import Desk
from .values import PUBLIC, Check, CheckEvent, Opened, Page, Request, Status

if TYPE_CHECKING:
    from sqlalchemy import Connection


def open_check(
    desk: Desk, request: Request, upload_id: str | None, claim: idempotency.Claim | arriving.Arrived | None
) -> Opened:
    """Write the check, its first event, its key, and that its upload is used, in one transaction."""
    from ..store import check_rows

    check_id = secrets.new_id("chk")
    manage = secrets.derived(desk.options.home, check_id) if request.tenant_id == PUBLIC else None
    asker = uploads.asker_of(desk, request.address)
    with desk.changing() as connection:
        now = desk.now()
        if isinstance(claim, arriving.Arrived):
            if not arriving.take(connection, claim, check_id, now):
                raise idempotency.KeyTaken
        else:
            idempotency.take(connection, claim, check_id, now)
        values = packing.request_row(request)
        if request.url is not None:  # what it leads to comes to lie here too
            uploads.make_room(desk, connection, request.tenant_id, 0, asker)
        if upload_id is not None:
            upload = uploads.take(connection, upload_id, request.tenant_id, now)
            values |= {"object_key": upload.object_key, "content_hash": upload.content_hash, "bytes": upload.bytes}
        values |= {"id": check_id, "status": "queued", "stage": "waiting", "revision": 0, "created_at": now}
        values["asker"] = asker
        values["manage_hash"] = None if manage is None else secrets.hash_of(manage)
        check_rows.add(connection, values)
        submitting.submit(connection, values)
        tell(connection, check_id, now, "stage", {"stage": "waiting"})
        return Opened(read(connection, check_id), manage)


def get(desk: Desk, check_id: str, tenant_id: str | None) -> Check:
    """Read one check whole."""
    with desk.reading() as connection:
        if connection is None:
            raise CheckMissing(f"there is no check {check_id}")
        return read(connection, check_id, tenant_id)


def read(connection: Connection, check_id: str, tenant_id: str | None = None) -> Check:
    """Read one check whole, within a transaction."""
    from ..store import check_rows, checks

    row = known(check_rows.one(connection, check_id), check_id, tenant_id)
    revisions = tuple(
        packing.revision(one) for one in check_rows.children(connection, checks.check_revisions, check_id)
    )
    if revisions:
        evidence = revisions[-1].verdict.evidence
    else:
        evidence = packing.evidence(check_rows.children(connection, checks.check_evidence, check_id))
    return packing.check(
        row,
        evidence=evidence,
        revisions=revisions,
        pictures=tuple(map(packing.picture, check_rows.pictures(connection, check_id))),
        holds=tuple(map(packing.hold, check_rows.placed(connection, check_id))),
    )


def known(row: packing.Row | None, check_id: str, tenant_id: str | None) -> packing.Row:
    """Give a row that is there for whoever asks."""
    if row is None or tenant_id not in (None, row["tenant_id"]):
        raise CheckMissing(f"there is no check {check_id}")
    return row


def taken(connection: Connection, check_id: str, tenant_id: str | None = None) -> packing.Row:
    """Lock a check that stands, and give its row."""
    from ..store import check_rows

    row = known(check_rows.locked(connection, check_id), check_id, tenant_id)
    if row["deleted_at"] is not None:
        raise CheckMissing(f"check {check_id} was deleted")
    return row


def tell(connection: Connection, check_id: str, at: str, kind: str, body: packing.Row) -> None:
    """Add an event to a check that is locked, or new."""
    from ..store import check_rows, checks

    number = check_rows.last_number(connection, checks.check_events, check_id) + 1
    values = {"check_id": check_id, "number": number, "at": at, "kind": kind, "body": packing.json_of(dict(body))}
    check_rows.add_child(connection, checks.check_events, values)


def events(desk: Desk, check_id: str, after: int, tenant_id: str | None) -> tuple[CheckEvent, ...]:
    """Read what happened to a check since."""
    from ..store import check_rows, checks

    with desk.reading() as connection:
        if connection is None:
            raise CheckMissing(f"there is no check {check_id}")
        known(check_rows.one(connection, check_id), check_id, tenant_id)
        return tuple(map(packing.event, check_rows.children(connection, checks.check_events, check_id, after)))


def listed(
    desk: Desk, tenant_id: str, cursor: str | None, limit: int, outcome: Outcome | None, status: Status | None
) -> Page:
    """Read a page. Those who ask without a key have links, and no list."""
    from ..store import check_rows

    before, limit = cursors.place(cursor), cursors.within(limit)
    with desk.reading() as connection:
        if connection is None or tenant_id == PUBLIC:
            return Page(())
        equal = {"outcome": outcome, "status": status}
        rows = check_rows.listing(connection, tenant_id, limit + 1, before, equal)
    more = cursors.after(rows[limit - 1]) if len(rows) > limit else None
    return Page(tuple(packing.check(row) for row in rows[:limit]), more)


def grouped(desk: Desk, group_id: str, tenant_id: str) -> tuple[Check, ...]:
    """Read the checks of one post, the first laid first and without their evidence."""
    from ..store import check_rows

    with desk.reading() as connection:
        if connection is None:
            return ()
        return tuple(packing.check(row) for row in check_rows.grouped(connection, group_id, tenant_id))


def manage_of(desk: Desk, check: Check) -> str | None:
    """Make the secret of a check again; None where it has none, or where it was made under another key."""
    if check.tenant_id != PUBLIC:
        return None
    manage = secrets.derived(desk.options.home, check.id)
    return manage if may_manage(desk, check.id, manage) else None


def may_manage(desk: Desk, check_id: str, secret: str) -> bool:
    """Say whether this is the secret that was given to whoever asked without a key."""
    from ..store import check_rows

    with desk.reading() as connection:
        kept = None if connection is None else check_rows.manage_hash(connection, check_id)
    return secrets.matches(secret, kept)


def with_manifest(desk: Desk, manifest_id: str) -> tuple[str, ...]:
    """Find the checks whose latest verdict rests on a manifest."""
    from ..store import check_rows

    with desk.reading() as connection:
        return () if connection is None else tuple(check_rows.with_manifest(connection, manifest_id))
