"""Who asks, whether they may, and how often: over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from countermark.accounts import Accounts, passwords
from countermark.settings import Service, Settings
from countermark.tests.api.people import EMAIL, PASSWORD, ask, cookie_of, serving, sign_in


@dataclass(frozen=True)
class Running:
    url: str
    accounts: Accounts


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        yield


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    options = Settings(home=tmp_path_factory.mktemp("home"), service=Service(proxies="127.0.0.1, 10.0.0.0/8"))
    accounts = Accounts(options)
    accounts.add_person(EMAIL, "reviewer", PASSWORD)
    with serving(options) as url:
        yield Running(url, accounts)


def key(running: Running, *scopes: str) -> dict[str, str]:
    _, whole = running.accounts.make_key("main", "test", scopes, "test")  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {whole}"}


def test_a_key_a_session_and_nobody(running: Running) -> None:
    by_key = key(running, "checks:read")
    cookie = cookie_of(sign_in(running.url))
    assert ask(running.url, "/reading").json["made_by"] == "anonymous"
    assert ask(running.url, "/reading", **by_key).json["made_by"].startswith("key:cmk_")
    assert ask(running.url, "/reading", Cookie=cookie).json["made_by"].startswith("person:per_")
    assert ask(running.url, "/reading", Cookie=cookie, **by_key).json["made_by"].startswith("key:"), "a key goes before"
    assert ask(running.url, "/reading", Cookie="countermark=none").json["made_by"] == "anonymous"


@pytest.mark.parametrize("given", ["Bearer cmk_none", "Bearer ", "Basic YTpi", "cmk_a", "Bearer \xfc"])
def test_a_wrong_key_is_not_nobody(running: Running, given: str) -> None:
    said = ask(running.url, "/reading", Authorization=given)
    assert said.status == 401 and 'error="invalid_token"' in str(said.headers["WWW-Authenticate"])
    assert said.json["type"] == "/v1/problems/unauthenticated"


def test_a_scope_is_asked_for(running: Running) -> None:
    assert ask(running.url, "/personal").status == 401
    assert str(ask(running.url, "/personal").headers["WWW-Authenticate"]).startswith("Bearer")
    lacking = ask(running.url, "/personal", **key(running, "checks:read"))
    assert lacking.status == 403 and 'scope="provenance:personal"' in str(lacking.headers["WWW-Authenticate"])
    assert ask(running.url, "/personal", **key(running, "provenance:personal")).status == 200
    assert ask(running.url, "/writing", "POST", **key(running, "checks:read")).status == 403
    assert ask(running.url, "/personal", Cookie=cookie_of(sign_in(running.url))).status == 200


def test_nobody_where_nobody_may(tmp_path: Path) -> None:
    with serving(Settings(home=tmp_path, service=Service(anonymous=False))) as url:
        assert ask(url, "/reading").status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"X-CSRF-Token": "wrong", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_a_cookie_changes_things_from_here_alone(running: Running, headers: dict[str, str], status: int) -> None:
    cookie = cookie_of(sign_in(running.url))
    assert ask(running.url, "/writing", "POST", Cookie=cookie, **headers).status == status
    if status == 403:
        assert ask(running.url, "/reading", Cookie=cookie, **headers).status == 200
        elsewhere = headers.get("Sec-Fetch-Site", "same-origin" if "Origin" not in headers else "") != "same-origin"
        assert ask(running.url, "/writing", "POST", **headers).status == (403 if elsewhere else 200), "also without one"
        assert ask(running.url, "/writing", "POST", **key(running, "checks:write"), **headers).status == 200


def test_a_token_of_the_session_serves_as_well(running: Running) -> None:
    cookie, other = cookie_of(sign_in(running.url)), cookie_of(sign_in(running.url))
    token = ask(running.url, "/reading", Cookie=cookie).json["csrf"]
    assert len(token) == 64 and token not in cookie
    assert ask(running.url, "/writing", "POST", Cookie=cookie, X_CSRF_Token=token).status == 200
    assert ask(running.url, "/writing", "POST", Cookie=other, X_CSRF_Token=token).status == 403


def test_a_proxy_is_believed_and_nobody_else(running: Running, tmp_path: Path) -> None:
    def address(*lines: str, url: str = running.url) -> str:
        return str(ask(url, "/reading", X_Forwarded_For=", ".join(lines)).json["address"])

    assert address("203.0.113.7") == "203.0.113.7"
    assert address("1.1.1.1", "203.0.113.7") == "203.0.113.7", "what it was told it passes on, and that may be a lie"
    assert address("203.0.113.7", "10.1.2.3") == "203.0.113.7"
    assert address("::ffff:203.0.113.7", "::ffff:10.1.2.3") == "203.0.113.7"
    assert address("203.0.113.7:4711", "[2001:db8::1]:4711") == "2001:db8::1"
    assert address("203.0.113.7", "rubbish") == "127.0.0.1"
    assert address("10.1.1.1", "10.1.2.3") == "10.1.1.1"
    assert ask(running.url, "/reading").json["address"] == "127.0.0.1"
    with serving(Settings(home=tmp_path, service=Service(proxies="rubbish, 10.0.0.1"))) as url:
        assert address("203.0.113.7", url=url) == "127.0.0.1"


def test_how_often(tmp_path: Path) -> None:
    service = Service(proxies="127.0.0.1", anonymous_requests=4, anonymous_checks=2, key_requests=3)
    options = Settings(home=tmp_path, service=service)
    with serving(options) as url:
        one, other = {"X_Forwarded_For": "203.0.113.1"}, {"X_Forwarded_For": "203.0.113.2"}
        first = ask(url, "/reading", **one)
        assert [first.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining")] == ["4", "3"]
        assert 1 <= int(str(first.headers["RateLimit-Reset"])) <= 60
        checks = [ask(url, "/check", "POST", **one) for _ in range(3)]
        assert [said.status for said in checks] == [200, 200, 429]
        assert checks[2].json["type"].endswith("/too-many-requests") and checks[2].headers["RateLimit-Remaining"] == "0"
        assert 3500 < int(str(checks[2].headers["Retry-After"])) <= 3600
        assert checks[2].json["detail"] == "that was more than 2 checks an hour from one address without a key"
        assert "ask again in 60 minutes" in checks[2].json["advice"]
        assert "`service.anonymous_checks`" in checks[2].json["advice"]
        refused = ask(url, "/reading", **one)
        assert refused.status == 429 and int(str(refused.headers["Retry-After"])) <= 60
        assert ask(url, "/reading", **other).status == 200, "each address has its own"
        wrong = [ask(url, "/reading", Authorization="Bearer wrong", **other).status for _ in range(4)]
        assert wrong == [401, 401, 401, 429], "tries count, too"
        _, whole = Accounts(options).make_key("main", "test", ["checks:read"], "test")
        by_key = [ask(url, "/reading", Authorization=f"Bearer {whole}", **other).status for _ in range(4)]
        assert by_key == [200, 200, 200, 429], "a key counts for itself, wherever it is used"
        assert "anonymous" not in ask(url, "/reading", Authorization=f"Bearer {whole}", **other).json["advice"]


def test_a_new_key_gives_its_tenant_no_more(tmp_path: Path) -> None:
    options = Settings(home=tmp_path, service=Service(tenant_requests=3, tenant_checks=1))
    with serving(options) as url:
        accounts = Accounts(options)
        keys = [accounts.make_key("main", "test", ["checks:read", "checks:write"], "test")[1] for _ in range(3)]
        said = [ask(url, "/check", "POST", Authorization=f"Bearer {one}") for one in keys[:2]]
        assert [one.status for one in said] == [200, 429]
        asked = [ask(url, "/reading", Authorization=f"Bearer {keys[2]}").status for _ in range(2)]
        assert asked == [200, 429]
