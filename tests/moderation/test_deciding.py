"""What is decided, once each; what of it is in force, goes out, is undone, replaced, or left to people."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from countermark.docket.submitting import submission_of
from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.moderation.values import Action, Decision, Item
from countermark.provenance import Registry
from countermark.tests import databases
from countermark.tests.docket.rooms import at_once, by_a_person
from countermark.tests.moderation.rooms import BLOCKS, EDITOR, LABELS, POLICY, REMOVES, REVIEWER, Room, document

LABEL = Action("label", "Synthetic")


def by_people(room: Room, made: Decision, *actions: Action, key: str = "rev_1", **more: object) -> Decision:
    given = {"by": REVIEWER, "note": "seen", "occasion": "review", "key": key, **more}
    return room.deciding.decide_by_person(made.submission.id, actions, **given)  # type: ignore[arg-type]


def test_a_submission_is_decided_once(room: Room) -> None:
    room.live()
    check = room.submitted(metadata={"followers": 3})
    assert check.id in room.deciding.owed()
    (made,) = room.deciding.decide(check.id)
    assert room.deciding.decide(check.id) == ()
    assert check.id not in room.deciding.owed()
    assert (made.occasion, made.number, made.revision, made.policy_version, made.by) == ("first", 1, 1, 1, "service")
    assert made.actions == (LABEL,) and not made.background and made.automated
    assert made.submission.id == submission_of(check.id)
    assert (made.submission.item, dict(made.submission.uploader)) == (Item("1", "video"), {"followers": 3})
    assert room.deciding.of_submission(made.submission.id, room.tenant) == (made,)
    assert room.deciding.get(made.id) == made
    with pytest.raises(ModerationMissing):
        room.deciding.get(made.id, "ten_other")


def test_workers_that_decide_at_once_make_one(room: Room) -> None:
    room.live()
    ids = [room.submitted(item=str(number)).id for number in range(5)]

    def all_of_them() -> int:
        return sum(len(room.deciding.decide(one)) for one in ids)

    assert sum(at_once(all_of_them, all_of_them, all_of_them)) == len(ids)
    Registry(room.url).verify()


def test_a_check_of_no_item_is_not_decided(room: Room) -> None:
    room.live()
    check = room.finished(by_a_person())
    assert room.deciding.of_check(check.id) is None
    assert room.deciding.decide(check.id) == ()


def test_one_that_is_not_over_or_was_cancelled_owes_nothing(room: Room) -> None:
    room.live()
    check_id = room.laid(item_id="1", item_type="video")
    assert room.deciding.decide(check_id) == ()
    room.docket.cancel(check_id, "key:1")
    assert room.deciding.decide(check_id) == ()
    assert check_id not in room.deciding.owed()


def test_the_same_bytes_of_two_accounts_are_two_decisions(room: Room) -> None:
    room.live()
    first, second = room.decided(item="1"), room.decided(item="2")
    assert first.submission.content_hash == second.submission.content_hash
    assert first.id != second.id and room.in_force("1") == room.in_force("2") == ["label: Synthetic"]
    room.deciding.undo(first.id, by=REVIEWER, note="")
    assert (room.in_force("1"), room.in_force("2")) == ([], ["label: Synthetic"])


def test_what_nobody_knows_waits_for_people(room: Room) -> None:
    room.live()
    check = room.failing()
    (made,) = room.deciding.decide(check.id)
    assert (made.revision, made.actions, made.ruling.effect) == (0, (), "review")
    assert made.ruling.review is not None and made.ruling.review.queue == "unsure"
    assert room.deciding.due() == () and room.in_force() == []


def test_the_policy_that_is_named_decides_or_else_those_for_all(room: Room) -> None:
    room.live()
    room.live(document(BLOCKS, name="strict"), name="strict")
    room.shelf.set_default(room.tenant, "strict", False, by=EDITOR)
    named = room.deciding.decide(room.submitted(item="1", policy_id="strict").id)
    unknown = room.deciding.decide(room.submitted(item="2", policy_id="of another service").id)
    told = [[(one.policy_id, one.actions[0].kind) for one in made] for made in (named, unknown)]
    assert told == [[("strict", "block")], [(POLICY, "label")]]


def test_a_version_in_the_background_is_counted_and_does_nothing(room: Room) -> None:
    room.live()
    room.background(document(BLOCKS))
    live, counted = room.deciding.decide(room.submitted().id)
    assert (live.policy_version, live.background, counted.policy_version, counted.background) == (1, False, 2, True)
    assert counted.actions == () and [one.rule for one in counted.ruling.background] == ["synthetic"]
    assert room.in_force() == ["label: Synthetic"]
    room.clock.move(seconds=301)
    assert room.hand_on() == ["1: label: Synthetic"]


def test_a_share_of_items_is_decided_by_what_is_staged(room: Room) -> None:
    room.live()
    room.live(document(BLOCKS), share=0.5)
    made = [room.decided(item=str(number)) for number in range(16)]
    kinds = Counter((one.policy_version, one.actions[0].kind) for one in made)
    assert set(kinds) == {(1, "label"), (2, "block")} and len(made) == 16


def test_effects_go_out_when_their_time_has_come_and_once(room: Room) -> None:
    room.live()
    made = room.decided()
    assert made.effective_at > made.made_at
    assert room.hand_on() == []
    room.clock.move(seconds=300)
    assert room.hand_on() == ["1: label: Synthetic"]
    assert room.hand_on() == []
    out = room.deciding.get(made.id)
    assert out.out_at is not None
    room.deciding.handed_on(made.id)
    assert room.deciding.get(made.id) == out


def test_what_is_undone_in_time_never_goes_out(room: Room) -> None:
    room.live()
    made = room.decided()
    undone = room.deciding.undo(made.id, by=REVIEWER, note="a mistake")
    assert (undone.occasion, undone.number, undone.actions, undone.note) == ("undo", 2, (), "a mistake")
    assert room.deciding.get(made.id).undone_at is not None
    for decision in (made, undone):
        with pytest.raises(ModerationUnfit):
            room.deciding.undo(decision.id, by=REVIEWER, note="")
    room.clock.move(days=1)
    assert room.hand_on() == [] and room.in_force() == []


def test_what_went_out_is_not_undone(room: Room) -> None:
    room.live()
    made = room.decided()
    room.clock.move(seconds=300)
    with pytest.raises(ModerationUnfit):
        room.deciding.undo(made.id, by=REVIEWER, note="")
    with pytest.raises(ModerationMissing):
        room.deciding.undo(made.id, by=REVIEWER, note="", tenant_id="ten_other")
    assert room.hand_on() == ["1: label: Synthetic"]


def test_what_is_undone_leaves_what_was_before_it(room: Room) -> None:
    room.live()
    made = room.decided()
    removed = by_people(room, made, Action("remove"))
    assert room.in_force() == ["remove"]
    room.deciding.undo(removed.id, by=REVIEWER, note="the wrong one")
    assert room.in_force() == ["label: Synthetic"]
    assert room.hand_on() == []
    room.clock.move(seconds=300)
    assert room.hand_on() == ["1: label: Synthetic"]


def test_another_verdict_takes_the_place_of_the_first(room: Room) -> None:
    room.live(document(LABELS, REMOVES))
    first = room.decided("synthetic")
    room.revised(first.submission.check_id, "manipulated")
    room.revised(first.submission.check_id, "manipulated")
    (second,) = room.deciding.decide(first.submission.check_id)
    assert (second.occasion, second.number, second.revision) == ("verdict", 2, 2)
    assert room.in_force() == ["remove"]
    room.clock.move(seconds=300)
    assert room.hand_on() == ["1: remove"]
    room.revised(first.submission.check_id, "genuine")
    (third,) = room.deciding.decide(first.submission.check_id)
    assert room.in_force() == [] and third.actions == ()
    room.clock.move(seconds=300)
    assert room.hand_on() == ["1: nothing"]


def test_what_is_in_force_stays_so_while_people_look(room: Room) -> None:
    room.live(document(undo_s=0))
    made = room.decided()
    assert room.hand_on() == ["1: label: Synthetic"]
    room.live(document(LABELS.replace("then: [{label: Synthetic}]", "review: {queue: odd}"), undo_s=0))
    again = room.deciding.reconsider(made.submission.check_id, POLICY, "policy 1")
    assert again is not None and again.ruling.effect == "review" and again.actions == ()
    assert room.in_force() == ["label: Synthetic"]
    by_people(room, made, after=2)
    assert room.in_force() == []
    assert room.hand_on() == ["1: nothing"]


def test_people_decide_once_for_each_review(room: Room) -> None:
    room.live()
    made = room.decided()
    first = by_people(room, made, Action("remove"), Action("restrict", "adults"), after=1)
    assert by_people(room, made, key="rev_1") == first
    assert (first.occasion, first.number, first.by, first.note) == ("review", 2, REVIEWER, "seen")
    assert [one.kind for one in first.actions] == ["remove", "restrict"]
    assert [one.rule for one in first.ruling.held] == ["synthetic"] and not first.automated
    with pytest.raises(ModerationUnfit):
        by_people(room, made, key="rev_2", after=1)
    with pytest.raises(ModerationUnfit):
        by_people(room, made, key="rev_2", by="service")
    with pytest.raises(ModerationMissing):
        by_people(room, made, key="rev_2", tenant_id="ten_other")
    appeal = by_people(room, made, occasion="appeal", key="app_1", after=2)
    assert (appeal.occasion, room.in_force()) == ("appeal", [])


def test_people_can_decide_without_a_policy(room: Room) -> None:
    check = room.submitted()
    assert room.deciding.decide(check.id) == ()
    of = room.deciding.of_check(check.id)
    assert of is not None
    made = room.deciding.decide_by_person(
        of.id, (Action("remove"),), by=REVIEWER, note="", occasion="review", key="rev_1"
    )
    assert (made.policy_id, made.policy_version, made.revision) == ("", 0, 1)
    assert room.in_force() == ["remove"]


def test_the_service_does_not_take_back_what_people_decided(room: Room) -> None:
    room.live(document(LABELS, REMOVES, undo_s=0))
    made = room.decided("synthetic")
    by_people(room, made)
    room.revised(made.submission.check_id, "manipulated")
    (again,) = room.deciding.decide(made.submission.check_id)
    assert (again.actions, again.ruling.effect) == ((), "review")
    assert [one.rule for one in again.ruling.held] == ["manipulated"]
    assert room.in_force() == []


def test_an_item_carries_what_stands_against_any_of_its_media(room: Room) -> None:
    room.live(document(LABELS, REMOVES))
    room.decided("synthetic")
    room.decided("manipulated")
    room.decided("genuine")
    assert room.in_force() == ["remove", "label: Synthetic"]
    assert room.deciding.in_force("ten_other", Item("1", "video")) == ()


def test_what_takes_the_place_of_what_is_going_out_goes_out_too(room: Room) -> None:
    """One is being sent when another takes its place: the platform hears of both, and the later one counts."""
    room.live(document(LABELS, undo_s=0))
    room.decided()
    (sent,) = room.deciding.due()
    room.revised(sent.submission.check_id, "genuine")
    room.deciding.decide(sent.submission.check_id)
    assert room.deciding.due() == ()
    room.deciding.handed_on(sent.id)
    assert room.hand_on() == ["1: nothing"]


def test_a_record_that_goes_takes_the_uploader_with_it_and_no_decision(room: Room) -> None:
    room.live()
    made = room.decided(metadata={"name": "Ada"})
    room.docket.delete(made.submission.check_id, "key:1")
    (kept,) = room.deciding.of_submission(made.submission.id)
    assert dict(kept.submission.uploader) == {} and kept.actions == (LABEL,)
    assert room.in_force() == ["label: Synthetic"]


def test_of_what_was_never_decided_nothing_stays(room: Room) -> None:
    check = room.submitted()
    assert room.deciding.of_check(check.id) is not None
    room.docket.delete(check.id, "key:1")
    assert room.deciding.of_check(check.id) is None and check.id not in room.deciding.owed()


def test_a_post_with_several_media_is_several_submissions_of_one_item(room: Room) -> None:
    room.live()
    check_id = room.laid(item_id="1", item_type="post", url="https://example.org/1")
    checks = room.docket.split(check_id, [{"n": 1}, {"n": 2}])
    found = [room.deciding.of_check(one.id) for one in checks]
    assert len({one.id for one in found if one}) == 2
    assert {one.item for one in found if one} == {Item("1", "post")}


def test_the_ledger_has_each_decision_and_nobody_s_words(room: Room) -> None:
    room.live()
    made = room.decided(metadata={"name": "Ada"})
    by_people(room, made, key="rev_1", note="Ada is her name")
    rows = databases.ask(room.url, "SELECT body FROM ledger WHERE kind = 'moderation.decision' ORDER BY seq")
    bodies = [json.loads(str(row[0])) for row in rows]
    mine = [one for one in bodies if one["tenant_id"] == room.tenant]
    assert [(one["number"], one["made_by"], one["occasion"]) for one in mine] == [
        (1, "service", "first"),
        (2, REVIEWER, "review"),
    ]
    assert "Ada" not in str(rows) and made.submission.check_id not in str(rows)
    Registry(room.url).verify()


def test_what_can_not_be_decided_holds_up_no_other(room: Room) -> None:
    room.live()
    check = room.submitted()
    room.deciding.put_off(check.id)
    assert check.id not in room.deciding.owed()
    room.clock.move(seconds=301)
    assert check.id in room.deciding.owed() and check.id not in room.deciding.owed(seconds=60)
    assert len(room.deciding.decide(check.id)) == 1


def test_a_verdict_that_comes_before_the_first_decision_counts(room: Room) -> None:
    room.live()
    check = room.submitted("genuine")
    room.docket.revise(check.id, by_a_person(), who="person:1", why="human", note="", versions={})
    (made,) = room.deciding.decide(check.id)
    assert (made.occasion, made.revision, made.actions) == ("first", 2, (LABEL,))


def test_a_verdict_that_comes_while_it_is_decided_is_not_lost(room: Room) -> None:
    room.live(document(LABELS, REMOVES))
    check = room.submitted()
    for says in ("manipulated", "synthetic") * 4:
        at_once(lambda says=says: room.revised(check.id, says), lambda: room.deciding.decide(check.id))  # type: ignore[misc]
        room.deciding.decide(check.id)
        of = room.deciding.of_check(check.id)
        assert of is not None
        made = room.deciding.of_submission(of.id)
        assert made[-1].revision == len(room.docket.get(check.id).revisions)
        assert [one.number for one in made] == list(range(1, len(made) + 1))
        assert room.in_force() == ["remove" if says == "manipulated" else "label: Synthetic"]
