"""Uploads: bytes on their way, by pieces that resume or straight into the store of objects. Knows numbers, no bytes.

An upload belongs to its tenant, becomes one check or one stamp, and is gone when its time is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import CheckMissing, CheckUnfit
from ..settings import Settings
from . import packing, secrets, times
from .desk import Desk

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..objects import Objects

Way = Literal["tus", "presigned"]

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


class Uploads:
    """The uploads of a service."""

    def __init__(self, options: Settings, *, objects: Objects | None = None, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, objects, clock)

    def begin(self, tenant_id: str, made_by: str, name: str, size: int, way: Way) -> Upload:
        """Begin one; it is kept for as long as the settings say."""
        from ..store import upload_rows

        upload_id, now = secrets.new_id("upl"), self._desk.now()
        until = times.later(now, seconds=self._desk.options.service.upload_kept_s)
        key = f"uploads/{upload_id}"
        upload = Upload(upload_id, tenant_id, made_by, packing.text(name), size, 0, way, key, now, until)
        with self._desk.changing() as connection:
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
        _forget(self._desk, self.get(upload_id, tenant_id))


def sweep(desk: Desk, limit: int) -> int:
    """Forget uploads whose time is over, and take away the bytes that became nobody's."""
    from ..store import upload_rows

    with desk.reading() as connection:
        rows = [] if connection is None else upload_rows.due(connection, desk.now(), limit)
    for row in rows:
        _forget(desk, _upload(row))
    return len(rows)


def _forget(desk: Desk, upload: Upload) -> None:
    from ..objects import Arriving
    from ..store import upload_rows

    Arriving(desk.options, desk.objects).drop(upload.id)
    with desk.reading() as connection:
        owned = connection is not None and upload_rows.has_owner(connection, upload.object_key)
    if not owned:
        desk.objects.delete(upload.object_key)
    with desk.changing() as connection:
        upload_rows.remove(connection, upload.id)


def take(connection: Connection, upload_id: str, tenant_id: str | None, now: str) -> Upload:
    """Take an upload that is whole, within the transaction of what it becomes."""
    from ..store import upload_rows

    upload = _known(upload_rows.locked(connection, upload_id), upload_id, tenant_id, now)
    if upload.whole_at is None:
        raise CheckUnfit(f"upload {upload_id} is not whole yet", advice="bring the rest of it first")
    if upload.used_at is not None:
        raise CheckUnfit(f"upload {upload_id} was used already", advice=_AGAIN)
    upload_rows.change(connection, upload_id, used_at=now)
    return _upload(upload_rows.one(connection, upload_id) or {})


def _known(row: packing.Row | None, upload_id: str, tenant_id: str | None, now: str) -> Upload:
    if row is None or tenant_id not in (None, row["tenant_id"]) or row["until"] <= now:
        raise CheckMissing(f"there is no upload {upload_id}", advice="see that the id is right; its time may be over")
    return _upload(row)


def _upload(row: packing.Row) -> Upload:
    return Upload(**row)
