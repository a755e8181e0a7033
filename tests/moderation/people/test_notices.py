"""Reports: what a full notice lacks, one review for many, who is known again, who is forgotten."""

from __future__ import annotations

import pytest

from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.moderation.people import Contact, Place, Report, claiming, contacts, notices, reviewing, telling
from countermark.moderation.values import Item
from countermark.tests import databases
from countermark.tests.docket.rooms import at_once
from countermark.tests.moderation.people.rooms import ADA, Room, mail, said


def test_a_notice_comes_back_as_it_was_given(room: Room) -> None:
    room.item()
    received = room.report()
    assert not received.again and received.notice.full
    notice = notices.get(room.desk, room.tenant, received.notice.id)
    assert notice == received.notice
    assert (notice.item, notice.kind, notice.category) == (Item("1", "video"), "article_16", "deepfake")
    assert notice.place == Place(("https://example.org/v/1",), ((1.0, 2.5),))
    with pytest.raises(ModerationMissing):
        notices.get(room.desk, "ten_other", notice.id)


def test_closed_media_is_reported_to_those_who_may_see_it(room: Room) -> None:
    room.closes(room.item())
    review_id = room.report().notice.review_id
    assert reviewing.get(room.desk, room.tenant, review_id).queue == "restricted"


@pytest.mark.parametrize(
    ("more", "lacks"),
    [
        ({}, ()),
        ({"explanation": " "}, ("why",)),
        ({"place": Place()}, ("the exact place",)),
        ({"good_faith": False}, ("that you believe",)),
        ({"by": Contact("Zoe")}, ("your e-mail",)),
        ({"by": Contact()}, ("your name", "your e-mail")),
        ({"by": Contact(), "category": "child_sexual_abuse"}, ()),
        ({"by": Contact(), "kind": "own_initiative", "place": Place()}, ()),
        ({"by": Contact(email="f@example.org"), "kind": "trusted_flagger"}, ("your name",)),
    ],
)
def test_what_a_notice_of_article_16_lacks(more: dict[str, object], lacks: tuple[str, ...]) -> None:
    found = notices.missing(said(**more))
    assert len(found) == len(lacks)
    assert all(one.startswith(begin) for one, begin in zip(found, lacks, strict=True))


def test_several_reports_of_an_item_are_one_review_and_the_same_reporter_twice_is_one(room: Room) -> None:
    room.item()
    first = room.report(report=said("Zoe"))
    second = room.report(report=said("Yan", kind="other"))
    again = room.report(report=said("ZOE"))
    assert again.again and again.notice.id == first.notice.id
    assert first.notice.review_id == second.notice.review_id
    job = room.next(ADA)
    assert job is not None
    assert {one.id for one in job.notices} == {first.notice.id, second.notice.id}
    assert job.priority == 2


def test_who_sends_what_was_lacking_mends_the_first(room: Room) -> None:
    room.item()
    first = room.report(report=said(place=Place()))
    assert not first.notice.full
    mended = room.report(report=said(explanation="this is not me, at all"))
    assert mended.again and mended.notice.full and mended.notice.id == first.notice.id
    worse = room.report(report=said(good_faith=False))
    assert worse.notice == mended.notice
    assert len(room.ledger("moderation.notice_mended")) == 1


def test_priority_rises_with_trusted_flaggers_and_no_crowd_comes_before_one(room: Room) -> None:
    room.item("crowd")
    room.item("flagged")
    for number in range(60):
        room.report("crowd", said(f"R{number}"))
    room.report("flagged", said("Trust", kind="trusted_flagger"))
    job = room.next(ADA)
    assert job is not None and job.submission.item.id == "flagged"
    claiming.give_back(room.desk, room.tenant, job.id, ADA)
    assert job.priority == 100
    assert claiming.take(room.desk, room.tenant, room.report("crowd").notice.review_id, ADA).priority == 49


def test_reports_at_once_are_one_review(room: Room) -> None:
    room.item()
    reports = [said("Zoe"), said("Zoe"), said("Yan"), said("Xia")]
    received = at_once(*(lambda report=report: room.report(report=report) for report in reports))
    assert len({one.notice.review_id for one in received}) == 1
    assert len({one.notice.id for one in received}) == 3
    assert sum(one.again for one in received) == 1


def test_who_reports_is_told_what_lacks_and_who_left_no_address_is_not(room: Room) -> None:
    room.item()
    lacking = room.report(report=said(place=Place())).notice
    (told,) = telling.about(room.desk, room.tenant, lacking.id)
    assert (told.side, told.kind, told.of) == ("reporter", "notice.received", lacking.id)
    assert "the exact place" in told.words and told.redress
    assert told in telling.due(room.desk)
    telling.sent(room.desk, told.id)
    assert told.id not in [one.id for one in telling.due(room.desk)]
    nameless = room.report(report=said(by=Contact())).notice
    assert telling.about(room.desk, room.tenant, nameless.id) == ()


def test_reporters_can_be_forgotten_and_are_never_in_the_ledger(room: Room) -> None:
    room.item()
    notice = room.report(report=said("Zoraida")).notice
    other = room.report(report=said("Yan")).notice
    assert telling.contact(room.desk, room.tenant, notice.id) == mail("Zoraida")
    lines = databases.ask(room.url, "SELECT body FROM ledger")
    assert not any("zoraida" in str(body).lower() or "not me" in str(body) for (body,) in lines)
    held = [str(row) for row in databases.ask(room.url, "SELECT * FROM notices")]
    assert not any("zoraida" in row.lower() for row in held)
    assert contacts.erase(room.desk, room.tenant, notice.id)
    assert not contacts.erase(room.desk, room.tenant, notice.id)
    assert not contacts.erase(room.desk, "ten_other", other.id)
    assert telling.contact(room.desk, room.tenant, notice.id) is None
    assert contacts.erase_person(room.desk, room.tenant, mail("Yan")) == 1
    room.over()
    job = room.looked(ADA)  # and all goes on
    assert job.decision_id is not None
    assert [one.side for one in telling.about(room.desk, room.tenant, job.decision_id)] == ["uploader"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "rumour"},
        {"category": ""},
        {"explanation": "a" * 10_001},
        {"place": Place(seconds=((2.0, 1.0),))},
        {"place": Place(seconds=((0.0, float("inf")),))},
        {"place": Place(("u",) * 101)},
        {"by": Contact("a" * 321)},
    ],
)
def test_what_no_report_can_be(room: Room, wrong: dict[str, object]) -> None:
    room.item()
    with pytest.raises(ModerationUnfit):
        room.report(report=said(**wrong))


def test_an_item_that_nobody_submitted_can_t_be_reported(room: Room) -> None:
    with pytest.raises(ModerationMissing) as caught:
        room.report("nowhere")
    assert "checked first" in caught.value.advice


def test_strange_letters_are_kept(room: Room) -> None:
    room.item()
    notice = room.report(report=Report("other", "x\x00", "é\ud800", Place(("https://é/\x00",)))).notice
    assert notices.get(room.desk, room.tenant, notice.id).explanation == "é�"
