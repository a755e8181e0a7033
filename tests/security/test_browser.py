"""What keeps a browser safe: headers, hosts, origins, forms of other pages, sessions, and where one is led."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from countermark.tests.security.routes import Route, routes
from countermark.tests.security.running import PASSWORD, Running

PAGES = [one for one in routes() if one.is_page]
FORMS = [one for one in PAGES if one.method == "POST"]
EMAIL = "boss@example.org"
# Forms that change nothing of anybody: a theme in one's own browser.
HARMLESS = {"POST /look"}
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)|\son\w+\s*=|style\s*=|javascript:", re.IGNORECASE)


def named(one: Route) -> str:
    return one.name


@pytest.fixture(scope="module")
def boss(server: Running) -> Iterator[httpx.Client]:
    server.accounts.add_person(EMAIL, "administrator", PASSWORD)
    with server.signed_in(EMAIL) as browser:
        yield browser


def check_headers(answer: httpx.Response) -> None:
    head = answer.headers
    policy = dict(part.strip().partition(" ")[::2] for part in head["content-security-policy"].split(";"))
    assert (
        policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'"
    )
    assert policy["form-action"] == "'self'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in head["content-security-policy"] and "*" not in head["content-security-policy"]
    assert head["x-content-type-options"] == "nosniff"
    assert head["referrer-policy"] in ("no-referrer", "same-origin"), "a link to a result is all that guards it"
    assert head["cross-origin-opener-policy"] == head["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in head and "x-powered-by" not in head
    assert "access-control-allow-origin" not in head
    for cookie in head.get_list("set-cookie"):
        assert "httponly" in cookie.lower() and "samesite" in cookie.lower(), cookie


@pytest.mark.parametrize("route", [*routes()], ids=named)
def test_every_answer_has_the_headers_of_safety(server: Running, boss: httpx.Client, route: Route) -> None:
    """Every route, page or not, found or not, to somebody who may do everything; and it has no script of its own."""
    if route.name == "POST /sign-out":
        return  # the session is needed for the rest
    answer = boss.request(
        route.method, route.filled(), headers={"Accept": "text/html", "Origin": "https://evil.example"}
    )
    assert answer.status_code < 500, answer.text
    check_headers(answer)
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert not SCRIPT.search(answer.text), SCRIPT.search(answer.text)


def test_so_do_errors_that_no_route_makes(server: Running) -> None:
    with server.client() as asking:
        for method, path in (
            ("GET", "/nothing"),
            ("PUT", "/"),
            ("DELETE", "/v1/keys"),
            ("TRACE", "/"),
            ("FOO", "/v1/x"),
        ):
            answer = asking.request(method, path)
            assert answer.status_code in (401, 403, 404, 405), (method, path, answer.status_code)
            check_headers(answer)


def test_under_https_browsers_are_told_to_stay_there() -> None:
    import asyncio
    from typing import Any

    from countermark.api.middleware import Guarded

    async def answered(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    said: list[Any] = []

    async def ask(https: bool) -> dict[bytes, bytes]:
        async def send(message: Any) -> None:
            said.append(message)

        await Guarded(answered, https)({"type": "http", "headers": []}, None, send)  # type: ignore[arg-type]
        return dict(said.pop()["headers"])

    assert b"strict-transport-security" in asyncio.run(ask(True))
    assert b"strict-transport-security" not in asyncio.run(ask(False))


def test_a_result_page_has_them_and_is_kept_by_nobody(server: Running, film: Path) -> None:
    check_id = server.sent(film)
    server.over(check_id)
    with server.client() as asking:
        for path in (f"/c/{check_id}", f"/v1/checks/{check_id}"):
            answer = asking.get(path, headers={"Accept": "text/html"})
            assert answer.status_code == 200
            check_headers(answer)
            assert re.search("no-store|private", answer.headers["cache-control"])


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "[::ffff:127.0.0.1]", "", "10.0.0.1", "a@b"],
)
def test_another_name_than_its_own_is_refused(server: Running, host: str) -> None:
    """So a page of a stranger's domain that points here can ask nothing (DNS rebinding), and no link is poisoned."""
    for path in ("/", "/v1/checks", "/sign-in", "/openapi.json"):
        said = server.raw(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert said.split()[1] in (b"421", b"400"), (path, said[:200])
        assert b"evil.example" not in said


def test_what_proxies_say_of_the_host_is_not_believed(server: Running, film: Path) -> None:
    said = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Original-URL": "/keys"}
    with server.client(headers=said) as asking:
        for path in ("/", "/sign-in", "/verdicts", f"/c/{server.sent(film)}"):
            assert "evil.example" not in asking.get(path).text
        answer = asking.post("/v1/uploads", json={"name": "a", "bytes": 1})
        assert "evil.example" not in str(answer.headers) + answer.text


def test_no_other_origin_reads_anything(server: Running) -> None:
    """CORS is closed: nothing allows an origin, methods, headers or credentials."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    with server.client(headers={**asked, "Access-Control-Request-Headers": "authorization"}) as asking:
        for route in routes():
            answer = asking.options(route.filled())
            assert not [name for name in answer.headers if name.startswith("access-control-")], route.name


@pytest.mark.parametrize("route", FORMS, ids=named)
@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.127.0.0.1"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {},
    ],
    ids=["cross site", "same site", "no origin", "origin alone", "nothing said"],
)
def test_no_other_page_sends_a_form_for_who_is_signed_in(
    server: Running, boss: httpx.Client, film: Path, route: Route, sent: dict[str, str]
) -> None:
    if route.name in HARMLESS:
        return
    names = {"key_id": server.accounts.make_key("main", "kept", ["checks:read"], "test")[0].id}
    names["check_id"] = _one_check(server, film)
    before = [one.id for one in server.accounts.keys("main") if one.revoked_at is None]
    last = server.docket.listed("main", limit=1).checks[0].id
    with server.client(cookies=dict(boss.cookies), headers=sent) as evil:
        body = {"says": "wrong", "name": "evil", "scopes": "checks:read", "email": EMAIL, "password": PASSWORD}
        answer = evil.post(route.filled(**names), data=body)
    assert answer.status_code == 403, (answer.status_code, answer.text[:300])
    assert [one.id for one in server.accounts.keys("main") if one.revoked_at is None] == before
    check = server.docket.get(names["check_id"])
    assert check.deleted_at is None and not server.docket.feedback(check.id)
    assert server.docket.listed("main", limit=1).checks[0].id == last, "no check was asked for"
    assert boss.get("/keys").status_code == 200, "and nobody was signed out"


def _one_check(server: Running, film: Path) -> str:
    found = server.docket.listed("main", limit=1, status="succeeded").checks
    if found:
        return found[0].id
    check_id = server.sent(film, server.key())
    server.over(check_id)
    return check_id


def test_a_manage_cookie_is_no_leave_for_other_pages(server: Running, film: Path) -> None:
    with server.client(headers={"Sec-Fetch-Site": "same-origin"}) as browser, film.open("rb") as content:
        answer = browser.post("/check", files={"file": ("clip.mp4", content)})
        assert answer.status_code == 303 and answer.headers["location"].startswith("/c/chk_")
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
        where = answer.headers["location"]
        refused = browser.post(
            f"{where}/delete", headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        )
        assert refused.status_code == 403
        assert browser.post(f"{where}/delete").status_code == 200
        assert browser.get(where).status_code == 410


LEAVES = [
    *("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
    *("/%09/evil.example", "/\t/evil.example", "https:evil.example", "///evil.example", "//evil.example/%2f.."),
    *("/\n/evil.example", " //evil.example"),
]


@pytest.mark.parametrize("place", LEAVES)
def test_nobody_is_led_to_another_site(server: Running, boss: httpx.Client, place: str) -> None:
    with server.client(headers={"Sec-Fetch-Site": "same-origin"}) as browser:
        answers = [
            browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, "next": place}),
            browser.post("/look", data={"theme": "dark", "back": place}),
        ]
        shown = browser.get("/sign-in", params={"next": place})
    for answer in answers:
        assert answer.status_code == 303, answer.text[:200]
        where = answer.headers["location"]
        assert re.fullmatch(r"/([^/\\\s].*)?", where), where
    assert re.search(r'name="next" value="/(?![/\\])[^"]*"', shown.text)


def test_a_session_that_somebody_planted_is_not_taken_on(server: Running) -> None:
    """Session fixation: signing in always makes a new token, and the one before opens nothing more."""
    server.accounts.add_person("planted@example.org", "viewer", PASSWORD)
    planted = "a" * 52
    with server.client(headers={"Sec-Fetch-Site": "same-origin", "Cookie": f"countermark={planted}"}) as browser:
        answer = browser.post("/sign-in", data={"email": "planted@example.org", "password": PASSWORD})
        assert answer.status_code == 303
    fresh = answer.cookies["countermark"]
    assert fresh != planted
    with server.client() as browser:
        assert browser.get("/checks", headers={"Cookie": f"countermark={planted}"}).status_code == 303, "to sign in"
        assert browser.get("/checks", headers={"Cookie": f"countermark={fresh}"}).status_code == 200
        again = browser.post(
            "/sign-in",
            data={"email": "planted@example.org", "password": PASSWORD},
            headers={"Cookie": f"countermark={fresh}", "Sec-Fetch-Site": "same-origin"},
        )
        assert again.cookies["countermark"] != fresh
        assert browser.get("/checks", headers={"Cookie": f"countermark={fresh}"}).status_code == 303
        out = {"Cookie": f"countermark={again.cookies['countermark']}", "Sec-Fetch-Site": "same-origin"}
        assert browser.post("/sign-out", headers=out).status_code == 303
        assert browser.get("/checks", headers={"Cookie": out["Cookie"]}).status_code == 303, "the server forgot it too"


def test_what_strangers_write_is_text_on_every_page(server: Running, film: Path) -> None:
    """A name of a file, a comment, the name of a key: shown as they are, and run by nobody."""
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    server.accounts.add_person("reader@example.org", "administrator", PASSWORD, name=evil)
    server.accounts.make_key("main", evil, ["checks:read"], "test")
    check_id = server.sent(film, server.key(), name=f"{evil.replace('/', '')}.mp4")
    server.over(check_id)
    with server.signed_in("reader@example.org") as browser:
        browser.post(f"/c/{check_id}/feedback", data={"says": "wrong", "comment": evil})
        for path in (
            f"/c/{check_id}",
            "/checks",
            "/keys",
            f"/c/{check_id}/delete",
            "/registry?q=" + evil,
            f"/r/{evil}",
        ):
            said = browser.get(path).text
            assert "<script>alert" not in said and "<img src=x" not in said, path
