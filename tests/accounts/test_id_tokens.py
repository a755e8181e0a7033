"""What an issuer says of somebody, and what others would like to say in its name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from countermark.accounts import id_tokens, tokens
from countermark.accounts.id_tokens import Expected, UnknownKey
from countermark.accounts.oidc import Issuer
from countermark.errors import SignInFailed
from countermark.settings import Service, Settings

ISSUER, CLIENT, NONCE = "https://issuer.example", "countermark", "n" * 64
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
KEY = RSAKey.generate_key(2048, {"kid": "first"}, private=True)
CURVE = ECKey.generate_key("P-256", {"kid": "curve"}, private=True)
KEYS = {"keys": [KEY.as_dict(private=False), CURVE.as_dict(private=False)]}
EXPECTED = Expected(ISSUER, CLIENT, NONCE, ("RS256", "ES256", "HS256", "none"))
CLAIMS = {
    "iss": ISSUER, "aud": CLIENT, "sub": "7", "nonce": NONCE, "iat": SECONDS - 5, "exp": SECONDS + 300,
    "email": "ada@example.org", "name": "Ada",
}  # fmt: skip


def signed(key: Any = KEY, alg: str = "RS256", kid: str | None = "first", **changed: object) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    return jwt.encode({"alg": alg, **({"kid": kid} if kid else {})}, claims, key, algorithms=[alg])


def verified(token: str, expected: Expected = EXPECTED) -> dict[str, Any]:
    return id_tokens.verified(token, KEYS, expected, NOW)


@pytest.mark.parametrize(
    "token",
    [
        signed(),
        signed(CURVE, "ES256", "curve"),
        signed(aud=[CLIENT], azp=CLIENT),
        signed(aud=[CLIENT, "other"], azp=CLIENT),
        signed(exp=SECONDS - 30),
        signed(iat=SECONDS + 30),
    ],
    ids=["plain", "curve", "list", "two", "clock behind", "clock ahead"],
)
def test_what_holds(token: str) -> None:
    assert id_tokens.identity(verified(token), "role").email == "ada@example.org"


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("iss", "https://issuer.example/"), ("iss", None), ("iss", [ISSUER]),
        ("aud", "other"), ("aud", None), ("aud", []), ("aud", [CLIENT, "other"]), ("azp", "other"),
        ("nonce", "other"), ("nonce", None), ("nonce", [NONCE]),
        ("sub", None), ("sub", ""), ("sub", 7), ("sub", "a" * 256),
        ("exp", SECONDS - 120), ("exp", None), ("exp", "tomorrow"), ("iat", SECONDS + 120), ("iat", None),
        ("nbf", SECONDS + 120),
    ],
)  # fmt: skip
def test_what_was_said_otherwise(changed: str, value: object) -> None:
    with pytest.raises(SignInFailed):
        verified(signed(**{changed: value}))


def test_what_another_signed() -> None:
    stranger = RSAKey.generate_key(2048, private=True)
    with pytest.raises(SignInFailed, match="BadSignature"):
        verified(signed(stranger))
    with pytest.raises(UnknownKey):
        verified(signed(stranger, kid="theirs"))
    with pytest.raises(SignInFailed):
        verified(signed(CURVE, "ES256", "first"))
    head, body, signature = signed().split(".")
    other = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "sub": "8"}).encode()).rstrip(b"=").decode()
    for token in (f"{head}.{other}.{signature}", f"{head}.{body}.", f"{head}.{body}", "", "....", "a.b.c", "ü"):
        with pytest.raises(SignInFailed):
            verified(token)


def test_what_needs_no_private_key() -> None:
    """Not signed at all; or signed with what everybody knows, the public key or the client's own secret."""
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).rstrip(b"=").decode()
    with_public = jwt.encode({"alg": "HS256", "kid": "first"}, CLAIMS, OctKey.import_key(b"x" * 32)).split(".")
    digest = hmac.new(KEY.as_pem(private=False), ".".join(with_public[:2]).encode(), hashlib.sha256).digest()
    with_public[2] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    with_secret = signed(OctKey.import_key(b"secret" * 8), "HS256")
    for token in (f"{head}.{body}.", ".".join(with_public), with_secret):
        with pytest.raises(SignInFailed):
            verified(token)
    with pytest.raises(SignInFailed, match="no way"):
        verified(signed(), replace(EXPECTED, algorithms=("HS256", "none")))
    with pytest.raises(SignInFailed):
        verified(signed(), replace(EXPECTED, algorithms=("ES256",)))


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "none"}, {"keys": [{"kty": "RSA"}]}, {"keys": [7]}])
def test_keys_that_are_none(keys: Mapping[str, Any]) -> None:
    with pytest.raises(SignInFailed):
        id_tokens.verified(signed(), keys, EXPECTED, NOW)


@pytest.mark.parametrize(
    ("said", "email", "name", "role"),
    [
        ({"email": "Ada@Example.org", "name": "Ada", "role": "reviewer"}, "ada@example.org", "Ada", "reviewer"),
        ({"email": "ada@example.org", "email_verified": False}, None, "7", None),
        ({"email": "no address", "preferred_username": "ada"}, None, "ada", None),
        ({"email": ["ada@example.org"], "name": {"a": 1}, "role": {"administrator": True}}, None, "7", None),
        ({"email": "a@b.example", "role": ["viewer", "policy_editor"]}, "a@b.example", "a@b.example", "policy_editor"),
    ],
)  # fmt: skip
def test_who_it_is(said: dict[str, object], email: str | None, name: str, role: str | None) -> None:
    found = id_tokens.identity({"iss": ISSUER, "sub": "7", **said}, "role")
    assert (found.email, found.name, found.role) == (email, name, role)


# What an issuer says of itself ---------------------------------------------------------------------------------------


@contextmanager
def saying(**changed: object) -> Iterator[str]:
    """An issuer that says this of itself, and nothing else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = f"http://127.0.0.1:{self.server.server_address[1]}"
            places = {name: f"{url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            body = json.dumps({"issuer": url, **places, **changed}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *given: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def asking(url: str, tmp_path: Path) -> Issuer:
    return Issuer(Settings(home=tmp_path, service=Service(oidc_issuer=url, oidc_client=CLIENT)))


def test_the_address_that_a_browser_is_sent_to(tmp_path: Path) -> None:
    with saying(authorization_endpoint="https://issuer.example/go?tenant=7") as url:
        address = asking(url, tmp_path).address(tokens.new_secret())
    assert address.startswith("https://issuer.example/go?tenant=7&response_type=code&client_id=countermark&")
    assert "code_challenge_method=S256" in address


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": 7},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_an_issuer_may_not_say(tmp_path: Path, said: dict[str, object]) -> None:
    with saying(**said) as url, pytest.raises(SignInFailed):
        asking(url, tmp_path).address(tokens.new_secret())


def test_an_issuer_leads_to_no_other_machine_inside(tmp_path: Path) -> None:
    secret = tokens.new_secret()
    with saying() as inside, saying(token_endpoint=f"{inside}/token") as url:
        with pytest.raises(SignInFailed, match="no public address"):
            asking(url, tmp_path).identity(secret, "code", tokens.derived(secret, "state"))
