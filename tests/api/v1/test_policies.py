"""Policies over HTTP: kept in versions, brought live and back, tried on tables and on the past, lost to nobody."""

import json
import threading
from itertools import count
from typing import Any

import httpx
import pytest

from countermark.api.v1.moderating import policies_trying
from countermark.moderation.deciding import Deciding
from countermark.tests.docket.rooms import by_a_person
from countermark.tests.moderation.rooms import BLOCKS, LABELS, REMOVES, document, rule
from tests.api.served import Place

READ, WRITE = "moderation:read", "policies:write"
YAML = {"Content-Type": "application/yaml"}
NAMES = (f"policy-{number}" for number in count())


def put(place: Place, name: str, text: str, **headers: str) -> httpx.Response:
    sent = {**place.key(WRITE), **YAML, **headers}
    return place.ask("PUT", f"/v1/policies/{name}", content=text.encode(), headers=sent)


def get(place: Place, path: str, **more: Any) -> httpx.Response:
    return place.ask("GET", f"/v1/policies{path}", headers={**place.key(READ), **more.pop("headers", {})}, **more)


def post(place: Place, path: str, asked: Any, **headers: str) -> httpx.Response:
    return place.ask("POST", f"/v1/policies{path}", json=asked, headers={**place.key(READ, WRITE), **headers})


def kept(place: Place, *rules: str) -> str:
    """Keep a policy with one version, a draft."""
    name = next(NAMES)
    assert put(place, name, document(*rules, name=name)).status_code == 201
    return name


def live(place: Place, *rules: str) -> str:
    name = kept(place, *rules)
    assert post(place, f"/{name}/versions/1/state", {"state": "LIVE"}).status_code == 200
    return name


# Keeping -------------------------------------------------------------------------------------------------------------


def test_a_policy_is_kept_in_versions_and_each_is_shown(place: Place) -> None:
    name = next(NAMES)
    first, second = document(name=name), document(LABELS, REMOVES, name=name)
    said = put(place, name, first)
    assert said.status_code == 201, said.text
    assert said.headers["location"] == f"/v1/policies/{name}/versions/1"
    assert (said.json()["number"], said.json()["state"], said.json()["document"]) == (1, "DRAFT", first)
    again = put(place, name, first)
    assert (again.status_code, again.json()["number"]) == (200, 1), "the same text is the same version"
    assert put(place, name, second).json()["number"] == 2
    shown = get(place, f"/{name}").json()
    assert [(one["number"], one["state"]) for one in shown["versions"]] == [(1, "DRAFT"), (2, "DRAFT")]
    assert (shown["live"], shown["newest"], shown["by_default"]) == (None, 2, True)
    assert shown["versions"][0]["made_by"].startswith("key:")
    whole = get(place, f"/{name}/versions/2", params={"diff": 1})
    assert "+" in whole.json()["diff"] and "manipulated" in whole.json()["diff"]
    known = get(place, f"/{name}/versions/2", params={"diff": 1}, headers={"If-None-Match": whole.headers["etag"]})
    assert known.status_code == 304
    assert get(place, f"/{name}/versions/3").status_code == 404
    assert get(place, "/nobodys").status_code == 404


def test_json_is_kept_too(place: Place) -> None:
    name = next(NAMES)
    plain = {"policy": name, "title": "T", "norm": "N", "unknown": {"queue": "q"}}
    plain["rules"] = [{"id": "a", "why": "b", "when": {"mark": {"is": "present"}}, "then": ["demote"]}]  # type: ignore[assignment]
    said = place.ask("PUT", f"/v1/policies/{name}", json=plain, headers=place.key(WRITE))
    assert said.status_code == 201, said.text
    assert json.loads(said.json()["document"]) == plain


def test_each_fault_is_told_with_its_line_and_nothing_is_kept(place: Place) -> None:
    name = next(NAMES)
    never = "  - {id: never, why: x, when: {all: [outcome: {is: conflict}, outcome: {is: altered}]}, then: [remove]}\n"
    twice = rule("again", "synthetic", "{label: Other}")
    said = put(place, name, document(LABELS, never, twice, name=name))
    assert said.status_code == 422 and said.json()["type"].endswith("/policy-invalid"), said.text
    places = {one["at"]: one["message"] for one in said.json()["errors"]}
    assert len(places) == 2 and all(at.startswith("line ") for at in places)
    assert any("never hold" in why for why in places.values()) and any(
        "differ in `label`" in why for why in places.values()
    )
    assert "/v1/policies/check" in said.json()["advice"]
    assert get(place, f"/{name}").status_code == 404
    for text in ("rules: [", "", "{", "policy: [" * 300, document(name="another"), "a: &b 1\nc: *b"):
        said = put(place, name, text)
        assert said.status_code == 422 and said.json()["errors"], (text, said.text)
    for kind in ("image/png", ""):
        said = put(place, name, "x", **{"Content-Type": kind})
        assert said.status_code == 415 and "application/yaml, " in said.json()["advice"], kind
    assert put(place, name, "x" * (1 << 19)).status_code == 413
    latin = {**place.key(WRITE), **YAML}
    assert place.ask("PUT", f"/v1/policies/{name}", content=b"\xff", headers=latin).status_code == 400


def test_a_document_is_looked_over_and_not_kept(place: Place) -> None:
    name = next(NAMES)
    sent = {**place.key(READ), **YAML}
    said = place.ask("POST", "/v1/policies/check", content=document(name=name).encode(), headers=sent)
    assert said.status_code == 200, said.text
    assert (said.json()["policy_id"], said.json()["rules"][0]["effect"]) == (name, "actions")
    assert place.ask("POST", "/v1/policies/check", content=b"rules: 1", headers=sent).status_code == 422
    assert get(place, f"/{name}").status_code == 404


def test_who_has_not_seen_the_latest_change_changes_nothing(place: Place) -> None:
    name = kept(place)
    tag = get(place, f"/{name}").headers["etag"]
    more = document(LABELS, REMOVES, name=name)
    assert put(place, name, more, **{"If-None-Match": "*"}).status_code == 412
    changed = put(place, name, more, **{"If-Match": tag})
    assert changed.status_code == 201
    for said in (
        put(place, name, document(BLOCKS, name=name), **{"If-Match": tag}),
        post(place, f"/{name}/versions/1/state", {"state": "LIVE"}, **{"If-Match": tag}),
        post(place, f"/{name}/default", {"by_default": False}, **{"If-Match": tag}),
        put(place, next(NAMES), more, **{"If-Match": tag}),
    ):
        assert said.status_code == 412 and said.json()["advice"], said.text
    assert len(get(place, f"/{name}").json()["versions"]) == 2
    good = post(place, f"/{name}/versions/1/state", {"state": "LIVE"}, **{"If-Match": changed.headers["etag"]})
    assert good.status_code == 200 and good.headers["etag"] == get(place, f"/{name}").headers["etag"]


# States --------------------------------------------------------------------------------------------------------------


def test_a_version_goes_live_for_a_share_then_for_all_and_back(place: Place) -> None:
    name = live(place)
    put(place, name, document(LABELS, REMOVES, name=name))
    staged = post(place, f"/{name}/versions/2/state", {"state": "LIVE", "share": 0.25, "note": "first a quarter"})
    assert (staged.json()["share"], staged.json()["former"]) == (0.25, 1), staged.text
    shown = get(place, f"/{name}").json()
    assert (shown["live"], shown["staged"]) == (1, 2)
    assert post(place, f"/{name}/versions/2/state", {"state": "LIVE"}).json()["share"] == 1
    back = post(place, f"/{name}/roll-back", {"note": "too many labels"})
    assert (back.json()["number"], back.json()["state"]) == (1, "LIVE"), back.text
    history = get(place, f"/{name}/history", params={"limit": 2}).json()
    assert [one["note"] for one in history["changes"]][0] == "too many labels"
    rest = get(place, f"/{name}/history", params={"before": history["next"], "limit": 200}).json()
    numbers = [one["number"] for one in (*history["changes"], *rest["changes"])]
    assert numbers == list(range(len(numbers), 0, -1)) and rest["next"] is None


def test_what_does_not_go_with_how_a_policy_stands(place: Place) -> None:
    name = live(place)
    for path, asked in (
        ("versions/1/state", {"state": "BACKGROUND"}),
        ("versions/1/state", {"state": "DRAFT"}),
        ("versions/1/state", {"state": "LIVE"}),
        ("roll-back", {}),
        ("promote", {"rule": "synthetic"}),
    ):
        said = post(place, f"/{name}/{path}", asked)
        assert said.status_code == 409 and said.json()["advice"], (path, said.text)
    assert post(place, f"/{name}/promote", {"rule": "none"}).status_code == 404
    assert post(place, f"/{name}/versions/9/state", {"state": "LIVE"}).status_code == 404
    for asked in ({"state": "GONE"}, {"state": "LIVE", "share": 2}, {"state": "LIVE", "share": "NaN"}, {}):
        assert post(place, f"/{name}/versions/1/state", asked).status_code == 422


def test_a_rule_of_the_background_is_promoted(place: Place) -> None:
    name = live(place, LABELS, rule("manipulated", "manipulated", "remove", state="BACKGROUND"))
    said = post(place, f"/{name}/promote", {"rule": "manipulated", "share": 0.5})
    assert (said.json()["number"], said.json()["state"], said.json()["share"]) == (2, "LIVE", 0.5), said.text
    assert '"state": "LIVE"' in get(place, f"/{name}/versions/2").json()["document"]


def test_a_policy_that_is_not_for_all(place: Place) -> None:
    name = live(place)
    assert post(place, f"/{name}/default", {"by_default": False}).json()["by_default"] is False
    assert get(place, f"/{name}").json()["by_default"] is False


def test_lists_are_paged_and_a_tenants_own(place: Place) -> None:
    names = sorted(kept(place) for _ in range(3))
    other = place.accounts.add_tenant("policies' other").id
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(place, "", params={"limit": 2, **cursor}).json()
        found += [one["policy_id"] for one in page["policies"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == sorted(found) and set(names) <= set(found)
    theirs = place.key(READ, WRITE, tenant=other)
    assert place.ask("GET", "/v1/policies", headers=theirs).json()["policies"] == []
    for path in ("", "/history", "/versions/1", "/retroactions"):
        assert place.ask("GET", f"/v1/policies/{names[0]}{path}", headers=theirs).status_code == 404


# Trying --------------------------------------------------------------------------------------------------------------

CASES = """
cases:
  - {name: yes, facts: {person.says: [synthetic]}, expect: {effect: actions, held: [synthetic]}}
  - {name: no, facts: {person.says: []}, expect: {effect: actions}}
"""


def test_a_table_of_cases(place: Place) -> None:
    name = kept(place)
    for asked in ({"document": document(name=name), "cases": CASES}, {"policy_id": name, "version": 1, "cases": CASES}):
        said = post(place, "/test", asked)
        assert said.status_code == 200, said.text
        passed = {one["name"]: one["passed"] for one in said.json()["cases"]}
        assert (said.json()["passed"], passed, said.json()["untried"]) == (False, {"yes": True, "no": False}, [])
        assert said.json()["cases"][1]["differences"] == ["effect: expected actions, came none"]
    both = {"document": document(name=name), "policy_id": name, "cases": CASES}
    for asked in (both, {"cases": CASES}, {"policy_id": name, "cases": "cases: 1"}, {"policy_id": name}):
        assert post(place, "/test", asked).status_code == 422
    assert post(place, "/test", {"policy_id": "nobodys", "cases": CASES}).status_code == 404


def past(place: Place, name: str) -> None:
    for number, says in enumerate(("synthetic", "synthetic", "manipulated")):
        check = place.finished(verdict=by_a_person(says), policy_id=name, item_id=f"{name}/{number}", item_type="video")
        Deciding(place.options).decide(check.id)


def test_a_backtest_counts_and_shows_what_would_change(place: Place) -> None:
    name = live(place)
    past(place, name)
    put(place, name, document(BLOCKS, REMOVES, name=name))
    said = post(place, f"/{name}/versions/2/backtest", {"examples": 1}).json()
    assert (said["looked"], said["changed"], said["whole"]) == (3, 3, True)
    assert {one["action"]: (one["was"], one["now"]) for one in said["actions"]} == {
        "block": (0, 2),
        "label": (2, 0),
        "remove": (0, 1),
    }
    (harder,) = said["harder"]
    assert (harder["item"], harder["was"], harder["now"]) == (
        {"id": f"{name}/0", "type": "video"},
        ["label: Synthetic"],
        ["block"],
    )
    assert post(place, f"/{name}/versions/2/backtest", {"limit": 1}).json()["whole"] is False
    assert post(place, f"/{name}/versions/2/backtest", {"since": "2999-01-01T00:00:00Z"}).json()["looked"] == 0
    for asked in ({"limit": 10**6}, {"since": "yesterday"}, {"since": "2026-01-01T00:00:00"}):
        assert post(place, f"/{name}/versions/2/backtest", asked).status_code == 422


def test_a_backtest_comes_back_in_time_and_few_go_on_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    name = live(place)
    past(place, name)
    monkeypatch.setattr(policies_trying, "BACKTEST_S", -1.0)
    said = post(place, f"/{name}/versions/1/backtest", {}).json()
    assert (said["looked"], said["whole"]) == (0, False)
    monkeypatch.setattr(policies_trying, "WAIT_S", 0.05)
    held, go = threading.Barrier(policies_trying.BACKTESTS + 1), threading.Event()

    def waits(*of: object, **more: object) -> object:
        held.wait(20)
        go.wait(20)
        raise policies_trying.ModerationMissing("given up")

    monkeypatch.setattr(policies_trying.Trying, "backtest", waits)
    busy = [
        threading.Thread(target=post, args=(place, f"/{name}/versions/1/backtest", {}))
        for _ in range(policies_trying.BACKTESTS)
    ]
    for one in busy:
        one.start()
    held.wait(20)
    try:
        refused = post(place, f"/{name}/versions/1/backtest", {})
        assert refused.status_code == 429 and refused.headers["retry-after"]
    finally:
        go.set()
        for one in busy:
            one.join(20)


def test_a_retroaction_is_asked_for_once_and_can_be_cancelled(place: Place) -> None:
    name = live(place)
    asked, once = {"since": "2026-01-01T00:00:00Z"}, {"Idempotency-Key": name}
    said = post(place, f"/{name}/retroactions", asked, **once)
    assert said.status_code == 202, said.text
    one = said.json()
    assert (one["state"], one["since"], one["looked"]) == ("waiting", "2026-01-01T00:00:00.000000+00:00", 0)
    assert said.headers["location"] == f"/v1/policies/{name}/retroactions/{one['id']}"
    assert get(place, f"/{name}/retroactions/{one['id']}").json() == one
    again = post(place, f"/{name}/retroactions", asked, **once)
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (one["id"], "true")
    assert post(place, f"/{name}/retroactions", {}).status_code == 409, "one at a time of a policy"
    ended = post(place, f"/{name}/retroactions/{one['id']}/cancel", None)
    assert (ended.json()["state"], ended.status_code) == ("cancelled", 200)
    second = post(place, f"/{name}/retroactions", {}).json()["id"]
    listed = get(place, f"/{name}/retroactions", params={"limit": 1}).json()
    assert [one["id"] for one in listed["retroactions"]] == [second]
    rest = get(place, f"/{name}/retroactions", params={"cursor": listed["next"]}).json()
    assert ([each["id"] for each in rest["retroactions"]], rest["next"]) == ([one["id"]], None)
    other = live(place)
    assert get(place, f"/{other}/retroactions/{second}").status_code == 404
    theirs = place.key(READ, WRITE, tenant=place.accounts.add_tenant("retroactions' other").id)
    assert place.ask("GET", f"/v1/policies/{name}/retroactions/{second}", headers=theirs).status_code == 404
    assert post(place, f"/{kept(place)}/retroactions", {}).status_code == 409, "nothing of it is live"
