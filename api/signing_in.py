"""Signing in and out: with a password here, or at an issuer of OpenID Connect. Knows forms, cookies and redirects.

What a browser needs between leaving for the issuer and coming back is in a cookie of its own, so that any process may
answer. Where somebody lands afterwards is always a path on this site.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import logging
from typing import TYPE_CHECKING, Annotated

from ..accounts import tokens
from ..accounts.oidc import RETURN_PATH, Issuer
from ..errors import CountermarkError, SignInFailed
from ..settings import Settings
from . import who
from .pages.faults import route_class
from .pages.shell import back_to, page
from .problems import Problem

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request
    from starlette.responses import Response

    from .service import Service

log = logging.getLogger(__name__)

TEMPLATE = "sign_in.html"  # given error, oidc and next
AWAY_PATH = "/sign-in/oidc"
_MOST_PLACE = 1000  # bytes of where somebody wants to go: a cookie holds no more than 4 kB
AWAY_S = 600  # that somebody may take at the issuer
_ELSEWHERE = "this was not sent from a page of this service: sign in here; a script sends this address as `Origin`"
_FAILED = "signing in does not work at the moment; ask the operator of this service"


def router(service: "Service") -> "APIRouter":
    """Serve signing in and out."""
    from fastapi import APIRouter

    made = APIRouter(route_class=route_class(service.options), include_in_schema=False)
    _here(made, service)
    if Issuer.offered(service.options):
        _elsewhere(made, service, Issuer(service.options))
    return made


def form(request: "Request", options: Settings, *, error: str = "", next: str = "/", status: int = 200) -> "Response":
    """Give the page with the form."""
    offered = Issuer.offered(options)
    return page(request, options, TEMPLATE, status=status, error=error, oidc=offered, next=back_to(next))


def _here(api: "APIRouter", service: "Service") -> None:
    from fastapi import Form, Request, Response

    options, accounts = service.options, service.accounts

    @api.get("/sign-in")
    def ask(request: Request, next: str = "/") -> Response:
        return form(request, options, next=next)

    @api.post("/sign-in")
    def sign_in(
        request: Request,
        email: Annotated[str, Form(max_length=254)] = "",
        password: Annotated[str, Form(max_length=1024)] = "",
        next: Annotated[str, Form(max_length=2048)] = "/",
    ) -> Response:
        if not who.from_here(request, options):
            return form(request, options, error=_ELSEWHERE, next=next, status=403)
        try:
            account = tokens.hash_of(email.strip().casefold())
            who.allowed(request, service.rates.hit_sign_in(who.client_address(request, options), account), "sign_in")
            token = accounts.sign_in(email.replace("\0", " "), password)  # PostgreSQL would refuse the question
        except Problem as problem:
            refused = form(request, options, error=f"{problem.detail}; {problem.advice}", next=next, status=429)
            refused.headers.update(problem.headers)
            return refused
        except SignInFailed as error:
            return form(request, options, error=f"{error}", next=next, status=401)
        return _begun(request, service, token, next)

    @api.post("/sign-out")
    def sign_out(request: Request, csrf: Annotated[str, Form(max_length=200)] = "") -> Response:
        token = who.session_token(request, options)
        if token and not who.meant(request, options, csrf):
            raise Problem("forbidden", "this was not sent from a page of this service", advice="sign out from its menu")
        if token:
            accounts.sign_out(token)
        answer = _to("/")
        who.end_session(answer, options)
        return answer


def _elsewhere(api: "APIRouter", service: "Service", issuer: Issuer) -> None:
    from fastapi import Query, Request, Response

    options, accounts = service.options, service.accounts

    @api.get(AWAY_PATH)
    def away(request: Request, next: Annotated[str, Query(max_length=2048)] = "/") -> Response:
        who.count_anybody(request, service)
        secret = tokens.new_secret()
        try:
            answer = _to(issuer.address(secret))
        except CountermarkError as error:
            return form(request, options, error=_said(error), next=next, status=502)
        place = back_to(next).encode()
        kept = f"{secret}.{(place if len(place) <= _MOST_PLACE else b'/').hex()}"
        answer.set_cookie(
            _cookie(options),
            kept,
            max_age=AWAY_S,
            path=AWAY_PATH,
            secure=who.is_secure(options),
            httponly=True,
            samesite="lax",
        )
        return answer

    @api.get(RETURN_PATH)
    def back(
        request: Request,
        code: Annotated[str, Query(max_length=4096)] = "",
        state: Annotated[str, Query(max_length=200)] = "",
        iss: Annotated[str | None, Query(max_length=2048)] = None,
        error: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        secret, next = _kept(request.cookies.get(_cookie(options), ""))
        try:
            if not secret:
                raise SignInFailed("this sign-in was begun elsewhere, or too long ago: begin again")
            if error or not code:
                raise SignInFailed("the issuer did not let you in: begin again, or ask there")
            began = tokens.hash_of(secret)
            who.allowed(request, service.rates.hit_sign_in(who.client_address(request, options), began), "sign_in")
            identity = issuer.identity(secret, code, state, iss)
            answer = _begun(request, service, accounts.signed_in_elsewhere(identity), next)
        except CountermarkError as trouble:
            answer = form(request, options, error=_said(trouble), next=next, status=401)
        answer.delete_cookie(
            _cookie(options), path=AWAY_PATH, secure=who.is_secure(options), httponly=True, samesite="lax"
        )
        return answer


def _begun(request: "Request", service: "Service", token: str, next: str) -> "Response":
    """Give a browser its new session, in place of the one that it may have had."""
    before = who.session_token(request, service.options)
    if before:
        service.accounts.sign_out(before)
    answer = _to(back_to(next))
    who.set_session(answer, token, service.options)
    return answer


def _to(url: str) -> "Response":
    from starlette.responses import RedirectResponse

    return RedirectResponse(url, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _cookie(options: Settings) -> str:
    return "__Secure-countermark-away" if who.is_secure(options) else "countermark-away"


def _kept(cookie: str) -> tuple[str, str]:
    """Read what the browser kept: the secret, and where it wants to go."""
    secret, _, place = cookie.partition(".")
    try:
        return secret, back_to(bytes.fromhex(place).decode())
    except ValueError:
        return "", "/"


def _said(error: CountermarkError) -> str:
    """Say what went wrong; what only the operator may read stays in the log."""
    log.warning("a sign-in failed: %s; %s", error, error.advice)
    return str(error) if isinstance(error, SignInFailed) else _FAILED
