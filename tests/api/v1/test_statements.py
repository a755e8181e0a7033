"""Statements of reasons over HTTP, the notices beside them, and the report of a period."""

import io
import itertools
import json
import zipfile
from datetime import date
from pathlib import Path

import httpx
import jsonschema
import pytest

from countermark.docket import Check
from countermark.moderation import Action, Decision, statements
from countermark.moderation.deciding import Deciding
from countermark.moderation.statements import Gathering
from countermark.tests.docket.rooms import by_a_person
from tests.api.served import Place

POLICY = """
policy: labels
title: Labels
norm: Say so.
unknown: {queue: unsure}
undo_s: 0
rules:
  - id: synthetic
    why: People say that it is synthetic.
    when: {person.says: {contains: synthetic}}
    then: [{label: Made with AI}]
    ground:
      kind: incompatible
      reference: Terms of use, section 4.2
      explanation: Realistic synthetic videos have to be labelled as such.
      category: STATEMENT_CATEGORY_OTHER_VIOLATION_TC
"""
SCHEMA = json.loads((Path(statements.__file__).parent / "statement.schema.json").read_text())
_numbers = itertools.count(1)


class Asker:
    """A platform with a policy and what it has decided."""

    def __init__(self, place: Place) -> None:
        self.place, self.tenant = place, place.accounts.add_tenant(f"platform {next(_numbers)}").id
        self.key = place.key("moderation:read", tenant=self.tenant)
        self.deciding = Deciding(place.options)
        version = place.service.shelf.add(self.tenant, "labels", POLICY, by="test")
        place.service.shelf.set_state(self.tenant, "labels", version.number, "LIVE", by="test")

    def __call__(self, path: str, status: int = 200, **params: object) -> httpx.Response:
        said = self.place.ask("GET", path, headers=self.key, params=params)
        assert said.status_code == status, said.text
        return said

    def checked(self) -> Check:
        return self.place.finished(self.tenant, by_a_person("synthetic"), item_id="v-17", item_type="video")

    def decided(self) -> Decision:
        (made,) = self.deciding.decide(self.checked().id)
        return made

    def by_a_person(self, *actions: Action) -> Decision:
        check = self.checked()
        submitted = self.deciding.of_check(check.id)
        assert submitted is not None
        return self.deciding.decide_by_person(
            submitted.id, actions, by="person:1", note="", occasion="review", key=check.id, policy_id=""
        )


@pytest.fixture(scope="module")
def asks(place: Place) -> Asker:
    return Asker(place)


def test_a_statement_is_a_draft_until_it_is_laid_down(place: Place) -> None:
    ask = Asker(place)
    decisions = [ask.decided() for _ in range(3)]
    drafts = [ask(f"/v1/decisions/{one.id}/statement").json() for one in decisions]
    for draft in drafts:
        assert draft["state"] == "draft" and draft["made_at"] is None
        jsonschema.validate(draft["statement"], SCHEMA)
    assert drafts[0]["statement"]["puid"] == decisions[0].id
    assert drafts[0]["statement"]["automated_decision"] == "AUTOMATED_DECISION_FULLY"
    assert ask("/v1/statements").json() == {"statements": [], "next": None}
    ask(f"/v1/statements/{decisions[0].id}", 404)
    gathering = Gathering(place.options)
    for one in decisions:
        gathering.lay(one)
    laid = ask(f"/v1/decisions/{decisions[0].id}/statement").json()
    assert laid["state"] == "waiting" and laid["statement"] == drafts[0]["statement"]
    assert ask(f"/v1/statements/{decisions[0].id}").json() == laid
    page = ask("/v1/statements", limit=2, state="waiting").json()
    rest = ask("/v1/statements", limit=2, cursor=page["next"]).json()
    listed = [one["decision_id"] for one in (*page["statements"], *rest["statements"])]
    assert listed == [one.id for one in decisions] and rest["next"] is None
    assert ask("/v1/statements", state="sent").json()["statements"] == []
    ask("/v1/statements", 422, state="lost")
    ask("/v1/statements", 409, cursor="none")


def test_a_decision_that_owes_none_says_so(asks: Asker) -> None:
    for decision in (asks.by_a_person(), asks.by_a_person(Action("remove"))):
        said = asks(f"/v1/decisions/{decision.id}/statement", 422).json()
        assert said["type"].endswith("/statement-invalid") and said["advice"]
    asks("/v1/decisions/dec_none/statement", 404)


def test_both_sides_are_told_in_their_language(asks: Asker) -> None:
    decision = asks.decided()
    here = f"/v1/decisions/{decision.id}/notice"
    told = asks(here).json()
    assert "The label says: Made with AI" in told["text"] and "Terms of use, section 4.2" in told["text"]
    assert asks.place.options.service.public_url in told["text"] and "184" in told["text"]
    assert [part["name"] for part in told["parts"]][-2:] == ["redress", "reference"]
    german = asks(here, to="reporter", language="de").json()
    assert german["language"] == "de" and 'lang="de"' in german["html"] and german["subject"] != told["subject"]
    nothing = asks.by_a_person()
    assert asks(f"/v1/decisions/{nothing.id}/notice", to="reporter").json()["parts"]
    assert "to=reporter" in asks(f"/v1/decisions/{nothing.id}/notice", 422).json()["advice"]
    groundless = asks.by_a_person(Action("remove"))
    assert "set `ground`" in asks(f"/v1/decisions/{groundless.id}/notice", 422).json()["advice"]
    asks(here, 422, language="xx")
    asks("/v1/decisions/dec_none/notice", 404)


def test_the_report_counts_what_was_decided(place: Place) -> None:
    ask = Asker(place)
    ask.decided()
    ask.decided()
    ask.by_a_person(Action("remove"))
    day = date.today()
    period = {"from": f"{day.year}-01-01", "to": f"{day.year}-12-31"}
    report = ask("/v1/transparency", **period).json()
    total = report["own_initiative_terms"][0]
    assert (total["category"], total["number"], total["detected"]) == ("TOTAL", 3, 2)
    assert total["visibility"] == {
        "DECISION_VISIBILITY_CONTENT_LABELLED": 2,
        "DECISION_VISIBILITY_CONTENT_REMOVED": 1,
    }
    machines = report["automated"]["measures"]
    assert (machines["solely"], machines["partly"], machines["without"]) == (2, 0, 1)
    before = ask("/v1/transparency", **{"from": "2020-01-01", "to": "2020-12-31"}).json()
    assert before["own_initiative_terms"] == []
    packed = ask("/v1/transparency", **period, form="zip")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert len(archive.namelist()) == 5
        table = archive.read("6_own_initiative_TC.csv").decode().splitlines()
    assert ",TOTAL,,3,2," in table[1]
    for wrong in ({}, {"from": "2026-02-01", "to": "2026-01-01"}, {"from": "2020-01-01", "to": "2026-01-01"}):
        ask("/v1/transparency", 422, **wrong)
