"""What people conclude, hold and say of checks; and verdicts that come about later."""

import pytest

from countermark.docket import PUBLIC, Request, revising
from countermark.evidence import DetectorDetails, Evidence
from countermark.media import Looked
from countermark.media.look import looked_to_json
from countermark.verdict import Judgement, fold
from tests.api.served import DIGEST, PERSON, VERSIONS, Place, told

FINDING = {"says": "genuine", "why": "I was there"}
ALARM = Evidence(
    DIGEST, "video", "detector", "1", "present", score=0.9, details=DetectorDetails("generated", "model", 0.01)
)


def alarmed(place: Place, tenant: str = "main", **more: object) -> str:
    return place.finished(tenant, fold(DIGEST, [ALARM], Judgement()), **more).id


def test_a_finding_makes_a_revision(place: Place) -> None:
    check_id, key = alarmed(place, callback_url="https://a.example/told"), place.key("checks:read", "findings:write")
    said = place.ask("POST", f"/v1/checks/{check_id}/findings", headers=key, json=FINDING)
    assert said.status_code == 201, said.text
    revision = said.json()
    assert (revision["number"], revision["why"], revision["outcome"]) == (2, "human", "inconclusive")
    check = place.service.docket.get(check_id)
    assert check.revisions[1].note == "I was there"
    assert [one.verdict.outcome for one in check.revisions] == ["likely_ai", "inconclusive"]
    assert check.revisions[1].who.startswith("key:cmk_") and check.revisions[1].who.endswith(" test")
    assert "verdict_changed" in [event.kind for event in place.service.docket.events(check_id)]
    shown = place.ask("GET", f"/v1/checks/{check_id}", headers=key).json()
    assert [one["outcome"] for one in shown["revisions"]] == ["likely_ai", "inconclusive"]
    assert shown["result"]["revision"] == 2 and shown["revisions"][1]["who"] == "a person"
    first = place.ask("GET", f"/v1/checks/{check_id}/revisions/1", headers=key).json()
    assert first["verdict"]["outcome"] == "likely_ai" and first["who"] == "the service"
    assert place.ask("GET", f"/v1/checks/{check_id}/revisions/3", headers=key).status_code == 404


def test_whoever_changes_their_mind_says_one_thing(place: Place) -> None:
    check_id, key = alarmed(place), place.key("findings:write")
    place.ask("POST", f"/v1/checks/{check_id}/findings", headers=key, json=FINDING)
    said = place.ask("POST", f"/v1/checks/{check_id}/findings", headers=key, json={**FINDING, "says": "synthetic"})
    people = [one for one in said.json()["verdict"]["evidence"] if one["examiner"] == "human"]
    assert [one["details"]["says"] for one in people] == ["synthetic"] and said.json()["outcome"] == "likely_ai"


def test_a_finding_on_what_has_changed_meanwhile(place: Place) -> None:
    check_id, key = alarmed(place), place.key("findings:write")
    path = f"/v1/checks/{check_id}/findings"
    assert place.ask("POST", path, headers=key, json={**FINDING, "after": 1}).status_code == 201
    assert place.ask("POST", path, headers=key, json={**FINDING, "why": "later", "after": 1}).status_code == 409
    running = place.laid()
    assert place.ask("POST", f"/v1/checks/{running.id}/findings", headers=key, json=FINDING).status_code == 409


@pytest.mark.parametrize(
    "body", [{}, {"says": "fake", "why": "x"}, {"says": "genuine", "why": "  "}, {**FINDING, "x": 1}]
)
def test_findings_that_do_not_fit(place: Place, body: dict[str, object]) -> None:
    said = place.ask("POST", f"/v1/checks/{alarmed(place)}/findings", headers=place.key("findings:write"), json=body)
    assert said.status_code == 422


def test_the_operators_people_judge_what_was_asked_without_a_key(place: Place) -> None:
    check_id = alarmed(place, PUBLIC)
    tenant = place.accounts.add_tenant("strangers").id
    path = f"/v1/checks/{check_id}/findings"
    assert place.ask("POST", path, headers=place.key("findings:write", tenant=tenant), json=FINDING).status_code == 404
    assert place.ask("POST", path, headers=place.key("findings:write"), json=FINDING).status_code == 201
    assert place.ask("GET", f"/v1/checks/{check_id}").json()["result"]["verdict"]["outcome"] == "inconclusive"


def test_holds(place: Place) -> None:
    check, key = place.finished(), place.key("holds:write")
    path = f"/v1/checks/{check.id}/holds"
    said = place.ask("POST", path, headers=key, json={"reason": "appeal", "note": "2026/17"})
    assert said.status_code == 201 and said.json()["lifted_at"] is None
    hold_id = said.json()["id"]
    assert [one["id"] for one in place.ask("GET", path, headers=key).json()] == [hold_id]
    lifted = place.ask("DELETE", f"{path}/{hold_id}", headers=key)
    assert lifted.status_code == 200 and lifted.json()["lifted_at"] and lifted.json()["lifted_by"].startswith("key:")
    assert place.ask("DELETE", f"{path}/hld_none", headers=key).status_code == 404
    for wrong in ({"reason": "whim", "note": "x"}, {"reason": "appeal", "note": " "}, {"reason": "appeal"}):
        assert place.ask("POST", path, headers=key, json=wrong).status_code == 422


def test_feedback(place: Place) -> None:
    check = place.finished(PUBLIC)
    path = f"/v1/checks/{check.id}/feedback"
    said = place.ask("POST", path, json={"says": "wrong", "comment": " it was rain "})
    assert said.status_code == 201 and said.json()["comment"] == "it was rain"
    assert place.ask("POST", path, json={"says": "wrong", "comment": "x" * 2001}).status_code == 422
    assert place.ask("GET", path).status_code == 401, "who said it, reads it back nowhere"
    assert place.ask("GET", path, headers=place.key("checks:read")).status_code == 403
    (read,) = place.ask("GET", path, headers=place.key("findings:write")).json()
    assert read["says"] == "wrong" and "made_by" not in read


def test_nobody_fills_a_record_with_feedback(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revising, "MOST_FEEDBACK", 2)
    check = place.finished(PUBLIC)
    given = [place.ask("POST", f"/v1/checks/{check.id}/feedback", json={"says": "right"}) for _ in range(3)]
    assert [said.status_code for said in given] == [201, 201, 409]


def test_looking_again_is_asked_for(place: Place) -> None:
    """A worker looks; here the latest verdict is given, and what was asked for stands in the queue."""
    docket, key = place.service.docket, place.key("findings:write")
    check = docket.open(Request(tenant_id="main", made_by="key:test", source="upload", name="a.mp4")).check
    verdict = fold(DIGEST, [told().evidence[0]], Judgement())
    docket.at_stage(check.id, "look")
    docket.keep_looked(check.id, looked_to_json(Looked(None, DIGEST, 9, verdict.evidence, ())))
    docket.finish(check.id, verdict, VERSIONS)
    waiting = place.service.jobs.waiting()["live"]
    said = place.ask("POST", f"/v1/checks/{check.id}/again", headers=key)
    assert said.status_code == 202 and said.json()["number"] == 1, said.text
    assert place.service.jobs.waiting()["live"] == waiting + 1
    unkept = place.finished()
    assert place.ask("POST", f"/v1/checks/{unkept.id}/again", headers=key).status_code == 409


@pytest.mark.parametrize("path", ["findings", "again"])
def test_an_answer_shows_personal_provenance_to_those_alone_who_may_see_it(place: Place, path: str) -> None:
    docket, plain = place.service.docket, place.key("findings:write")
    may = place.key("findings:write", "provenance:personal")
    for tenant, key, shown in (("main", plain, False), ("main", may, True), (PUBLIC, may, False)):
        check = docket.open(Request(tenant_id=tenant, made_by="key:test", source="upload", name="a.mp4")).check
        docket.at_stage(check.id, "look")
        docket.keep_looked(check.id, looked_to_json(Looked(None, DIGEST, 9, told().evidence, ())))
        docket.finish(check.id, told(), VERSIONS)
        said = place.ask(
            "POST", f"/v1/checks/{check.id}/{path}", headers=key, **({"json": FINDING} if path == "findings" else {})
        )
        assert said.status_code in (201, 202), said.text
        assert (PERSON in said.text) is shown
