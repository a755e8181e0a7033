"""What comes of opinions: one, two who agree, a third, undone in time; each side is told."""

from __future__ import annotations

import pytest

from countermark.accounts import Accounts, passwords
from countermark.accounts.values import Role
from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.moderation.hooks import Endpoints
from countermark.moderation.people import Opinion, Said, claiming, opening, queues, reviewing, samples, telling
from countermark.moderation.people.reviewing import agreed_on
from countermark.moderation.values import Action, Review
from countermark.provenance import Registry
from countermark.tests import databases
from countermark.tests.docket.rooms import at_once
from countermark.tests.moderation.people.rooms import (
    ADA,
    BEN,
    CEM,
    DIA,
    FAKE,
    FINE,
    LABEL,
    REMOVE,
    Room,
    said,
)

GONE = Said("synthetic", (REMOVE,), "it is fraud")


def want(room: Room, people: int = 1, item: str = "1", policy_id: str | None = None) -> str:
    return opening.want(room.desk, room.item(item), Review("all", 0, people), policy_id)


def test_one_person_decides_and_all_is_written(room: Room) -> None:
    room.live()
    (first,) = room.deciding.decide(room.submitted().id)
    review_id = opening.want(room.desk, first.submission, Review("all"), first.policy_id)
    job = room.looked(ADA, Said("genuine", (), "the shadows are right", "OriginalMediaContent"))
    assert (job.id, job.finding) == (review_id, "genuine")
    assert job.decision_id is not None
    made = room.deciding.get(job.decision_id)
    assert (made.by, made.note, made.occasion, made.actions) == (ADA, "the shadows are right", "review", ())
    assert (made.policy_id, made.policy_version) == (first.policy_id, first.policy_version)
    assert job.effective_at == made.effective_at
    (opinion,) = job.opinions
    assert (opinion.who, opinion.category, opinion.at) == (ADA, "OriginalMediaContent", job.settled_at)
    assert room.in_force() == []
    for kind in ("review", "opinion", "review_settled", "decision"):
        assert any(review_id in line or made.id in line for line in room.ledger(f"moderation.{kind}"))
    Registry(room.url).verify()


def test_two_must_agree_and_the_second_is_another_who_sees_nothing_of_the_first(room: Room) -> None:
    review_id = want(room, people=2)
    assert room.looked(ADA).settled_at is None
    assert room.next(ADA) is None
    second = room.next(BEN)
    assert second is not None and second.opinions == () and second.id == review_id
    settled = room.give(review_id, BEN, Said("synthetic", (LABEL,), "the sound is flat"))
    assert settled.finding == "synthetic" and settled.decision_id is not None
    assert [one.who for one in settled.opinions] == [ADA, BEN]
    assert room.deciding.get(settled.decision_id).actions == (LABEL,)


def test_who_does_not_agree_is_followed_by_a_third_and_most_decide(room: Room) -> None:
    want(room, people=2)
    assert room.looked(ADA, FAKE).settled_at is None
    assert room.looked(BEN, FINE).settled_at is None
    assert room.next(ADA) is None and room.next(BEN) is None
    job = room.looked(CEM, Said("genuine", (), "I know the place"))
    assert job.decision_id is not None and job.finding == "genuine"
    assert [(one.who, one.finding) for one in job.opinions] == [(ADA, "synthetic"), (BEN, "genuine"), (CEM, "genuine")]
    assert room.deciding.get(job.decision_id).by == CEM


def test_a_queue_says_where_people_differ_and_where_nobody_is_left(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is named for it next gets what is stuck, and ends it; people who can't review are nobody."""
    monkeypatch.setattr(passwords, "COST", 1 << 10)
    accounts = Accounts(room.options)
    room.tenant = accounts.add_tenant("differing").id

    def person(name: str, role: Role = "reviewer") -> str:
        added = accounts.add_person(f"{name}@example.org", role, "a long password of tests", tenant_id=room.tenant)
        return f"person:{added.id}"

    ada, ben, cem = person("ada"), person("ben"), person("cem", "viewer")
    room.queue("all", people=frozenset({ada, ben, cem}))
    review_id = want(room, people=2)
    want(room, people=2, item="2")

    def stands() -> tuple[int, int, int]:
        (one,) = queues.waiting(room.desk, room.tenant)
        return one.waiting, one.differ, one.stuck

    for who, what, now in ((ada, FAKE, (2, 0, 0)), (ben, FINE, (2, 1, 1))):
        claiming.take(room.desk, room.tenant, review_id, who)
        assert room.give(review_id, who, what).settled_at is None
        assert stands() == now
    dia = person("dia")
    assert stands() == (2, 1, 1), "she is not named for it"
    room.queue("all", people=frozenset({ada, ben, cem, dia}))
    assert stands() == (2, 1, 0)
    assert room.looked(dia, FINE).finding == "genuine"
    assert stands() == (1, 0, 0)
    room.queue("all", restricted=True)
    assert stands() == (1, 0, 1), "it is closed, and nobody is named"
    room.queue("all", people=frozenset({ada}))
    assert stands() == (1, 0, 1), "two must agree, and there is one"
    room.queue("all", people=frozenset({ada, ben}))
    assert stands() == (1, 0, 0)
    of = room.reviews("2")[0].submission
    assert samples.consider(room.desk, of, 1.0, "unseen") is not None
    eve, fay = person("eve"), person("fay")
    for named, stuck in (({ada, ben}, 1), ({eve, fay}, 0)):  # the first two have seen the verdict of the same bytes
        room.queue("unseen", people=frozenset(named))
        assert {one.queue: one.stuck for one in queues.waiting(room.desk, room.tenant)} == {"all": 0, "unseen": stuck}
    room.queue("all", people=frozenset({ada, ben, eve}))
    assert room.next(eve, "all") is not None and room.next(eve, "unseen") is None
    assert {one.queue: one.stuck for one in queues.waiting(room.desk, room.tenant)} == {"all": 0, "unseen": 1}


def test_where_all_differ_one_more_is_asked(room: Room) -> None:
    want(room, people=2)
    for who, what in ((ADA, FAKE), (BEN, FINE), (CEM, GONE), (DIA, FAKE)):
        assert room.looked(who, what).settled_at is None
    assert room.looked("person:eve", FAKE).finding == "synthetic"


@pytest.mark.parametrize(
    ("people", "said_by", "agreed"),
    [
        (1, "a", True),
        (2, "a", False),
        (2, "aa", True),
        (2, "ab", False),
        (2, "aba", True),
        (2, "abc", False),
        (3, "aab", False),
        (3, "aaab", True),
        (3, "aabb", False),
        (3, "aaa", True),
    ],
)
def test_who_is_enough(people: int, said_by: str, agreed: bool) -> None:
    of = {"a": FAKE, "b": FINE, "c": GONE}
    given = tuple(
        Opinion(str(n), 1, n, str(n), "", of[one].finding, None, of[one].actions, of[one].reason)
        for n, one in enumerate(said_by)
    )
    found = agreed_on(given, people)
    assert (found is not None) == agreed
    assert found is None or found.actions == FAKE.actions


def test_actions_in_another_order_are_the_same() -> None:
    assert Said("synthetic", (LABEL, REMOVE), "a").choice == Said("synthetic", (REMOVE, LABEL), "b").choice


def test_both_sides_are_told_once_nothing_can_be_undone(room: Room) -> None:
    room.item()
    notice = room.report(report=said("Zoe")).notice
    job = room.looked(ADA)
    assert job.decision_id is not None
    told = {one.side: one for one in telling.about(room.desk, room.tenant, job.decision_id)}
    assert set(told) == {"reporter", "uploader"}
    assert told["reporter"].of == notice.id and told["uploader"].of is None
    assert all("Made with AI" in one.words and "184 days" in one.redress for one in told.values())
    ids = {one.id for one in told.values()}
    assert not ids & {one.id for one in telling.due(room.desk)}
    room.over()
    assert ids <= {one.id for one in telling.due(room.desk)}


def test_an_uploader_of_whom_nothing_is_and_was_done_is_not_told(room: Room) -> None:
    room.item()
    room.report()
    job = room.looked(ADA, FINE)
    assert job.decision_id is not None
    assert [one.side for one in telling.about(room.desk, room.tenant, job.decision_id)] == ["reporter"]


def test_what_is_undone_in_time_waits_again_and_nobody_hears_of_it(room: Room) -> None:
    room.item()
    room.report()
    job = room.looked(ADA)
    assert job.decision_id is not None and room.in_force() == ["label: Made with AI"]
    again = reviewing.undo(room.desk, room.tenant, job.id, ADA, "the wrong button")
    assert (again.settled_at, again.decision_id, again.round) == (None, None, 2)
    assert room.in_force() == []
    assert all(one.due_at is None for one in telling.about(room.desk, room.tenant, job.decision_id))
    settled = room.looked(ADA, FINE)  # who erred may mend it
    assert settled.id == job.id and settled.finding == "genuine"
    assert settled.decision_id not in (None, job.decision_id)
    assert [(one.round, one.finding) for one in settled.opinions] == [(1, "synthetic"), (2, "genuine")]
    assert room.hand_on() == []
    Registry(room.url).verify()


def test_the_evidence_is_kept_while_people_are_to_look(room: Room) -> None:
    of = room.item()
    review_id = opening.want(room.desk, of, Review("all"))

    def stands() -> list[str]:
        return [one.reason for one in room.docket.get(of.check_id).holds if one.lifted_at is None]

    assert stands() == ["review"]
    room.clock.move(days=200)
    room.docket.sweep()
    assert room.has_media(of.check_id)
    room.looked(ADA)
    assert stands() == []
    reviewing.undo(room.desk, room.tenant, review_id, ADA, "no")
    assert stands() == ["review"]
    room.looked(BEN, FINE)
    room.clock.move(days=200)
    room.docket.sweep()
    assert not room.has_media(of.check_id)


def test_what_went_out_or_never_was_can_t_be_undone(room: Room) -> None:
    want(room)
    review_id = room.taken(ADA)
    with pytest.raises(ModerationUnfit, match="nothing that could be undone"):
        reviewing.undo(room.desk, room.tenant, review_id, ADA, "no")
    room.give(review_id, ADA)
    room.over()
    with pytest.raises(ModerationUnfit, match="gone out"):
        reviewing.undo(room.desk, room.tenant, review_id, ADA, "too late")
    assert reviewing.get(room.desk, room.tenant, review_id).settled_at is not None


def test_two_who_undo_at_once_undo_once(room: Room) -> None:
    want(room)
    review_id = room.looked(ADA).id

    def undo() -> bool:
        try:
            return reviewing.undo(room.desk, room.tenant, review_id, ADA, "no").round == 2
        except ModerationUnfit:
            return False

    assert sorted(at_once(undo, undo)) == [False, True]


def test_what_fails_in_the_middle_leaves_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    review_id = want(room)
    room.taken(ADA)
    before = databases.ask(room.url, "SELECT count(*) FROM ledger")

    def broken(*_: object, **__: object) -> None:
        raise ModerationUnfit("no")

    with monkeypatch.context() as patch:
        patch.setattr(reviewing, "_tell", broken)
        with pytest.raises(ModerationUnfit):
            room.give(review_id, ADA)
    assert room.opinions(review_id) == () and room.in_force() == []
    assert databases.ask(room.url, "SELECT count(*) FROM ledger") == before
    assert room.give(review_id, ADA).decision_id is not None


@pytest.mark.parametrize(
    "wrong",
    [
        Said("staged", (), "a"),  # type: ignore[arg-type]
        Said("genuine", (), "a", "Fake"),  # type: ignore[arg-type]
        Said("genuine", (), "  "),
        Said("genuine", (), "a" * 5001),
        Said("synthetic", (Action("shred"),), "a"),  # type: ignore[arg-type]
        Said("synthetic", (LABEL,) * 21, "a"),
        Said("genuine", (), "a", answer="ACCEPT"),
    ],
)
def test_what_nobody_can_say(room: Room, wrong: Said) -> None:
    want(room)
    review_id = room.taken(ADA)
    with pytest.raises(ModerationUnfit):
        room.give(review_id, ADA, wrong)
    assert room.opinions(review_id) == ()


def test_reviews_of_an_item_are_each_for_themselves(room: Room) -> None:
    want(room)
    room.looked(ADA)
    want(room, people=2)  # another upload of it
    room.looked(BEN)
    found = room.reviews()
    assert [[one.who for one in job.opinions] for job in found] == [[ADA], [BEN]]
    assert reviewing.get(room.desk, room.tenant, found[1].id, ADA).opinions == ()
    with pytest.raises(ModerationMissing):
        reviewing.get(room.desk, "ten_other", found[0].id)
    assert [one.waiting for one in queues.waiting(room.desk, room.tenant)] == [1]


def test_who_gave_no_opinion_takes_nothing_back_that_two_agreed_on(room: Room) -> None:
    want(room, people=2)
    room.looked(ADA)
    job = room.looked(BEN)
    with pytest.raises(ModerationUnfit, match="none of those who decided"):
        reviewing.undo(room.desk, room.tenant, job.id, CEM, "I see it otherwise")
    assert reviewing.undo(room.desk, room.tenant, job.id, BEN, "by mistake").settled_at is None


def test_events_go_out_with_the_effects_or_not_at_all(room: Room) -> None:
    Endpoints(room.options).create(room.tenant, "kafka", who=CEM, way="kafka")
    room.item()
    room.report()
    job = room.looked(ADA)
    held = [(kind, str(job.effective_at)) for kind in ("report.decided", "review.decided")]
    assert [one for one in room.events() if one in held] == held
    reviewing.undo(room.desk, room.tenant, job.id, ADA, "by mistake")
    assert not {kind for kind, _ in room.events()} & {"report.decided", "review.decided"}
