"""Going on: each call may come twice, from several at once, and from who dies; there is one first verdict."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from countermark.docket import Callbacks, CheckError, CheckPicture
from countermark.errors import CheckMissing, CheckUnfit
from countermark.tests.docket.rooms import DIGEST, VERSIONS, Room, begin, by_a_person, ended, evidence, go, verdict

ERROR = CheckError("MediaUnreadable", "no frame could be read", "send another file")


def _kinds(room: Room, check_id: str) -> list[str]:
    events = room.docket.events(check_id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    return [event.kind for event in events]


def test_a_check_goes_through_its_stages_and_never_back(room: Room) -> None:
    check_id = room.laid()
    room.clock.move(5)
    seen = []
    for stage in ("fetch", "look", "fetch", "look", "recover", "fold"):  # a worker died, another begins anew
        room.docket.at_stage(check_id, stage)  # type: ignore[arg-type]
        seen.append(room.docket.get(check_id).stage)
        room.clock.move(1)
    assert seen == ["fetch", "look", "look", "look", "recover", "fold"]
    check = room.docket.get(check_id)
    assert (check.status, check.started_at) == ("running", "2026-03-01T12:00:05.000000+00:00")
    assert 0 < check.progress < 1
    told = [e.body["stage"] for e in room.docket.events(check_id, after=1)]
    assert told == ["fetch", "look", "recover", "fold"]


def test_evidence_is_seen_as_it_comes_and_once(room: Room) -> None:
    check_id = room.fetched()
    room.docket.add_evidence(check_id, 2, evidence("credentials"))
    room.docket.add_evidence(check_id, 1, evidence("mark"))
    room.docket.add_evidence(check_id, 2, evidence("another"))
    assert [one.examiner for one in room.docket.get(check_id).evidence] == ["mark", "credentials"]
    assert _kinds(room, check_id) == ["stage", "stage", "evidence", "evidence"]
    told = room.docket.events(check_id, after=3)
    assert [e.body for e in told] == [{"number": 1, "examiner": "mark", "track": "video", "finding": "absent"}]


def test_what_the_look_gave_is_kept_for_the_next_step(room: Room) -> None:
    check_id = room.fetched()
    assert room.docket.looked(check_id) is None
    plain = {"geometry": [1, 2.5, None], "words": "é" * 10_000}
    room.docket.keep_looked(check_id, plain)
    assert room.docket.looked(check_id) == plain


def test_a_result_has_all_that_was_found(room: Room) -> None:
    check_id = room.fetched(callback_url="https://example.org/back", metadata={"a": 1}, external_id="e")
    room.docket.add_evidence(check_id, 1, evidence())
    picture = CheckPicture("heat-1.png", "heat_map", 2.0, "a face\x00", f"pictures/{check_id}/heat-1.png")
    room.clock.move(7)
    check = room.docket.finish(check_id, by_a_person(), VERSIONS, [picture])
    assert check == room.docket.get(check_id)
    assert (check.status, check.stage, check.outcome, check.progress) == ("succeeded", "done", "likely_ai", 1.0)
    assert check.verdict == by_a_person() and check.evidence == by_a_person().evidence
    (first,) = check.revisions
    assert (first.number, first.why, first.who, first.versions) == (1, "first", "the service", VERSIONS)
    assert first.at == check.finished_at == "2026-03-01T12:00:07.000000+00:00"
    assert [(p.name, p.words) for p in check.pictures] == [("heat-1.png", "a face�")]
    assert room.docket.events(check_id)[-1].body == {"status": "succeeded", "outcome": "likely_ai"}
    (owed,) = Callbacks(room.options).of_check(check_id)
    assert (owed.kind, owed.url, owed.attempts) == ("check.finished", "https://example.org/back", 0)
    body = json.loads(owed.body)
    assert (body["type"], body["data"]["id"], body["data"]["outcome"]) == ("check.finished", check_id, "likely_ai")
    assert (body["data"]["metadata"], body["data"]["external_id"]) == ({"a": 1}, "e")
    assert "the hands" not in owed.body, "what was seen is asked for by who may see it"


def test_without_an_address_nothing_is_owed(room: Room) -> None:
    assert Callbacks(room.options).of_check(room.finished().id) == ()


def test_finishing_twice_is_finishing_once(room: Room) -> None:
    check = room.finished(callback_url="https://example.org/back")
    room.clock.move(60)
    assert room.docket.finish(check.id, by_a_person(), {"other": "2"}) == check
    room.docket.at_stage(check.id, "notify")  # what a step says that runs again changes nothing either
    room.docket.add_evidence(check.id, 9, evidence())
    room.docket.fetched(check.id, "media/other", "00" * 32, 1)
    room.docket.keep_looked(check.id, {"late": True})
    assert room.docket.get(check.id) == check and room.docket.looked(check.id) is None
    assert _kinds(room, check.id) == ["stage", "stage", "finished"]
    assert len(Callbacks(room.options).of_check(check.id)) == 1


def test_two_processes_that_finish_at_once_make_one_verdict(room: Room) -> None:
    check_id = room.fetched(callback_url="https://example.org/back")
    code = (
        "found = rooms.verdict() if words[1] == 'a' else rooms.by_a_person()\n"
        "check = docket.finish(words[0], found, {'by': words[1]})\n"
        "print(len(check.revisions), check.revisions[0].versions['by'], check.outcome)"
    )
    processes = [begin(room, code, check_id, who) for who in ("a", "b")]
    go(*processes)
    answers = ended(*processes)
    assert len(set(answers)) == 1, "each is told the same verdict"
    check = room.docket.get(check_id)
    assert answers[0].split() == ["1", check.revisions[0].versions["by"], check.outcome]
    assert _kinds(room, check_id) == ["stage", "stage", "finished"]
    assert [room.count("check_revisions", check_id), room.count("callbacks", check_id)] == [1, 1]


def test_a_process_that_is_killed_while_it_finishes_leaves_nothing_half_done(room: Room) -> None:
    check_id = room.fetched(callback_url="https://example.org/back")
    code = (
        "from countermark.docket import callbacks\n"
        "def wait(*given):\n"
        "    print('all but the callback is written', flush=True); sys.stdin.read()\n"
        "callbacks.owe = wait\n"
        "docket.finish(words[0], rooms.by_a_person(), {'by': 'the dead'})"
    )
    process = begin(room, code, check_id)
    go(process)
    assert process.stdout is not None and process.stdout.readline().startswith("all but")
    assert room.docket.get(check_id).status == "running", "nobody sees what is not whole"
    process.kill()
    process.communicate()
    assert room.docket.get(check_id).status == "running"
    check = room.docket.finish(check_id, verdict(), {"by": "the living"})
    assert [r.versions["by"] for r in check.revisions] == ["the living"]
    assert _kinds(room, check_id) == ["stage", "stage", "finished"]
    assert room.count("callbacks", check_id) == 1


def test_events_of_many_writers_have_no_gap(room: Room) -> None:
    check_id = room.fetched()
    code = (
        "for n in range(10):\n"
        "    docket.add_evidence(words[0], int(words[1]) * 100 + n, rooms.evidence(words[1]))\n"
        "    docket.add_evidence(words[0], n, rooms.evidence('shared'))"
    )
    processes = [begin(room, code, check_id, str(number)) for number in (1, 2)]
    go(*processes)
    ended(*processes)
    assert len(_kinds(room, check_id)) == 2 + 2 * 10 + 10
    assert len(room.docket.get(check_id).evidence) == 30


def test_a_failure_is_said_once_and_in_words(room: Room) -> None:
    check_id = room.fetched(callback_url="https://example.org/back")
    check = room.docket.fail(check_id, ERROR)
    assert (check.status, check.stage, check.error, check.verdict) == ("failed", "done", ERROR, None)
    assert check.media_until is not None and check.record_until is not None
    assert room.docket.fail(check_id, CheckError("Other", "later", "")) == check
    assert room.docket.events(check_id)[-1].body == {"status": "failed", "error": "MediaUnreadable"}
    assert _kinds(room, check_id)[-1] == "failed"
    (owed,) = Callbacks(room.options).of_check(check_id)
    assert json.loads(owed.body)["data"]["error"] == vars(ERROR)


def test_cancelling_ends_what_is_not_over(room: Room) -> None:
    waiting, running = room.laid(), room.fetched()
    for check_id in (waiting, running):
        check = room.docket.cancel(check_id, "key:1", tenant_id=room.tenant)
        assert (check.status, check.stage, check.over) == ("cancelled", "done", True)
        assert check.media_until is not None and check.record_until is not None
        assert room.docket.cancel(check_id, "key:1") == check
        assert room.docket.events(check_id)[-1].body == {"status": "cancelled", "who": "key:1"}
    assert room.docket.get(waiting).started_at is None


GOING: dict[str, Callable[[Room, str], object]] = {
    "at_stage": lambda room, id: room.docket.at_stage(id, "look"),
    "fetched": lambda room, id: room.docket.fetched(id, f"media/{id}", DIGEST, 1),
    "add_evidence": lambda room, id: room.docket.add_evidence(id, 1, evidence()),
    "keep_looked": lambda room, id: room.docket.keep_looked(id, {}),
    "finish": lambda room, id: room.docket.finish(id, verdict(), VERSIONS),
}


@pytest.mark.parametrize("call", GOING)
def test_what_was_cancelled_or_has_failed_does_not_go_on(room: Room, call: str) -> None:
    cancelled, failed = room.laid(), room.laid()
    room.docket.cancel(cancelled, "key:1")
    room.docket.fail(failed, ERROR)
    for check_id in (cancelled, failed):
        before = room.docket.get(check_id)
        with pytest.raises(CheckUnfit, match="does not go on"):
            GOING[call](room, check_id)
        assert room.docket.get(check_id) == before


def test_what_is_over_ends_in_no_other_way(room: Room) -> None:
    finished, failed, cancelled = room.finished().id, room.laid(), room.laid()
    room.docket.fail(failed, ERROR)
    room.docket.cancel(cancelled, "key:1")
    for check_id in (finished, failed):
        with pytest.raises(CheckUnfit):
            room.docket.cancel(check_id, "key:1")
    for check_id in (finished, cancelled):
        with pytest.raises(CheckUnfit):
            room.docket.fail(check_id, ERROR)
    assert [room.docket.get(c).status for c in (finished, failed, cancelled)] == ["succeeded", "failed", "cancelled"]


@pytest.mark.parametrize("call", GOING)
def test_what_was_deleted_while_it_ran_can_not_finish(room: Room, call: str) -> None:
    check_id = room.fetched()
    room.docket.delete(check_id, "key:1")
    tombstone = room.docket.get(check_id)
    assert (tombstone.status, tombstone.over) == ("cancelled", True)
    with pytest.raises(CheckMissing, match="deleted"):
        GOING[call](room, check_id)
    assert room.docket.get(check_id) == tombstone


def test_what_a_worker_brings_for_a_deleted_check_is_erased(room: Room) -> None:
    check_id = room.fetched()
    room.docket.delete(check_id, "key:1")
    room.objects.put_bytes(f"media/{check_id}", b"media")
    with pytest.raises(CheckMissing):
        room.docket.fetched(check_id, f"media/{check_id}", DIGEST, 5)
    assert not room.has_media(check_id)
    room.objects.put_bytes(f"pictures/{check_id}/key-1.jpg", b"picture")
    with pytest.raises(CheckMissing):
        room.docket.finish(check_id, verdict(), VERSIONS)
    assert not room.has_pictures(check_id)
