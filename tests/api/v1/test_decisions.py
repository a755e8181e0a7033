"""Checks of items, and what was decided about them, over HTTP: asked for in every way, shown, taken back in time."""

import json
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from countermark.docket import Check, CheckError
from countermark.moderation.deciding import Deciding
from countermark.moderation.people import Said, claiming, reviewing
from countermark.moderation.shelf import Shelf
from countermark.moderation.values import Action, Decision
from countermark.tests.docket.rooms import by_a_person
from countermark.tests.moderation.rooms import EDITOR, LABELS, POLICY, document
from tests.api.served import Place

FILE = b"\x00\x00\x00\x18ftypisom not really a film"
READ, UNDO = "moderation:read", "reviews:write"
LOOKS = "  - {id: looks, why: People look., when: {person.says: {contains: manipulated}}, review: {queue: some}}\n"
NUMBERS = count(1)
PASSWORD = "a long password of tests"


@pytest.fixture(scope="module")
def moderated(place: Place) -> Place:
    """A service with a policy that is live."""
    shelf = Shelf(place.options)
    shelf.add("main", POLICY, document(LABELS, LOOKS), by=EDITOR)
    shelf.set_state("main", POLICY, 1, "LIVE", by=EDITOR)
    return place


def submitted(place: Place, says: str = "synthetic", item: str = "", **more: Any) -> tuple[Check, Decision]:
    item = item or f"item {next(NUMBERS)}"
    check = place.finished(verdict=by_a_person(says), item_id=item, item_type="video", **more)
    (made,) = Deciding(place.options).decide(check.id)
    return check, made


def get(place: Place, path: str, **params: Any) -> httpx.Response:
    return place.ask("GET", f"/v1{path}", headers=place.key(READ), params=params)


def undo(
    place: Place, decision_id: str, note: str = "it was meant for another", headers: dict[str, str] | None = None
) -> httpx.Response:
    path = f"/v1/decisions/{decision_id}/undo"
    return place.ask("POST", path, json={"note": note}, headers=headers or place.key(UNDO))


def a_reviewer(place: Place) -> dict[str, str]:
    place.accounts.add_person("rita@example.org", "reviewer", PASSWORD)
    token = place.accounts.sign_in("rita@example.org", PASSWORD)
    return {"Cookie": f"countermark={token}", "Sec-Fetch-Site": "same-origin"}


# Items of checks -----------------------------------------------------------------------------------------------------

ITEM = {"item_id": "post/1 ü", "item_type": "video", "policy_id": POLICY}
SAID = {"verified": True, "age_days": 3, "tags": ["a", "b"], "name": "x", "score": 0.5}


def test_a_check_names_an_item_in_every_way_it_is_asked_for(moderated: Place) -> None:
    place = moderated
    key = place.key("checks:read", "checks:write")
    form = {**ITEM, "metadata": json.dumps(SAID)}
    film = {"file": ("a.mp4", FILE, "video/mp4")}
    begun = place.ask("POST", "/v1/uploads", json={"name": "a.mp4", "bytes": len(FILE)}, headers=key).json()
    place.ask("PATCH", begun["url"], content=FILE, headers={**key, **begun["next"]["headers"]})
    ways: list[dict[str, Any]] = [
        {"json": {**ITEM, "metadata": SAID, "url": "https://media.example/a.mp4"}},
        {"json": {**ITEM, "metadata": SAID, "upload_id": begun["id"]}},
        {"data": form, "files": film},
        {"params": form, "content": FILE},
    ]
    for way in ways:
        headers = {**key, "Content-Type": "video/mp4"} if "content" in way else key
        said = place.ask("POST", "/v1/checks", headers=headers, **way)
        assert said.status_code == 202, said.text
        shown = place.ask("GET", f"/v1/checks/{said.json()['id']}", headers=key).json()
        assert {name: shown[name] for name in (*ITEM, "metadata")} == {**ITEM, "metadata": SAID}
        submission = Deciding(place.options).of_check(shown["id"])
        assert submission is not None
        assert (submission.item.id, submission.item.type_id, submission.uploader) == ("post/1 ü", "video", SAID)


def test_an_item_is_named_whole_and_by_who_is_known(place: Place) -> None:
    key, by_url = place.key("checks:write"), {"url": "https://media.example/a.mp4"}
    bad: list[dict[str, Any]] = [
        {"item_id": "1"},
        {"item_type": "video"},
        {"item_id": "", "item_type": "video"},
        {"item_id": "1\n", "item_type": "video"},
        {"item_id": "1", "item_type": "a/b"},
        {"item_id": "1", "item_type": "video\n"},
        {"item_id": "x" * 501, "item_type": "video"},
        {"metadata": {"a": {"b": 1}}},
        {"metadata": {"a": 10**400}},
        {"metadata": {"a": ["x"] * 101}},
    ]
    for more in bad:
        said = place.ask("POST", "/v1/checks", json={**by_url, **more}, headers=key)
        assert said.status_code == 422 and said.json()["advice"], (more, said.text)
    for text in ('{"a": 1e999}', '{"a": NaN}'):
        body = f'{{"url": "https://media.example/a.mp4", "metadata": {text}}}'
        sent = {**key, "Content-Type": "application/json"}
        assert place.ask("POST", "/v1/checks", content=body, headers=sent).status_code in (400, 422), text
    said = place.ask("POST", "/v1/checks", json={**by_url, "item_id": "1", "item_type": "video"})
    assert said.status_code == 401


# Decisions -----------------------------------------------------------------------------------------------------------


def test_what_was_decided_about_a_check_and_why(moderated: Place) -> None:
    check, made = submitted(moderated)
    said = get(moderated, f"/checks/{check.id}/decisions")
    (one,) = said.json()["decisions"]
    assert (one["id"], one["check_id"], one["policy_version"], one["occasion"]) == (made.id, check.id, 1, "first")
    assert (one["effect"], one["actions"]) == ("actions", [{"kind": "label", "value": "Synthetic"}])
    assert one["why"] == "synthetic: People say that it is synthetic."
    assert one["grounds"] == [{"rule": "synthetic", "why": "People say that it is synthetic."}]
    assert (one["automated"], one["by"], one["undone_at"]) == (True, "service", None)
    assert get(moderated, f"/decisions/{made.id}").json() == one
    assert get(moderated, f"/checks/{moderated.finished().id}/decisions").json() == {"decisions": [], "next": None}
    looked = submitted(moderated, "manipulated")[1]
    shown = get(moderated, f"/decisions/{looked.id}").json()
    assert (shown["effect"], shown["actions"]) == ("review", [])
    assert shown["why"] == "people look first: looks: People look."


def test_rules_that_people_overruled_are_no_grounds(moderated: Place) -> None:
    deciding = Deciding(moderated.options)
    label = Action("label", "Synthetic")
    for actions, rules in (((), []), ((Action("remove"),), []), ((label, Action("remove")), ["synthetic"])):
        _, before = submitted(moderated)
        assert [one.rule for one in before.ruling.held] == ["synthetic"]
        made = deciding.decide_by_person(
            before.submission.id, actions, by="person:1", note="no", occasion="review", key=before.id
        )
        shown = get(moderated, f"/decisions/{made.id}").json()
        assert [one["rule"] for one in shown["grounds"]] == rules and shown["unsure"] == []


def test_who_can_not_tell_says_what_is_missing(moderated: Place) -> None:
    check = moderated.laid(item_id="failed", item_type="video")
    moderated.service.docket.fail(check.id, CheckError("UnreadableVideo", "it can't be read", "send another"))
    (made,) = Deciding(moderated.options).decide(check.id)
    shown = get(moderated, f"/decisions/{made.id}").json()
    assert shown["unsure"] == [{"rule": name, "missing": ["person.says"]} for name in ("synthetic", "looks")]
    assert shown["why"] == "people look first: nobody can say whether synthetic, looks holds without person.says"


@pytest.mark.parametrize(
    "item", ["plain", "a/b/c", "decisions", "x/decisions", "ü ? # %2F", "/", "a//b", "a:b", ".hidden"]
)
def test_an_item_is_found_whatever_letters_its_id_has(moderated: Place, item: str) -> None:
    _, made = submitted(moderated, item=item)
    said = get(moderated, f"/items/video/{quote(item, safe='')}/decisions")
    assert said.status_code == 200, said.text
    assert (said.json()["item"], [one["id"] for one in said.json()["decisions"]]) == (
        {"id": item, "type": "video"},
        [made.id],
    )
    assert said.json()["in_force"] == [{"kind": "label", "value": "Synthetic"}]
    if "?" not in item:
        assert get(moderated, f"/items/video/{quote(item, safe='/')}/decisions").json() == said.json()


def test_an_items_decisions_are_paged_over_all_its_submissions(moderated: Place) -> None:
    made = [submitted(moderated, says, item="of many")[1].id for says in ("genuine", "synthetic", "genuine")]
    found: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = get(moderated, "/items/video/of%20many/decisions", **params).json()
        found += [one["id"] for one in page["decisions"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert found == made[::-1]
    assert get(moderated, "/items/video/of%20many/decisions", cursor="x").status_code == 409
    for path in ("/items/video/never/decisions", "/items/audio/of%20many/decisions", "/decisions/dec_x"):
        assert get(moderated, path).status_code == 404


def test_decisions_are_a_tenants_own(moderated: Place) -> None:
    check, made = submitted(moderated, item="ours")
    theirs = moderated.key(READ, UNDO, tenant=moderated.accounts.add_tenant("decisions' other").id)
    for path in (f"/checks/{check.id}/decisions", "/items/video/ours/decisions", f"/decisions/{made.id}"):
        assert moderated.ask("GET", f"/v1{path}", headers=theirs).status_code == 404
    path = f"/v1/decisions/{made.id}/undo"
    assert moderated.ask("POST", path, json={"note": "x"}, headers=theirs).status_code == 404


def test_decisions_outlive_the_record_of_their_check(moderated: Place) -> None:
    check, made = submitted(moderated)
    moderated.service.docket.delete(check.id, "test")
    said = get(moderated, f"/checks/{check.id}/decisions").json()
    assert [one["id"] for one in said["decisions"]] == [made.id]
    bare = moderated.finished()
    moderated.service.docket.delete(bare.id, "test")
    assert get(moderated, f"/checks/{bare.id}/decisions").status_code == 410


def test_a_decision_is_undone_while_its_effects_are_not_out(moderated: Place) -> None:
    _, made = submitted(moderated, item="undone")
    said = undo(moderated, made.id)
    assert said.status_code == 200, said.text
    assert (said.json()["occasion"], said.json()["actions"], said.json()["automated"]) == ("undo", [], False)
    assert said.json()["why"] == "the decision before was undone: it was meant for another"
    assert said.json()["by"].startswith("key:")
    assert get(moderated, f"/decisions/{made.id}").json()["undone_at"] is not None
    assert get(moderated, "/items/video/undone/decisions").json()["in_force"] == []
    again = undo(moderated, made.id)
    assert again.status_code == 409 and again.json()["advice"]
    assert undo(moderated, made.id, note=" ").status_code == 422
    _, late = submitted(moderated)
    Deciding(moderated.options).handed_on(late.id)
    assert undo(moderated, late.id).status_code == 409


def test_what_a_review_decided_is_undone_with_the_review(moderated: Place) -> None:
    _, made = submitted(moderated, "manipulated", item="reviewed")
    desk = moderated.service.desk
    job = claiming.take_next(desk, "main", "person:1", "some")
    while job is not None and job.submission.id != made.submission.id:
        reviewing.give(desk, "main", job.id, "person:1", Said("genuine", (), "nothing"))
        job = claiming.take_next(desk, "main", "person:1", "some")
    assert job is not None
    settled = reviewing.give(desk, "main", job.id, "person:1", Said("manipulated", (Action("remove"),), "a swap"))
    assert settled.decision_id is not None
    shown = get(moderated, f"/decisions/{settled.decision_id}").json()
    assert (shown["effect"], shown["why"]) == ("actions", "people decided so in review: a swap")
    assert undo(moderated, settled.decision_id).status_code == 403, "a program takes back nothing that people decided"
    said = undo(moderated, settled.decision_id, headers=a_reviewer(moderated))
    assert (said.status_code, said.json()["occasion"], said.json()["actions"]) == (200, "undo", []), said.text
    assert reviewing.get(desk, "main", job.id).settled_at is None
