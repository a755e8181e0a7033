"""What decisions of the service ask of people."""

from __future__ import annotations

from dataclasses import replace

from countermark.moderation.people import following, queues
from countermark.moderation.values import Decision
from countermark.tests.moderation.people.rooms import ADA, FINE, Room
from countermark.tests.moderation.rooms import POLICY, document

LOOKS = """\
  - id: look
    why: People say so.
    when: {person.says: {contains: synthetic}}
    review: {queue: look, people: 1}
"""


def follow(room: Room, made: Decision, share: float = 0.0) -> dict[str, int]:
    with room.desk.writing() as connection:
        following.follow(room.desk, connection, made, share)
    return {one.queue: one.waiting for one in queues.waiting(room.desk, room.tenant)}


def test_a_rule_that_asks_for_people_gets_them_and_they_decide_under_its_policy(room: Room) -> None:
    room.live(document(LOOKS))
    made = room.decided()
    assert made.ruling.review is not None
    assert follow(room, made) == {"look": 1}
    assert follow(room, made) == {"look": 1}  # once
    job = room.looked(ADA, FINE)
    assert job.decision_id is not None
    assert room.deciding.get(job.decision_id).policy_id == POLICY


def test_any_item_may_be_sampled_and_what_is_in_the_background_asks_nobody(room: Room) -> None:
    room.live(document(LOOKS))
    unflagged = room.decided("genuine")
    assert unflagged.ruling.review is None
    assert follow(room, replace(unflagged, background=True), 1.0) == {}
    assert follow(room, replace(unflagged, by=ADA), 1.0) == {}
    assert follow(room, unflagged, 1.0) == {"blind": 1}
    assert follow(room, room.decided(item="2"), 1.0) == {"blind": 2, "look": 1}
    (job,) = room.reviews()
    assert job.blind


def test_a_share_of_none_samples_none(room: Room) -> None:
    room.live(document(LOOKS))
    assert follow(room, room.decided("genuine"), 0.0) == {}
