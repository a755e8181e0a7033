"""Uploads: they go on where they stand, are used once, and leave nothing behind."""

from __future__ import annotations

from typing import Literal

import pytest

from countermark.docket import Stamps, Swept, Upload, Uploads
from countermark.errors import CheckMissing, CheckUnfit
from countermark.tests.docket.rooms import DAY, DIGEST, Room, at_once


def _begun(room: Room, way: Literal["tus", "presigned"] = "tus", whole: bool = False) -> tuple[Uploads, Upload]:
    uploads = Uploads(room.options, objects=room.objects, clock=room.clock)
    upload = uploads.begin(room.tenant, "key:1", "a\x00b.mp4", 10, way)
    if whole:
        room.objects.put_bytes(upload.object_key, b"0123456789")
        upload = uploads.whole(upload.id, DIGEST, 10)
    return uploads, upload


def test_an_upload_goes_on_where_it_stands(room: Room) -> None:
    uploads, upload = _begun(room)
    assert (upload.offset, upload.name, upload.whole_at) == (0, "a�b.mp4", None)
    assert uploads.advance(upload.id, 0, 4).offset == 4
    for offset, size in ((0, 4), (5, 1), (4, 7), (4, -1)):
        with pytest.raises(CheckUnfit):
            uploads.advance(upload.id, offset, size)
    with pytest.raises(CheckUnfit, match="4 of its 10"):
        uploads.whole(upload.id, DIGEST)
    assert uploads.advance(upload.id, 4, 6) == uploads.get(upload.id)
    whole = uploads.whole(upload.id, DIGEST)
    assert (whole.offset, whole.content_hash) == (10, DIGEST) and whole.whole_at is not None
    assert uploads.whole(upload.id, "00" * 32) == whole, "what was whole stays what it was"
    with pytest.raises(CheckUnfit, match="stands at 10"):
        uploads.advance(upload.id, 10, 0)


def test_what_came_past_the_service_is_of_the_size_that_was_said(room: Room) -> None:
    uploads, upload = _begun(room, "presigned")
    with pytest.raises(CheckUnfit, match="11 of its 10"):
        uploads.whole(upload.id, DIGEST, 11)
    assert uploads.whole(upload.id, DIGEST, 10).offset == 10


def test_an_upload_is_its_tenant_s_own(room: Room) -> None:
    uploads, upload = _begun(room)
    for call in (
        lambda: uploads.get(upload.id, "ten_other"),
        lambda: uploads.advance(upload.id, 0, 1, "ten_other"),
        lambda: uploads.whole(upload.id, DIGEST, 10, "ten_other"),
        lambda: uploads.used(upload.id, "ten_other"),
        lambda: uploads.drop(upload.id, "ten_other"),
        lambda: uploads.get("upl_none", room.tenant),
    ):
        with pytest.raises(CheckMissing):
            call()
    assert uploads.get(upload.id, room.tenant) == upload


def test_of_many_who_use_an_upload_at_once_one_gets_it(room: Room) -> None:
    uploads, upload = _begun(room, whole=True)

    def use() -> str:
        try:
            return str(uploads.used(upload.id).used_at)
        except CheckUnfit as error:
            return "too late" if "used already" in str(error) else str(error)

    got = at_once(use, use, use)
    assert got.count("too late") == 2 and uploads.get(upload.id).used_at in got


def test_what_is_not_finished_in_its_time_goes(fresh: Room) -> None:
    uploads, upload = _begun(fresh, whole=True)
    fresh.clock.move(DAY - 1)
    assert fresh.docket.sweep() == Swept() and uploads.get(upload.id) == upload
    fresh.clock.move(1)
    with pytest.raises(CheckMissing):
        uploads.get(upload.id)
    with pytest.raises(CheckMissing):
        fresh.docket.open(fresh.request(), upload_id=upload.id)
    assert fresh.docket.sweep() == Swept(uploads=1)
    assert fresh.objects.size(upload.object_key) is None and fresh.docket.sweep() == Swept()


def test_the_bytes_of_what_was_used_stay_with_who_uses_them(fresh: Room) -> None:
    _, first = _begun(fresh, whole=True)
    _, second = _begun(fresh, whole=True)
    fresh.docket.open(fresh.request(), upload_id=first.id)
    stamps = Stamps(fresh.options, objects=fresh.objects, clock=fresh.clock)
    stamps.open(fresh.tenant, "key:1", "clip.mp4", {}, upload_id=second.id)
    fresh.clock.move(DAY)
    assert fresh.docket.sweep() == Swept(uploads=2)
    assert fresh.objects.size(first.object_key) == fresh.objects.size(second.object_key) == 10


def test_an_upload_that_is_broken_off_leaves_nothing(room: Room) -> None:
    uploads, upload = _begun(room, whole=True)
    uploads.drop(upload.id, room.tenant)
    assert room.objects.size(upload.object_key) is None
    with pytest.raises(CheckMissing):
        uploads.get(upload.id)
