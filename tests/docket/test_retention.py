"""Nothing is kept for longer than its time, and nothing that is held goes: by a clock that is moved."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from countermark.docket import Check, CheckError, Docket, Kept, Swept
from countermark.errors import CheckMissing, CheckUnfit, ObjectsUnavailable
from countermark.store import engine, ledger
from countermark.tests import databases
from countermark.tests.docket.rooms import (
    DAY,
    DIGEST,
    HOUR,
    VERSIONS,
    Room,
    at_once,
    begin,
    evidence,
    go,
    options,
    signed,
    verdict,
)

CHILDREN = (
    "check_evidence",
    "check_revisions",
    "check_pictures",
    "check_manifests",
    "holds",
    "feedback",
    "callbacks",
)


def _lines(room: Room) -> list[dict[str, object]]:
    with engine.reading(room.url) as connection:
        assert connection is not None
        return [json.loads(entry.body) for entry in ledger.entries(connection) if entry.kind == "check.deleted"]


def _after(check: Check, until: str | None) -> float:
    """Give so many seconds after the result."""
    assert until is not None and check.finished_at is not None
    return (datetime.fromisoformat(until) - datetime.fromisoformat(check.finished_at)).total_seconds()


def _is_a_tombstone(room: Room, check: Check) -> bool:
    """Nothing but id, tenant, times and digest."""
    now = room.docket.get(check.id)
    assert now.deleted_at is not None and now.over
    bare = Check(
        id=check.id,
        tenant_id=check.tenant_id,
        made_by="",
        source=check.source,
        name="",
        status=now.status,
        stage="done",
        lane=check.lane,
        created_at=check.created_at,
        content_hash=check.content_hash,
        started_at=check.started_at,
        finished_at=now.finished_at,
        media_gone_at=now.media_gone_at,
        deleted_at=now.deleted_at,
    )
    assert now == bare
    assert [room.count(table, check.id) for table in CHILDREN] == [0] * len(CHILDREN)
    assert not room.has_media(check.id) and not room.has_pictures(check.id)
    (event,) = room.docket.events(check.id)
    assert (event.kind, event.body) == ("deleted", {})
    return True


# Clocks --------------------------------------------------------------------------------------------------------------


def test_media_goes_after_an_hour_and_the_record_after_thirty_days(fresh: Room) -> None:
    room = fresh
    check = room.finished(signed("urn:1"), callback_url="https://example.org/back")
    room.docket.give_feedback(check.id, "right", "", "anonymous")
    room.clock.move(HOUR - 1)
    assert room.docket.sweep() == Swept() and room.has_media(check.id)
    room.clock.move(1)
    assert room.docket.sweep() == Swept(media=1)
    now = room.docket.get(check.id)
    assert not room.has_media(check.id) and room.has_pictures(check.id)
    assert (now.object_key, now.media_gone_at) == (None, now.media_until)
    assert now == replace(check, object_key=None, media_gone_at=now.media_gone_at)
    assert room.docket.sweep() == Swept(), "once is enough"
    room.clock.move(30 * DAY - HOUR - 1)
    assert room.docket.sweep() == Swept() and room.docket.get(check.id) == now
    room.clock.move(1)
    assert room.docket.sweep() == Swept(records=1)
    assert _is_a_tombstone(room, check)
    deleted_at = room.docket.get(check.id).deleted_at
    assert _lines(room) == [{"id": check.id, "digest": DIGEST, "who": "retention", "deleted_at": deleted_at}]
    assert room.docket.sweep() == Swept() and room.docket.listed(room.tenant).checks == ()


def test_what_failed_or_was_cancelled_has_its_time_too(fresh: Room) -> None:
    room = fresh
    failed, cancelled = room.fetched(), room.fetched()
    room.docket.fail(failed, CheckError("A", "b", "c"))
    room.docket.cancel(cancelled, "key:1")
    room.clock.move(HOUR)
    assert room.docket.sweep() == Swept(media=2)
    room.clock.move(30 * DAY)
    assert room.docket.sweep() == Swept(records=2)


def test_what_is_not_over_has_no_time(fresh: Room) -> None:
    check_id = fresh.fetched()
    fresh.clock.move(days=400)
    assert fresh.docket.sweep() == Swept() and fresh.has_media(check_id)


@pytest.mark.parametrize(
    ("tenant", "asked", "media_s", "days"),
    [
        ((None, None), (None, None), HOUR, 30),
        ((None, None), (60.0, 2.0), 60, 2),
        ((None, None), (DAY, 300.0), HOUR, 30),
        ((2 * DAY, 90.0), (None, None), 2 * DAY, 90),
        ((2 * DAY, 90.0), (DAY, 300.0), DAY, 90),
        ((10.0, None), (60.0, 0.5), 10, 0.5),
        ((None, None), (0.0, -1.0), 0, 0),
        ((1e300, 1e300), (None, 40.0), 40 * DAY, 40),  # media is not kept without its record
    ],
)
def test_the_tenant_s_time_counts_and_who_asks_may_shorten_it(
    room: Room,
    tenant: tuple[float | None, float | None],
    asked: tuple[float | None, float | None],
    media_s: float,
    days: float,
) -> None:
    room.tenant_keeps(*tenant)
    check = room.finished(kept=Kept(*asked))
    assert _after(check, check.record_until) == days * DAY
    assert _after(check, check.media_until) == media_s


def test_the_settings_are_the_default(room: Room) -> None:
    kept = options(room.url, room.options.home, media_kept_s=0, record_kept_days=2)
    check = Room(kept, room.tenant, room.clock).finished()
    assert (_after(check, check.media_until), _after(check, check.record_until)) == (0, 2 * DAY)


def test_a_sweep_takes_no_more_than_it_should_and_several_at_once_take_each_once(fresh: Room) -> None:
    room, made = fresh, []
    for _ in range(6):
        made.append(room.finished().id)
        room.clock.move(1)
    room.clock.move(HOUR)
    assert room.docket.sweep(limit=2) == Swept(media=2)
    assert [room.has_media(one) for one in made] == [False, False, True, True, True, True]
    room.clock.move(days=30)
    room.docket.place_hold(made[0], "review", "", "person:1")
    swept = at_once(room.docket.sweep, room.docket.sweep, room.docket.sweep)
    assert (sum(one.media for one in swept), sum(one.records for one in swept)) == (4, 5)
    gone = [one for one in made if room.docket.get(one).deleted_at is not None]
    assert gone == made[1:] and sorted(str(line["id"]) for line in _lines(room)) == sorted(gone)
    assert [one for one in made if room.has_media(one) or room.has_pictures(one)] == made[:1]


# Holds ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["review", "appeal", "legal_order", "enforcement"])
def test_a_hold_stops_both_clocks_until_it_is_lifted(fresh: Room, reason: str) -> None:
    room = fresh
    check = room.finished()
    hold = room.docket.place_hold(check.id, reason, "why\x00", "person:1", tenant_id=room.tenant)  # type: ignore[arg-type]
    assert room.docket.get(check.id).holds == (hold,) and hold.note == "why�"
    room.clock.move(days=1000)
    assert room.docket.sweep() == Swept()
    with pytest.raises(CheckUnfit, match="held") as caught:
        room.docket.delete(check.id, "key:1")
    assert "lift" in caught.value.advice
    assert room.has_media(check.id) and room.has_pictures(check.id) and room.docket.get(check.id).verdict
    lifted = room.docket.lift_hold(check.id, hold.id, "person:2")
    assert (lifted.lifted_by, lifted.placed_at) == ("person:2", hold.placed_at)
    room.clock.move(1)
    assert room.docket.lift_hold(check.id, hold.id, "person:3") == lifted
    room.clock.move(HOUR - 2)
    assert room.docket.sweep() == Swept() and room.has_media(check.id), "the clocks go on from where they stood"
    room.clock.move(1)
    assert room.docket.sweep() == Swept(media=1)
    room.clock.move(30 * DAY - HOUR)
    assert room.docket.sweep() == Swept(records=0 if reason == "enforcement" else 1)
    assert room.has_pictures(check.id) == (reason == "enforcement")


def test_clocks_stand_for_as_long_as_any_hold_does_and_run_in_between(fresh: Room) -> None:
    room = fresh
    check = room.finished()
    room.clock.move(0.5 * HOUR)
    one = room.docket.place_hold(check.id, "review", "", "person:1")
    room.clock.move(days=1)
    two = room.docket.place_hold(check.id, "appeal", "", "person:1")
    room.docket.lift_hold(check.id, one.id, "person:1")
    room.clock.move(days=2)
    room.docket.lift_hold(check.id, two.id, "person:1")
    room.clock.move(0.25 * HOUR)
    three = room.docket.place_hold(check.id, "review", "", "person:1")
    room.clock.move(days=4)
    room.docket.lift_hold(check.id, three.id, "person:1")
    now = room.docket.get(check.id)
    assert _after(check, now.media_until) == HOUR + 7 * DAY and _after(check, now.record_until) == 37 * DAY
    room.clock.move(0.25 * HOUR - 1)
    assert room.docket.sweep() == Swept()
    room.clock.move(1)
    assert room.docket.sweep() == Swept(media=1)
    four = room.docket.place_hold(check.id, "review", "", "person:1")
    room.clock.move(days=1)
    room.docket.lift_hold(check.id, four.id, "person:1")
    after = room.docket.get(check.id)
    assert after.media_until == now.media_until and _after(check, after.record_until) == 38 * DAY


def test_a_hold_from_before_the_result_stops_clocks_from_the_result_on(room: Room) -> None:
    check_id = room.fetched()
    hold = room.docket.place_hold(check_id, "review", "", "person:1")
    room.clock.move(days=5)
    check = room.docket.finish(check_id, verdict(), VERSIONS)
    room.clock.move(days=2)
    room.docket.lift_hold(check_id, hold.id, "person:1")
    assert _after(check, room.docket.get(check_id).media_until) == HOUR + 2 * DAY


def test_a_record_of_enforcement_is_kept_for_half_a_year_after_the_hold(fresh: Room) -> None:
    room = fresh
    check = room.finished(kept=Kept(record_days=1.0))
    hold = room.docket.place_hold(check.id, "enforcement", "", "person:1")
    room.clock.move(days=3)
    room.docket.lift_hold(check.id, hold.id, "person:1")
    room.clock.move(184 * DAY - 1)
    room.docket.sweep()
    assert room.docket.get(check.id).verdict is not None
    with pytest.raises(CheckUnfit, match="enforcement until"):
        room.docket.delete(check.id, "key:1")
    room.clock.move(1)
    assert room.docket.sweep() == Swept(records=1)


def test_enforcement_that_was_lifted_before_the_result_binds_too(room: Room) -> None:
    check_id = room.fetched()
    hold = room.docket.place_hold(check_id, "enforcement", "", "person:1")
    room.docket.lift_hold(check_id, hold.id, "person:1")
    room.clock.move(days=1)
    check = room.docket.finish(check_id, verdict(), VERSIONS)
    assert _after(check, check.record_until) == 183 * DAY and _after(check, check.media_until) == HOUR


def test_longer_time_of_the_tenant_is_not_cut_by_enforcement(room: Room) -> None:
    room.tenant_keeps(None, 3650.0)
    check = room.finished()
    hold = room.docket.place_hold(check.id, "enforcement", "", "person:1")
    room.docket.lift_hold(check.id, hold.id, "person:1")
    assert room.docket.get(check.id).record_until == check.record_until


def test_of_two_holds_the_second_still_holds(fresh: Room) -> None:
    check = fresh.finished()
    one = fresh.docket.place_hold(check.id, "review", "", "person:1")
    two = fresh.docket.place_hold(check.id, "appeal", "", "person:1")
    fresh.clock.move(days=99)
    fresh.docket.lift_hold(check.id, one.id, "person:1")
    assert fresh.docket.sweep() == Swept()
    fresh.docket.lift_hold(check.id, two.id, "person:1")
    assert fresh.docket.sweep() == Swept()
    fresh.clock.move(days=30)
    assert fresh.docket.sweep() == Swept(media=1, records=1)


def test_a_hold_of_another_check_can_not_be_lifted_here(room: Room) -> None:
    one, two = room.finished(), room.finished()
    hold = room.docket.place_hold(one.id, "review", "", "person:1")
    with pytest.raises(CheckUnfit, match="no hold"):
        room.docket.lift_hold(two.id, hold.id, "person:1")
    assert room.docket.get(one.id).holds == (hold,)


# Deleting ------------------------------------------------------------------------------------------------------------


def test_what_is_deleted_leaves_a_tombstone_and_a_line(fresh: Room) -> None:
    room = fresh
    secret = {"name": "my secret clip.mp4", "metadata": {"a": "secret"}, "callback_url": "https://secret.example"}
    check = room.finished(signed("urn:secret"), url="https://secret.example", group_id="grp_secret", **secret)
    room.docket.keep_looked(check.id, {"a": "secret"})
    room.docket.give_feedback(check.id, "wrong", "secret", "anonymous")
    events = len(room.docket.events(check.id))
    room.clock.move(5)
    room.docket.delete(check.id, "key:1", tenant_id=room.tenant)
    assert _is_a_tombstone(room, check)
    tombstone = room.docket.get(check.id)
    assert room.docket.events(check.id)[0].number == events + 1, "who listens hears of it"
    line = {"id": check.id, "digest": DIGEST, "who": "key:1", "deleted_at": tombstone.deleted_at}
    assert _lines(room) == [line]
    rows = databases.ask(room.url, f"SELECT * FROM checks WHERE id = '{check.id}'")
    assert "secret" not in repr(rows) and "made_by" not in repr(rows)
    with pytest.raises(CheckMissing):
        room.docket.delete(check.id, "key:1")
    assert len(_lines(room)) == 1
    assert room.docket.sweep() == Swept()


def test_of_two_who_delete_at_once_one_does(room: Room) -> None:
    check = room.finished()

    def delete() -> str:
        try:
            room.docket.delete(check.id, "key:1")
        except CheckMissing:
            return "was too late"
        return "did"

    assert sorted(at_once(delete, delete)) == ["did", "was too late"]
    assert [line["id"] for line in _lines(room)].count(check.id) == 1


def test_what_a_worker_still_writes_for_a_deleted_check_goes_with_a_later_sweep(fresh: Room) -> None:
    room = fresh
    check_id = room.fetched()
    room.docket.add_evidence(check_id, 1, evidence())
    room.docket.delete(check_id, "key:1")
    assert not room.has_media(check_id)
    room.objects.put_bytes(f"media/{check_id}", b"media")  # and then the worker is killed
    room.objects.put_bytes(f"pictures/{check_id}/key-1.jpg", b"picture")
    room.docket.sweep()
    room.clock.move(HOUR)
    room.docket.sweep()
    assert not room.has_media(check_id) and not room.has_pictures(check_id)


def test_what_a_worker_brings_for_a_check_that_ended_meanwhile_does_not_stay(fresh: Room) -> None:
    room = fresh
    swept, ended = room.laid(source="url", kept=Kept(media_s=0)), room.laid(source="url")
    for check_id in (swept, ended):
        room.docket.at_stage(check_id, "fetch")
        room.docket.cancel(check_id, "key:1")
    room.docket.sweep()
    for check_id in (swept, ended):
        room.objects.put_bytes(f"media/{check_id}", b"media")  # the worker had not heard
        with pytest.raises(CheckUnfit):
            room.docket.fetched(check_id, f"media/{check_id}", DIGEST, 5)
        assert not room.has_media(check_id)


def test_media_of_a_check_that_failed_stays_for_its_time_whoever_brings_it_again(fresh: Room) -> None:
    room = fresh
    check_id = room.fetched(source="url")
    room.docket.fail(check_id, CheckError("A", "b", "c"))
    with pytest.raises(CheckUnfit):
        room.docket.fetched(check_id, f"media/{check_id}", DIGEST, 5)
    assert room.has_media(check_id)
    room.clock.move(HOUR)
    assert room.docket.sweep() == Swept(media=1) and not room.has_media(check_id)


@pytest.mark.parametrize("call", ["docket.delete(words[0], 'key:1')", "docket.sweep()"])
def test_what_a_process_that_is_killed_did_not_erase_goes_with_the_next_sweep(fresh: Room, call: str) -> None:
    check_id = fresh.finished().id
    fresh.clock.move(HOUR)
    code = (
        "from countermark.docket import erasing\n"
        "def wait(*given, **more):\n"
        "    print('the database has let go', flush=True); sys.stdin.read()\n"
        "erasing._take_away = wait\n"
        "clock = rooms.Clock(); clock.move(3600)\n"
        f"docket = Docket(options, clock=clock); {call}"
    )
    process = begin(fresh, code, check_id)
    go(process)
    assert process.stdout is not None and process.stdout.readline().startswith("the database")
    process.kill()
    process.communicate()
    assert fresh.has_media(check_id) and fresh.docket.get(check_id).object_key is None
    fresh.docket.sweep()
    assert not fresh.has_media(check_id)
    assert fresh.has_pictures(check_id) == (fresh.docket.get(check_id).deleted_at is None)


def test_an_upload_that_was_used_goes_with_its_check(room: Room) -> None:
    room.objects.put_bytes("uploads/upl_x", b"media")
    check_id = room.laid(object_key="uploads/upl_x", content_hash=DIGEST, bytes=5)
    room.docket.delete(check_id, "key:1")
    assert room.objects.size("uploads/upl_x") is None


def test_what_the_store_did_not_erase_is_erased_later(fresh: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room = fresh
    deleted, old = room.finished(), room.finished()
    away = options(room.url, room.options.home, objects="s3://bucket/away")
    for name, value in _AWAY.items():
        monkeypatch.setenv(name, value)
    elsewhere = Docket(away, clock=room.clock)
    elsewhere.delete(deleted.id, "key:1")
    assert room.docket.get(deleted.id).deleted_at is not None and room.has_media(deleted.id)
    room.clock.move(HOUR)
    with pytest.raises(ObjectsUnavailable):
        elsewhere.sweep()
    assert room.docket.get(old.id).object_key is None, "nobody is given what is to go"
    room.clock.move(HOUR)
    room.docket.sweep()
    for check in (deleted, old):
        assert not room.has_media(check.id)
    assert not room.has_pictures(deleted.id)


_AWAY = {
    "AWS_ENDPOINT": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}
