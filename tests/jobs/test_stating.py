"""Where effects go out, statements and notices are laid; a round sends what is laid; events are told of once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from countermark.docket.desk import Desk
from countermark.jobs import moderating, stating
from countermark.jobs.work import Work
from countermark.moderation.deciding import Deciding
from countermark.moderation.hooks import Endpoints
from countermark.moderation.people import telling
from countermark.moderation.shelf import Shelf
from countermark.moderation.statements import Kept, Statements
from countermark.moderation.values import Action, Decision
from countermark.provenance import Registry
from countermark.tests import databases
from countermark.tests.docket.rooms import by_a_person, verdict
from countermark.tests.jobs.rooms import TENANT, Room, options
from countermark.tests.moderation.rooms import BLOCKS, EDITOR, LABELS, POLICY, document
from countermark.tests.moderation.statements.cases import TOKEN, transparency_database

GROUND = """    ground:
      kind: incompatible
      reference: Terms of use, section 4.2
      explanation: Realistic synthetic videos have to be labelled as such.
      category: STATEMENT_CATEGORY_OTHER_VIOLATION_TC
"""


def stated(folder: Path, kind: str = "sqlite", *, rule: str = LABELS + GROUND, statements: bool = True) -> Work:
    """Give a service whose policy labels what a person calls synthetic, at once."""
    room = Room(options(kind, folder, statements=statements))
    shelf = Shelf(room.options)
    shelf.add(TENANT, POLICY, document(rule, undo_s=0), by=EDITOR)
    shelf.set_state(TENANT, POLICY, 1, "LIVE", by=EDITOR)
    return Work(room.options, room.docket, room.objects, room.jobs, room.options.home)


def submitted(work: Work, item: str = "1", says: str = "synthetic") -> str:
    """Lay a check of an item, and bring it to its end."""
    check_id = Room(work.options).laid(item_id=item, item_type="video")
    work.docket.at_stage(check_id, "fetch")
    work.docket.finish(check_id, by_a_person(says), {}, [])
    return check_id


def handed_on(work: Work) -> list[Decision]:
    heard: list[Decision] = []
    moderating.decide_all(work, seconds=0)
    moderating.hand_on(work, lambda connection, decision: heard.append(decision))
    return heard


def laid(work: Work) -> tuple[Kept, ...]:
    return Statements(work.options).of_tenant(TENANT)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_decision_whose_effects_go_out_has_a_statement_and_a_notice(kind: str, tmp_path: Path) -> None:
    work = stated(tmp_path, kind)
    submitted(work)
    submitted(work, "2", "genuine")
    (one,) = handed_on(work)
    (kept,) = laid(work)
    body = json.loads(kept.body)
    assert (kept.decision_id, kept.state) == (one.id, "waiting")
    assert body["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_LABELLED"]
    assert (body["source_type"], body["automated_decision"]) == ("SOURCE_VOLUNTARY", "AUTOMATED_DECISION_FULLY")
    stating.lay(work, one)  # as who died before the note does
    assert laid(work) == (kept,)
    (told,) = telling.about(Desk(work.options), TENANT, one.id)
    assert (told.side, told.of) == ("uploader", None)
    assert "label (Synthetic)" in told.words and "People say that it is synthetic." in told.words
    assert "184 days" in told.redress
    Registry(work.options.database_url).verify()


def test_none_is_laid_unless_the_settings_ask_for_them(tmp_path: Path) -> None:
    work = stated(tmp_path, statements=False)
    submitted(work)
    (one,) = handed_on(work)
    assert laid(work) == ()
    assert telling.about(Desk(work.options), TENANT, one.id)


def test_one_that_can_not_be_made_says_what_it_lacks_and_holds_up_no_effect(tmp_path: Path) -> None:
    work = stated(tmp_path, rule=LABELS)
    submitted(work)
    (one,) = handed_on(work)
    (kept,) = laid(work)
    assert (kept.state, kept.due_at) == ("lacking", None)
    assert "names no ground" in str(kept.failure)
    assert Deciding(work.options).get(one.id).out_at is not None
    assert Statements(work.options).take(10) == ()
    Registry(work.options.database_url).verify()


def test_what_people_lift_is_told_and_needs_no_statement(tmp_path: Path) -> None:
    work = stated(tmp_path)
    check_id = submitted(work)
    (one,) = handed_on(work)
    work.docket.revise(check_id, verdict(), who="person:1", why="human", note="", versions={})
    (lifted,) = handed_on(work)
    assert (lifted.actions, [kept.decision_id for kept in laid(work)]) == ((), [one.id])
    (told,) = telling.about(Desk(work.options), TENANT, lifted.id)
    assert "nothing is done about it" in told.words


def test_a_round_sends_what_is_laid_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = stated(tmp_path)
    for item in "123":
        submitted(work, item)
    made = {one.id for one in handed_on(work)}
    monkeypatch.delenv("DSA_STATEMENTS_URL", raising=False)
    stating.send_all(work)
    with transparency_database() as (state, to):
        monkeypatch.setenv("DSA_STATEMENTS_URL", to.address)
        monkeypatch.setenv("DSA_STATEMENTS_TOKEN", TOKEN)
        work.draining.set()
        stating.send_all(work)
        assert state.asked == []
        work.draining.clear()
        stating.send_all(work)
        stating.send_all(work)
    assert set(state.taken) == made and len(made) == 3
    assert state.inserts == 3 and len(state.asked) == 1
    assert {one.state for one in laid(work)} == {"sent"}


# Events -------------------------------------------------------------------------------------------------------------


def told(work: Work) -> list[tuple[str, dict[str, Any]]]:
    rows = databases.ask(work.options.database_url, "SELECT kind, body FROM hook_deliveries ORDER BY sequence")
    return [(str(kind), json.loads(str(body))) for kind, body in rows]


@pytest.mark.parametrize("kind", databases.KINDS)
def test_ends_and_other_verdicts_are_told_of_once_and_in_their_order(kind: str, tmp_path: Path) -> None:
    work = stated(tmp_path, kind)
    submitted(work, "0")  # nobody wants to hear yet
    kinds = ("check.finished", "check.verdict_changed")
    Endpoints(work.options).create(TENANT, "http://127.0.0.1:9/hook", who=EDITOR, kinds=kinds)
    check_id = submitted(work)
    work.docket.revise(check_id, verdict(), who="person:1", why="human", note="", versions={})
    work.docket.revise(check_id, verdict(), who="person:2", why="human", note="the same", versions={})
    assert told(work) == []
    moderating.announce(work)
    moderating.announce(work)
    (first, finished), (second, changed) = told(work)
    assert (first, second) == kinds
    assert (finished["subject"], finished["data"]["check"]) == ("video:1", check_id)
    assert (changed["sequence"], changed["data"]["was"], changed["data"]["revision"]) == (2, by_a_person().outcome, 2)


def test_a_check_of_no_item_is_its_own_subject(tmp_path: Path) -> None:
    work = stated(tmp_path)
    Endpoints(work.options).create(TENANT, "http://127.0.0.1:9/hook", who=EDITOR)
    check_id = Room(work.options).laid()
    work.docket.cancel(check_id, "key:1")
    moderating.announce(work)
    ((kind, body),) = told(work)
    assert (kind, body["subject"], body["data"]["status"]) == ("check.finished", f"check:{check_id}", "cancelled")


def test_a_statement_that_is_laid_stays_as_it_is(tmp_path: Path) -> None:
    """Its worker died before it was handed on, and what is known of the video is other by then."""
    work = stated(tmp_path)
    check_id = submitted(work)
    moderating.decide_all(work, seconds=0)
    (due,) = Deciding(work.options).due()
    stating.lay(work, due)
    before = laid(work)
    work.docket.delete(check_id, "key:1")
    assert [one.id for one in handed_on(work)] == [due.id]
    assert laid(work) == before != ()


def test_what_people_decided_without_a_ground_says_what_it_lacks(tmp_path: Path) -> None:
    """The rule that held is of the law, and people did something else: it is no ground of theirs."""
    work = stated(tmp_path, rule=BLOCKS + GROUND.replace("incompatible", "illegal"))
    submission = Deciding(work.options).of_check(submitted(work))
    moderating.decide_all(work, seconds=0)
    assert submission is not None
    label = (Action("label", "Satire"),)
    Deciding(work.options).decide_by_person(
        submission.id, label, by="person:1", note="it is satire", occasion="review", key="rvw_1"
    )
    handed_on(work)
    assert [(one.state, "illegal" in one.body) for one in laid(work)] == [("lacking", False)]
