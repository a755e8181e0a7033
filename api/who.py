"""Who asks, whether they may, and how often: keys, sessions' cookies, addresses. Knows headers; keeps nothing itself.

A key counts before a cookie. A cookie, which a browser sends by itself, counts for changes only where the request comes
from a page of this service: a browser says so in Sec-Fetch-Site or Origin, anybody else in X-CSRF-Token. Without key
and cookie, changes are refused of which a browser says that another site's page sent them.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from urllib.parse import urlsplit

from ..accounts import SOMEBODY, Caller, Scope, Standing, tokens
from ..accounts.rates import SIGN_INS_MINUTES
from ..settings import Settings
from .problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

    from ..accounts.rates import Kind
    from .service import Service

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CSRF_HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOWHERE = "unknown"  # the address of who comes by no network, as over a socket in a folder
_TOO_MANY = {
    "request": "requests a minute",
    "check": "checks an hour",
    "upload": "uploads an hour",
    "sign_in": f"tries to sign in within {SIGN_INS_MINUTES} minutes",
}
_ANYBODY = " from one address without a key"
_MORE = "; with a key, or signed in, you may ask more often; who runs the service sets `service.anonymous_{}`"
_SET_BY = {"request": "requests", "check": "checks", "upload": "checks"}
_ASK = {"WWW-Authenticate": 'Bearer realm="countermark"'}


class Needed(Protocol):
    """What `needs` gives: a dependency of a route, which a test of all routes can ask for its scope."""

    scope: Scope

    def __call__(self, request: "Request") -> Caller:
        """Give the caller, or refuse."""
        ...


def needs(scope: Scope) -> Needed:
    """Make the dependency of a route that takes a scope: `caller: Annotated[Caller, Depends(needs("checks:read"))]`.

    The app carries the service: `app.state.service`. Each request counts once, whatever asks here.
    """
    from fastapi import Request, Security
    from fastapi.security import APIKeyCookie, HTTPBearer

    bearer = HTTPBearer(scheme_name="key", description="An API key: cmk_…", auto_error=False)
    cookie = APIKeyCookie(name="countermark", scheme_name="session", description="Who signed in.", auto_error=False)

    def asked(
        request: Request, by_key: Annotated[Any, Security(bearer)], by_cookie: Annotated[Any, Security(cookie)]
    ) -> Caller:
        caller = counted(request, request.app.state.service)
        refuse_without(caller, scope)
        return caller

    asked.scope = scope  # type: ignore[attr-defined]
    return asked  # type: ignore[return-value]


def refuse_without(caller: Caller, scope: Scope) -> None:
    """Refuse who lacks a scope: 401 where nobody is known, 403 where somebody may not."""
    if caller.may(scope):
        return
    if not caller.known:
        raise Problem("unauthenticated", f"this takes a key or a role with the scope {scope}", headers=_ASK)
    lacking = {"WWW-Authenticate": f'Bearer realm="countermark", error="insufficient_scope", scope="{scope}"'}
    raise Problem("forbidden", f"this takes the scope {scope}", headers=lacking)


def who(request: "Request", service: "Service") -> Caller:
    """Say who asks: by key, else by session, else anybody, where anybody may."""
    caller = known(request, service)
    if caller is not None:
        return caller
    if service.options.service.anonymous:
        _refuse_elsewhere(request, service.options)
        return SOMEBODY
    raise Problem("unauthenticated", "this service answers nobody without a key", headers=_ASK)


def known(request: "Request", service: "Service") -> Caller | None:
    """Say who asks, by key or by session; None where neither is shown, or the session is over."""
    if not hasattr(request.state, "known"):
        given = request.headers.get("authorization")
        request.state.known = _by_session(request, service) if given is None else _by_key(given, request, service)
    found: Caller | None = request.state.known
    return found


def counted(request: "Request", service: "Service") -> Caller:
    """Say who asks, as `who` does, and count the request: the first time that this is asked of it."""
    if getattr(request.state, "caller", None) is None:
        caller = who(request, service)
        count(request, service, caller, "request")
        request.state.caller = caller
    found: Caller = request.state.caller
    return found


def count(request: "Request", service: "Service", caller: Caller, kind: "Kind") -> Standing:
    """Count one more of a kind for whoever asks; 429 where it is too many. Each check counts besides: `for_check`."""
    if not caller.known:
        return count_by(request, service, client_address(request, service.options), kind)
    standing = count_by(request, service, caller.made_by, kind)
    shared = service.rates.hit_tenant(caller.tenant_id, kind)
    return standing if shared.allowed else allowed(request, shared, kind, known=True)


@dataclass
class Asked:
    """What is asked for, and whether it was laid; what is refused on the way, or was laid before, is not."""

    laid: bool = False


@contextmanager
def for_check(request: "Request", service: "Service", caller: Caller) -> Iterator[Asked]:
    """Keep a place for a check or a stamp while it is read; 429 where there is none. It counts once it is laid."""
    name = caller.made_by if caller.known else client_address(request, service.options)
    tenant_id = caller.tenant_id if caller.known else None
    before = getattr(request.state, "standing", None)
    allowed(request, service.rates.hold(name, "check", tenant_id), "check", known=caller.known)
    asked = Asked()
    try:
        yield asked
    finally:
        service.rates.let_go(name, "check", tenant_id, counts=asked.laid)
        if not asked.laid:
            request.state.standing = before


def count_anybody(request: "Request", service: "Service") -> None:
    """Count a request of whoever asks for what everybody may have, also where nobody else is answered."""
    count(request, service, known(request, service) or SOMEBODY, "request")


def count_by(request: "Request", service: "Service", name: str, kind: "Kind") -> Standing:
    """Count one more of a kind under a name."""
    return allowed(request, service.rates.hit(name, kind), kind, known=name.startswith(("key:", "person:")))


def allowed(request: "Request", standing: Standing, kind: "Kind", *, known: bool = False) -> Standing:
    """Say in the answer how whoever asks stands; 429 where it is too many."""
    request.state.standing = standing
    if not standing.allowed:
        anybody = not known and kind in _SET_BY
        more = _MORE.format(_SET_BY[kind]) if anybody else ""
        raise Problem(
            "too-many-requests",
            f"that was more than {standing.limit} {_TOO_MANY[kind]}{_ANYBODY if anybody else ''}",
            advice=f"{'try' if kind == 'sign_in' else 'ask'} again in {_in_words(standing.reset_s)}{more}",
            headers={"Retry-After": str(standing.reset_s)},
        )
    return standing


def _in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"


class StandingHeaders:
    """Says in every answer how whoever asked stands: RateLimit-Limit, -Remaining, -Reset. An ASGI middleware."""

    def __init__(self, app: "ASGIApp") -> None:
        """Stand before an app."""
        self._app = app

    async def __call__(self, scope: "Connection", receive: "Receive", send: "Send") -> None:
        """Pass everything on, and add to the head of the answer."""

        async def told(message: "Message") -> None:
            standing: Standing | None = scope.get("state", {}).get("standing")
            if message["type"] == "http.response.start" and standing is not None:
                said = {"limit": standing.limit, "remaining": standing.remaining, "reset": standing.reset_s}
                added = [(f"ratelimit-{name}".encode(), str(value).encode()) for name, value in said.items()]
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        await self._app(scope, receive, told)


# Addresses -----------------------------------------------------------------------------------------------------------


def client_address(request: "Request", options: Settings) -> str:
    """Give the address of whoever asks: as the proxies say that the settings name, and nobody else."""
    peer = request.client.host if request.client else NOWHERE
    believed = _networks(options.service.proxies)
    passed = [part.strip() for line in request.headers.getlist("x-forwarded-for") for part in line.split(",")]
    while passed and _among(peer, believed):
        before = _read(passed.pop())
        if before is None:
            break  # what is no address tells nothing; the proxy itself is as far as can be seen
        peer = str(before)
    return peer


def _read(text: str) -> Address | None:
    """Read an address, with or without a port; one of IPv4 inside one of IPv6 is that of IPv4.

    >>> _read("203.0.113.7:4711"), _read("[2001:db8::1]:4711"), _read("unknown")
    (IPv4Address('203.0.113.7'), IPv6Address('2001:db8::1'), None)
    """
    bare = text.partition("]")[0].lstrip("[") if text.startswith("[") else text
    try:
        found = ipaddress.ip_address(bare.partition(":")[0] if bare.count(":") == 1 else bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _networks(proxies: str) -> list[Network]:
    """Read addresses and networks; what is neither is believed by nobody."""
    found = []
    for part in filter(None, map(str.strip, proxies.split(","))):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            continue
    return found


def _among(address: str, networks: list[Network]) -> bool:
    plain = _read(address)
    return plain is not None and any(plain in network for network in networks)


# Sessions ------------------------------------------------------------------------------------------------------------


def session_token(request: "Request", options: Settings) -> str | None:
    """Give the token of the session's cookie."""
    return request.cookies.get(cookie_name(options))


def cookie_name(options: Settings) -> str:
    """Give the name of the session's cookie; under https one that no other host can set."""
    return "__Host-countermark" if is_secure(options) else "countermark"


def is_secure(options: Settings) -> bool:
    """Say whether people reach the service by https."""
    return options.service.public_url.lower().startswith("https:")


def set_session(response: "Response", token: str, options: Settings) -> None:
    """Give a browser its session, for as long as it lasts."""
    life = round(options.service.session_s)
    secure = is_secure(options)
    response.set_cookie(
        cookie_name(options), token, max_age=life, path="/", secure=secure, httponly=True, samesite="lax"
    )


def end_session(response: "Response", options: Settings) -> None:
    """Take a browser's session away."""
    response.delete_cookie(cookie_name(options), path="/", secure=is_secure(options), httponly=True, samesite="lax")


def csrf_token(request: "Request", options: Settings) -> str:
    """Give what a form carries in its field `csrf`; it follows from the session, and is empty without one."""
    token = session_token(request, options)
    return tokens.derived(token, "csrf") if token else ""


def csrf_holds(request: "Request", options: Settings, given: str) -> bool:
    """Say whether a form's field is that of this session."""
    right = csrf_token(request, options)
    return bool(right) and tokens.same(right, given)


def meant(request: "Request", options: Settings, field: str = "") -> bool:
    """Say whether who is signed in meant to send it: by a form's field or a header, or since it came from here."""
    given = field or request.headers.get(CSRF_HEADER, "")
    return csrf_holds(request, options, given) if given else from_here(request, options)


def from_here(request: "Request", options: Settings) -> bool:
    """Say whether a browser sent it from a page of this service, by its own word."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "null")
    return origin in (_origin(options.service.public_url), f"{request.url.scheme}://{request.url.netloc}")


def _refuse_elsewhere(request: "Request", options: Settings) -> None:
    """Refuse changes for who has no key where a browser says that a page of another site sent them.

    That page would spend what its visitor's address may ask. What says nothing is a program, or an old browser.
    """
    says = "sec-fetch-site" in request.headers or "origin" in request.headers
    if request.method not in SAFE and says and not from_here(request, options):
        advice = "open this service, and send it from there; programs use a key"
        raise Problem("forbidden", "that was not sent from a page of this service", advice=advice)


def refuse_to_spend_from_elsewhere(request: "Request") -> None:
    """Refuse, without a key, what counts as a check though it is fetched, as by a picture in another site's page."""
    elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if elsewhere and "authorization" not in request.headers:
        advice = "open this service, and ask for it there; programs use a key"
        raise Problem("forbidden", "that was not asked for on a page of this service", advice=advice)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _by_session(request: "Request", service: "Service") -> Caller | None:
    token = session_token(request, service.options)
    caller = service.accounts.person_of(token) if token else None
    if caller is not None and request.method not in SAFE and not meant(request, service.options):
        raise Problem(
            "forbidden",
            "whoever is signed in changes things from pages of this service alone",
            advice="programs use a key, `Authorization: Bearer cmk_…`; a script with somebody's cookie sends `Origin`,"
            " this service's address",
        )
    return caller


def _by_key(given: str, request: "Request", service: "Service") -> Caller:
    """Say whose key it is; tries with wrong ones count against the address."""
    way, _, key = given.strip().partition(" ")
    caller = service.accounts.caller_of_key(key.strip()) if way.lower() == "bearer" else None
    if caller is None:
        count_by(request, service, client_address(request, service.options), "request")
        wrong = {"WWW-Authenticate": 'Bearer realm="countermark", error="invalid_token"'}
        raise Problem("unauthenticated", "that key opens nothing here: it is wrong, revoked or expired", headers=wrong)
    return caller
