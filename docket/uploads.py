"""Uploads: bytes on their way, by pieces that resume or straight into the store of objects. Knows numbers, no bytes.

An upload belongs to its tenant, becomes one check or one stamp, and is gone when its time is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import CheckMissing, CheckUnfit, ObjectsUnavailable, OverLimit, QuotaReached
from ..settings import Settings
from . import erasing, packing, secrets, times
from .desk import Desk
from .values import PUBLIC

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..objects import Objects

Way = Literal["tus", "presigned"]

SIGNED_S = 3600.0  # that a URL of the store is good for, to begin with sending
_AGAIN = "begin the upload anew"


@dataclass(frozen=True)
class Upload:
    """One upload as it stands."""

    id: str
    tenant_id: str
    made_by: str
    name: str  # of the file, as it was sent; shown, never used as a path
    bytes: int  # that it will have
    offset: int  # that are here
    way: Way
    object_key: str  # where it lies, once it is whole
    created_at: str
    until: str
    content_hash: str | None = None
    whole_at: str | None = None
    used_at: str | None = None  # it became a check or a stamp
    dropped_at: str | None = None  # it was broken off, or its time is over


class Uploads:
    """The uploads of a service."""

    def __init__(self, options: Settings, *, objects: Objects | None = None, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, objects, clock)

    def begin(self, tenant_id: str, made_by: str, name: str, size: int, way: Way) -> Upload:
        """Begin one; it is kept for as long as the settings say.

        OverLimit where its tenant could never have so much here, QuotaReached where it has too much now.
        """
        from ..store import upload_rows

        upload_id, now = secrets.new_id("upl"), self._desk.now()
        until = times.later(now, seconds=self._desk.options.service.upload_kept_s)
        key = f"uploads/{upload_id}"
        upload = Upload(upload_id, tenant_id, made_by, packing.text(name), size, 0, way, key, now, until)
        with self._desk.writing() as connection:  # one at a time: many at once shall not all find the same room
            make_room(self._desk, connection, tenant_id, size)
            upload_rows.add(connection, vars(upload))
        return upload

    def get(self, upload_id: str, tenant_id: str | None = None) -> Upload:
        """Give one whose time is not over."""
        from ..store import upload_rows

        with self._desk.reading() as connection:
            row = None if connection is None else upload_rows.one(connection, upload_id)
        return _known(row, upload_id, tenant_id, self._desk.now())

    def advance(self, upload_id: str, offset: int, size: int, tenant_id: str | None = None) -> Upload:
        """Note that a piece of this size came at this offset; CheckUnfit where that is not where it stands."""
        from ..store import upload_rows

        with self._desk.changing() as connection:
            upload = _known(upload_rows.locked(connection, upload_id), upload_id, tenant_id, self._desk.now())
            if upload.whole_at is not None or offset != upload.offset:
                raise CheckUnfit(
                    f"upload {upload_id} stands at {upload.offset} bytes",
                    advice="ask where it stands, go on from there",
                )
            if size < 0 or offset + size > upload.bytes:
                raise CheckUnfit(f"upload {upload_id} is of {upload.bytes} bytes, and no more", advice=_AGAIN)
            upload_rows.change(connection, upload_id, offset=offset + size)
            return _upload(upload_rows.one(connection, upload_id) or {})

    def whole(
        self, upload_id: str, content_hash: str | None, size: int | None = None, tenant_id: str | None = None
    ) -> Upload:
        """Note that all of it lies in the store of objects; `size` where it did not come by pieces."""
        from ..store import upload_rows

        with self._desk.changing() as connection:
            upload = _known(upload_rows.locked(connection, upload_id), upload_id, tenant_id, self._desk.now())
            here = upload.offset if size is None else size
            if here != upload.bytes:
                raise CheckUnfit(f"upload {upload_id} has {here} of its {upload.bytes} bytes", advice=_AGAIN)
            if upload.whole_at is None:
                values = {"offset": here, "content_hash": content_hash, "whole_at": self._desk.now()}
                upload_rows.change(connection, upload_id, **values)
            return _upload(upload_rows.one(connection, upload_id) or {})

    def used(self, upload_id: str, tenant_id: str | None = None) -> Upload:
        """Take it for good: its bytes are another's from now on. CheckUnfit for whoever comes second."""
        with self._desk.changing() as connection:
            return take(connection, upload_id, tenant_id, self._desk.now())

    def drop(self, upload_id: str, tenant_id: str | None = None) -> None:
        """Break one off, and take its bytes away."""
        upload = self.get(upload_id, tenant_id)
        if upload.way == "presigned":
            _drop_signed(self._desk, upload)
        else:
            _forget(self._desk, upload)


def make_room(desk: Desk, connection: Connection, tenant_id: str, size: int) -> None:
    """Refuse what would give a tenant more bytes here than it may have; `size` 0: refuse who has that much already."""
    from ..store import upload_rows

    service = desk.options.service
    most = service.anonymous_standing_bytes if tenant_id == PUBLIC else service.standing_bytes
    if size > most:
        raise OverLimit(f"a file may have {most:,} bytes here", advice="send a smaller file")
    if upload_rows.standing(connection, tenant_id) + max(size, 1) > most:
        whose = "those who ask without a key have together" if tenant_id == PUBLIC else "you have"
        raise QuotaReached(f"{whose} as many of {most:,} bytes here that there is no room for this")


def sweep(desk: Desk, limit: int, sweeping: erasing.Sweeping) -> int:
    """Forget uploads whose time is over, and take away the bytes that became nobody's."""
    from ..store import upload_rows

    with desk.reading() as connection:
        rows = [] if connection is None else upload_rows.due(connection, desk.now(), limit)
    return sweeping.each(map(_upload, rows), lambda upload: _forget(desk, upload))


def _drop_signed(desk: Desk, upload: Upload) -> None:
    """Let nobody use it; its row waits until nothing can come to the URL that was signed, so that a sweep finds it."""
    from ..store import upload_rows

    last = times.later(upload.created_at, seconds=SIGNED_S + desk.options.service.upload_s)
    with desk.changing() as connection:
        upload_rows.change(connection, upload.id, dropped_at=desk.now(), until=max(desk.now(), last))
    _take_away(desk, upload)


def _forget(desk: Desk, upload: Upload) -> None:
    from ..store import upload_rows

    try:
        _take_away(desk, upload)
    except ObjectsUnavailable:
        with desk.changing() as connection:  # others come first next time: it may be this one's fault
            again = times.later(desk.now(), seconds=erasing.AGAIN_S)
            upload_rows.change(connection, upload.id, dropped_at=upload.dropped_at or desk.now(), until=again)
        raise
    with desk.changing() as connection:
        upload_rows.remove(connection, upload.id)


def _take_away(desk: Desk, upload: Upload) -> None:
    from ..objects import Arriving
    from ..store import upload_rows

    Arriving(desk.options, desk.objects).drop(upload.id)
    with desk.reading() as connection:
        owned = connection is not None and upload_rows.has_owner(connection, upload.object_key)
    if not owned:
        desk.objects.delete(upload.object_key)


def take(connection: Connection, upload_id: str, tenant_id: str | None, now: str) -> Upload:
    """Take an upload that is whole, within the transaction of what it becomes; whose it is and its name, that has."""
    from ..store import upload_rows

    upload = _known(upload_rows.locked(connection, upload_id), upload_id, tenant_id, now)
    if upload.whole_at is None:
        raise CheckUnfit(f"upload {upload_id} is not whole yet", advice="bring the rest of it first")
    if upload.used_at is not None:
        raise CheckUnfit(f"upload {upload_id} was used already", advice=_AGAIN)
    upload_rows.change(connection, upload_id, used_at=now, name="", made_by="")  # it may outlive what it becomes
    return _upload(upload_rows.one(connection, upload_id) or {})


def _known(row: packing.Row | None, upload_id: str, tenant_id: str | None, now: str) -> Upload:
    if row is None or tenant_id not in (None, row["tenant_id"]) or row["dropped_at"] or row["until"] <= now:
        raise CheckMissing(f"there is no upload {upload_id}", advice="see that the id is right; its time may be over")
    return _upload(row)


def _upload(row: packing.Row) -> Upload:
    return Upload(**row)
