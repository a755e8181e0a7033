"""Questions no honest client asks: nested deep, numbers beyond any, letters that no database takes: never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from countermark.accounts import SCOPES, passwords
from countermark.api.v1.shapes import DEEPEST, MOST_NUMBER
from countermark.tests import databases
from countermark.tests.api.people import EMAIL, PASSWORD
from countermark.tests.api.served import Place, serving
from countermark.tests.security.routes import Route, routes

# A reader of JSON takes the first; who goes through it by calling itself does not. The second no reader takes.
DEEP, DEEPER = "[" * 480 + "]" * 480, "[" * 20_000
STRANGE = ("9" * 27, "9" * 5000, "-1", "a%00b", "%ED%A0%80")
QUERY_NAMES = ("before", "cursor", "q", "status", "verdict", "thanks", "next", "v", "code", "state", "error")
FORM_NAMES = ("name", "says", "comment", "scopes", "until", "email", "password", "back", "theme", "reason", "note")
PATH_NAMES = ("check_id", "manifest_id", "key_id", "name", "hold_id", "number")
SAME = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@contextmanager
def ready(home: Path, database: str | None) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        with serving(home, database, anonymous_checks=10_000, key_checks=10_000, tenant_requests=100_000) as made:
            made.accounts.add_person(EMAIL, "administrator", PASSWORD)
            yield made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ready(tmp_path_factory.mktemp("home"), None) as made:
        yield made


@pytest.fixture(scope="module", params=databases.KINDS)
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service on each database: what one takes, the other may refuse."""
    home = tmp_path_factory.mktemp("home")
    with ready(home, databases.new(request.param, home)) as made:
        yield made


def member(place: Place) -> dict[str, str]:
    """Give the headers of a browser in which somebody is signed in who may do everything."""
    token = place.accounts.sign_in(EMAIL, PASSWORD)
    return {**SAME, "Cookie": f"countermark={token}"}


def writing() -> list[Route]:
    return [one for one in routes() if one.method in ("POST", "PUT", "PATCH")]


@pytest.mark.parametrize("route", writing(), ids=lambda route: route.name)
def test_json_that_is_nested_deep(place: Place, route: Route) -> None:
    path = route.filled(check_id=place.finished().id)
    who = member(place) if route.is_page else place.key(*SCOPES)
    for value in (DEEP, DEEPER):
        for body in (value, f'{{"says": "right", "comment": {value}, "name": {value}, "metadata": {value}}}'):
            for kind in ("application/json", "application/octet-stream"):
                said = place.ask(route.method, path, content=body.encode(), headers={**who, "Content-Type": kind})
                assert said.status_code < 500, (route.name, kind, said.text)


def test_metadata_that_is_nested_deep_wherever_it_stands(place: Place) -> None:
    film = {"file": ("clip.mp4", b"\0\0\0\x18ftypisom" + bytes(100))}
    for value in (DEEP, DEEPER):
        for path in ("/v1/checks", "/check"):
            said = place.ask("POST", path, data={"metadata": value}, files=film)
            assert said.status_code in (400, 422), said.text
            assert path == "/check" or said.json()["advice"], "a page may say it too"
            assert "nested too deep" in said.text or f"more than {DEEPEST} values lie inside one another" in said.text
        way = {"Content-Type": "video/mp4"}
        said = place.ask("POST", f"/v1/checks?metadata={value[:4000]}", content=b"x", headers=way)
        assert said.status_code in (400, 422), said.text


def test_half_a_letter_and_nul_in_json(place: Place) -> None:
    check = place.finished("public")
    for text in (r"\ud800", r"a\u0000b"):
        bodies = {
            f"/v1/checks/{check.id}/feedback": f'{{"says": "right", "comment": "{text}"}}',
            "/v1/checks": f'{{"url": "https://a.example/x", "metadata": {{"{text}": "{text}"}}, "name": "{text}"}}',
        }
        for path, body in bodies.items():
            said = place.ask("POST", path, content=body, headers={"Content-Type": "application/json"})
            assert said.status_code in (400, 422) and said.json()["advice"], (path, text, said.text)
        said = place.ask("POST", "/v1/checks", data={"metadata": f'{{"a": "{text}"}}'}, files={"file": ("a.mp4", b"x")})
        assert said.status_code in (400, 422), said.text


def test_strange_words_in_queries_of_pages(either: Place) -> None:
    for path in (one.filled(check_id=either.finished().id) for one in routes() if one.is_page and one.method == "GET"):
        who = member(either)
        for value in STRANGE:
            query = "&".join(f"{name}={value}" for name in QUERY_NAMES)
            said = either.ask("GET", f"{path}?{query}", headers=who)
            assert said.status_code < 500 or said.status_code == 501, (path, value, said.text)
    who = member(either)
    assert either.ask("GET", f"/registry?before={'9' * 27}", headers=who).status_code == 422
    assert either.ask("GET", f"/registry?before={MOST_NUMBER}", headers=who).status_code == 200
    key = either.key("registry:read")
    said = [
        either.ask("GET", f"/v1/records?before={before}", headers=key).status_code
        for before in (MOST_NUMBER, MOST_NUMBER + 1)
    ]
    assert said == [200, 422]


def test_numbers_beyond_any_in_queries_of_the_api(either: Place) -> None:
    check, key = either.finished(), either.key(*SCOPES)
    for number in (1 << 31, 1 << 63, 10**27, int("9" * 4000)):
        asked = {
            f"/v1/checks/{check.id}/events?after={number}": {},
            f"/v1/checks/{check.id}/events": {"Last-Event-ID": str(number)},
            f"/v1/checks/{check.id}/revisions/{number}": {},
            f"/v1/checks?limit={number}": {},
            f"/v1/checks?cursor={number}": {},
            f"/v1/matches/byBinding?alg=x&value=eA==&maxResults={number}": {},
            f"/v1/checks/{check.id}/pictures/key-1.jpg?until={number}&signature=x": {},
        }
        for path, heads in asked.items():
            said = either.ask("GET", path, headers={**key, **heads})
            assert said.status_code < 500, (path[:100], said.text[:500])
        upload = either.ask("POST", "/v1/uploads", json={"name": "a.mp4", "bytes": number}, headers=key)
        finding = {"says": "genuine", "why": "x", "after": number}
        found = either.ask("POST", f"/v1/checks/{check.id}/findings", json=finding, headers=key)
        assert upload.status_code < 500 and found.status_code < 500, (upload.text, found.text)


def test_strange_words_in_paths_and_forms_of_pages(either: Place) -> None:
    for route in (one for one in routes() if one.is_page):
        form = {**member(either), "Content-Type": "application/x-www-form-urlencoded"}
        for value in STRANGE:
            ways = [(route.filled(**{name: value[:300] for name in PATH_NAMES}), b"")]
            if route.method == "POST":
                body = "&".join(f"{name}={value}" for name in FORM_NAMES).encode()
                ways.append((route.filled(check_id=either.finished().id), body))
            for path, content in ways:
                said = either.ask(route.method, path, content=content, headers=form)
                assert said.status_code < 500 or said.status_code == 501, (route.name, value, said.text)
