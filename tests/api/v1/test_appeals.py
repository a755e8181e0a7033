"""Appeals over HTTP: of both sides, in their time, one at a time, and what comes of them."""

from datetime import timedelta

import httpx

from countermark.docket import times
from countermark.moderation.people import Said, claiming, reviewing
from countermark.moderation.values import Decision
from tests.api.moderated import decision
from tests.api.served import Place

SEND, READ = "reports:write", "moderation:read"


def old(place: Place, item: str) -> Decision:
    return decision(place, "main", item=item, clock=lambda: times.now() - timedelta(hours=1))


def send(place: Place, of: Decision, key: str = "", **more: object) -> httpx.Response:
    asked = {"side": "uploader", "reason": "it was a rehearsal", **more}
    headers = place.key(SEND) | ({"Idempotency-Key": key} if key else {})
    return place.ask("POST", f"/v1/decisions/{of.id}/appeals", json=asked, headers=headers)


def get(place: Place, path: str) -> httpx.Response:
    return place.ask("GET", f"/v1{path}", headers=place.key(READ))


def test_an_appeal_is_kept_shown_and_answered_by_others(place: Place) -> None:
    of = old(place, "appealed")
    said = send(place, of, key="appeal 1", contact={"email": "ada@mail.example"}, policies=["house"])
    assert said.status_code == 201, said.text
    one = said.json()
    assert said.headers["location"] == f"/v1/appeals/{one['id']}" and one["answer"] is None
    assert (one["decision_id"], one["actions"]) == (of.id, [{"kind": "remove", "value": ""}])
    assert get(place, f"/appeals/{one['id']}").json() == one and "ada@" not in said.text
    assert get(place, f"/decisions/{of.id}/appeals").json() == {"appeals": [one]}
    replayed = send(place, of, key="appeal 1", contact={"email": "ada@mail.example"}, policies=["house"])
    assert replayed.json() == one and replayed.headers["idempotency-replayed"] == "true"
    assert send(place, of).status_code == 409
    told = get(place, f"/appeals/{one['id']}/told").json()["told"]
    assert [each["kind"] for each in told] == ["appeal.received"]

    desk = place.service.desk
    claiming.take(desk, "main", one["review_id"], "person:2")
    reviewing.give(desk, "main", one["review_id"], "person:2", Said("genuine", (), "it is real", None, "ACCEPT"))
    answered = get(place, f"/appeals/{one['id']}").json()
    assert (answered["answer"], answered["answer_reason"]) == ("ACCEPT", "it is real")
    forget = place.ask("DELETE", f"/v1/appeals/{one['id']}/contact", headers=place.key(SEND))
    assert forget.status_code == 204 and get(place, f"/appeals/{one['id']}").json() == answered


def test_what_can_be_appealed_when_and_by_whom(place: Place) -> None:
    fresh = decision(place, "main", item="fresh")
    said = send(place, fresh)
    assert said.status_code == 409 and "appeal from" in said.json()["advice"]
    of = old(place, "of a reporter")
    assert send(place, of, side="reporter").status_code == 409
    assert send(place, of, side="reporter", report_id="ntc_none").status_code == 409
    body = {"item_id": "of a reporter", "item_type": "video", "category": "fraud", "kind": "other"}
    report = place.ask("POST", "/v1/reports", json=body, headers=place.key(SEND)).json()
    made = send(place, of, side="reporter", report_id=report["id"])
    assert (made.status_code, made.json()["report_id"]) == (201, report["id"])


def test_what_is_no_appeal_is_refused_with_words(place: Place) -> None:
    of = old(place, "bad")
    for more in ({"side": "state"}, {"reason": ""}, {"reason": "x" * 10_001}, {"policies": ["x"] * 51}, {"more": 1}):
        said = send(place, of, **more)
        assert said.status_code == 422 and said.json()["advice"], (more, said.text)
    assert send(place, of, reason="  ").status_code in (409, 422)
    none = place.ask(
        "POST", "/v1/decisions/dec_none/appeals", json={"side": "uploader", "reason": "x"}, headers=place.key(SEND)
    )
    assert none.status_code == 404
