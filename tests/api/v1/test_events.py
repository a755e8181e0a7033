"""What happens to a check, as a stream: from any number on, while it happens, across processes, up to its end."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from countermark.api.v1 import events
from countermark.docket import PUBLIC, Docket
from countermark.errors import RegistryUnavailable
from tests.api.served import PERSON, VERSIONS, Place, told

SECONDS = 20.0


def streamed(place: Place, check_id: str, **headers: str) -> Iterator[dict[str, object]]:
    """Read events as they come; what stands in no event is given as a comment."""
    with httpx.stream("GET", f"{place.base}/v1/checks/{check_id}/events", headers=headers, timeout=SECONDS) as said:
        assert said.status_code == 200 and said.headers["content-type"].startswith("text/event-stream")
        event: dict[str, object] = {}
        for line in said.iter_lines():
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                yield {"comment": value}
            elif name in ("id", "event"):
                event[name] = value
            elif name == "data":
                event[name] = json.loads(value)
            elif not line and event:
                yield event
                event = {}


def kinds(found: list[dict[str, object]]) -> list[object]:
    return [one.get("event") for one in found]


def test_a_stream_tells_all_and_ends(place: Place) -> None:
    check = place.finished(PUBLIC)
    found = list(streamed(place, check.id))
    assert kinds(found) == ["stage", "stage", "finished"] and [one["id"] for one in found] == ["1", "2", "3"]
    assert found[-1]["data"]["outcome"] == "ai_generated"  # type: ignore[index]


def test_who_comes_again_hears_what_came_since(place: Place) -> None:
    check = place.finished(PUBLIC)
    assert [one["id"] for one in streamed(place, check.id, **{"Last-Event-ID": "2"})] == ["3"]
    path = f"/v1/checks/{check.id}/events"
    assert place.ask("GET", path, headers={"Last-Event-ID": "3"}).status_code == 204, "a browser comes no more"
    assert place.ask("GET", f"{path}?after=3").status_code == 204
    assert len(list(streamed(place, check.id, **{"Last-Event-ID": "no number"}))) == 3


def test_events_come_while_they_happen_whoever_wrote_them(place: Place) -> None:
    check = place.laid(PUBLIC)
    elsewhere = Docket(place.options, objects=place.service.objects)  # as another process has it
    stream = streamed(place, check.id)
    assert next(stream)["event"] == "stage"
    elsewhere.at_stage(check.id, "look")
    assert next(stream)["data"]["stage"] == "look"  # type: ignore[index]
    elsewhere.add_evidence(check.id, 1, told().evidence[0])
    seen = next(stream)
    assert seen["event"] == "evidence" and seen["data"]["examiner"] == "credentials"  # type: ignore[index]
    assert PERSON not in json.dumps(seen)
    elsewhere.finish(check.id, told(), VERSIONS)
    assert kinds(list(stream)) == ["finished"]


def test_a_check_that_is_deleted_under_way_ends_its_stream(place: Place) -> None:
    check = place.laid()
    told_by: list[dict[str, object]] = []
    key = place.key("checks:read")
    reader = threading.Thread(target=lambda: told_by.extend(streamed(place, check.id, **key)))
    reader.start()
    end = time.monotonic() + SECONDS
    while not told_by and time.monotonic() < end:
        reader.join(0.05)
    place.service.docket.delete(check.id, "test")
    reader.join(SECONDS)
    assert not reader.is_alive() and kinds(told_by)[-1] == "deleted"


def test_signs_of_life_and_the_end_of_patience(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "ALIVE_S", 0.3)
    monkeypatch.setattr(events, "LONGEST_S", 1.5)
    check = place.laid(PUBLIC)
    found = list(streamed(place, check.id))
    assert {"comment": "still at it"} in found and found[0]["event"] == "stage"


def test_too_many_listeners(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_STREAMS", 1)
    check = place.laid(PUBLIC)
    stream = streamed(place, check.id)
    next(stream)
    said = place.ask("GET", f"/v1/checks/{check.id}/events")
    assert said.status_code == 503 and said.headers["retry-after"]
    stream.close()  # type: ignore[attr-defined]


def test_a_docket_that_goes_away_ends_the_stream(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    check = place.laid(PUBLIC)
    stream = streamed(place, check.id)
    next(stream)

    def away(*_: object, **__: object) -> None:
        raise RegistryUnavailable("away")

    monkeypatch.setattr(place.service.docket, "events", away)
    assert list(stream) == []


def test_who_listens_to_many_is_told_to_stop(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_OF_ONE", 1)
    check = place.laid(PUBLIC)
    stream = streamed(place, check.id)
    next(stream)
    said = place.ask("GET", f"/v1/checks/{check.id}/events")
    assert said.status_code == 429 and said.headers["retry-after"]
    other = streamed(place, check.id, **place.key("checks:read"))
    assert next(other)["event"] == "stage", "another asker has room"
    for one in (stream, other):
        one.close()  # type: ignore[attr-defined]


def test_what_came_after_the_end_is_told_and_the_stream_ends(place: Place) -> None:
    check = place.finished(PUBLIC)
    last = place.service.docket.events(check.id)[-1].number
    other = replace(told(), outcome="conflict", evidence=told().evidence[:1])
    place.service.docket.revise(check.id, other, who="test", why="trust", note="", versions=VERSIONS)
    begun = time.monotonic()
    found = list(streamed(place, check.id, **{"Last-Event-ID": str(last)}))
    assert kinds(found) == ["verdict_changed"] and time.monotonic() - begun < SECONDS


def test_a_number_that_is_still_to_come_keeps_nobody_waiting(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "ALIVE_S", 0.2)
    check = place.laid(PUBLIC)
    stream = streamed(place, check.id, **{"Last-Event-ID": "99"})
    assert next(stream) == {"comment": "still at it"}
    place.service.docket.cancel(check.id, "test")
    assert {tuple(one) for one in stream} <= {("comment",)}
