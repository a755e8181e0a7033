"""Signing in and out over real HTTP: with a password here, and at a real issuer of OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from countermark.accounts import Accounts, passwords
from countermark.accounts.oidc import RETURN_PATH
from countermark.accounts.rates import SIGN_INS
from countermark.settings import Service, Settings
from countermark.tests.accounts import issuing
from countermark.tests.accounts.issuing import SECRET, Browser, Issuing, free_port
from countermark.tests.api.people import EMAIL, PASSWORD, Said, ask, cookie_of, serving, sign_in

AWAY = "countermark-away"


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        yield


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = Settings(home=tmp_path_factory.mktemp("home"))
    Accounts(options).add_person(EMAIL, "viewer", PASSWORD)
    with serving(options) as url:
        yield url


def asker(url: str, cookie: str) -> str:
    return str(ask(url, "/reading", Cookie=cookie).json["made_by"])


# Here ----------------------------------------------------------------------------------------------------------------


def test_in_and_out(url: str) -> None:
    form = ask(url, "/sign-in?next=/checks")
    assert form.status == 200 and b'value="/checks"' in form.body and b"/sign-in/oidc" not in form.body
    said = sign_in(url, next="/checks?a=b")
    assert (said.status, said.headers["Location"]) == (303, "/checks?a=b")
    told = said.cookie("countermark")
    for part in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age=43200"):
        assert part in told
    assert "Secure" not in told and "Domain" not in told
    cookie = cookie_of(said)
    assert asker(url, cookie).startswith("person:")
    csrf = ask(url, "/reading", Cookie=cookie).json["csrf"]
    for wrong in ({"csrf": "wrong"}, {}):
        assert ask(url, "/sign-out", "POST", form=wrong, Cookie=cookie).status == 403
        assert asker(url, cookie).startswith("person:")
    out = ask(url, "/sign-out", "POST", form={"csrf": csrf}, Cookie=cookie)
    assert (out.status, out.headers["Location"]) == (303, "/") and "Max-Age=0" in out.cookie("countermark")
    assert asker(url, cookie) == "anonymous", "the session is over, whatever the browser keeps"
    assert ask(url, "/sign-out", "POST", form={}).status == 303, "who is out is out"


def test_a_new_session_takes_the_place_of_the_old(url: str) -> None:
    first = cookie_of(sign_in(url))
    second = cookie_of(sign_in(url, Cookie=first))
    assert first != second and asker(url, first) == "anonymous" and asker(url, second).startswith("person:")
    fixed = cookie_of(sign_in(url, Cookie="countermark=chosen"))
    assert "chosen" not in fixed


def test_a_wrong_password(url: str) -> None:
    wrong, nobody = sign_in(url, password="wrong"), sign_in(url, email="bob@example.org")
    assert wrong.status == nobody.status == 401 and wrong.body == nobody.body
    assert b"e-mail or password is wrong" in wrong.body and not wrong.cookie("countermark")
    assert EMAIL.encode() not in wrong.body and PASSWORD.encode() not in wrong.body


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}]
)
def test_no_other_page_signs_anybody_in(url: str, headers: dict[str, str]) -> None:
    said = sign_in(url, **headers)
    assert said.status == 403 and not said.cookie("countermark")


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "http:evil.example", "javascript:alert(1)", "evil.example", "///evil.example", "/\r\nLocation: //evil.example",
        " //evil.example", "",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(url: str, next: str) -> None:
    said = sign_in(url, next=next)
    assert said.status == 303
    assert said.headers["Location"] == "/"


def test_under_https_the_cookie_is_safe(tmp_path: Path) -> None:
    options = Settings(home=tmp_path, service=Service(public_url="https://check.example"))
    Accounts(options).add_person(EMAIL, "viewer", PASSWORD)
    with serving(options) as url:
        told = sign_in(url, Origin="https://check.example").cookie("__Host-countermark")
        assert "Secure" in told and "Path=/" in told and "Domain" not in told
        assert sign_in(url, Origin="http://check.example").status == 403
        assert sign_in(url, Origin="https://check.example.evil.example").status == 403


def test_who_tries_too_often_waits(tmp_path: Path) -> None:
    options = Settings(home=tmp_path, service=Service(proxies="127.0.0.1"))
    Accounts(options).add_person(EMAIL, "viewer", PASSWORD)
    with serving(options) as url:
        tries = [sign_in(url, password="wrong", X_Forwarded_For="203.0.113.1").status for _ in range(SIGN_INS + 1)]
        assert tries == [401] * SIGN_INS + [429]
        late = sign_in(url, X_Forwarded_For="203.0.113.1")
        assert late.status == 429 and int(str(late.headers["Retry-After"])) > 60
        assert b"try again in" in late.body and not late.cookie("countermark")
        assert sign_in(url, email="bob@example.org", X_Forwarded_For="203.0.113.1").status == 429
        own = sign_in(url, X_Forwarded_For="203.0.113.2")
        assert own.status == 303 and own.cookie("countermark"), "no stranger shuts somebody out"
        assert sign_in(url, email="bob@example.org", X_Forwarded_For="203.0.113.2").status == 401


def test_elsewhere_is_not_there_where_nobody_set_it(url: str) -> None:
    assert ask(url, "/sign-in/oidc").status == ask(url, RETURN_PATH).status == 404


# Elsewhere -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joined:
    """A service, and the issuer that its people sign in at."""

    url: str
    issuer: Issuing
    accounts: Accounts

    def go(self, login: str, next: str = "/", **how: bool) -> tuple[str, dict[str, str]]:
        """Begin here, sign in there; give the cookie that the browser kept, and what it comes back with."""
        said = ask(self.url, f"/sign-in/oidc?{urlencode({'next': next})}")
        assert said.status == 303 and "Path=/sign-in/oidc" in said.cookie(AWAY) and "HttpOnly" in said.cookie(AWAY)
        return cookie_of(said, AWAY), Browser(self.url).sign_in(str(said.headers["Location"]), login, **how)

    def back(self, cookie: str, given: dict[str, str]) -> Said:
        return ask(self.url, f"{RETURN_PATH}?{urlencode(given)}", Cookie=cookie)


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Joined]:
    home, port = tmp_path_factory.mktemp("home"), free_port()
    secret = home / "secret"
    secret.touch(0o600)
    secret.write_text(SECRET)
    public = f"http://127.0.0.1:{port}"
    with issuing.issuing(issuing.packages(pytestconfig), public + RETURN_PATH) as issuer:
        service = Service(public_url=public, oidc_issuer=issuer.url, oidc_client="countermark", oidc_secret_file=secret)
        options = Settings(home=home, service=service)
        with serving(options, port) as url:
            yield Joined(url, issuer, Accounts(options))


def test_somebody_comes_from_elsewhere(joined: Joined) -> None:
    assert b"/sign-in/oidc?next=/keys" in ask(joined.url, "/sign-in?next=/keys").body
    cookie, given = joined.go("ada", "/keys?new=1")
    said = joined.back(cookie, given)
    assert (said.status, said.headers["Location"]) == (303, "/keys?new=1")
    assert "Max-Age=0" in said.cookie(AWAY)
    session = cookie_of(said)
    assert asker(joined.url, session).startswith("person:")
    assert ask(joined.url, "/personal", Cookie=session).status == 200, "the issuer says what she is"
    (ada,) = (person for person in joined.accounts.people() if person.email == "ada@example.org")
    assert (ada.role, ada.tenant_id, ada.issuer) == ("administrator", "main", joined.issuer.url)
    again = joined.back(*joined.go("ada"))
    assert asker(joined.url, cookie_of(again)) == f"person:{ada.id}"
    joined.accounts.disable(ada.id)
    out = joined.back(*joined.go("ada"))
    assert out.status == 401 and b"disabled" in out.body and not out.cookie("countermark")


def test_what_was_not_begun_in_this_browser_ends_here(joined: Joined) -> None:
    cookie, given = joined.go("bob")
    other, _ = joined.go("bob")
    for wrong in ("", other, f"{AWAY}=", f"{AWAY}=a.b", f"{AWAY}=a.ff", f"{AWAY}=ü.ü"):
        said = joined.back(wrong, given)
        assert said.status == 401 and not said.cookie("countermark")
    for changed in ({"state": "wrong"}, {"iss": "https://evil.example"}, {"code": ""}, {"error": "access_denied"}):
        assert joined.back(cookie, {**given, **changed}).status == 401
    assert joined.back(cookie, given).status == 303
    again = joined.back(cookie, given)
    assert again.status == 401 and b"used already" in again.body, "and the issuer is not asked"


def test_who_refuses_is_back_at_the_form(joined: Joined) -> None:
    said = joined.back(*joined.go("ada", refuse=True))
    assert said.status == 401 and b"did not let you in" in said.body


def test_the_way_back_leads_nowhere_else(joined: Joined) -> None:
    cookie, given = joined.go("bob", "//evil.example")
    assert joined.back(cookie, given).headers["Location"] == "/"
    cookie, given = joined.go("bob")
    secret = cookie.partition("=")[2].partition(".")[0]
    forged = b"https://evil.example".hex()
    assert joined.back(f"{AWAY}={secret}.{forged}", given).headers["Location"] == "/"


def test_an_issuer_that_is_away(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o644)
    service = Service(oidc_issuer=f"http://127.0.0.1:{free_port()}", oidc_client="c", oidc_secret_file=secret)
    with serving(Settings(home=tmp_path, service=service)) as url:
        said = ask(url, "/sign-in/oidc")
        assert said.status == 502 and b"the issuer can" in said.body and not said.cookie(AWAY)


def test_what_leaves_for_the_issuer(joined: Joined) -> None:
    asked = parse_qs(urlsplit(str(ask(joined.url, "/sign-in/oidc").headers["Location"])).query)
    assert asked["redirect_uri"] == [joined.url + RETURN_PATH] and asked["code_challenge_method"] == ["S256"]
    assert SECRET not in str(asked)
    assert len({asked[name][0] for name in ("state", "nonce", "code_challenge")}) == 3


def test_who_comes_back_too_often_waits(joined: Joined) -> None:
    """The last here: all of these tests come from one address."""
    given = {"code": "a", "state": "b"}
    said = [joined.back(f"{AWAY}=secret{number}.", given).status for number in range(25)]
    assert said[0] == 401 and said[-1] == 429 and set(said) == {401, 429}
