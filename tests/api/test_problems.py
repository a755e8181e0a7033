"""Errors as answers: each is problem+json with advice, and says nothing of the inside."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from countermark import errors
from countermark.api import problems
from countermark.api.problems import MEDIA_TYPE, PLAIN, Problem, kinds, of_error, of_status
from countermark.errors.base import every_error
from tests.api.served import Place, serving


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(tmp_path_factory.mktemp("home"), upload_bytes=50_000, anonymous_checks=3, upload_s=2.0) as made:
        yield made


def test_every_error_of_ours_becomes_a_problem_that_keeps_its_secrets() -> None:
    for name, kind in every_error().items():
        problem = of_error(kind("postgresql://me:hunter2@db/x and /var/lib/secret", advice="say something else"))
        if problem.kind.status >= 500:
            assert "hunter2" not in problem.detail + problem.advice and "/var" not in problem.detail, name
        elif name in problems._TOLD:
            assert "hunter2" not in problem.detail and problem.advice != "say something else"
        else:
            assert problem.advice == "say something else", name
        assert problem.kind.name in kinds(), name
        assert problem.kind.status != 503 or problem.headers["Retry-After"]


def test_the_kinds_stand_for_errors_that_there_are() -> None:
    assert set(problems._STATUS) <= set(every_error())
    for kind in kinds().values():
        assert kind.title and kind.advice and 400 <= kind.status < 600
    assert len({kind.name for kind in PLAIN.values()}) == len(PLAIN)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 502, 503])
def test_a_bare_status(status: int) -> None:
    problem = of_status(status)
    assert problem.kind.status == (status if status not in (418, 502) else {418: 400, 502: 500}[status])


def test_statuses_of_the_framework(place: Place) -> None:
    for method, path, status in (("GET", "/nowhere", 404), ("PUT", "/v1/checks", 405), ("GET", "/v1/nowhere", 404)):
        said = place.ask(method, path)
        assert said.status_code == status and said.headers["content-type"] == MEDIA_TYPE
        body = said.json()
        assert body["status"] == status and body["advice"] and body["title"]
        assert body["request_id"] == said.headers["x-request-id"]
    assert place.ask("PUT", "/v1/checks").headers["allow"]


def test_a_problem_leads_to_what_explains_it(place: Place) -> None:
    said = place.ask("GET", "/v1/checks/chk_none").json()
    explained = place.ask("GET", said["type"])
    assert explained.status_code == 200 and explained.json()["advice"] == said["advice"]
    assert place.ask("GET", "/v1/problems/none").status_code == 404
    for name in kinds():
        assert place.ask("GET", f"/v1/problems/{name}").json()["type"].endswith(name)


def test_outside_of_the_api_a_reader_gets_a_page(place: Place) -> None:
    said = place.ask("GET", "/nowhere", headers={"Accept": "text/html,*/*"})
    assert said.status_code == 404 and said.headers["content-type"].startswith("text/html")
    said = place.ask("GET", "/v1/nowhere", headers={"Accept": "text/html,*/*"})
    assert said.headers["content-type"] == MEDIA_TYPE


def test_what_does_not_fit_is_named_and_not_said_back(place: Place) -> None:
    said = place.ask("POST", "/v1/checks", json={"url": "https://a.example/x", "lane": "s3cret-value"})
    assert said.status_code == 422 and said.json()["errors"][0]["at"] == "lane"
    assert "s3cret-value" not in said.text
    said = place.ask("GET", "/v1/checks?limit=zero")
    assert said.status_code == 422 and "zero" not in said.text


def test_too_large_is_said_before_the_body_is_read(place: Place) -> None:
    """The head alone is sent, and asks whether to go on: the answer is no, and nothing was waited for."""
    for path, size in (("/v1/checks", 200_000), ("/v1/keys", 2 << 20), ("/v1/nowhere", 2 << 20)):
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: video/mp4\r\nExpect: 100-continue\r\n"
        said = raw(place, f"{head}Content-Length: {size}\r\n\r\n".encode())
        assert said.startswith(b"HTTP/1.1 413 ") and b"100 Continue" not in said
        assert json.loads(said.rpartition(b"\r\n\r\n")[2])["type"].endswith("too-large")


def test_too_large_is_said_of_a_body_of_unknown_length(place: Place) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(400):
            yield b"x" * 1000

    said = place.ask("POST", "/v1/checks", headers={"Content-Type": "video/mp4"}, content=pieces())
    assert said.status_code == 413


def test_a_sender_that_does_not_wait_still_reads_why(place: Place) -> None:
    said = place.ask("POST", "/v1/checks", headers={"Content-Type": "video/mp4"}, content=b"x" * 1_000_000)
    assert said.status_code == 413 and said.json()["advice"]


@pytest.mark.parametrize("length", ["-1", "+5", "5 5", "9" * 30, "five"])
def test_lengths_that_are_none(place: Place, length: str) -> None:
    head = f"POST /v1/checks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: video/mp4\r\nContent-Length: {length}\r\n\r\n"
    assert raw(place, head.encode()).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 "))


def test_a_packed_body_is_refused(place: Place) -> None:
    said = place.ask("POST", "/v1/checks", headers={"Content-Encoding": "gzip"}, content=b"x")
    assert said.status_code == 415


def test_a_body_that_does_not_come_in_time(place: Place) -> None:
    head = b"POST /v1/checks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: video/mp4\r\nContent-Length: 1000\r\n\r\nx"
    assert raw(place, head).startswith(b"HTTP/1.1 408 ")


def test_who_asks_over_http_is_not_told_commands(place: Place) -> None:
    for name, kind in every_error().items():
        if name in problems._TOLD:  # the operator's, and said so
            continue
        assert "`countermark " not in of_error(kind("x")).advice + kinds()[of_error(kind("x")).kind.name].advice, name
    said = place.ask("GET", "/r/nope", headers={"Accept": "text/html"})
    assert said.status_code == 404 and "is right, and whole" in said.text and "`countermark" not in said.text
    said = place.ask("POST", "/v1/records/null/revoke", json={"reason": "x"}, headers=place.key("registry:write"))
    assert said.status_code == 404 and "link or the id" in said.json()["advice"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/told",
        "http://2130706433:8080/told",
        "http://[::ffff:10.0.0.1]/told",
        "http://169.254.169.254/",
        "https://name.example:25/told",
        "file:///etc/passwd",
    ],
)
def test_a_callback_that_nobody_would_be_told_by_is_refused_at_once(place: Place, url: str) -> None:
    asked = {"url": "https://a.example/x", "callback_url": url}
    said = place.ask("POST", "/v1/checks", json=asked, headers=place.key("checks:write"))
    assert said.status_code == 422 and said.json()["type"].endswith("/network-refused"), said.text
    page = place.ask("POST", "/check", data={"callback_url": url}, files={"file": ("a.mp4", b"x")})
    assert page.status_code == 401, "and a page takes none of who is nobody"


def test_a_callback_by_name_or_by_the_operators_leave_is_taken(place: Place, tmp_path: Path) -> None:
    asked = {"url": "https://a.example/x", "callback_url": "https://no-such-name.example:8443/told"}
    assert place.ask("POST", "/v1/checks", json=asked, headers=place.key("checks:write")).status_code == 202
    with serving(tmp_path, unsafe_private_addresses=True) as inside:
        asked["callback_url"] = "http://127.0.0.1:9/told"
        assert inside.ask("POST", "/v1/checks", json=asked, headers=inside.key("checks:write")).status_code == 202


def test_nothing_was_chosen_on_the_page(place: Place) -> None:
    for language, words in (("en", "Choose a file or paste a link."), ("de", "Wählen Sie eine Datei")):
        heads = {"Accept": "text/html", "Accept-Language": language}
        said = place.ask("POST", "/check", data={"url": ""}, files={"file": ("", b"")}, headers=heads)
        assert said.status_code == 422 and words in said.text and 'action="/check"' in said.text
    said = place.ask("POST", "/v1/checks", json={})
    assert said.status_code == 422 and said.json()["detail"].endswith("is checked: none was sent")


def test_too_many_checks_from_one_address(place: Place) -> None:
    statuses = [place.ask("POST", "/v1/checks", json={"url": "https://a.example/x"}) for _ in range(5)]
    last = statuses[-1]
    assert [one.status_code for one in statuses] == [202] * 3 + [429] * 2, "what was refused before does not count"
    assert last.json()["detail"] == "that was more than 3 checks an hour from one address without a key"
    assert last.status_code == 429 and int(last.headers["retry-after"]) > 0
    assert last.headers["ratelimit-remaining"] == "0" and last.json()["advice"]


def test_what_breaks_says_nothing_of_the_inside(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("innards: /var/lib/secret")

    monkeypatch.setattr(place.service.docket, "get", broken)
    said = place.ask("GET", "/v1/checks/chk_x")
    assert said.status_code == 500 and "innards" not in said.text and said.headers["content-type"] == MEDIA_TYPE
    assert said.headers["content-security-policy"] and said.json()["request_id"]


def test_a_fault_of_ours_is_not_the_askers_however_deep(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object, **__: object) -> None:
        endless()

    monkeypatch.setattr(place.service.docket, "get", endless)
    assert place.ask("GET", "/v1/checks/chk_x").status_code == 500


def test_what_is_away_is_said_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise errors.RegistryUnavailable("postgresql://me@db: gone")

    monkeypatch.setattr(place.service.docket, "get", away)
    said = place.ask("GET", "/v1/checks/chk_x")
    assert said.status_code == 503 and said.headers["retry-after"] and "postgresql" not in said.text


def test_a_problem_is_of_a_kind_that_there_is() -> None:
    with pytest.raises(KeyError):
        Problem("no such kind", "x")


def raw(place: Place, sent: bytes) -> bytes:
    """Send bytes as they are, and read until the server has said all."""
    parts = urlsplit(place.base)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=20) as connection:
        connection.sendall(sent.replace(b"Host: 127.0.0.1", b"Host: 127.0.0.1\r\nConnection: close"))
        said = b""
        while piece := connection.recv(65536):
            said += piece
        return said
