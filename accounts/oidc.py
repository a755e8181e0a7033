"""Signing in at an issuer of OpenID Connect: the code flow with PKCE, state and nonce. Knows no cookies and no pages.

    issuer = Issuer(options)
    secret = tokens.new_secret()                      # the browser keeps it, and nobody else
    url = issuer.address(secret)                      # where the browser is sent
    identity = issuer.identity(secret, code, state)   # what it came back with

State, nonce and PKCE's verifier follow from the one secret, so that nothing has to be kept here between the two steps,
whichever process answers. What the issuer says is read in `id_tokens`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

from .. import fetch
from ..errors import CountermarkError, SettingsInvalid, SignInFailed
from ..private_files import read_private
from ..settings import Settings
from . import id_tokens, tokens
from .values import Identity

RETURN_PATH = "/sign-in/oidc/return"
SCOPES = "openid email profile"
SECONDS = 10.0
_MOST = 1 << 19  # bytes of an answer
_KEPT_S = 3600.0  # of what an issuer says of itself
_ANEW_S = 30.0  # its keys are asked for no more often, whatever tokens name
_LOCAL = ("localhost", "127.0.0.1", "::1")
_AGAIN = "try again; if it stays so, ask the operator to look at the service.oidc_* settings"

Found = TypeVar("Found")


@dataclass(frozen=True)
class Discovered:
    """What an issuer says of itself."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    algorithms: tuple[str, ...]
    ways: tuple[str, ...]  # in which a client may show its secret
    names_itself: bool  # in what the browser comes back with


class Issuer:
    """The issuer that the settings name."""

    def __init__(self, options: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Take the settings; nothing is asked yet."""
        service = options.service
        self.url, self._client, self._role_claim = service.oidc_issuer, service.oidc_client, service.oidc_role_claim
        self._secret_file = service.oidc_secret_file
        self._return = service.public_url.rstrip("/") + RETURN_PATH
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, float] = {}  # states, and when they came back
        self._discovered: tuple[float, Discovered] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None

    @staticmethod
    def offered(options: Settings) -> bool:
        """Say whether people can sign in elsewhere at all."""
        return bool(options.service.oidc_issuer and options.service.oidc_client)

    def address(self, secret: str) -> str:
        """Give where a browser is sent that keeps this secret."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(_verifier(secret).encode()).digest()).rstrip(b"=")
        asked = {
            **{"response_type": "code", "client_id": self._client, "redirect_uri": self._return, "scope": SCOPES},
            **{"state": tokens.derived(secret, "state"), "nonce": tokens.derived(secret, "nonce")},
            **{"code_challenge": challenge.decode(), "code_challenge_method": "S256"},
        }
        to = self._known().authorization
        return f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(asked)}"

    def identity(self, secret: str, code: str, state: str, issuer: str | None = None) -> Identity:
        """Say who came back with a code; SignInFailed where anything does not fit.

        issuer: who sent the browser back, where it said so.
        """
        known = self._known()
        if not tokens.same(tokens.derived(secret, "state"), state):
            raise SignInFailed("this is not the sign-in that was begun here", advice="begin again")
        if issuer != self.url and (issuer is not None or known.names_itself):
            raise SignInFailed("another issuer sent you back than was asked", advice="begin again")
        self._use(state)
        answer = self._redeemed(known, code, _verifier(secret))
        expected = id_tokens.Expected(self.url, self._client, tokens.derived(secret, "nonce"), known.algorithms)
        claims = self._read(str(answer.get("id_token", "")), expected)
        if claims.get("email") is None and known.userinfo and isinstance(answer.get("access_token"), str):
            claims = {**self._told(known.userinfo, answer["access_token"], claims["sub"]), **claims}
        return id_tokens.identity(claims, self._role_claim)

    def _use(self, state: str) -> None:
        """Let a state be the way in once: whoever repeats it makes us ask the issuer for nothing."""
        now = time.monotonic()
        with self._lock:
            self._used = {one: at for one, at in self._used.items() if now - at < _KEPT_S}
            if state in self._used:
                raise SignInFailed("this sign-in was used already", advice="begin again")
            self._used[state] = now

    # What is asked of the issuer -------------------------------------------------------------------------------------

    def _known(self) -> Discovered:
        with self._lock:
            if self._discovered is None or time.monotonic() - self._discovered[0] > _KEPT_S:
                _refuse_open(self.url)
                said = self._asked(self.url.rstrip("/") + "/.well-known/openid-configuration")
                self._discovered = (time.monotonic(), _discovered(said, self.url))
            return self._discovered[1]

    def _read(self, token: str, expected: id_tokens.Expected) -> dict[str, Any]:
        """Verify; a key that is not among those kept may be new, and is asked for once."""
        try:
            return id_tokens.verified(token, self._signing_keys(), expected, self._clock())
        except id_tokens.UnknownKey:
            return id_tokens.verified(token, self._signing_keys(anew=True), expected, self._clock())

    def _signing_keys(self, anew: bool = False) -> Mapping[str, Any]:
        url = self._known().keys
        with self._lock:
            age = time.monotonic() - self._keys[0] if self._keys else float("inf")
            if self._keys is None or age > (_ANEW_S if anew else _KEPT_S):
                self._keys = (time.monotonic(), self._asked(url))
            return self._keys[1]

    def _asked(self, url: str) -> dict[str, Any]:
        def ask() -> bytes:
            return fetch.ask(url, most_bytes=_MOST, seconds=SECONDS, home=self.url).body

        return _object(self._reached(ask))

    def _redeemed(self, known: Discovered, code: str, verifier: str) -> dict[str, Any]:
        """Give what the code is worth."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._return}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        form |= {"code_verifier": verifier, **self._shown(known.ways, headers)}
        status, body = self._exchanged(known.token, "POST", headers, urlencode(form).encode())
        said = _object(body)
        if status != 200:
            why = "".join(letter for letter in str(said.get("error", status)) if letter.isalnum() or letter == "_")
            raise SignInFailed(f"the issuer takes the sign-in back: {why[:60]}", advice=_AGAIN)
        return said

    def _told(self, url: str, access_token: str, subject: str) -> dict[str, Any]:
        """Give what the issuer says of the same person where it is asked; nothing where it won't say."""
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        status, body = self._exchanged(url, "GET", headers, None)
        said = _object(body) if status == 200 else {}
        if said.get("sub") != subject:
            return {}
        return {name: said[name] for name in ("email", "email_verified", "name", "preferred_username") if name in said}

    def _shown(self, ways: tuple[str, ...], headers: dict[str, str]) -> dict[str, str]:
        """Show who we are: by a header, or by fields of the form."""
        if self._secret_file is None:
            return {"client_id": self._client}
        secret = read_private(self._secret_file).decode().strip()
        if "client_secret_basic" in ways:
            pair = f"{quote_plus(self._client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
            return {}
        if "client_secret_post" in ways:
            return {"client_id": self._client, "client_secret": secret}
        raise SignInFailed("the issuer takes no client's secret in a way that is known here", advice=_AGAIN)

    def _exchanged(self, url: str, method: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
        def exchange() -> fetch.Exchanged:
            return fetch.exchange(
                url, method=method, headers=headers, body=body, most_bytes=_MOST, seconds=SECONDS, home=self.url
            )

        answer = self._reached(exchange)
        return answer.status, answer.body

    def _reached(self, ask: Callable[[], Found]) -> Found:
        try:
            return ask()
        except CountermarkError as error:
            raise SignInFailed(f"the issuer can't be asked: {error}", advice=_AGAIN) from None


def _verifier(secret: str) -> str:
    return tokens.derived(secret, "verifier")


def _refuse_open(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise SettingsInvalid("service.oidc_issuer is no https address", advice="name the issuer by https")


def _discovered(said: dict[str, Any], url: str) -> Discovered:
    """Read what an issuer says of itself; another's word is nobody's."""
    if said.get("issuer") != url:
        raise SignInFailed("the issuer calls itself by another name than service.oidc_issuer does", advice=_AGAIN)
    places = {name: said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    userinfo = said.get("userinfo_endpoint")
    for place in [*places.values(), *([userinfo] if userinfo is not None else [])]:
        if not isinstance(place, str) or not place.startswith(("https:", f"{urlsplit(url).scheme}:")):
            raise SignInFailed("the issuer does not say where it is asked", advice=_AGAIN)
    return Discovered(
        authorization=str(places["authorization_endpoint"]),
        token=str(places["token_endpoint"]),
        keys=str(places["jwks_uri"]),
        userinfo=userinfo,
        algorithms=_words(said, "id_token_signing_alg_values_supported", "RS256"),
        ways=_words(said, "token_endpoint_auth_methods_supported", "client_secret_basic"),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _words(said: dict[str, Any], name: str, default: str) -> tuple[str, ...]:
    given = said.get(name, [default])
    return tuple(word for word in given if isinstance(word, str)) if isinstance(given, list) else (default,)


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise SignInFailed("the issuer answered what is no JSON object", advice=_AGAIN)
    return said
