"""Notices over HTTP: who may say of what kind they are, what both sides are told, and forgetting who sent them."""

import re
from itertools import count
from typing import Any

import httpx

from countermark.accounts import Scope
from countermark.accounts.values import MAIN
from countermark.moderation.people import telling
from tests.api.served import Place

NUMBERS = count(1)
SEND, READ, PERSONAL = "reports:write", "moderation:read", "provenance:personal"
FULL = {
    **{"category": "deepfake", "explanation": "this is not me", "good_faith": True, "item_type": "video"},
    **{"place": {"seconds": [[1.0, 2.5]]}, "contact": {"name": "Zoe", "email": "zoe@mail.example"}},
}


def item(place: Place, tenant: str = "main") -> str:
    name = f"reported {next(NUMBERS)}/ü"
    place.finished(tenant, item_id=name, item_type="video")
    return name


def send(service: Place, of: str, *scopes: Scope, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    asked = {**FULL, "item_id": of, **more}
    return service.ask("POST", "/v1/reports", json=asked, headers={**service.key(SEND, *scopes), **(headers or {})})


def get(place: Place, path: str, *scopes: Scope, **params: Any) -> httpx.Response:
    return place.ask("GET", f"/v1{path}", headers=place.key(*(scopes or (READ,))), params=params)


def test_a_notice_comes_in_is_shown_without_its_sender_and_makes_one_review(place: Place) -> None:
    of = item(place)
    said = send(place, of)
    assert (said.status_code, said.headers["location"]) == (201, f"/v1/reports/{said.json()['id']}"), said.text
    one = said.json()
    assert (one["full"], one["missing"], one["again"], one["kind"]) == (True, [], False, "article_16")
    shown = get(place, f"/reports/{one['id']}")
    assert shown.json() == {name: value for name, value in one.items() if name != "again"}
    assert "zoe" not in shown.text and "Zoe" not in shown.text
    other = send(place, of, contact={"email": "yan@mail.example"}, explanation="").json()
    assert other["review_id"] == one["review_id"] and not other["full"] and "your name" in other["missing"]
    again = send(place, of, explanation="as I said")
    assert (again.json()["id"], again.json()["again"]) == (one["id"], True)


def test_notices_of_an_item_are_listed_in_pages(place: Place) -> None:
    of = item(place)
    made = [send(place, of, contact={"email": f"{n}@mail.example"}).json()["id"] for n in range(3)]
    query = {"item_id": of, "item_type": "video", "limit": 2}
    first = get(place, "/reports", **query).json()
    second = get(place, "/reports", **query, cursor=first["next"]).json()
    assert [one["id"] for one in (*first["reports"], *second["reports"])] == made[::-1] and second["next"] is None
    assert get(place, "/reports", **query, cursor="x").status_code == 409
    assert get(place, "/reports", item_id=of).status_code == 422


def test_the_kind_of_a_notice_takes_more_than_its_word(place: Place) -> None:
    of = item(place)
    for kind in ("trusted_flagger", "own_initiative"):
        for said in (send(place, of, kind=kind), send(place, of, "policies:write", kind=kind)):
            assert said.status_code == 403 and "reviews:write" in said.json()["advice"], said.text
        said = send(place, of, "reviews:write", kind=kind, contact={"account": kind})
        assert (said.status_code, said.json()["kind"]) == (201, kind)


def test_the_same_request_again_makes_no_second_notice(place: Place) -> None:
    of, once = item(place), {"Idempotency-Key": f"report {next(NUMBERS)}"}
    first, second = (send(place, of, headers=once, contact={}) for _ in range(2))
    assert first.json()["id"] == second.json()["id"] and second.headers["idempotency-replayed"] == "true"
    assert send(place, of, headers=once, contact={}, category="fraud").status_code == 422
    assert send(place, of, contact={}).json()["id"] != first.json()["id"]


def test_both_sides_are_told_once_and_who_is_forgotten_is_not(place: Place) -> None:
    key, one = place.key(SEND), send(place, item(place), contact={"email": "told@mail.example"}).json()
    owed = [each for each in get(place, "/told", SEND, PERSONAL).json()["told"] if each["about"] == one["id"]]
    assert [each["contact"]["email"] for each in owed] == ["told@mail.example"]
    withheld = get(place, "/told", SEND)
    assert owed[0]["id"] in withheld.text and "@mail.example" not in withheld.text
    assert all(each["contact"] is None for each in withheld.json()["told"])
    told = get(place, f"/reports/{one['id']}/told")
    assert "told@" not in told.text and [each["id"] for each in told.json()["told"]] == [owed[0]["id"]]
    sent = place.ask("POST", f"/v1/told/{owed[0]['id']}/sent", headers=key).json()
    assert sent["sent_at"] and sent["due_at"] is None
    assert place.ask("POST", f"/v1/told/{owed[0]['id']}/sent", headers=key).json() == sent
    assert one["id"] not in get(place, "/told", SEND).text
    for _ in range(2):
        assert place.ask("DELETE", f"/v1/reports/{one['id']}/contact", headers=key).status_code == 204
    assert get(place, f"/reports/{one['id']}").json()["explanation"] == FULL["explanation"]


def test_what_is_owed_goes_on_after_a_page_and_is_a_tenants_own(place: Place) -> None:
    mine = place.accounts.add_tenant("owed").id
    key, of = place.key(SEND, PERSONAL, tenant=mine), item(place, mine)
    for n in range(3):
        body = {**FULL, "item_id": of, "contact": {"email": f"{n}@mail.example"}}
        assert place.ask("POST", "/v1/reports", json=body, headers=key).status_code == 201
    first = place.ask("GET", "/v1/told", headers=key, params={"limit": 2}).json()
    second = place.ask("GET", "/v1/told", headers=key, params={"limit": 2, "cursor": first["next"]}).json()
    mails = [one["contact"]["email"] for one in (*first["told"], *second["told"])]
    assert mails == ["0@mail.example", "1@mail.example", "2@mail.example"] and second["next"] is None
    told = first["told"][0]["id"]
    assert place.ask("POST", f"/v1/told/{told}/sent", headers=place.key(SEND)).status_code == 404


def test_what_is_no_report_is_refused_with_words(place: Place) -> None:
    of = item(place)
    bad: list[dict[str, Any]] = [
        {"kind": "urgent"},
        {"category": ""},
        {"explanation": "x" * 10_001},
        {"place": {"seconds": [[1, -1]]}},
        {"place": {"seconds": [[1, 2, 3]]}},
        {"contact": {"phone": "1"}},
        {"contact": {"name": "\0"}},
        {"more": 1},
    ]
    for more in bad:
        said = send(place, of, **more)
        assert said.status_code == 422 and said.json()["advice"], (more, said.text)
    assert send(place, of, place={"seconds": [[2, 1]]}).status_code == 409
    missing = send(place, "nobody's")
    assert missing.status_code == 404 and re.search("check", missing.json()["advice"])


def test_a_person_is_forgotten_in_all_they_sent(place: Place) -> None:
    whose = {"name": "Ida", "email": "Ida@mail.example"}
    sent = [send(place, item(place), contact=whose).json()["id"] for _ in range(2)]

    def erase(**by: str) -> httpx.Response:
        return place.ask("POST", "/v1/contacts/erase", headers=place.key(SEND), json=by)

    assert erase(email="ida@mail.example").json() == {"count": 2}
    for id in sent:
        assert telling.contact(place.service.desk, MAIN, id) is None
    assert erase(email="ida@mail.example").json() == {"count": 0}
    refused = erase(name="Ida")
    assert refused.status_code == 422 and "say email or account" in refused.json()["detail"]
    assert "Value error" not in refused.text
