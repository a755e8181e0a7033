"""What was decided is read in pages on either database, with why in words; and is taken back through its review."""

from __future__ import annotations

import pytest

from countermark.docket.desk import Desk
from countermark.errors import ModerationMissing
from countermark.moderation import decided
from countermark.moderation.values import Item
from countermark.tests.moderation.rooms import REVIEWER, Room


def test_decisions_are_read_in_pages(room: Room) -> None:
    room.live()
    made = [room.decided(says, item="many") for says in ("synthetic", "genuine", "synthetic")]
    room.decided(item="another")
    desk, item = Desk(room.options, clock=room.clock), Item("many", "video")
    first = decided.of_item(desk, room.tenant, item, None, 2)
    rest = decided.of_item(desk, room.tenant, item, first.next, 2)
    assert [one.id for one in (*first.decisions, *rest.decisions)] == [one.id for one in reversed(made)]
    assert rest.next is None
    of_check = decided.of_check(desk, room.tenant, made[1].submission.check_id, None, 10)
    assert of_check is not None and of_check.decisions == (made[1],)
    assert decided.of_check(desk, "ten_other", made[1].submission.check_id, None, 10) is None
    with pytest.raises(ModerationMissing):
        decided.of_item(desk, "ten_other", item, None, 2)


def test_why_is_one_line(room: Room) -> None:
    room.live()
    held, none = room.decided(item="1"), room.decided("genuine", item="2")
    assert [decided.why(one) for one in (held, none)] == ["synthetic: People say that it is synthetic.", "no rule held"]
    desk = Desk(room.options, clock=room.clock)
    undone = decided.undo(desk, room.tenant, held.id, by=REVIEWER, note="a\nslip")
    assert (undone.occasion, decided.why(undone)) == ("undo", "the decision before was undone: a slip")
    (failed,) = room.deciding.decide(room.failing(item="3").id)
    assert decided.why(failed) == "people look first: nobody can say whether synthetic holds without person.says"
