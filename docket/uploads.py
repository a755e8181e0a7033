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
PROMISED_S = 600.0  # in which the first byte of an upload comes, or it is forgotten
PAUSE_S = 1800.0  # between pieces of who has no key; at the slowest pace that is taken, less lies between two notes
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
    asker: str | None = None  # a keyed hash of the address of who began it without a key


class Uploads:
    """The uploads of a service."""

    def __init__(self, options: Settings, *, objects: Objects | None = None, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, objects, clock)

    def begin(
        self,
        tenant_id: str,
        made_by: str,
        name: str,
        size: int,
        way: Way,
        address: str | None = None,
        *,
        promised_s: float = PROMISED_S,
    ) -> Upload:
        """Begin one. `address`: of who asks without a key; `promised_s`: how long this machine waits for its bytes.

        OverLimit where its tenant could never have so much here, QuotaReached where it has too much now.
        """
        from ..store import upload_rows

        upload_id, now = secrets.new_id("upl"), self._desk.now()
        kept_s = self._desk.options.service.upload_kept_s
        until = times.later(now, seconds=kept_s if way == "presigned" else min(promised_s, kept_s))
        key, asker = f"uploads/{upload_id}", asker_of(self._desk, address)
        upload = Upload(upload_id, tenant_id, made_by, packing.text(name), size, 0, way, key, now, until, asker=asker)
        with self._desk.writing() as connection:  # one at a time: many at once shall not all find the same room
            make_room(self._desk, connection, tenant_id, size, asker)
            upload_rows.add(connection, vars(upload))
        return upload

    def get(self, upload_id: str, tenant_id: str | None = None) -> Upload:
        """Give one whose time is not over."""
        from ..store import upload_rows

        with self._desk.reading() as connection:
            row = None if connection is None else upload_rows.one(connection, upload_id)
        return _known(row, upload_id, tenant_id, self._desk.now())

    def comes(self, upload_id: str) -> None:
        """Note that bytes of it come: it is no mere promise any more.

        It is kept for as long as the settings say; of who has no key, until nothing more comes for `PAUSE_S`.
        """
        from ..store import upload_rows

        with self._desk.changing() as connection:
            upload = _known(upload_rows.locked(connection, upload_id), upload_id, None, self._desk.now())
            until = self._kept_until(upload)
            if upload.tenant_id == PUBLIC:
                until = min(until, times.later(self._desk.now(), seconds=PAUSE_S))
            upload_rows.change(connection, upload_id, until=until)

    def resize(self, upload_id: str, size: int, name: str = "") -> None:
        """Change how many bytes it will have, and what it is called; QuotaReached where there is no room for more."""
        from ..store import upload_rows

        with self._desk.writing() as connection:
            upload = _known(upload_rows.locked(connection, upload_id), upload_id, None, self._desk.now())
            if size > upload.bytes:
                make_room(self._desk, connection, upload.tenant_id, size - upload.bytes, upload.asker)
            upload_rows.change(connection, upload_id, bytes=size, name=packing.text(name))

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
            here = offset + size
            until = self._kept_until(upload) if here == upload.bytes else upload.until
            upload_rows.change(connection, upload_id, offset=here, until=until)
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
                upload_rows.change(connection, upload_id, **values, until=self._kept_until(upload))
            return _upload(upload_rows.one(connection, upload_id) or {})

    def used(self, upload_id: str, tenant_id: str | None = None) -> Upload:
        """Take it for good: its bytes are another's from now on. CheckUnfit for whoever comes second."""
        with self._desk.changing() as connection:
            return take(connection, upload_id, tenant_id, self._desk.now())

    def drop(self, upload_id: str, tenant_id: str | None = None) -> None:
        """Break one off, and take its bytes away."""
        _end(self._desk, self.get(upload_id, tenant_id))

    def release(self, upload_id: str) -> None:
        """Let it go, unless a check or a stamp took it; nobody can any more then."""
        from ..store import upload_rows

        with self._desk.changing() as connection:  # waits for whoever takes it at this moment
            row = upload_rows.locked(connection, upload_id)
            if row is None or row["used_at"] is not None:
                return
            upload_rows.change(connection, upload_id, dropped_at=self._desk.now(), until=self._desk.now())
        _end(self._desk, _upload(row))

    def _kept_until(self, upload: Upload) -> str:
        return times.later(upload.created_at, seconds=self._desk.options.service.upload_kept_s)


def make_room(desk: Desk, connection: Connection, tenant_id: str, size: int, asker: str | None) -> None:
    """Refuse what would give a tenant, or an address without a key, more bytes here than it may have.

    `size` 0: refuse who has that much already.
    """
    from ..store import upload_rows

    service = desk.options.service
    if asker is not None:
        here = upload_rows.standing_of(connection, asker)
        _fit(here, size, service.address_standing_bytes, "those who ask from your address without a key have")
    public = tenant_id == PUBLIC
    most = service.anonymous_standing_bytes if public else service.standing_bytes
    whose = "those who ask without a key have together" if public else "you have"
    _fit(upload_rows.standing(connection, tenant_id), size, most, whose)


def _fit(here: int, size: int, most: int, whose: str) -> None:
    if size > most:
        raise OverLimit(f"a file may have {most:,} bytes here", advice="send a smaller file")
    if here + max(size, 1) > most:
        raise QuotaReached(f"{whose} as many of {most:,} bytes here that there is no room for this")


def asker_of(desk: Desk, address: str | None) -> str | None:
    """Give what is kept of an address."""
    return None if address is None else secrets.of_address(desk.options.home, address)


def sweep(desk: Desk, limit: int, sweeping: erasing.Sweeping) -> int:
    """Forget uploads whose time is over, and take away the bytes that became nobody's."""
    from ..store import upload_rows

    with desk.reading() as connection:
        rows = [] if connection is None else upload_rows.due(connection, desk.now(), limit)
    return sweeping.each(map(_upload, rows), lambda upload: _end(desk, upload))


def _end(desk: Desk, upload: Upload) -> None:
    """Take its bytes away; its row waits until nothing can come to a URL that was signed, so that a sweep finds it."""
    from ..store import upload_rows

    last = times.later(upload.created_at, seconds=SIGNED_S + desk.options.service.upload_s)
    if upload.way != "presigned" or last <= desk.now():
        _forget(desk, upload)
        return
    with desk.changing() as connection:
        upload_rows.change(connection, upload.id, dropped_at=desk.now(), until=last)
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
    # Its row may outlive what it becomes, and says nothing of anybody then.
    upload_rows.change(connection, upload_id, used_at=now, name="", made_by="", asker=None)
    return _upload(upload_rows.one(connection, upload_id) or {})


def _known(row: packing.Row | None, upload_id: str, tenant_id: str | None, now: str) -> Upload:
    if row is None or tenant_id not in (None, row["tenant_id"]) or row["dropped_at"] or row["until"] <= now:
        raise CheckMissing(f"there is no upload {upload_id}", advice="see that the id is right; its time may be over")
    return _upload(row)


def _upload(row: packing.Row) -> Upload:
    return Upload(**row)
