"""Stamps: each is made once, and its files are kept for their time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from countermark.docket import CheckError, Stamp, Stamps, Swept
from countermark.docket.stamping import new_stamp_id
from countermark.errors import CheckMissing, CheckUnfit, ObjectsUnavailable
from countermark.tests import databases
from countermark.tests.docket.rooms import DAY, HOUR, Room

ERROR = CheckError("AlreadyMarked", "it carries a mark", "send what is not marked")


def _laid(room: Room) -> tuple[Stamps, Stamp]:
    stamps = Stamps(room.options, objects=room.objects, clock=room.clock)
    stamp_id = new_stamp_id()
    for name in ("in", "out"):
        room.objects.put_bytes(f"stamps/{stamp_id}/{name}", b"film")
    key = f"stamps/{stamp_id}/in"
    return stamps, stamps.open(room.tenant, "key:1", "a\x00.mp4", {"label": "eu"}, stamp_id=stamp_id, source_key=key)


def test_a_stamp_is_made_once(room: Room) -> None:
    stamps, stamp = _laid(room)
    assert stamps.get(stamp.id, room.tenant) == stamp
    assert (stamp.status, stamp.name, stamp.options, stamp.over) == ("queued", "a�.mp4", {"label": "eu"}, False)
    assert stamps.begin(stamp.id).status == stamps.begin(stamp.id).status == "running"
    done = stamps.finish(stamp.id, f"stamps/{stamp.id}/out", {"payload": "ab"})
    assert (done.status, done.stamped, done.over) == ("succeeded", {"payload": "ab"}, True)
    room.clock.move(5)
    assert stamps.finish(stamp.id, "stamps/other/out", {}) == stamps.begin(stamp.id) == done
    assert stamps.get(stamp.id) == done
    with pytest.raises(CheckUnfit):
        stamps.fail(stamp.id, ERROR)


@pytest.mark.parametrize("end", ["finish", "fail"])
def test_a_prompt_is_gone_with_the_end(fresh: Room, end: str) -> None:
    words = "a secret cat on a skateboard " * 400
    stamps = Stamps(fresh.options, objects=fresh.objects, clock=fresh.clock)
    stamp = stamps.open(fresh.tenant, "key:1", "a.mp4", {"prompt": words, "model": "wan"})
    assert stamps.begin(stamp.id).options["prompt"] == words, "who labels it has it"
    shown = {"model": "wan", "prompt_sha256": hashlib.sha256(words.encode()).hexdigest()}
    assert stamp.asked == shown
    ended = stamps.finish(stamp.id, "stamps/x/out", {}) if end == "finish" else stamps.fail(stamp.id, ERROR)
    assert ended.options == ended.asked == stamps.get(stamp.id).options == shown
    assert "secret cat" not in str(databases.ask(fresh.url, "SELECT * FROM stamps"))
    if fresh.url.startswith("sqlite"):
        kept = b"".join(
            path.read_bytes() for path in Path(fresh.url.removeprefix("sqlite:///")).parent.glob("*.sqlite*")
        )
        assert stamp.id.encode() in kept and b"secret cat" not in kept


def test_a_failure_is_said_in_words(room: Room) -> None:
    stamps, stamp = _laid(room)
    failed = stamps.fail(stamp.id, ERROR)
    assert stamps.get(stamp.id) == failed and (failed.status, failed.error) == ("failed", ERROR)
    assert stamps.fail(stamp.id, CheckError("B", "", "")) == failed
    with pytest.raises(CheckUnfit):
        stamps.finish(stamp.id, "stamps/x/out", {})


def test_a_stamp_is_its_tenant_s_own(room: Room) -> None:
    stamps, stamp = _laid(room)
    with pytest.raises(CheckMissing):
        stamps.get(stamp.id, "ten_other")
    assert stamps.listed("ten_other").stamps == ()
    assert stamps.listed(room.tenant).stamps == (stamp,)


def test_a_list_goes_on_where_it_ended(room: Room) -> None:
    stamps = Stamps(room.options, objects=room.objects, clock=room.clock)
    laid = []
    for _ in range(5):
        laid.append(stamps.open(room.tenant, "key:1", "a.mp4", {}))
        room.clock.move(1)
    page = stamps.listed(room.tenant, limit=3)
    stamps.open(room.tenant, "key:1", "late.mp4", {})
    rest = stamps.listed(room.tenant, limit=3, cursor=page.next)
    assert [*page.stamps, *rest.stamps] == laid[::-1] and rest.next is None


@pytest.mark.parametrize("failed", [False, True])
def test_its_files_go_after_an_hour_and_the_row_after_thirty_days(fresh: Room, failed: bool) -> None:
    stamps, stamp = _laid(fresh)
    _, waiting = _laid(fresh)
    if failed:
        stamps.fail(stamp.id, ERROR)
    else:
        stamps.finish(stamp.id, f"stamps/{stamp.id}/out", {})
    fresh.clock.move(HOUR - 1)
    assert fresh.docket.sweep() == Swept()
    fresh.clock.move(1)
    assert fresh.docket.sweep() == Swept(stamps=1)
    now = stamps.get(stamp.id)
    assert (now.source_key, now.result_key) == (None, None)
    assert [fresh.objects.size(f"stamps/{stamp.id}/{name}") for name in ("in", "out")] == [None, None]
    fresh.clock.move(30 * DAY)
    assert fresh.docket.sweep() == Swept()
    with pytest.raises(CheckMissing):
        stamps.get(stamp.id)
    assert stamps.get(waiting.id) == waiting and fresh.objects.size(f"stamps/{waiting.id}/in") == 4


def test_the_tenant_s_time_counts(room: Room) -> None:
    room.tenant_keeps(60.0, None)
    stamps, stamp = _laid(room)
    assert stamps.fail(stamp.id, ERROR).until == "2026-03-01T12:01:00.000000+00:00"


def test_the_row_is_kept_for_the_tenant_s_time_too(fresh: Room) -> None:
    fresh.tenant_keeps(60.0, 2.0)
    stamps, stamp = _laid(fresh)
    stamps.finish(stamp.id, f"stamps/{stamp.id}/out", {})
    fresh.clock.move(2 * DAY - 1)
    fresh.docket.sweep()
    assert stamps.get(stamp.id).status == "succeeded"
    fresh.clock.move(1)
    fresh.docket.sweep()
    with pytest.raises(CheckMissing):
        stamps.get(stamp.id)


def _kept(room: Room, stamp: Stamp) -> list[int | None]:
    return [room.objects.size(f"stamps/{stamp.id}/{name}") for name in ("in", "out")]


def test_what_is_deleted_goes_at_once_and_leaves_its_times(fresh: Room) -> None:
    stamps, stamp = _laid(fresh)
    done = stamps.finish(stamp.id, f"stamps/{stamp.id}/out", {"manifest_id": "urn:c2pa:x"})
    with pytest.raises(CheckMissing):
        stamps.delete(stamp.id, "ten_other")
    fresh.clock.move(5)
    stamps.delete(stamp.id, fresh.tenant)
    assert _kept(fresh, stamp) == [None, None]
    left = stamps.get(stamp.id)
    assert (left.name, left.options, left.stamped, left.result_key, left.made_by) == ("", {}, None, None, "")
    assert (left.created_at, left.finished_at, left.status) == (done.created_at, done.finished_at, "succeeded")
    assert left.deleted_at is not None and stamps.listed(fresh.tenant).stamps == ()
    with pytest.raises(CheckMissing):
        stamps.delete(stamp.id)
    fresh.clock.move(30 * DAY)
    fresh.docket.sweep()
    with pytest.raises(CheckMissing):
        stamps.get(stamp.id)


def test_what_a_worker_brings_for_one_that_was_deleted_meanwhile_goes_later(fresh: Room) -> None:
    stamps, stamp = _laid(fresh)
    stamps.begin(stamp.id)
    stamps.delete(stamp.id)
    assert _kept(fresh, stamp) == [None, None]
    fresh.objects.put_bytes(f"stamps/{stamp.id}/out", b"film")
    with pytest.raises(CheckUnfit):
        stamps.finish(stamp.id, f"stamps/{stamp.id}/out", {})
    fresh.clock.move(HOUR)
    fresh.docket.sweep()
    assert _kept(fresh, stamp) == [None, None]


def test_one_that_can_not_be_erased_keeps_no_other(fresh: Room) -> None:
    stamps, stuck = _laid(fresh)
    stamps.fail(stuck.id, ERROR)
    fresh.clock.move(1)
    _, other = _laid(fresh)
    stamps.fail(other.id, ERROR)
    folder = fresh.options.home / "objects" / "stamps" / stuck.id
    elsewhere = folder.rename(fresh.options.home / "elsewhere")
    folder.symlink_to(elsewhere)
    fresh.clock.move(HOUR)
    with pytest.raises(ObjectsUnavailable):
        fresh.docket.sweep()
    assert _kept(fresh, other) == [None, None]
    gone = stamps.get(stuck.id)
    assert (gone.source_key, gone.until) == (None, None), "nobody is given what is to go"
    assert fresh.docket.sweep() == Swept(), "it was put off"
    folder.unlink()
    elsewhere.rename(folder)
    fresh.clock.move(300)
    assert fresh.docket.sweep() == Swept(stamps=1)
    assert _kept(fresh, stuck) == [None, None]
