"""Whose turn it is: order, rights, one at a time, time that runs out, reviewers at once."""

from __future__ import annotations

import pytest

from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.moderation.people import Queue, ReviewJob, claiming, opening, queues, reviewing
from countermark.moderation.values import Review
from countermark.tests.docket.rooms import at_once, ended, go
from countermark.tests.moderation.people.rooms import ADA, BEN, CEM, CHIEF, DIA, FAKE, Room, begin, said


def want(room: Room, item: str, queue: str = "all", **more: int) -> str:
    return opening.want(room.desk, room.item(item), Review(queue, **more))


def test_the_next_is_the_most_urgent_then_the_oldest(room: Room) -> None:
    wanted = {want(room, "old"): "old", want(room, "new"): "new", want(room, "urgent", priority=5): "urgent"}
    assert [wanted[room.taken(who)] for who in (ADA, BEN, CEM)] == ["urgent", "old", "new"]
    assert room.next(DIA) is None


def test_who_is_at_one_is_given_that_one(room: Room) -> None:
    first = want(room, "1")
    want(room, "2", priority=1)
    room.queue("other")
    claiming.take(room.desk, room.tenant, first, ADA)
    assert room.taken(ADA) == first


def test_a_submission_waits_once_and_rises(room: Room) -> None:
    of = room.item()
    first = opening.want(room.desk, of, Review("all", 1))
    assert opening.want(room.desk, of, Review("other", 7, 2)) == first
    room.report(report=said())
    job = room.next(ADA)
    assert job is not None
    assert (job.id, job.queue, job.priority, job.people) == (first, "all", 8, 2)


def test_what_comes_to_a_restricted_queue_goes_there_and_the_claim_with_it(room: Room) -> None:
    few = queues.put(room.desk, room.tenant, Queue.closed("bank", frozenset({BEN})), by=CHIEF)
    assert few.blur and few.greyscale and few.mute
    of = room.item()
    first = opening.want(room.desk, of, Review("all"))
    assert room.taken(ADA) == first
    opening.want(room.desk, of, Review("bank"))
    with pytest.raises(ModerationMissing):
        room.give(first, ADA)
    opening.want(room.desk, of, Review("all"))  # and stays there
    assert room.next(ADA) is None and room.taken(BEN) == first


def test_a_restricted_queue_is_not_there_for_others(room: Room) -> None:
    queues.put(room.desk, room.tenant, Queue.closed("bank", frozenset({BEN})), by=CHIEF)
    review_id = want(room, "1", "bank")
    assert room.next(ADA) is None
    with pytest.raises(ModerationMissing):
        room.next(ADA, "bank")
    with pytest.raises(ModerationMissing):
        claiming.take(room.desk, room.tenant, review_id, ADA)
    with pytest.raises(ModerationMissing):
        reviewing.get(room.desk, room.tenant, review_id, ADA)
    with pytest.raises(ModerationMissing):
        claiming.take(room.desk, "ten_other", review_id, BEN)
    assert room.taken(BEN, "bank") == review_id
    assert [one.name for one in queues.listed(room.desk, room.tenant, ADA)] == []
    assert [one.name for one in queues.listed(room.desk, room.tenant, BEN)] == ["bank"]


def test_queues_count_what_waits_and_for_how_long(room: Room) -> None:
    room.queue("empty")
    want(room, "1")
    room.clock.move(seconds=59)
    want(room, "2")  # the clock moves on by one
    room.taken(ADA)
    counted = {one.queue: (one.waiting, one.claimed, one.oldest_s) for one in queues.waiting(room.desk, room.tenant)}
    assert counted == {"all": (2, 1, 60.0), "empty": (0, 0, 0.0)}
    room.clock.move(seconds=901)
    assert [one.claimed for one in queues.waiting(room.desk, room.tenant, BEN)] == [0, 0]


def test_a_claim_that_ran_out_goes_to_the_next_and_the_late_word_is_refused(room: Room) -> None:
    want(room, "1")
    review_id = room.taken(ADA)
    assert room.next(BEN) is None
    with pytest.raises(ModerationUnfit, match="somebody else"):
        claiming.take(room.desk, room.tenant, review_id, BEN)
    room.clock.move(seconds=901)
    with pytest.raises(ModerationUnfit, match="ran out"):
        room.give(review_id, ADA)
    assert room.taken(BEN) == review_id
    with pytest.raises(ModerationUnfit, match="not claimed by person:ada"):
        room.give(review_id, ADA)
    assert room.give(review_id, BEN).decision_id is not None
    with pytest.raises(ModerationUnfit, match="settled already"):
        room.give(review_id, ADA)
    with pytest.raises(ModerationUnfit, match="settled already"):
        claiming.take(room.desk, room.tenant, review_id, ADA)


def test_a_claim_is_extended_while_it_lasts_and_given_back(room: Room) -> None:
    room.queue("all", claim_s=60.0)
    want(room, "1")
    review_id = room.taken(ADA)
    room.clock.move(seconds=50)
    extended = claiming.extend(room.desk, room.tenant, review_id, ADA)
    assert extended.claimed_until is not None
    room.clock.move(seconds=50)
    assert room.next(BEN) is None
    claiming.give_back(room.desk, room.tenant, review_id, BEN)  # not theirs to give
    assert room.next(BEN) is None
    claiming.give_back(room.desk, room.tenant, review_id, ADA)
    assert room.taken(BEN) == review_id
    room.clock.move(seconds=61)
    with pytest.raises(ModerationUnfit, match="ran out"):
        claiming.extend(room.desk, room.tenant, review_id, BEN)


@pytest.mark.parametrize("wrong", [Queue(""), Queue("a" * 101), Queue("a", claim_s=1.0)])
def test_queues_that_can_t_be(room: Room, wrong: Queue) -> None:
    with pytest.raises(ModerationUnfit):
        queues.put(room.desk, room.tenant, wrong, by=CHIEF)


def test_a_queue_is_changed(room: Room) -> None:
    room.queue("all", people=frozenset({ADA}))
    changed = room.queue("all", people=frozenset({BEN}), mute=True)
    assert queues.listed(room.desk, room.tenant) == (changed,)
    assert len(room.ledger("moderation.queue")) == 2


def test_reviewers_at_once_never_have_the_same(room: Room) -> None:
    wanted = {want(room, str(number)) for number in range(4)}
    people = [f"person:{number}" for number in range(8)]

    def work(who: str) -> list[str]:
        job = room.next(who)
        return [] if job is None else [job.id]

    got = [one for ids in at_once(*(lambda who=who: work(who) for who in people)) for one in ids]
    assert len(got) == len(set(got))  # one may pass over rows that others were at when it looked
    while (left := room.next(f"person:late{len(got)}")) is not None:
        got.append(left.id)
    assert sorted(got) == sorted(wanted)


def test_one_review_goes_to_exactly_one_of_many_who_ask_for_it(room: Room) -> None:
    review_id = want(room, "1")

    def ask(who: str) -> ReviewJob | None:
        try:
            return claiming.take(room.desk, room.tenant, review_id, who)
        except ModerationUnfit:
            return None

    got = at_once(*(lambda who=f"person:{number}": ask(who) for number in range(6)))
    assert sum(one is not None for one in got) == 1


def test_a_word_given_twice_at_once_counts_once(room: Room) -> None:
    want(room, "1")
    review_id = room.taken(ADA)

    def give() -> bool:
        try:
            return room.give(review_id, ADA, FAKE).decision_id is not None
        except ModerationUnfit:
            return False

    assert sorted(at_once(give, give, give)) == [False, False, True]
    assert len(room.opinions(review_id)) == 1


def test_processes_empty_a_queue_and_none_has_what_another_had(room: Room) -> None:
    wanted = {want(room, str(number)) for number in range(8)}
    code = "while (job := room.next(words[0])) is not None:\n    room.give(job.id, words[0])\n    print(job.id)\n"
    processes = [begin(room, code, who) for who in (ADA, BEN)]
    go(*processes)
    got = [line for answer in ended(*processes) for line in answer.split()]
    while (left := room.next(DIA)) is not None:  # passed over while others were at it
        got.append(left.id)
        room.give(left.id, DIA)
    assert sorted(got) == sorted(wanted)
    assert len(room.ledger("moderation.review_settled")) == len(wanted)


def test_who_only_looks_is_shown_no_verdict(room: Room) -> None:
    review_id = want(room, "1")
    assert reviewing.get(room.desk, room.tenant, review_id, ADA).seen is None
    assert [one.seen for one in reviewing.listed(room.desk, room.tenant, ADA)] == [None]
    claimed = claiming.take(room.desk, room.tenant, review_id, ADA)
    assert claimed.seen is not None
    assert reviewing.get(room.desk, room.tenant, review_id, "key:program").seen == claimed.seen
