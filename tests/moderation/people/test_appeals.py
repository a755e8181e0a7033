"""Appeals: of both sides, in time, by others than before, with the evidence held."""

from __future__ import annotations

import pytest

from countermark.docket import Check
from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.moderation.people import (
    Appeal,
    AppealRequest,
    Contact,
    Queue,
    ReviewJob,
    Said,
    appeals,
    claiming,
    opening,
    queues,
    reviewing,
    telling,
)
from countermark.moderation.values import Review
from countermark.provenance import Registry
from countermark.tests.docket.rooms import at_once
from countermark.tests.moderation.people.rooms import ADA, BEN, CEM, CHIEF, DIA, FAKE, FINE, LABEL, Room, mail, said

UPLOADER = AppealRequest("uploader", "it is my own camera", Contact(account="u-7"), policies=("house",))
ACCEPT = Said("genuine", (), "the raw file shows it", answer="ACCEPT")
REJECT = Said("synthetic", (), "the hands do melt", answer="REJECT")


def decided(room: Room, what: Said = FAKE, who: str = ADA) -> ReviewJob:
    """Let a reported item be decided about, for good."""
    room.item()
    room.report(report=said("Zoe"))
    job = room.looked(who, what)
    room.over()
    return job


def ask(room: Room, job: ReviewJob, asked: AppealRequest = UPLOADER) -> Appeal:
    assert job.decision_id is not None
    return appeals.appeal(room.desk, room.tenant, job.decision_id, asked)


def check(room: Room, job: ReviewJob) -> Check:
    return room.docket.get(job.submission.check_id)


def test_an_appeal_is_answered_by_another_and_accepted(room: Room) -> None:
    job = decided(room)
    asked = ask(room, job)
    assert (asked.actions, asked.policies, asked.reason) == ((LABEL,), ("house",), "it is my own camera")
    assert appeals.get(room.desk, room.tenant, asked.id) == asked
    assert [one.reason for one in check(room, job).holds if one.lifted_at is None] == ["appeal"]
    assert room.next(ADA) is None
    with pytest.raises(ModerationUnfit, match="has a part in"):
        claiming.take(room.desk, room.tenant, asked.review_id, ADA)
    answered = room.looked(BEN, ACCEPT)
    assert answered.id == asked.review_id and answered.decision_id is not None
    made = room.deciding.get(answered.decision_id)
    assert (made.occasion, made.by, made.actions) == ("appeal", BEN, ())
    assert room.in_force() == []
    assert all(one.lifted_at is not None for one in check(room, job).holds)
    (now,) = appeals.of_decision(room.desk, room.tenant, asked.decision_id)
    assert (now.answer, now.answer_reason, now.answered_at) == ("ACCEPT", ACCEPT.reason, answered.settled_at)
    told = {one.side: one for one in telling.about(room.desk, room.tenant, made.id)}
    assert set(told) == {"uploader", "reporter"}
    assert "184 days" in told["reporter"].redress and "out of court" in told["uploader"].redress
    assert {one.due_at for one in told.values()} == {made.effective_at}
    for kind in ("appeal", "appeal_answered"):
        (line,) = room.ledger(f"moderation.{kind}")
        assert asked.id in line and "camera" not in line and "u-7" not in line
    Registry(room.url).verify()


def test_what_is_rejected_stands(room: Room) -> None:
    job = decided(room)
    asked = ask(room, job)
    answered = room.looked(BEN, REJECT)
    assert answered.decision_id is None and answered.finding == "synthetic"
    assert room.in_force() == ["label: Made with AI"]
    told = telling.about(room.desk, room.tenant, asked.id)
    assert sorted((one.kind, one.side) for one in told) == [
        ("appeal.answered", "reporter"),
        ("appeal.answered", "uploader"),
        ("appeal.received", "uploader"),
    ]
    assert all(one.lifted_at is not None for one in check(room, job).holds)


def test_a_reporter_appeals_against_nothing_being_done(room: Room) -> None:
    job = decided(room, FINE)
    (notice,) = job.notices
    with pytest.raises(ModerationUnfit, match="nothing was done"):
        ask(room, job)
    with pytest.raises(ModerationUnfit, match="only who reported"):
        ask(room, job, AppealRequest("reporter", "look again"))
    asked = ask(room, job, AppealRequest("reporter", "look again", mail("Zoe"), notice.id))
    assert asked.notice_id == notice.id
    accepted = room.looked(BEN, Said("synthetic", (LABEL,), "so it is", answer="ACCEPT"))
    assert accepted.decision_id is not None and room.in_force() == ["label: Made with AI"]
    room.over()
    assert ask(room, accepted).side == "uploader"  # whose turn it is then
    assert room.next(ADA) is None and room.next(BEN) is None
    settled = room.looked(CEM, ACCEPT)
    assert settled.decision_id is not None
    told = telling.about(room.desk, room.tenant, settled.decision_id)
    assert [one.of for one in told if one.side == "reporter"] == [notice.id]


def test_both_sides_may_appeal_but_each_has_one_open(room: Room) -> None:
    job = decided(room)
    (notice,) = job.notices
    asked = ask(room, job)
    ask(room, job, AppealRequest("reporter", "remove it", mail("Zoe"), notice.id))
    with pytest.raises(ModerationUnfit, match="open already"):
        ask(room, job)
    claiming.take(room.desk, room.tenant, asked.review_id, BEN)
    room.give(asked.review_id, BEN, REJECT)
    assert len([one for one in check(room, job).holds if one.lifted_at is None]) == 1
    with pytest.raises(ModerationUnfit, match="answered already"):
        ask(room, job)
    assert len(appeals.of_decision(room.desk, room.tenant, asked.decision_id)) == 2


def test_what_another_decision_replaced_is_not_appealed_against(room: Room) -> None:
    first = decided(room)
    room.report(report=said("Yan"))
    room.looked(BEN, FINE)
    room.over()
    with pytest.raises(ModerationUnfit, match="taken its place"):
        ask(room, first)


def test_as_many_answer_as_decided(room: Room) -> None:
    opening.want(room.desk, room.item(), Review("all", 0, 2))
    room.looked(ADA)
    job = room.looked(BEN)
    room.over()
    asked = ask(room, job)
    assert room.looked(CEM, ACCEPT).settled_at is None
    assert room.looked(DIA, ACCEPT).settled_at is not None
    assert appeals.get(room.desk, room.tenant, asked.id).answer == "ACCEPT"


def test_who_answers_sees_the_appeal_and_what_was_reported(room: Room) -> None:
    job = decided(room)
    asked = ask(room, job)
    seen = room.next(BEN)
    assert seen is not None and seen.appeal == asked and seen.notices == job.notices != ()


def test_who_decided_takes_no_answer_back(room: Room) -> None:
    asked = ask(room, decided(room))
    answered = room.looked(BEN, ACCEPT)
    with pytest.raises(ModerationUnfit, match="had a part in"):
        reviewing.undo(room.desk, room.tenant, answered.id, ADA, "I was right")
    assert appeals.get(room.desk, room.tenant, asked.id).answer == "ACCEPT"


def test_closed_media_is_appealed_against_where_it_is_closed(room: Room) -> None:
    job = decided(room)
    room.closes(job.submission)
    assert reviewing.get(room.desk, room.tenant, ask(room, job).review_id).queue == "restricted"
    assert [one.restricted for one in queues.listed(room.desk, room.tenant) if one.name == "restricted"] == [True]


def test_of_many_who_ask_at_once_one_is_taken_in(room: Room) -> None:
    job = decided(room)

    def once() -> bool:
        try:
            return bool(ask(room, job).id)
        except ModerationUnfit:
            return False

    assert sorted(at_once(once, once, once)) == [False, False, True]


def test_appeals_have_their_time(room: Room) -> None:
    room.item()
    room.report()
    job = room.looked(ADA)
    with pytest.raises(ModerationUnfit, match="can still be undone"):
        ask(room, job)
    room.over()
    room.clock.move(days=183.99)
    assert ask(room, job).answer is None
    room.looked(BEN, REJECT)
    room.clock.move(days=0.02)
    with pytest.raises(ModerationUnfit, match="ended at"):
        ask(room, job)


def test_what_the_service_decided_is_appealed_against_too(room: Room) -> None:
    room.live()
    (made,) = room.deciding.decide(room.submitted().id)
    room.over()
    asked = appeals.appeal(room.desk, room.tenant, made.id, UPLOADER)
    job = room.looked(ADA, ACCEPT)
    assert job.id == asked.review_id and job.decision_id is not None
    again = room.deciding.get(job.decision_id)
    assert (again.policy_id, again.policy_version) == (made.policy_id, made.policy_version)
    with pytest.raises(ModerationMissing):
        appeals.appeal(room.desk, "ten_other", made.id, UPLOADER)
    with pytest.raises(ModerationMissing):
        appeals.get(room.desk, "ten_other", asked.id)


def test_an_answer_that_is_undone_opens_the_appeal_again(room: Room) -> None:
    job = decided(room)
    asked = ask(room, job)
    room.looked(BEN, ACCEPT)
    assert reviewing.undo(room.desk, room.tenant, asked.review_id, BEN, "too fast").settled_at is None
    assert appeals.get(room.desk, room.tenant, asked.id).answer is None
    assert [one.reason for one in check(room, job).holds if one.lifted_at is None] == ["appeal"]
    assert room.in_force() == ["label: Made with AI"]
    room.looked(CEM, REJECT)
    assert appeals.get(room.desk, room.tenant, asked.id).answer == "REJECT"
    assert all(one.lifted_at is not None for one in check(room, job).holds)


def test_evidence_that_is_gone_can_t_be_held_and_the_appeal_goes_on(room: Room) -> None:
    job = decided(room)
    room.docket.delete(job.submission.check_id, who=CHIEF)
    asked = ask(room, job)
    room.looked(BEN, ACCEPT)
    assert appeals.get(room.desk, room.tenant, asked.id).answer == "ACCEPT"


def test_what_lay_in_a_restricted_queue_is_appealed_against_there(room: Room) -> None:
    queues.put(room.desk, room.tenant, Queue.closed("bank", frozenset({ADA, BEN})), by=CHIEF)
    opening.want(room.desk, room.item(), Review("bank"))
    job = room.looked(ADA)
    room.over()
    ask(room, job)
    assert room.next(CEM) is None
    assert room.looked(BEN, REJECT).queue == "bank"


@pytest.mark.parametrize(
    "wrong",
    [FAKE, Said("synthetic", (LABEL,), "a", answer="REJECT"), Said("genuine", (), "a", answer="MAYBE")],  # type: ignore[arg-type]
)
def test_what_is_no_answer(room: Room, wrong: Said) -> None:
    asked = ask(room, decided(room))
    room.taken(BEN)
    with pytest.raises(ModerationUnfit):
        room.give(asked.review_id, BEN, wrong)


def test_what_is_no_appeal(room: Room) -> None:
    job = decided(room)
    for reason, policies in ((" ", ()), ("a" * 10_001, ()), ("a", ("p",) * 51)):
        with pytest.raises(ModerationUnfit):
            ask(room, job, AppealRequest("uploader", reason, policies=policies))
