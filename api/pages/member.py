"""The pages of those who are signed in: their checks, the registry, their keys. Each asks for its scope."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, Any, get_args
from urllib.parse import quote, urlencode

from ...accounts import SCOPE_WORDS, SCOPES, Caller, Scope
from ...docket import Status
from ...provenance.registry.record import GRAVITY
from ...verdict import Outcome
from ..problems import Problem
from ..v1.records import only_the_operator
from ..v1.shapes import MOST_NUMBER
from ..who import counted, known, refuse_without
from .forms import Fields, fields
from .shell import page
from .staff import may_revoke

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest
    from starlette.responses import Response as AnyResponse

    from ...provenance import Registry
    from ...provenance.registry.record import Record
    from ..service import Service

PAGE = 25
OUTCOMES: tuple[str, ...] = get_args(Outcome)
STATUSES: tuple[str, ...] = get_args(Status)
_MOST_TEXT = 512


def add(made: "APIRouter", service: "Service") -> None:
    """Serve them."""
    _checks(made, service)
    _registry(made, service)
    _keys(made, service)


def _checks(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response

    @made.get("/checks")
    def checks(request: Request, verdict: str = "", status: str = "", cursor: str = "") -> Response:
        """List the checks of the caller's tenant, the last first."""
        caller = member(request, service, "checks:read")
        if caller is None:
            return to_sign_in(request)
        chosen: dict[str, Any] = {
            "verdict": verdict if verdict in OUTCOMES else None,
            "status": status if status in STATUSES else None,
        }
        asked = {"outcome": chosen["verdict"], "status": chosen["status"]}
        found = service.docket.listed(caller.tenant_id, cursor=cursor or None, limit=PAGE, **asked)
        kept = {name: value for name, value in chosen.items() if value}
        following = f"/checks?{urlencode({**kept, 'cursor': found.next})}" if found.next else None
        return page(
            request,
            service.options,
            "checks.html",
            caller=caller,
            checks=found.checks,
            following=following,
            outcomes=OUTCOMES,
            chosen=chosen,
        )


def _registry(made: "APIRouter", service: "Service") -> None:
    from fastapi import Query, Request, Response
    from fastapi.responses import RedirectResponse

    Before = Annotated[int | None, Query(ge=0, le=MOST_NUMBER)]

    @made.get("/registry")
    def registry(request: Request, q: str = "", status: str = "", before: Before = None) -> Response:
        """List records, or look one up."""
        caller = member(request, service, "registry:read")
        if caller is None:
            return to_sign_in(request)
        only_the_operator(caller)
        asked = q.strip()[:_MOST_TEXT]
        if asked and (found := _looked_up(service.registry, asked)) is not None:
            return RedirectResponse(f"/r/{quote(found.manifest_id, safe=':')}", 303)
        chosen: Any = status if status in GRAVITY else None
        records = service.registry.listing(PAGE + 1, before, status=chosen)
        kept = {"status": chosen} if chosen else {}
        more = len(records) > PAGE
        following = f"/registry?{urlencode({**kept, 'before': records[PAGE - 1].position})}" if more else None
        values = {"records": records[:PAGE], "following": following, "chosen": chosen, "asked": asked}
        values["may_revoke"] = may_revoke(caller)
        return page(request, service.options, "registry.html", caller=caller, statuses=tuple(GRAVITY), **values)


def _looked_up(registry: "Registry", asked: str) -> "Record | None":
    """Find a record by whatever was typed: a manifest's id, the mark's payload, or the digest of a file."""
    low = asked.lower()
    return registry.by_manifest(asked) or registry.by_payload(low) or registry.by_digest(low)


def _keys(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response
    from fastapi.responses import RedirectResponse

    accounts = service.accounts

    def shown(request: "AnyRequest", caller: Caller, secret: str | None = None) -> "AnyResponse":
        scopes = tuple(scope for scope in SCOPES if caller.may(scope))
        found = accounts.keys(caller.tenant_id)
        now = datetime.now(UTC).isoformat()
        values: dict[str, Any] = {"keys": found, "scopes": scopes, "secret": secret, "now": now}
        values["scope_words"] = SCOPE_WORDS
        return page(request, service.options, "keys.html", caller=caller, **values)

    @made.get("/keys")
    def keys(request: Request) -> Response:
        """List the keys."""
        caller = member(request, service, "keys:write")
        return to_sign_in(request) if caller is None else shown(request, caller)

    @made.post("/keys")
    def make(request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Make a key, and tell its secret this once."""
        caller = member(request, service, "keys:write")
        if caller is None:
            return to_sign_in(request)
        wished = frozenset(form.all("scopes"))
        scopes = [scope for scope in SCOPES if scope in wished and caller.may(scope)]
        name = form.one("name")[:200]
        if not name or not scopes or len(scopes) != len(wished):
            advice = "give it a name, and choose what it may do, of what you may do yourself"
            raise Problem("unprocessable", "a key takes a name and one scope at least", advice=advice)
        _, secret = accounts.make_key(caller.tenant_id, name, scopes, caller.made_by, _until(form.one("until")))
        return shown(request, caller, secret)

    @made.post("/keys/{key_id}/revoke")
    def revoke(key_id: str, request: Request) -> Response:
        """Let a key open nothing more."""
        caller = member(request, service, "keys:write")
        if caller is None:
            return to_sign_in(request)
        if accounts.revoke_key(caller.tenant_id, key_id) is None:
            raise Problem("not-found", "there is no such key")
        return RedirectResponse("/keys", 303)


def _until(day: str) -> str | None:
    """Give the end of a day, in UTC; None where none was chosen."""
    if not day:
        return None
    try:
        return datetime.combine(datetime.strptime(day, "%Y-%m-%d"), time.max, UTC).isoformat()
    except ValueError:
        raise Problem("unprocessable", "that is no day", advice="choose a day, or leave it empty") from None


def member(request: "AnyRequest", service: "Service", scope: Scope) -> Caller | None:
    """Give who is signed in and may do that; None where nobody is."""
    if known(request, service) is None:
        return None
    caller = counted(request, service)
    refuse_without(caller, scope)
    return caller


def to_sign_in(request: "AnyRequest", back: str | None = None) -> "AnyResponse":
    """Lead to where one signs in, and from there back: to `back`, else to the page that was asked for."""
    from starlette.responses import RedirectResponse

    here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    following = back or (here if request.method == "GET" else request.url.path)
    return RedirectResponse(f"/sign-in?{urlencode({'next': following})}", 303)
