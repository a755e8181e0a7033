"""Services that say strange things, by real servers that say what a test tells them to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from countermark.api.client import Client
from countermark.errors import PackageMissing, ServerRefused, ServerUnreachable
from countermark.tests.api.client.lines import Said, saying

ID = "chk_x"
LISTED = {
    **{"id": ID, "status": "queued", "stage": "waiting", "progress": 0.0, "outcome": None, "created_at": "now"},
    **{"source": "url", "name": "a"},
}


def said(values: Any, status: int = 200, **headers: str) -> Said:
    kind = "application/problem+json" if status >= 400 else "application/json"
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, json.dumps(values).encode(), {"Content-Type": kind, **given})


def test_a_service_that_is_away_is_asked_again_when_it_says() -> None:
    away = said({"detail": "not now", "advice": "wait"}, 503, Retry_After="1")
    with saying(away, said({"detail": "x"}, 502), said(LISTED)) as server, Client(server.base) as client:
        begun = time.monotonic()
        assert client.get(ID).id == ID
        assert time.monotonic() - begun >= 1.0 and len(server.seen) == 3


def test_asking_twice_carries_the_same_key_and_another_request_another() -> None:
    busy = said({"detail": "x"}, 502)
    with saying(said({}, 503), busy, said(LISTED, 202)) as server, Client(server.base, "cmk_a_b") as client:
        client.check_url("https://example.org/a.mp4")
        client.check_url("https://example.org/a.mp4")
    keys = [headers["Idempotency-Key"] for _, _, headers, _ in server.seen]
    assert len(keys) == 4 and len(set(keys[:3])) == 1 and keys[3] != keys[0]
    assert all(headers["Authorization"] == "Bearer cmk_a_b" for _, _, headers, _ in server.seen)


def test_a_wait_that_is_longer_than_our_patience_is_told() -> None:
    many = said({"detail": "too many checks", "advice": "use a key"}, 429, Retry_After="3000")
    with saying(many) as server, Client(server.base, patience_s=1) as client:
        with pytest.raises(ServerRefused, match="too many checks") as caught:
            client.check_url("https://example.org/a.mp4")
    assert caught.value.status == 429 and "use a key (50 minutes from now)" in caught.value.advice
    assert len(server.seen) == 1


def test_the_services_words_are_harmless_and_short() -> None:
    with saying(said({"detail": "\x1b[2J" + "x" * 9999, "advice": "a\nb\u202e"}, 422)) as server:
        with Client(server.base) as client, pytest.raises(ServerRefused) as caught:
            client.get(ID)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600 and caught.value.advice.isprintable()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Said(200, b"<html>a page</html>", {"Content-Type": "text/html"}), "not understood"),
        (Said(200, b"[" * 100_000), "not understood"),
        (said({"id": 7}), "not understood"),
        (said({**LISTED, "result": {"revision": 1, "at": "x", "verdict": {"outcome": "fine"}}}), "not understood"),
        (Said(404, b"nothing", {"Content-Type": "text/plain"}), r"HTTP 404"),
        (Said(500, b"{", {"Content-Type": "application/json"}), r"HTTP 500"),
        (Said(400, b'["x"]', {"Content-Type": "application/json"}), r"HTTP 400"),
        (Said(302, b"", {"Location": "https://elsewhere.example/"}), "leads elsewhere, to https://elsewhere.example/"),
    ],
)
def test_what_is_no_answer_of_such_a_service(answer: Said, words: str) -> None:
    with saying(answer) as server, Client(server.base, "cmk_a_b") as client:
        with pytest.raises(ServerRefused, match=words) as caught:
            client.get(ID)
    assert caught.value.advice and len(server.seen) == 1


def test_a_newer_service_may_say_more() -> None:
    with saying(said({**LISTED, "new": {"a": 1}, "result": None})) as server, Client(server.base) as client:
        assert client.get(ID).id == ID


def test_answers_have_a_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from countermark.api.client import steps

    monkeypatch.setattr(steps, "MOST_BYTES", 1000)
    monkeypatch.setattr(steps, "MOST_SAVED", 1000)
    with saying(Said(200, b"x" * 5000)) as server, Client(server.base) as client:
        asked: tuple[Callable[[], object], ...] = (
            lambda: client.get(ID),
            lambda: client.bundle(ID, tmp_path / "a.zip"),
        )
        for ask in asked:
            with pytest.raises(ServerRefused, match="more than 1,000"):
                ask()
    assert not list(tmp_path.iterdir())


def test_a_bundle_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    short = Said(200, b"PK", {"Content-Type": "application/zip"})
    with saying(said({"detail": "gone"}, 410), short) as server, Client(server.base) as client:
        with pytest.raises(ServerRefused):
            client.bundle(ID, tmp_path / "a.zip")
        assert not list(tmp_path.iterdir())
        assert client.bundle(ID, tmp_path / "a.zip").read_bytes() == b"PK"


def test_where_no_events_are_told_it_looks_now_and_then() -> None:
    done = said({**LISTED, "status": "failed", "error": {"type": "X", "message": "m", "advice": "a"}})
    refused, running = said({"detail": "too many"}, 503, Retry_After="600"), said(LISTED)
    with saying(refused, running, refused, running, refused, done) as server, Client(server.base) as client:
        assert client.wait(ID, timeout_s=60).error is not None
    assert [path.rpartition("/")[2] for _, path, _, _ in server.seen] == ["events", ID] * 3


@pytest.mark.parametrize("line", [b"data: {\n\n", b"id: 1\ndata: {\n\n", b"\xff\xfe\n\n", b"id: x\ndata: {}\n\n"])
def test_events_that_make_no_sense_do_no_harm(line: bytes) -> None:
    told: list[object] = []
    events = Said(200, line, {"Content-Type": "text/event-stream"})
    with saying(events, said({**LISTED, "status": "succeeded"})) as server, Client(server.base) as client:
        try:
            client.wait(ID, timeout_s=10, on_event=told.append)
        except ServerRefused as error:
            assert "not understood" in str(error)
    assert told == []


@pytest.mark.parametrize(
    "server", ["", "check.example", "ftp://x", "file:///etc", "http://", "http://a:b@c", "https://x?y=1", "http://x:y"]
)
def test_what_is_no_address_of_a_service(server: str) -> None:
    with pytest.raises(ServerRefused, match="no address"):
        Client(server)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_in_many_ways(path: str) -> None:
    with saying(said(LISTED)) as server, Client(server.base + path) as client:
        client.get(ID)
    assert server.seen[0][1] == f"/v1/checks/{ID}"


def test_a_key_is_one_word() -> None:
    for key in ("a b", "a\r\nX-Y: z", "ä"):
        with pytest.raises(ServerRefused, match="no key"):
            Client("https://check.example", key)


def test_a_server_that_hangs_is_left() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(base, timeout_s=0.2, patience_s=0.1) as client, pytest.raises(ServerUnreachable, match="Timeout"):
            client.get(ID)


def test_without_the_package_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(PackageMissing, match="httpx"):
        Client("https://check.example")
