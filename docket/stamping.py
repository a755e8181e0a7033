"""Stamps as a service: what was asked to be labelled, what came of it, and how long its files are kept.

The file that came in and the labelled one go when the tenant's time for media is over; the row, with the record's.
A prompt is kept for as long as it takes to label the file, and shown to nobody; then a digest stands in its place.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ..errors import CheckMissing, CheckUnfit, ObjectsUnavailable
from ..settings import Settings
from . import cursors, erasing, idempotency, packing, retention, secrets, times, uploads
from .desk import Desk
from .values import CheckError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..objects import Objects

log = logging.getLogger(__name__)

StampStatus = Literal["queued", "running", "succeeded", "failed"]


@dataclass(frozen=True)
class Stamp:
    """One stamp as it stands."""

    id: str
    tenant_id: str
    made_by: str
    name: str  # of the file, as it was sent; shown, never used as a path
    status: StampStatus
    created_at: str
    source_key: str | None = None  # of the file that came in; None: gone
    result_key: str | None = None  # of the labelled file; None: not made, or gone
    options: Mapping[str, Any] = field(default_factory=dict)
    stamped: Mapping[str, Any] | None = None  # what was made, as plain values
    error: CheckError | None = None
    finished_at: str | None = None
    until: str | None = None  # when its files go; None: it is not over, or they are gone
    gone_at: str | None = None  # since when nobody is given its files
    record_until: str | None = None  # None: it is not over
    deleted_at: str | None = None  # nothing but id, tenant and times is left

    @property
    def over(self) -> bool:
        """Whether nothing more is done for it."""
        return self.status in ("succeeded", "failed")

    @property
    def asked(self) -> dict[str, Any]:
        """What may be shown of what was asked: of a prompt its digest, by which whoever has it knows it again."""
        said = dict(self.options)
        if (prompt := said.pop("prompt", None)) is not None:
            said["prompt_sha256"] = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()
        return said


@dataclass(frozen=True)
class StampPage:
    """Some stamps, the last laid first, and where the list goes on."""

    stamps: tuple[Stamp, ...]
    next: str | None = None


class Stamps:
    """The stamps of a service."""

    def __init__(self, options: Settings, *, objects: Objects | None = None, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, objects, clock)

    def open(
        self,
        tenant_id: str,
        made_by: str,
        name: str,
        options: Mapping[str, Any],
        *,
        stamp_id: str | None = None,
        source_key: str | None = None,
        upload_id: str | None = None,
        claim: idempotency.Claim | None = None,
    ) -> Stamp:
        """Lay a stamp; its file lies at `source_key` already, or is that of an upload, which is taken with it.

        claim: an idempotency key that is taken with it; KeyTaken where somebody else has it.
        """
        from ..store import stamp_rows

        with self._desk.changing() as connection:
            now, stamp_id = self._desk.now(), stamp_id or new_stamp_id()
            idempotency.take(connection, claim, stamp_id, now)
            if upload_id is not None:
                source_key = uploads.take(connection, upload_id, tenant_id, now).object_key
            stamp = Stamp(
                id=stamp_id,
                tenant_id=tenant_id,
                made_by=made_by,
                name=packing.text(name),
                status="queued",
                created_at=now,
                source_key=source_key,
                options=dict(options),
            )
            stamp_rows.add(connection, _row(stamp))
        return stamp

    def get(self, stamp_id: str, tenant_id: str | None = None) -> Stamp:
        """Give one; CheckMissing where it is not there, or another tenant's."""
        from ..store import stamp_rows

        with self._desk.reading() as connection:
            row = None if connection is None else stamp_rows.one(connection, stamp_id)
        return _known(row, stamp_id, tenant_id)

    def listed(self, tenant_id: str, *, cursor: str | None = None, limit: int = 50) -> StampPage:
        """Give a page of a tenant's stamps."""
        from ..store import stamp_rows

        before, limit = cursors.place(cursor), cursors.within(limit)
        with self._desk.reading() as connection:
            rows = [] if connection is None else stamp_rows.listing(connection, tenant_id, limit + 1, before)
        more = cursors.after(rows[limit - 1]) if len(rows) > limit else None
        return StampPage(tuple(map(_stamp, rows[:limit])), more)

    def begin(self, stamp_id: str) -> Stamp:
        """Note that a worker is at it; a second call changes nothing."""
        with self._desk.changing() as connection:
            stamp = _taken(connection, stamp_id)
            return stamp if stamp.over else _put(connection, replace(stamp, status="running"))

    def finish(self, stamp_id: str, result_key: str, stamped: Mapping[str, Any]) -> Stamp:
        """Note what was made; the first call counts, others give it as it stands."""
        with self._desk.changing() as connection:
            stamp = _taken(connection, stamp_id)
            if stamp.status == "failed":
                raise CheckUnfit(f"stamp {stamp_id} has failed already", advice="ask for a new one")
            if stamp.over:
                return stamp
            made = replace(stamp, status="succeeded", result_key=result_key, stamped=dict(stamped))
            return _put(connection, self._ended(connection, made))

    def fail(self, stamp_id: str, error: CheckError) -> Stamp:
        """Note why nothing was made."""
        with self._desk.changing() as connection:
            stamp = _taken(connection, stamp_id)
            if stamp.status == "succeeded":
                raise CheckUnfit(f"stamp {stamp_id} has finished already", advice="look at it, and fetch its file")
            if stamp.over:
                return stamp
            return _put(connection, self._ended(connection, replace(stamp, status="failed", error=error)))

    def delete(self, stamp_id: str, tenant_id: str | None = None) -> None:
        """Take its files away and leave id and times; one that is not over ends by it. What was registered stays so."""
        from ..store import stamp_rows

        with self._desk.changing() as connection:
            row = stamp_rows.locked(connection, stamp_id)
            stamp, now = _known(row, stamp_id, tenant_id), self._desk.now()
            if stamp.deleted_at is not None:
                raise CheckMissing(f"stamp {stamp_id} was deleted")
            # A worker that has not heard of it may still bring a file.
            until = now if stamp.over else times.later(now, seconds=erasing.LATE_S)
            _, record_days = retention.usual(self._desk, connection, stamp.tenant_id)
            over = {} if stamp.over else {"status": "failed", "finished_at": now}
            over |= {"record_until": stamp.record_until or times.later(now, days=record_days)}
            stamp_rows.change(connection, stamp_id, **_BLANK, **over, deleted_at=now, gone_at=now, until=until)
        try:
            _erase(self._desk, stamp_id)
        except ObjectsUnavailable as error:  # nobody is given it any more, and a sweep erases what is noted
            log.warning("files of %s are erased later: %s", stamp_id, error)

    def _ended(self, connection: Connection, stamp: Stamp) -> Stamp:
        now = self._desk.now()
        media_s, record_days = retention.usual(self._desk, connection, stamp.tenant_id)
        record_until = times.later(now, days=record_days)
        until = min(times.later(now, seconds=media_s), record_until)
        return replace(stamp, options=stamp.asked, finished_at=now, until=until, record_until=record_until)


_BLANK = {"made_by": "", "name": "", "options": "{}", "stamped": None, "error": None}


def new_stamp_id() -> str:
    """Make the id of a stamp whose file is laid before it."""
    return secrets.new_id("stp")


def sweep(desk: Desk, limit: int, sweeping: erasing.Sweeping) -> int:
    """Take away files that are past their time, then rows that are."""
    from ..store import stamp_rows

    with desk.reading() as connection:
        due = [] if connection is None else stamp_rows.files_due(connection, desk.now(), limit)
    erased = sweeping.each(due, lambda stamp_id: _erase(desk, stamp_id))
    with desk.changing() as connection:
        stamp_rows.remove_due(connection, desk.now())
    return erased


def _erase(desk: Desk, stamp_id: str) -> None:
    """Let nobody have its files, then take them away; what the store refuses is put off."""
    from ..store import stamp_rows

    with desk.changing() as connection:
        row, now = stamp_rows.locked(connection, stamp_id), desk.now()
        if row is None or row["until"] is None:
            return
        stamp_rows.change(connection, stamp_id, gone_at=row["gone_at"] or now)
    try:
        for key in (row["source_key"], row["result_key"]):
            if key is not None:
                desk.objects.delete(key)
        desk.objects.delete_all(f"stamps/{stamp_id}/")
    except ObjectsUnavailable:
        with desk.changing() as connection:  # others come first next time: it may be this one's fault
            again = max(row["until"], times.later(desk.now(), seconds=erasing.AGAIN_S))
            stamp_rows.change(connection, stamp_id, until=again)
        raise
    with desk.changing() as connection:
        later = row["until"] if row["until"] > desk.now() else None  # a worker may still bring a file
        stamp_rows.change(connection, stamp_id, source_key=None, result_key=None, until=later)


def _taken(connection: Connection, stamp_id: str) -> Stamp:
    from ..store import stamp_rows

    return _known(stamp_rows.locked(connection, stamp_id), stamp_id, None)


def _known(row: packing.Row | None, stamp_id: str, tenant_id: str | None) -> Stamp:
    if row is None or tenant_id not in (None, row["tenant_id"]):
        raise CheckMissing(f"there is no stamp {stamp_id}")
    return _stamp(row)


def _put(connection: Connection, stamp: Stamp) -> Stamp:
    from ..store import stamp_rows

    changed = {name: value for name, value in _row(stamp).items() if name != "id"}
    stamp_rows.change(connection, stamp.id, **changed)
    return stamp


def _row(stamp: Stamp) -> dict[str, Any]:
    structures = {
        "options": packing.json_of(dict(stamp.options)),
        "stamped": None if stamp.stamped is None else packing.json_of(dict(stamp.stamped)),
        "error": None if stamp.error is None else packing.json_of(asdict(stamp.error)),
    }
    return {**vars(stamp), **structures}


def _stamp(row: packing.Row) -> Stamp:
    structures = {
        "options": json.loads(row["options"]),
        "stamped": None if row["stamped"] is None else json.loads(row["stamped"]),
        "error": None if row["error"] is None else CheckError(**json.loads(row["error"])),
    }
    gone = {"source_key": None, "result_key": None, "until": None} if row["gone_at"] else {}
    return Stamp(**{**row, **structures, **gone})
