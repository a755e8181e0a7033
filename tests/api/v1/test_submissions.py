"""Many submissions in one request: each line is answered by itself, and the same again opens no second check."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from countermark.accounts.values import MAIN
from tests.api.served import Place, serving

NUMBERS = count(1)
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def rooted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("home")
    with serving(home, object_roots=f"{MAIN}=s3://uploads", most_waiting=12) as made:
        yield made


def send(place: Place, *lines: dict[str, Any] | bytes, **headers: str) -> httpx.Response:
    body = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    return place.ask(
        "POST", "/v1/submissions", content=body, headers={**place.key("checks:write"), **NDJSON, **headers}
    )


def told(said: httpx.Response) -> list[dict[str, Any]]:
    assert said.status_code == 200, said.text
    return [json.loads(line) for line in said.text.splitlines()]


def url(name: str | int) -> dict[str, Any]:
    return {"url": f"https://media.example/{name}.mp4"}


def test_each_line_becomes_a_check_once(place: Place) -> None:
    lines = [
        {"id": f"once-{number}", "item_id": f"v-{number}", "item_type": "video", **url(number)} for number in (1, 2)
    ]
    first = told(send(place, *lines))
    assert [(one["line"], one["status"], one["again"]) for one in first] == [(1, 202, False), (2, 202, False)]
    again = told(send(place, lines[1], b"", lines[0]))
    assert [one["check_id"] for one in again] == [first[1]["check_id"], first[0]["check_id"]]
    assert all(one["again"] for one in again)
    check = place.service.docket.get(first[0]["check_id"])
    assert (check.lane, check.item_id, check.item_type) == ("bulk", "v-1", "video")


def test_an_upload_is_taken_once(place: Place) -> None:
    bearer = place.key("checks:write")
    begun = place.ask("POST", "/v1/uploads", json={"name": "a.mp4", "bytes": 4}, headers=bearer).json()
    piece = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    assert place.ask("PATCH", begun["url"], content=b"film", headers={**bearer, **piece}).status_code == 204
    line = {"upload_id": begun["id"]}
    (said,) = told(send(place, line))
    (again,) = told(send(place, line))
    assert said["status"] == 202 and again["again"] and again["check_id"] == said["check_id"]
    assert told(send(place, {"upload_id": "upl_nobodys"}))[0]["status"] == 404


def test_another_submission_under_the_same_id_is_refused(place: Place) -> None:
    assert told(send(place, {"id": "same", **url("a")}))[0]["status"] == 202
    (said,) = told(send(place, {"id": "same", **url("b")}))
    assert said["status"] == 422 and "new id" in said["problem"]["advice"] and said["check_id"] is None


def test_a_bad_line_holds_up_none_of_the_others(place: Place) -> None:
    bad = (b"{", b"\xff", b"[]", {"url": "file:///etc/passwd"}, {"nobody": 1}, {"object": "s3://uploads/a.mp4"}, {})
    said = told(send(place, *bad, {"id": "good", **url("good")}))
    assert [one["status"] < 500 for one in said] == [True] * len(said)
    assert all(one["problem"]["detail"] and one["problem"]["advice"] for one in said[:-1])
    assert said[-1]["status"] == 202 and said[-1]["line"] == len(said)


def test_the_same_id_of_another_tenant_is_another_submission(place: Place) -> None:
    other = place.accounts.add_tenant("other desk").id
    mine = told(send(place, {"id": "shared", **url("x")}))[0]
    theirs = told(send(place, {"id": "shared", **url("x")}, **place.key("checks:write", tenant=other)))[0]
    assert not theirs["again"] and theirs["check_id"] != mine["check_id"]


def test_it_takes_a_key_with_its_scope_and_a_body_of_its_kind(place: Place) -> None:
    assert place.ask("POST", "/v1/submissions", content=b"{}", headers=NDJSON).status_code == 401
    wrong = {**place.key("checks:read"), **NDJSON}
    assert place.ask("POST", "/v1/submissions", content=b"{}", headers=wrong).status_code == 403
    assert send(place, b"x", **{"Content-Type": "text/plain"}).status_code == 415
    assert send(place, *[b"{}"] * 501).status_code == 413
    assert send(place, b" " * ((1 << 20) + 1)).status_code == 413


def record(key: str, **more: Any) -> dict[str, Any]:
    told = {"bucket": {"name": "uploads"}, "object": {"key": key, "size": 5, **more}}
    return {"eventName": "ObjectCreated:Put", "s3": told}


def notify(place: Place, body: Any, **headers: str) -> httpx.Response:
    kind = {"Content-Type": "application/json"}
    return place.ask("POST", "/v1/submissions", json=body, headers={**place.key("checks:write"), **kind, **headers})


def test_a_stores_notification_is_taken_once_in_an_envelope_too(rooted: Place) -> None:
    records = {"Records": [record("a+b%2F1.mp4", eTag="e1"), {**record("gone"), "eventName": "ObjectRemoved:Delete"}]}
    (said,) = told(notify(rooted, records))
    assert said["status"] == 202
    check = rooted.service.docket.get(said["check_id"])
    assert check.url == "s3://uploads/a b/1.mp4"
    envelope = {"Type": "Notification", "Message": json.dumps(records)}
    sns = {"x-amz-sns-message-type": "Notification", "Content-Type": "text/plain; charset=UTF-8"}
    (again,) = told(notify(rooted, envelope, **sns))
    assert again["again"] and again["check_id"] == said["check_id"]
    assert told(notify(rooted, {"Service": "Amazon S3", "Event": "s3:TestEvent"})) == []


def test_a_subscription_is_never_followed(rooted: Place) -> None:
    asks = {"Type": "SubscriptionConfirmation", "SubscribeURL": "http://127.0.0.1:1/", "Message": "confirm"}
    said = notify(rooted, asks)
    assert said.status_code == 422 and "SubscribeURL yourself" in said.json()["detail"]


def test_an_object_is_its_tenants_below_the_roots_that_the_operator_gave(rooted: Place) -> None:
    other = rooted.accounts.add_tenant("without roots").id
    said = told(send(rooted, {"object": "s3://uploads/of-others.mp4"}, **rooted.key("checks:write", tenant=other)))
    assert said[0]["status"] == 422 and "roots" in said[0]["problem"]["detail"]
    for wrong in ("s3://elsewhere/a.mp4", "s3://uploads/../a.mp4", "s3://uploads2/a.mp4", "file:///etc/passwd"):
        assert told(send(rooted, {"object": wrong}))[0]["status"] == 422
    for line in ({"object": "s3://uploads/a.mp4"}, url("unknown-policy")):
        (said,) = told(send(rooted, {**line, "policy_id": "nobodys"}))
        assert said["status"] == 422 and "nobodys" in said["problem"]["detail"]


def test_of_a_notification_nothing_is_left_out(tmp_path: Path) -> None:
    with serving(tmp_path, object_roots=f"{MAIN}=s3://uploads", key_checks=1000) as place:
        said = told(notify(place, {"Records": [{**record(f"{number}"), "s3": {}} for number in range(700)]}))
        assert len(said) == 700 and {one["status"] for one in said} == {422}


def test_where_enough_waits_nothing_is_taken(rooted: Place) -> None:
    while (said := send(rooted, *[{"id": f"fill-{next(NUMBERS)}", **url(3)} for _ in range(5)])).status_code == 200:
        assert next(NUMBERS) < 200
    assert said.status_code == 429 and int(said.headers["retry-after"]) > 0


def test_each_line_counts_as_a_check(tmp_path: Path) -> None:
    with serving(tmp_path, key_checks=2) as place:
        said = told(send(place, *[{"id": f"rate-{number}", **url(number)} for number in range(4)]))
        assert [one["status"] for one in said] == [202, 202, 429, 429]
        again = told(send(place, {"id": "rate-0", **url(0)}))
        assert again[0]["again"], "what came before counts no more"
