"""Verdicts live: each later one is kept with who, when and why; who asked hears where the outcome changed."""

from __future__ import annotations

import json
from functools import partial

import pytest

from countermark.docket import Callbacks, Revision, revising
from countermark.errors import CheckMissing, CheckUnfit
from countermark.tests.docket.rooms import Room, at_once, by_a_person, verdict


def _by_ada(
    room: Room, check_id: str, note: str = "seen", says: str = "synthetic", after: int | None = None
) -> Revision:
    return room.docket.revise(
        check_id, by_a_person(says), who="person:1 Ada", why="human", note=note, versions={"a": "1"}, after=after
    )


def test_a_changed_outcome_is_told(room: Room) -> None:
    check = room.finished(callback_url="https://example.org/back")
    room.clock.move(3600)
    revision = _by_ada(room, check.id)
    now = room.docket.get(check.id)
    assert now.revisions == (*check.revisions, revision) and now.verdict == by_a_person()
    assert (revision.number, revision.who, revision.why, revision.note) == (2, "person:1 Ada", "human", "seen")
    assert (revision.at, revision.versions) == ("2026-03-01T13:00:00.000000+00:00", {"a": "1"})
    assert (now.outcome, now.evidence) == ("likely_ai", by_a_person().evidence)
    assert (now.finished_at, now.record_until) == (check.finished_at, check.record_until)
    told = room.docket.events(check.id)[-1]
    changed = {"was": "no_evidence", "outcome": "likely_ai", "revision": 2, "why": "human"}
    assert (told.kind, told.body) == ("verdict_changed", changed)
    first, second = Callbacks(room.options).of_check(check.id)
    body = json.loads(second.body)
    assert (first.kind, second.kind) == ("check.finished", "check.verdict_changed")
    assert (body["data"]["outcome"], body["data"]["revision"]) == ("likely_ai", 2)


def test_the_same_outcome_for_another_reason_is_kept_and_told_nobody(room: Room) -> None:
    check = room.finished(callback_url="https://example.org/back")
    events = room.docket.events(check.id)
    room.docket.revise(check.id, verdict(), who="the service", why="model", note="2.0", versions={"model": "2.0"})
    assert [r.why for r in room.docket.get(check.id).revisions] == ["first", "model"]
    assert room.docket.events(check.id) == events
    assert len(Callbacks(room.options).of_check(check.id)) == 1


def test_saying_the_same_twice_is_saying_it_once(room: Room) -> None:
    check_id = room.finished().id
    first = _by_ada(room, check_id)
    room.clock.move(10)
    assert _by_ada(room, check_id) == first
    assert _by_ada(room, check_id, note="seen again").number == 3


def test_two_who_looked_at_the_same_revision_do_not_overwrite_each_other(room: Room) -> None:
    check_id = room.finished().id
    _by_ada(room, check_id, after=1)
    with pytest.raises(CheckUnfit, match="revision 2"):
        _by_ada(room, check_id, says="genuine", after=1)
    assert _by_ada(room, check_id, says="genuine", after=2).number == 3


def test_revisions_of_many_at_once_are_numbered_without_a_gap(room: Room) -> None:
    check_id = room.finished().id

    def revise(who: str) -> list[int]:
        return [_by_ada(room, check_id, note=f"{who} {number}").number for number in range(5)]

    made = at_once(partial(revise, "a"), partial(revise, "b"), partial(revise, "c"))
    assert sorted(sum(made, [])) == list(range(2, 17))
    assert [r.number for r in room.docket.get(check_id).revisions] == list(range(1, 17))
    assert [e.kind for e in room.docket.events(check_id)].count("verdict_changed") == 1


def test_what_has_no_verdict_has_none_to_revise(room: Room) -> None:
    running, deleted = room.fetched(), room.finished().id
    room.docket.delete(deleted, "key:1")
    with pytest.raises(CheckUnfit, match="no verdict"):
        _by_ada(room, running)
    with pytest.raises(CheckMissing):
        _by_ada(room, deleted)


def test_feedback_is_kept_and_changes_no_verdict(room: Room) -> None:
    check = room.finished()
    given = [room.docket.give_feedback(check.id, says, "so\x00", "anonymous") for says in ("right", "wrong")]  # type: ignore[arg-type]
    now = room.docket.get(check.id)
    assert sorted(room.docket.feedback(check.id), key=lambda one: one.says) == given
    assert {one.comment for one in given} == {"so�"}
    assert (now.revisions, now.outcome) == (check.revisions, check.outcome)


def test_who_speaks_of_no_result_is_told_whether_one_comes(room: Room) -> None:
    waits, over = room.laid(), room.laid()
    room.docket.cancel(over, "anonymous")
    for check_id, advice in ((waits, "wait for"), (over, "check the video anew")):
        with pytest.raises(CheckUnfit) as told:
            room.docket.give_feedback(check_id, "wrong", "", "anonymous")
        assert advice in told.value.advice


def test_feedback_is_of_a_result_and_has_a_bound(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revising, "MOST_FEEDBACK", 3)
    queued, check = room.laid(), room.finished()
    with pytest.raises(CheckUnfit, match="no result"):
        room.docket.give_feedback(queued, "right", "", "anonymous")

    def give() -> bool:
        try:
            return bool(room.docket.give_feedback(check.id, "right", "", "anonymous"))
        except CheckUnfit:
            return False

    assert sorted(at_once(*[give] * 5)) == [False, False, True, True, True], "also where many speak at once"
    assert room.count("feedback", check.id) == 3 == len(room.docket.feedback(check.id, tenant_id=room.tenant))
    with pytest.raises(CheckMissing):
        room.docket.feedback(check.id, tenant_id="another")
