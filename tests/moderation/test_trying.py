"""A policy is tried on the past: what would change is counted and shown; then it is made so, once, and can go on."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from countermark.docket import times
from countermark.errors import ModerationUnfit, PolicyInvalid
from countermark.moderation import trying
from countermark.moderation.trying import ActionCount, RuleCount
from countermark.tests.docket.rooms import by_a_person
from countermark.tests.moderation.rooms import BLOCKS, EDITOR, POLICY, REMOVES, REVIEWER, Room, document

BOTH = document(BLOCKS, REMOVES)


def past(room: Room) -> None:
    """Lay down: two labelled, one of which nothing came, one that can be judged by nobody, one of no item."""
    room.live()
    for number, says in enumerate(("synthetic", "synthetic", "manipulated", "genuine")):
        room.decided(says, item=str(number))
    room.deciding.decide(room.failing(item="4").id)
    room.finished(by_a_person("manipulated"))


def test_a_backtest_says_what_would_change(room: Room) -> None:
    past(room)
    found = room.trying.backtest(room.tenant, POLICY, BOTH)
    assert (found.looked, found.changed, found.overruled, found.whole) == (6, 4, 0, True)
    assert found.by_rule == {"synthetic": RuleCount(2, 1), "manipulated": RuleCount(2, 1)}
    assert found.by_effect == {
        ("actions", "actions"): 2,
        ("none", "actions"): 1,
        ("none", "none"): 1,
        ("review", "review"): 1,
        ("undecided", "actions"): 1,
    }
    assert found.by_action == {"block": ActionCount(0, 2), "label": ActionCount(2, 0), "remove": ActionCount(0, 2)}
    assert [one.item.id if one.item else None for one in found.harder] == ["0", "1", "2", None]
    assert [(one.item and one.item.id, one.rules) for one in found.milder] == [
        ("0", ("synthetic",)),
        ("1", ("synthetic",)),
    ]


def test_a_backtest_changes_nothing(room: Room) -> None:
    past(room)
    before = [room.in_force(str(number)) for number in range(5)]
    room.trying.backtest(room.tenant, POLICY, BOTH)
    assert [room.in_force(str(number)) for number in range(5)] == before
    assert len(room.shelf.get(room.tenant, POLICY).versions) == 1
    same = room.trying.backtest(room.tenant, POLICY, document())
    assert [(was, now) for was, now in same.by_effect if was != now] == [("undecided", "none")]
    assert (same.harder, same.milder) == ((), ())


def test_a_backtest_keeps_to_its_time_tenant_and_number(room: Room) -> None:
    past(room)
    middle = room.docket.get(room.submitted(item="5").id).created_at
    room.submitted(item="6")
    assert room.trying.backtest(room.tenant, POLICY, BOTH, since=middle, until=times.later(middle, 0.5)).looked == 1
    some = room.trying.backtest(room.tenant, POLICY, BOTH, limit=3, examples=1)
    assert (some.looked, some.whole, len(some.harder)) == (3, False, 1)
    assert room.trying.backtest("ten_other", POLICY, BOTH).looked == 0
    with pytest.raises(PolicyInvalid):
        room.trying.backtest(room.tenant, POLICY, "rules: [")


def test_checks_of_another_policy_are_not_counted(room: Room) -> None:
    room.live()
    room.live(document(BLOCKS, name="strict"), name="strict")
    room.submitted(policy_id="strict")
    room.submitted(policy_id=POLICY)
    room.submitted(policy_id="of another service")
    assert room.trying.backtest(room.tenant, POLICY, BOTH).looked == 2
    assert room.trying.backtest(room.tenant, "strict", document(BLOCKS, name="strict")).looked == 2
    assert room.trying.backtest(room.tenant, "new", document(BLOCKS, name="new")).looked == 1


def test_what_people_decided_would_go_to_people_again(room: Room) -> None:
    room.live()
    made = room.decided()
    room.deciding.decide_by_person(made.submission.id, (), by=REVIEWER, note="", occasion="review", key="rev_1")
    found = room.trying.backtest(room.tenant, POLICY, BOTH)
    assert (found.overruled, found.harder, dict(found.by_effect)) == (1, (), {("none", "review"): 1})
    room.live(BOTH)
    assert room.trying.retroaction(room.tenant, POLICY, f"a{room.tenant}", by=EDITOR).changed == 1
    assert room.in_force() == []
    last = room.deciding.of_submission(made.submission.id)[-1]
    assert (last.occasion, last.ruling.effect) == ("policy", "review")


def test_a_retroaction_decides_only_what_changes(room: Room) -> None:
    past(room)
    room.live(BOTH)
    run = f"b{room.tenant}"
    done = room.trying.retroaction(room.tenant, POLICY, run, by=EDITOR)
    assert (done.looked, done.changed, done.over) == (5, 3, True)
    assert [room.in_force(str(number)) for number in range(5)] == [["block"], ["block"], ["remove"], [], []]
    assert room.trying.retroaction(room.tenant, POLICY, run, by=EDITOR) == done
    other = room.trying.retroaction(room.tenant, POLICY, f"c{room.tenant}", by=EDITOR)
    assert (other.looked, other.changed) == (5, 0)
    assert not [one for one in room.trying.backtest(room.tenant, POLICY, BOTH).harder if one.item]


def test_a_retroaction_goes_on_where_it_was(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PAGE", 2)
    past(room)
    room.live(BOTH)
    run = f"d{room.tenant}"
    first = room.trying.retroaction(room.tenant, POLICY, run, by=EDITOR, pages=1)
    assert (first.looked, first.changed, first.over) == (2, 2, False)
    late = room.decided(item="9")
    assert late.policy_version == 2
    done = room.trying.retroaction(room.tenant, POLICY, run, by=EDITOR)
    assert (done.looked, done.changed, done.over) == (5, 3, True)
    with pytest.raises(ModerationUnfit):
        room.trying.retroaction(room.tenant, "strict", run, by=EDITOR)
    with pytest.raises(ModerationUnfit):
        room.trying.retroaction(room.tenant, POLICY, "", by=EDITOR)


def test_one_that_died_in_a_page_makes_no_decision_twice(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    past(room)
    room.live(BOTH)
    run, asked = f"e{room.tenant}", []
    reconsider = room.trying._deciding.reconsider

    def dies(*of: str) -> object:
        asked.append(of)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return reconsider(*of)

    monkeypatch.setattr(room.trying._deciding, "reconsider", dies)
    with pytest.raises(KeyboardInterrupt):
        room.trying.retroaction(room.tenant, POLICY, run, by=EDITOR)
    monkeypatch.undo()
    assert room.trying.retroaction(room.tenant, POLICY, run, by=EDITOR).changed == 3
    of = room.deciding.of_check(asked[0][0])
    assert of is not None and [one.occasion for one in room.deciding.of_submission(of.id)] == ["first", "policy"]


def test_memory_does_not_grow_with_the_past(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PAGE", 4)
    room.live()
    for number in range(24):
        room.submitted(item=str(number))

    def most(limit: int) -> int:
        gc.collect()
        tracemalloc.start()
        try:
            assert room.trying.backtest(room.tenant, POLICY, BOTH, limit=limit).looked == limit
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    most(8)  # what is kept once
    assert most(24) < most(8) + 100_000
