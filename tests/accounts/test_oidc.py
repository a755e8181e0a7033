"""Signing in at a real issuer of OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from countermark.accounts import tokens
from countermark.accounts.oidc import RETURN_PATH, Issuer
from countermark.errors import SettingsInvalid, SignInFailed, UnsafeKeys
from countermark.settings import Service, Settings
from countermark.tests.accounts import issuing
from countermark.tests.accounts.issuing import SECRET, Browser, Issuing

PUBLIC = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def packages(pytestconfig: pytest.Config) -> Path:
    return issuing.packages(pytestconfig)


@pytest.fixture(scope="module")
def running(packages: Path) -> Iterator[Issuing]:
    with issuing.issuing(packages, PUBLIC + RETURN_PATH) as found:
        yield found


def options(tmp_path: Path, running: Issuing, client: str = "countermark", secret: str | None = SECRET) -> Settings:
    file = None
    if secret is not None:
        file = tmp_path / "secret"
        file.touch(0o600)
        file.write_text(secret + "\n")
    service = Service(public_url=PUBLIC, oidc_issuer=running.url, oidc_client=client, oidc_secret_file=file)
    return Settings(home=tmp_path, service=service)


def signed_in(issuer: Issuer, login: str) -> tuple[str, dict[str, str]]:
    secret = tokens.new_secret()
    return secret, Browser(PUBLIC).sign_in(issuer.address(secret), login)


@pytest.mark.parametrize("client", ["countermark", "posting", "open"])
def test_somebody_signs_in(tmp_path: Path, running: Issuing, client: str) -> None:
    issuer = Issuer(options(tmp_path, running, client, None if client == "open" else SECRET))
    secret, back = signed_in(issuer, "ada")
    assert set(back) == {"code", "state", "iss"} and back["iss"] == running.url
    found = issuer.identity(secret, back["code"], back["state"], back["iss"])
    assert (found.issuer, found.subject, found.email) == (running.url, "ada", "ada@example.org")
    assert (found.name, found.role) == ("Ada Lovelace", "administrator")


def test_what_its_tokens_spare_is_asked_for(tmp_path: Path, packages: Path) -> None:
    with issuing.issuing(packages, PUBLIC + RETURN_PATH, spare=True) as running:
        issuer = Issuer(options(tmp_path, running))
        secret, back = signed_in(issuer, "bob")
        found = issuer.identity(secret, back["code"], back["state"], back["iss"])
    assert (found.email, found.name) == ("bob@example.org", "Bob")
    assert found.role == "reviewer"


def test_an_address_that_the_issuer_doubts_is_none(tmp_path: Path, running: Issuing) -> None:
    issuer = Issuer(options(tmp_path, running))
    secret, back = signed_in(issuer, "eve")
    found = issuer.identity(secret, back["code"], back["state"], back["iss"])
    assert (found.email, found.name, found.role) == (None, "Eve", None)


def test_what_does_not_belong_together(tmp_path: Path, running: Issuing) -> None:
    issuer = Issuer(options(tmp_path, running))
    secret, back = signed_in(issuer, "ada")
    other = tokens.new_secret()
    with pytest.raises(SignInFailed, match="not the sign-in that was begun here"):
        issuer.identity(other, back["code"], back["state"], back["iss"])
    with pytest.raises(SignInFailed, match="invalid_grant"):  # a code that came in by another browser: PKCE
        issuer.identity(other, back["code"], tokens.derived(other, "state"), back["iss"])
    for another in ("https://evil.example", None):
        with pytest.raises(SignInFailed, match="another issuer"):
            issuer.identity(secret, back["code"], back["state"], another)
    secret, back = signed_in(issuer, "ada")
    issuer.identity(secret, back["code"], back["state"], back["iss"])
    with pytest.raises(SignInFailed, match="used already"):
        issuer.identity(secret, back["code"], back["state"], back["iss"])
    with pytest.raises(SignInFailed, match="invalid_grant"):  # in another process, which the issuer tells
        Issuer(options(tmp_path, running)).identity(secret, back["code"], back["state"], back["iss"])


def test_a_token_is_taken_while_it_holds(tmp_path: Path, running: Issuing) -> None:
    late = Issuer(options(tmp_path, running), lambda: datetime.now(UTC) + timedelta(hours=2))
    secret, back = signed_in(late, "ada")
    with pytest.raises(SignInFailed, match="ExpiredTokenError"):
        late.identity(secret, back["code"], back["state"], back["iss"])


def test_whoever_refuses_comes_back_without_a_code(tmp_path: Path, running: Issuing) -> None:
    issuer = Issuer(options(tmp_path, running))
    back = Browser(PUBLIC).sign_in(issuer.address(tokens.new_secret()), "ada", refuse=True)
    assert back["error"] == "access_denied" and "code" not in back


def test_a_wrong_secret_and_an_open_one(tmp_path: Path, running: Issuing) -> None:
    issuer = Issuer(options(tmp_path, running, secret="a wrong one"))
    secret, back = signed_in(issuer, "ada")
    with pytest.raises(SignInFailed, match="invalid_client") as refused:
        issuer.identity(secret, back["code"], back["state"], back["iss"])
    assert "a wrong one" not in str(refused.value)
    secret, back = signed_in(issuer, "ada")
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(UnsafeKeys):
        issuer.identity(secret, back["code"], back["state"], back["iss"])


def test_a_new_key_of_the_issuer_is_asked_for(tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from countermark.accounts import oidc

    monkeypatch.setattr(oidc, "_ANEW_S", 0.0)
    with issuing.issuing(packages, PUBLIC + RETURN_PATH) as running:
        issuer = Issuer(options(tmp_path, running))
        secret, back = signed_in(issuer, "ada")
        issuer.identity(secret, back["code"], back["state"], back["iss"])
    port = int(running.url.rpartition(":")[2])
    with issuing.issuing(packages, PUBLIC + RETURN_PATH, port=port, kid="second"):
        secret, back = signed_in(issuer, "ada")
        assert issuer.identity(secret, back["code"], back["state"], back["iss"]).subject == "ada"


def test_an_issuer_that_is_not_there_or_another(tmp_path: Path, running: Issuing) -> None:
    nowhere = Issuing(f"http://127.0.0.1:{issuing.free_port()}", "")
    with pytest.raises(SignInFailed, match="can't be asked"):
        Issuer(options(tmp_path, nowhere)).address(tokens.new_secret())
    another = replace(running, url=running.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(SignInFailed, match="another name"):
        Issuer(options(tmp_path, another)).address(tokens.new_secret())
    with pytest.raises(SettingsInvalid, match="https"):
        Issuer(options(tmp_path, Issuing("http://issuer.example", ""))).address(tokens.new_secret())
