"""What reviewers conclude becomes part of the verdict in one piece with their decision, and goes with it."""

import pytest

from countermark.docket import Revision
from countermark.evidence import HumanDetails
from countermark.moderation.people import AppealRequest, Said, appeals, reviewing
from countermark.moderation.values import Submission
from tests.moderation.people.rooms import ADA, BEN, FAKE, FINE, LABEL, Room


def item(room: Room, id: str) -> Submission:
    found = room.deciding.of_check(room.finished(item_id=id, item_type="video").id)
    assert found is not None
    return found


def history(room: Room, of: Submission) -> tuple[Revision, ...]:
    return room.docket.get(of.check_id).revisions


def concluded(room: Room, of: Submission) -> list[str]:
    found = (one.details for one in history(room, of)[-1].verdict.evidence)
    return [one.says for one in found if isinstance(one, HumanDetails)]


def test_a_review_revises_and_the_decision_rests_on_that(room: Room) -> None:
    of = item(room, "a")
    room.report("a")
    job = room.looked(ADA, FAKE)
    last = history(room, of)[-1]
    assert (last.number, last.why, last.who, last.note, last.verdict.outcome) == (
        2,
        "human",
        ADA,
        FAKE.reason,
        "likely_ai",
    )
    assert job.decision_id is not None and room.deciding.get(job.decision_id).revision == 2


def test_unclear_says_nothing_and_takes_back_what_was_said(room: Room) -> None:
    of = item(room, "a")
    unclear = Said("unclear", (), "it is too short")
    room.report("a")
    room.looked(ADA, unclear)
    assert len(history(room, of)) == 1
    room.report("a")
    room.looked(ADA, FAKE)
    room.report("a")
    room.looked(BEN, unclear)
    assert concluded(room, of) == [] and len(history(room, of)) == 3


def test_an_appeal_takes_the_place_of_the_review(room: Room) -> None:
    of = item(room, "a")
    room.report("a")
    job = room.looked(ADA, FAKE)
    room.over()
    appeals.appeal(room.desk, room.tenant, str(job.decision_id), AppealRequest("uploader", "I filmed it"))
    room.looked(BEN, Said("genuine", (), "it was filmed", None, "ACCEPT"))
    assert concluded(room, of) == ["genuine"] and history(room, of)[-1].who == BEN


def test_what_is_undone_lets_stand_what_was_said_before(room: Room) -> None:
    of = item(room, "a")
    room.report("a")
    room.looked(ADA, FAKE)
    room.report("a")
    job = room.looked(BEN, FINE)
    assert concluded(room, of) == ["genuine"]
    reviewing.undo(room.desk, room.tenant, job.id, BEN, "by mistake")
    assert concluded(room, of) == ["synthetic"] and history(room, of)[-1].note == "by mistake"


def test_a_check_that_has_no_verdict_or_is_gone_is_decided_all_the_same(room: Room) -> None:
    failed = room.failing("a")
    room.report("a")
    assert room.looked(ADA, FAKE).decision_id is not None and room.docket.get(failed.id).revisions == ()


def test_where_the_decision_can_not_be_written_the_verdict_stays(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    of = item(room, "a")
    room.report("a")
    id = room.taken(ADA)

    def dies(*_: object) -> None:
        raise RuntimeError("the process died")

    with monkeypatch.context() as patch:
        patch.setattr(reviewing, "_decide", dies)
        with pytest.raises(RuntimeError):
            room.give(id, ADA, FAKE)
    assert len(history(room, of)) == 1 and room.opinions(id) == ()
    assert room.give(id, ADA, FAKE).settled_at is not None and len(history(room, of)) == 2


def test_only_what_a_review_brought_is_taken_back(room: Room) -> None:
    of = item(room, "a")
    room.report("a")
    room.looked(ADA, FAKE)
    room.report("a")
    job = room.looked(BEN, Said("synthetic", (LABEL,), FAKE.reason))
    before = history(room, of)
    assert len(before) == 2, "who says the same for the same reason adds nothing"
    reviewing.undo(room.desk, room.tenant, job.id, BEN, "no revision came of it")
    assert history(room, of) == before and concluded(room, of) == ["synthetic"]


def test_what_was_taken_back_does_not_come_again(room: Room) -> None:
    of = item(room, "a")
    room.report("a")
    job = room.looked(ADA, FAKE)
    reviewing.undo(room.desk, room.tenant, job.id, ADA, "by mistake")
    assert concluded(room, of) == []
    again = room.looked(BEN, Said("unclear", (LABEL,), "it is too short"))
    reviewing.undo(room.desk, room.tenant, again.id, BEN, "by mistake, too")
    assert concluded(room, of) == []


def test_an_appeal_that_is_rejected_leaves_the_verdict(room: Room) -> None:
    of = item(room, "a")
    room.report("a")
    job = room.looked(ADA, FAKE)
    room.over()
    appeals.appeal(room.desk, room.tenant, str(job.decision_id), AppealRequest("uploader", "I filmed it"))
    before = history(room, of)
    room.looked(BEN, Said("unclear", (), "nothing shows that", None, "REJECT"))
    assert history(room, of) == before
