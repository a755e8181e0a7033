"""Policies have versions; who changes which runs is known; of two who change at once, none loses anything unseen."""

from __future__ import annotations

import pytest

from countermark.errors import ModerationMissing, ModerationUnfit, PolicyInvalid
from countermark.moderation.shelf import portion
from countermark.moderation.values import Item
from countermark.provenance import Registry
from countermark.tests import databases
from countermark.tests.docket.rooms import at_once
from countermark.tests.moderation.rooms import BLOCKS, EDITOR, LABELS, POLICY, REMOVES, Room, document, rule

FIRST, SECOND, THIRD = document(), document(BLOCKS), document(LABELS, REMOVES)


def states(room: Room) -> list[str]:
    return [f"{one.state} {one.share:g}" for one in room.shelf.get(room.tenant, POLICY).versions]


def lines(room: Room) -> int:
    ((count,),) = databases.ask(
        room.url, f"SELECT count(*) FROM ledger WHERE kind = 'moderation.policy' AND body LIKE '%\"{room.tenant}\"%'"
    )
    return int(str(count))


def test_the_same_text_is_the_same_version(room: Room) -> None:
    first = room.shelf.add(room.tenant, POLICY, FIRST, by=EDITOR, note="begins")
    assert room.shelf.add(room.tenant, POLICY, FIRST, by="person:other") == first
    second = room.shelf.add(room.tenant, POLICY, SECOND, by=EDITOR, after=1)
    assert (first.number, first.state, first.text, second.number) == (1, "DRAFT", FIRST, 2)
    assert states(room) == ["DRAFT 1", "DRAFT 1"]
    assert lines(room) == 2
    Registry(room.url).verify()


def test_a_text_that_is_no_policy_is_not_kept(room: Room) -> None:
    for text in ("rules: [", document(name="other")):
        with pytest.raises(PolicyInvalid):
            room.shelf.add(room.tenant, POLICY, text, by=EDITOR)
    assert room.shelf.listed(room.tenant) == ()


def test_another_tenant_has_none_of_it(room: Room) -> None:
    room.live(FIRST)
    assert room.shelf.listed("ten_other") == ()
    for ask in (room.shelf.get, room.shelf.version, room.shelf.history):
        with pytest.raises(ModerationMissing):
            ask("ten_other", POLICY)
    with pytest.raises(ModerationMissing):
        room.shelf.roll_back("ten_other", POLICY, by=EDITOR)


def test_who_brought_what_to_which_state_is_known(room: Room) -> None:
    room.shelf.add(room.tenant, POLICY, FIRST, by=EDITOR, note="begins")
    room.shelf.set_state(room.tenant, POLICY, 1, "BACKGROUND", by="person:2", note="to be counted")
    room.shelf.set_state(room.tenant, POLICY, 1, "LIVE", by="person:3")
    told = [(one.number, one.version, one.state, one.who, one.note) for one in room.shelf.history(room.tenant, POLICY)]
    assert told == [
        (1, 1, "DRAFT", EDITOR, "begins"),
        (2, 1, "BACKGROUND", "person:2", "to be counted"),
        (3, 1, "LIVE", "person:3", ""),
    ]
    assert lines(room) == 3


def test_what_goes_live_for_all_ends_what_was(room: Room) -> None:
    room.live(FIRST)
    room.live(SECOND)
    assert states(room) == ["EXPIRED 1", "LIVE 1"]
    assert room.shelf.roll_back(room.tenant, POLICY, by=EDITOR).number == 1
    assert states(room) == ["LIVE 1", "EXPIRED 1"]
    with pytest.raises(ModerationUnfit):
        room.shelf.roll_back(room.tenant, POLICY, by=EDITOR)


def test_a_share_grows_and_items_stay_on_their_side(room: Room) -> None:
    room.live(FIRST)
    staged = room.live(SECOND, share=0.2)
    assert states(room) == ["LIVE 1", "LIVE 0.2"]
    items = [Item(str(number), "video") for number in range(400)]

    def new_side() -> set[str]:
        found = room.shelf.get(room.tenant, POLICY)
        runs = {one.id: found.running_for(room.options, one) for one in items}
        assert all(len(one) == 1 for one in runs.values())
        return {id for id, ((_, version),) in runs.items() if version.number == 2}

    fifth = new_side()
    assert 40 < len(fifth) < 130
    room.shelf.set_state(room.tenant, POLICY, 2, "LIVE", by=EDITOR, share=0.6)
    most = new_side()
    assert fifth < most
    assert len(most) < 320
    assert {portion(room.options, staged, one) < 0.2 for one in items if one.id in fifth} == {True}
    with pytest.raises(ModerationUnfit):
        room.shelf.set_state(room.tenant, POLICY, 2, "LIVE", by=EDITOR, share=0.3)
    with pytest.raises(ModerationUnfit):
        room.live(THIRD)
    room.shelf.set_state(room.tenant, POLICY, 2, "LIVE", by=EDITOR)
    assert new_side() == {one.id for one in items}
    assert states(room) == ["EXPIRED 1", "LIVE 1", "DRAFT 1"]


def test_what_is_staged_is_rolled_back_in_one_call(room: Room) -> None:
    room.live(FIRST)
    room.live(SECOND, share=0.5)
    assert room.shelf.roll_back(room.tenant, POLICY, by=EDITOR, note="too many blocks").number == 1
    assert states(room) == ["LIVE 1", "EXPIRED 0.5"]
    assert room.shelf.history(room.tenant, POLICY)[-1].note == "too many blocks"


def test_a_rule_is_promoted_by_a_version_of_its_own(room: Room) -> None:
    room.live(document(LABELS, rule("manipulated", "manipulated", "remove", "BACKGROUND")))
    made = room.shelf.promote_rule(room.tenant, POLICY, "manipulated", by=EDITOR)
    assert (made.number, made.state, made.former) == (2, "LIVE", 1)
    changed = [line for line in room.shelf.diff(room.tenant, POLICY, 1, 2).splitlines() if line[:2] in ("- ", "+ ")]
    assert [line.split() for line in changed] == [["-", '"state":', '"BACKGROUND",'], ["+", '"state":', '"LIVE",']]
    with pytest.raises(ModerationUnfit):
        room.shelf.promote_rule(room.tenant, POLICY, "manipulated", by=EDITOR)
    with pytest.raises(ModerationMissing):
        room.shelf.promote_rule(room.tenant, POLICY, "nothing", by=EDITOR)
    assert states(room) == ["EXPIRED 1", "LIVE 1"]


def test_states_follow_each_other(room: Room) -> None:
    room.live(FIRST)
    for state in ("DRAFT", "BACKGROUND"):
        with pytest.raises(ModerationUnfit):
            room.shelf.set_state(room.tenant, POLICY, 1, state, by=EDITOR)
    with pytest.raises(ModerationMissing):
        room.shelf.set_state(room.tenant, POLICY, 7, "LIVE", by=EDITOR)
    room.shelf.set_state(room.tenant, POLICY, 1, "EXPIRED", by=EDITOR)
    assert room.shelf.get(room.tenant, POLICY).live is None
    room.shelf.set_state(room.tenant, POLICY, 1, "LIVE", by=EDITOR)
    assert states(room) == ["LIVE 1"]


def test_of_two_who_change_at_once_one_is_told(room: Room) -> None:
    room.shelf.add(room.tenant, POLICY, FIRST, by=EDITOR)

    def adds(text: str) -> object:
        try:
            return room.shelf.add(room.tenant, POLICY, text, by=EDITOR, after=1).number
        except ModerationUnfit as error:
            return str(error)

    told = at_once(lambda: adds(SECOND), lambda: adds(THIRD))
    assert sorted(map(str, told)) == ["2", f"{POLICY} has got version 2 meanwhile"]
    changes = room.shelf.get(room.tenant, POLICY).changes

    def brings(number: int) -> object:
        try:
            return room.shelf.set_state(room.tenant, POLICY, number, "LIVE", by=EDITOR, after=changes).number
        except ModerationUnfit:
            return "unfit"

    told = at_once(lambda: brings(1), lambda: brings(2))
    assert "unfit" in told and len(set(map(str, told))) == 2
    assert len(room.shelf.history(room.tenant, POLICY)) == 3 == lines(room)
