"""Queues and reviews over HTTP: people alone take part, what is kept from whom, and what a settled review changes."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from countermark.accounts import passwords
from countermark.docket import Check
from countermark.moderation.banks import BankMatch
from countermark.moderation.deciding import Deciding
from countermark.moderation.people import opening, samples
from countermark.moderation.values import Review, Submission
from tests.api.served import Place, serving

PASSWORD = "a long password of tests"
NUMBERS = count(1)
OPINION = {"finding": "genuine", "reason": "the shadows are right"}
ANN, BEA = "ann", "bea"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        with serving(tmp_path_factory.mktemp("home")) as found:
            for name in (ANN, BEA):
                found.accounts.add_person(f"{name}@example.org", "reviewer", PASSWORD, name=name)
            found.accounts.add_person("chief@example.org", "policy_editor", PASSWORD)
            yield found


@pytest.fixture(scope="module")
def people(place: Place) -> dict[str, dict[str, str]]:
    found = {}
    for name in (ANN, BEA, "chief"):
        token = place.accounts.sign_in(f"{name}@example.org", PASSWORD)
        found[name] = {"Cookie": f"countermark={token}", "Sec-Fetch-Site": "same-origin"}
    return found


def who(place: Place, name: str) -> str:
    return f"person:{place.accounts.person_called(f'{name}@example.org').id}"


def submitted(place: Place) -> Submission:
    number = next(NUMBERS)
    check = place.finished(item_id=f"reviewed {number}", item_type="video", content_hash=f"{number:064x}")
    found = Deciding(place.options).of_check(check.id)
    assert found is not None
    return found


def waiting(place: Place, queue: str = "open", people: int = 1) -> tuple[str, str]:
    """Lay a review; gives its id and its check's."""
    of = submitted(place)
    return opening.want(place.service.desk, of, Review(queue, 5, people)), of.check_id


def post(place: Place, headers: dict[str, str], path: str, body: Any = None) -> httpx.Response:
    return place.ask("POST", f"/v1/reviews/{path}", headers=headers, json=body)


def put_queue(place: Place, headers: dict[str, str], name: str, **wish: Any) -> httpx.Response:
    return place.ask("PUT", f"/v1/queues/{name}", headers=headers, json=wish)


def check(place: Place, check_id: str) -> Check:
    return place.service.docket.get(check_id)


def test_a_person_takes_what_is_next_decides_and_the_verdict_is_revised(place: Place, people: Any) -> None:
    ann = people[ANN]
    assert post(place, ann, "next", {"queue": "first"}).status_code == 404
    assert put_queue(place, people["chief"], "first").status_code == 200
    assert post(place, ann, "next", {"queue": "first"}).status_code == 204
    id, of = waiting(place, "first")
    taken = post(place, ann, "next", {"queue": "first"}).json()
    assert (taken["id"], taken["state"], taken["claimed_by"]) == (id, "claimed", who(place, ANN))
    assert taken["seen"]["outcome"] == "ai_generated" and taken["check_id"] == of
    assert post(place, people[BEA], f"{id}/claim").status_code == 409
    assert post(place, ann, f"{id}/extend").json()["claimed_until"] >= taken["claimed_until"]
    assert post(place, people[BEA], f"{id}/opinion", OPINION).status_code == 409
    asked = {**OPINION, "finding": "manipulated", "actions": [{"kind": "label", "value": "Altered"}]}
    said = post(place, ann, f"{id}/opinion", asked)
    assert (said.status_code, said.json()["state"], said.json()["finding"]) == (200, "settled", "manipulated")
    assert said.json()["decision_id"] and said.json()["opinions"][0]["actions"] == asked["actions"]
    latest = check(place, of).revisions[-1]
    assert (latest.number, latest.why, latest.who, latest.note) == (2, "human", who(place, ANN), OPINION["reason"])
    assert "reviewers" in str(latest.verdict.evidence[-1].details)
    assert post(place, ann, f"{id}/opinion", OPINION).status_code == 409

    undone = post(place, ann, f"{id}/undo", {"reason": "the wrong window"}).json()
    assert (undone["state"], undone["round"], undone["decision_id"]) == ("waiting", 2, None)
    first, last = check(place, of).revisions[0], check(place, of).revisions[-1]
    assert (last.number, last.why, last.verdict.outcome) == (3, "human", first.verdict.outcome)
    assert last.verdict.evidence == first.verdict.evidence


def test_a_claim_is_given_back(place: Place, people: Any) -> None:
    id, _ = waiting(place, "back")
    assert post(place, people[ANN], f"{id}/claim").status_code == 200
    assert post(place, people[ANN], f"{id}/release").status_code == 204
    assert post(place, people[BEA], f"{id}/claim").json()["claimed_by"] == who(place, BEA)


def test_two_people_must_agree_and_see_nothing_of_each_other_before(place: Place, people: Any) -> None:
    id, of = waiting(place, "two", people=2)
    post(place, people[ANN], f"{id}/claim")
    said = post(place, people[ANN], f"{id}/opinion", OPINION).json()
    assert (said["state"], said["settled_at"], len(said["opinions"])) == ("waiting for another", None, 1)
    assert len(check(place, of).revisions) == 1, "one of two says nothing yet"
    assert post(place, people[ANN], f"{id}/claim").status_code == 409
    shown = place.ask("GET", "/v1/queues", headers=people[ANN]).json()["queues"]
    counts = [(one["waiting"], one["differ"], one["stuck"]) for one in shown if one["name"] == "two"]
    assert counts == [(1, 0, 0)], "one more is asked for, as the policy has it"
    assert post(place, people[BEA], f"{id}/claim").json()["opinions"] == []
    settled = post(place, people[BEA], f"{id}/opinion", {**OPINION, "reason": "so do the hands"}).json()
    assert (settled["state"], len(settled["opinions"])) == ("settled", 2)
    assert check(place, of).revisions[-1].note == "so do the hands"


def test_programs_see_reviews_and_take_part_in_none(place: Place) -> None:
    id, of = waiting(place)
    key = place.key("reviews:write")
    assert place.ask("GET", f"/v1/reviews/{id}", headers=key).json()["check_id"] == of
    for path, body in ((f"{id}/claim", None), (f"{id}/opinion", OPINION), ("next", {}), (f"{id}/release", None)):
        said = post(place, key, path, body)
        assert said.status_code == 403 and "people" in said.json()["detail"], said.text


def test_a_blind_review_says_nothing_of_the_verdict_until_it_is_over(place: Place, people: Any) -> None:
    of = submitted(place)
    id = samples.consider(place.service.desk, of, 1.0, "blind")
    for name in (ANN, BEA):
        taken = post(place, people[name], f"{id}/claim")
        assert (taken.json()["blind"], taken.json()["seen"], taken.json()["check_id"]) == (True, None, None)
        assert "ai_generated" not in taken.text and of.check_id not in taken.text
        assert (
            post(place, people[name], f"{id}/opinion", {**OPINION, "actions": [{"kind": "remove"}]}).status_code == 409
        )
        said = post(place, people[name], f"{id}/opinion", OPINION).json()
    assert (said["state"], said["seen"]["outcome"], said["decision_id"]) == ("settled", "ai_generated", None)
    assert len(check(place, of.check_id).revisions) == 1, "blind reviews measure, and change nothing"
    key, now = place.key("moderation:read"), {"since": "2026-01-01", "until": "2999-01-01T00:00:00Z"}
    labels = place.ask("GET", "/v1/labels", headers=key, params=now).json()["labels"]
    assert [one["label"] for one in labels if one["check_id"] == of.check_id] == ["genuine"]
    assert place.ask("GET", "/v1/agreement", headers=key, params=now).json()["items"] >= 1
    found = place.ask("GET", "/v1/overruled", headers=key).json()["overruled"]
    assert [one["overruled"]["count"] for one in found if one["blind"] and one["by"] == "outcome"] == [1]
    assert place.ask("GET", "/v1/labels", headers=key, params={"until": "2026-01-01"}).json() == {"labels": []}
    for bad in (
        {"since": "yesterday"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"until": "0001-01-01T00:00+05"},
    ):
        assert place.ask("GET", "/v1/overruled", headers=key, params=bad).status_code == 422, bad


def test_queues_are_listed_with_what_waits_for_who_may_work_them(place: Place, people: Any) -> None:
    chief, closed = people["chief"], {"restricted": True, "blur": True, "people": [who(place, ANN)]}
    said = put_queue(place, chief, "few", **closed)
    assert said.json() == {"name": "few", "greyscale": False, "mute": False, "claim_s": 900.0, **closed}
    assert put_queue(place, people[ANN], "few").status_code == 403
    for bad in ({"claim_s": 1}, {"people": ["ann"]}, {"people": ["person:a\n"]}, {"more": 1}):
        assert put_queue(place, chief, "few", **bad).status_code == 422, bad
    id, _ = waiting(place, "few")
    for name, sees in ((ANN, True), (BEA, False), ("chief", True)):
        found = place.ask("GET", "/v1/queues", headers=people[name]).json()["queues"]
        assert [one["waiting"] for one in found if one["name"] == "few"] == ([1] if sees else [])
    for name, sees in ((ANN, True), (BEA, False), ("chief", False)):
        assert place.ask("GET", f"/v1/reviews/{id}", headers=people[name]).status_code == (200 if sees else 404)
        listed = place.ask("GET", "/v1/reviews", headers=people[name]).json()["reviews"]
        assert (id in [one["id"] for one in listed]) is sees
    assert post(place, people[BEA], f"{id}/claim").status_code == 404


def test_reviews_are_listed_in_pages_and_by_item(place: Place, people: Any) -> None:
    ids = [waiting(place, "listed")[0] for _ in range(3)]
    ask = {"queue": "listed", "limit": 2}
    first = place.ask("GET", "/v1/reviews", headers=people[ANN], params=ask).json()
    second = place.ask("GET", "/v1/reviews", headers=people[ANN], params={**ask, "cursor": first["next"]}).json()
    assert [one["id"] for one in (*first["reviews"], *second["reviews"])] == ids and second["next"] is None
    of = first["reviews"][0]["item"]
    item = {"item_id": of["id"], "item_type": of["type"]}
    found = place.ask("GET", "/v1/reviews", headers=people[ANN], params=item).json()["reviews"]
    assert [one["id"] for one in found] == ids[:1]
    assert place.ask("GET", "/v1/reviews", headers=people[ANN], params={"item_id": "x"}).status_code == 422


def test_what_is_no_opinion_is_refused_with_words(place: Place, people: Any) -> None:
    id, _ = waiting(place, "bad")
    post(place, people[ANN], f"{id}/claim")
    for more in (
        {"finding": "fake"},
        {"reason": ""},
        {"reason": "x" * 5001},
        {"actions": [{"kind": "label"}]},
        {"actions": [{"kind": "burn"}]},
        {"category": "Other"},
        {"answer": "MAYBE"},
        {"more": 1},
    ):
        said = post(place, people[ANN], f"{id}/opinion", {**OPINION, **more})
        assert said.status_code == 422 and said.json()["advice"], (more, said.text)
    assert post(place, people[ANN], f"{id}/opinion", {**OPINION, "answer": "ACCEPT"}).status_code == 409


def test_a_closed_check_shows_no_picture_to_anybody(place: Place) -> None:
    of = place.finished(source="url", url="https://media.example/known.mp4")
    key = place.key("checks:read")
    path = f"/v1/checks/{of.id}"
    shown = place.ask("GET", path, headers=key).json()
    link = shown["pictures"][0]["url"]
    assert place.ask("GET", link).status_code == 200
    match = BankMatch("bnk_1", "KNOWN", True, "cnt_1", 1, "POSITIVE_CLASS", "", "sha256", 0, 1.0, 1.0, "content:x")
    place.service.banks.keep(of, (match,))
    assert place.service.banks.closed(of.id)
    said = place.ask("GET", link)
    assert said.status_code == 403 and "closed to all but the reviewers of its queue" in said.json()["detail"]
    shown = place.ask("GET", path, headers=key).json()
    assert (shown["pictures"], shown["url"], shown["outcome"]) == ([], None, "ai_generated")
    listed = place.ask("GET", "/v1/checks", headers=key).json()["checks"]
    assert [one["url"] for one in listed if one["id"] == of.id] == [None]
