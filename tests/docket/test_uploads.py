"""Uploads: they go on where they stand, are used once, and leave nothing behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from countermark.docket import Claim, Stamps, Swept, Upload, Uploads
from countermark.docket.uploads import PAUSE_S, PROMISED_S
from countermark.errors import CheckMissing, CheckUnfit, ObjectsUnavailable, OverLimit, QuotaReached
from countermark.tests import databases
from countermark.tests.docket.rooms import (
    DAY,
    DIGEST,
    HOUR,
    VERSIONS,
    Room,
    at_once,
    by_a_person,
    options,
    verdict,
)


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


@pytest.mark.parametrize("how", ["deleted", "past its time"])
def test_of_what_was_asked_no_table_keeps_a_word_once_it_is_gone(fresh: Room, how: str) -> None:
    from countermark.store import engine, schema

    def told() -> list[str]:
        with engine.reading(fresh.url) as connection:
            assert connection is not None
            rows = ((name, row) for name, t in schema.metadata.tables.items() for row in connection.execute(t.select()))
            return [name for name, row in rows if "telling" in str(row)]

    uploads = Uploads(fresh.options, objects=fresh.objects, clock=fresh.clock)
    upload = uploads.begin(fresh.tenant, "key:telling", "telling-name.mp4", 10, "tus")
    fresh.objects.put_bytes(upload.object_key, b"x" * 10)
    uploads.whole(upload.id, DIGEST, 10)
    request = fresh.request(
        made_by="key:telling", name=upload.name, metadata={"a": "telling"}, external_id="telling", policy_id="telling"
    )
    claim = Claim(fresh.tenant, "k", "POST /v1/checks", "aa")
    check_id = fresh.docket.open(request, upload_id=upload.id, claim=claim).check.id
    assert told() == ["checks"]
    fresh.docket.at_stage(check_id, "look")
    fresh.docket.finish(check_id, verdict(), {}, [])
    if how == "deleted":
        fresh.docket.delete(check_id, "key:1")
    else:
        fresh.clock.move(days=30)
        fresh.docket.sweep()
    assert fresh.docket.get(check_id).deleted_at and told() == []


def test_an_upload_that_is_broken_off_leaves_nothing(room: Room) -> None:
    uploads, upload = _begun(room, whole=True)
    uploads.drop(upload.id, room.tenant)
    assert room.objects.size(upload.object_key) is None
    with pytest.raises(CheckMissing):
        uploads.get(upload.id)


def test_what_came_to_a_signed_url_after_all_goes_once_nothing_more_can_come(fresh: Room) -> None:
    uploads, upload = _begun(fresh, "presigned")
    uploads.drop(upload.id, fresh.tenant)
    fresh.objects.put_bytes(f"incoming/{upload.id}", b"late")
    with pytest.raises(CheckMissing):
        uploads.get(upload.id)
    with pytest.raises(CheckMissing):
        uploads.drop(upload.id)
    fresh.clock.move(2 * HOUR - 1)
    assert fresh.docket.sweep() == Swept()
    fresh.clock.move(1)
    assert fresh.docket.sweep() == Swept(uploads=1)
    assert fresh.objects.size(f"incoming/{upload.id}") is None and fresh.docket.sweep() == Swept()


def test_a_promise_of_which_no_byte_comes_lapses_soon(fresh: Room) -> None:
    uploads, silent = _begun(fresh)
    _, coming = _begun(fresh)
    _, signed = _begun(fresh, "presigned")
    _, whole = _begun(fresh, whole=True)
    fresh.clock.move(PROMISED_S - 1)
    uploads.comes(coming.id)
    assert fresh.docket.sweep() == Swept() and uploads.get(silent.id) == silent
    fresh.clock.move(1)
    for call in (uploads.get, uploads.comes):
        with pytest.raises(CheckMissing):
            call(silent.id)
    assert fresh.docket.sweep() == Swept(uploads=1)
    fresh.clock.move(DAY - PROMISED_S - 1)
    assert [uploads.get(one.id).offset for one in (coming, signed, whole)] == [0, 0, 10]
    fresh.clock.move(1)
    assert fresh.docket.sweep() == Swept(uploads=3)


def test_a_promise_of_somebody_without_a_key_lasts_while_pieces_come(fresh: Room) -> None:
    uploads = Uploads(fresh.options, objects=fresh.objects, clock=fresh.clock)
    left, whole, slow = (uploads.begin("public", "anonymous", "a.mp4", 10, "tus", "192.0.2.1") for _ in range(3))
    for one, size in ((left, 1), (whole, 10), (slow, 1)):
        uploads.comes(one.id)
        uploads.advance(one.id, 0, size)
    fresh.clock.move(PAUSE_S - 1)
    uploads.comes(slow.id)
    fresh.clock.move(1)
    with pytest.raises(CheckMissing):
        uploads.get(left.id)
    assert [uploads.get(one.id).offset for one in (whole, slow)] == [10, 1]
    for _ in range(int(DAY / PAUSE_S) - 1):
        uploads.comes(slow.id)
        fresh.clock.move(PAUSE_S - 1)
    uploads.comes(slow.id)
    fresh.clock.move(PAUSE_S)
    with pytest.raises(CheckMissing):
        uploads.get(slow.id)
    assert fresh.docket.sweep() == Swept(uploads=3), "and none is kept for longer than a day"


def test_what_nothing_was_laid_with_is_let_go(fresh: Room) -> None:
    uploads, used = _begun(fresh, whole=True)
    _, unused = _begun(fresh, whole=True)
    fresh.docket.open(fresh.request(), upload_id=used.id)
    for one in (used, unused, unused):
        uploads.release(one.id)
    assert uploads.get(used.id).used_at and fresh.objects.size(used.object_key) == 10
    assert fresh.objects.size(unused.object_key) is None and _rows(fresh) == 1


@pytest.mark.parametrize("first", ["use", "release"])
def test_what_is_let_go_and_taken_at_once_is_either(fresh: Room, first: str) -> None:
    """Whoever takes it has its bytes, however close the two come."""
    uploads, upload = _begun(fresh, whole=True)

    def use() -> str:
        try:
            return fresh.docket.open(fresh.request(), upload_id=upload.id).check.id
        except CheckMissing:
            return "gone"

    def release() -> str:
        uploads.release(upload.id)
        return ""

    check_id = "".join(at_once(*((use, release) if first == "use" else (release, use))))
    assert (fresh.objects.size(upload.object_key) is None) is (check_id == "gone")


def test_what_comes_without_a_promise_grows_within_its_bound(fresh: Room) -> None:
    room = _bounded(fresh, standing_bytes=25)
    uploads, upload = _begun(room)
    uploads.resize(upload.id, 25)
    with pytest.raises(QuotaReached):
        uploads.resize(upload.id, 26)
    uploads.resize(upload.id, 15, "a clip.mp4")
    _begun(room)
    with pytest.raises(QuotaReached):
        uploads.resize(upload.id, 16)
    assert (uploads.get(upload.id).bytes, uploads.get(upload.id).name) == (15, "a clip.mp4")


def _rows(room: Room) -> int:
    (row,) = databases.ask(room.url, "SELECT count(*) FROM uploads")
    return int(str(row[0]))


# How much may be here ------------------------------------------------------------------------------------------------


def _bounded(room: Room, **service: object) -> Room:
    return Room(options(room.url, room.options.home, **service), room.tenant, room.clock)


def test_a_tenant_has_so_many_bytes_here_and_no_more(fresh: Room) -> None:
    room = _bounded(fresh, standing_bytes=25)
    uploads, first = _begun(room, whole=True)
    _, second = _begun(room)
    with pytest.raises(OverLimit):
        uploads.begin(room.tenant, "key:1", "large.mp4", 26, "tus")
    with pytest.raises(QuotaReached):
        _begun(room)
    assert uploads.begin("ten_other", "key:2", "a.mp4", 25, "tus"), "it is each tenant's own"
    check_id = room.docket.open(room.request(), upload_id=first.id).check.id
    with pytest.raises(QuotaReached):
        _begun(room)
    uploads.drop(second.id)
    stamps = Stamps(room.options, objects=room.objects, clock=room.clock)
    for size in (10, 5):
        uploads.comes(uploads.begin(room.tenant, "key:1", "a.mp4", size, "tus").id)
    with pytest.raises(QuotaReached):
        room.docket.open(room.request(source="url", url="https://example.org/a.mp4"))
    room.docket.delete(check_id, "key:1")
    room.clock.move(HOUR)
    room.docket.sweep()
    _, third = _begun(room, whole=True)
    stamps.open(room.tenant, "key:1", "clip.mp4", {}, upload_id=third.id)
    with pytest.raises(QuotaReached):
        _begun(room)


def test_what_was_broken_off_takes_no_room_while_its_row_waits(fresh: Room) -> None:
    room = _bounded(fresh, standing_bytes=15, address_standing_bytes=15)
    uploads, signed = _begun(room, "presigned")
    with pytest.raises(QuotaReached):
        _begun(room)
    uploads.drop(signed.id)
    assert _rows(room) == 1
    _begun(room)
    public = uploads.begin("public", "anonymous", "a.mp4", 10, "presigned", "192.0.2.1")
    uploads.drop(public.id)
    uploads.begin("public", "anonymous", "a.mp4", 10, "tus", "192.0.2.1")


def test_who_asks_without_a_key_shares_a_bound(fresh: Room) -> None:
    room = _bounded(fresh, anonymous_standing_bytes=15)
    uploads = Uploads(room.options, objects=room.objects, clock=room.clock)
    uploads.begin("public", "anonymous", "a.mp4", 10, "tus")
    with pytest.raises(QuotaReached, match="without a key"):
        uploads.begin("public", "anonymous", "a.mp4", 6, "tus")
    _begun(room)


def test_each_address_without_a_key_has_a_share(fresh: Room) -> None:
    """Counted while its bytes are here: of uploads, then of the check's media; and nothing of it is kept longer."""
    room = _bounded(fresh, anonymous_standing_bytes=100, address_standing_bytes=25)
    room = replace(room, tenant="public")
    uploads = Uploads(room.options, objects=room.objects, clock=room.clock)

    def begin(address: str, size: int = 10) -> Upload:
        return uploads.begin("public", "anonymous", "a.mp4", size, "tus", address)

    first = begin("192.0.2.1")
    begin("192.0.2.1")
    with pytest.raises(OverLimit):
        begin("192.0.2.2", 26)
    with pytest.raises(QuotaReached, match="from your address"):
        begin("192.0.2.1")
    begin("2001:db8::/64", 25)
    room.objects.put_bytes(first.object_key, bytes(10))
    uploads.whole(first.id, None, 10)
    check_id = room.docket.open(room.request(address="192.0.2.1"), upload_id=first.id).check.id
    with pytest.raises(QuotaReached, match="from your address"):
        begin("192.0.2.1")
    room.docket.finish(check_id, by_a_person(), VERSIONS)
    room.clock.move(HOUR)
    room.docket.sweep()
    begin("192.0.2.1")
    kept = f"{databases.ask(room.url, 'SELECT * FROM uploads')} {databases.ask(room.url, 'SELECT * FROM checks')}"
    assert "192.0" not in kept and "2001" not in kept
    assert databases.ask(room.url, f"SELECT asker FROM checks WHERE id = '{check_id}'") == [(None,)]


def test_a_link_counts_for_the_address_that_sent_it(fresh: Room) -> None:
    room = replace(_bounded(fresh, address_standing_bytes=25), tenant="public")
    link = room.request(source="url", url="https://example.org/a.mp4", address="192.0.2.1")
    check = room.docket.open(link).check
    room.docket.split(check.id, [{"number": 1}, {"number": 2}])
    for one in room.docket.grouped(str(room.docket.get(check.id).group_id), "public"):
        room.docket.fetched(one.id, f"media/{one.id}", "00" * 32, 13, None)
    with pytest.raises(QuotaReached, match="from your address"):
        room.docket.open(link)
    assert room.docket.open(replace(link, address="192.0.2.2"))


def test_of_many_at_once_only_as_many_begin_as_there_is_room_for(fresh: Room) -> None:
    room = _bounded(fresh, standing_bytes=25)
    _begun(room)

    def begin() -> bool:
        try:
            _begun(room)
        except QuotaReached:
            return False
        return True

    assert sorted(at_once(begin, begin, begin, begin)) == [False, False, False, True]


def test_one_that_can_not_be_erased_keeps_no_other(fresh: Room) -> None:
    _, stuck = _begun(fresh)
    fresh.clock.move(1)
    uploads, other = _begun(fresh, whole=True)
    waiting = fresh.options.home / "uploads" / stuck.id
    (waiting / "x").mkdir(parents=True)
    fresh.clock.move(DAY)
    with pytest.raises(ObjectsUnavailable):
        fresh.docket.sweep()
    assert fresh.objects.size(other.object_key) is None
    assert fresh.docket.sweep() == Swept(), "it was put off"
    with pytest.raises(CheckMissing):
        uploads.get(stuck.id)
    (waiting / "x").rmdir()
    waiting.rmdir()
    fresh.clock.move(300)
    assert fresh.docket.sweep() == Swept(uploads=1)
