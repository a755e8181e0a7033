"""Checks: ask for one, look at it, list, cancel and delete them, fetch their pictures and their evidence bundle."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ...accounts import Caller
from ...docket import Check, Status
from ...errors import CheckMissing, JobsUnavailable
from ...verdict import Outcome
from .. import bundles
from ..problems import Problem
from ..who import Asked, count_anybody, for_check, needs
from . import access, asking, shapes
from .examples import BY_URL, CHECK, CHECKS, OPENED, answers

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service

ROUTE = "POST /v1/checks"
RETRY_S = "1"
_FIELDS = ("name", "policy_id", "item_id", "item_type", "callback_url", "external_id", "lane")
_WAYS: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/CheckAsked"}, "example": BY_URL},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    **{name: {"type": "string"} for name in _FIELDS},
                    **{name: {"type": "string", "description": "JSON"} for name in ("metadata", "retention")},
                },
            }
        },
        "video/*": {"schema": {"type": "string", "format": "binary"}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["checks"])
    _asking(made, service)
    _looking(made, service)
    _ending(made, service)
    _bringing(made, service)
    _bundling(made, service)
    return made


def _asking(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Request, Response

    @made.post(
        "/checks",
        status_code=202,
        response_model=shapes.CheckOpened,
        openapi_extra={"requestBody": _WAYS},
        responses=answers(202, OPENED, 401, 408, 409, 415, 507),
    )
    async def ask_check(
        request: Request,
        caller: Annotated[Caller, Depends(needs("checks:write"))],
        key: Annotated[str | None, Header(alias="Idempotency-Key", description="the same request again")] = None,
    ) -> Response:
        """Have a file checked: sent as a form, as the body, or named by URL or upload."""
        once = asking.Once(service, caller, request, ROUTE)
        with for_check(request, service, caller) as asked:
            async with asking.sent(service, request, caller) as what:
                return await asyncio.to_thread(_opened_once, service, caller, what, once, asked)


def _opened_once(service: "Service", caller: Caller, what: asking.Sent, once: asking.Once, asked: Asked) -> Any:
    from starlette.responses import Response

    laid = once.laid(what.asked, what.file, lambda claim: asking.opened(service, caller, what, claim).check.id)
    asked.laid = not laid.again
    check = access.without_closed(service, access.standing(service, caller, laid.id))
    told = shapes.CheckOpened(**shapes.listed(check), manage=service.docket.manage_of(check))
    headers = {"Location": f"/v1/checks/{check.id}", "Retry-After": RETRY_S, **laid.headers}
    return Response(told.model_dump_json(), 202, headers=headers, media_type="application/json")


def _looking(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Query, Response
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("checks:read"))]

    @made.get("/checks", response_model=shapes.Checks, responses=answers(200, CHECKS, 401, 403, 409))
    def list_checks(
        caller: Reader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        verdict: Outcome | None = None,
        status: Status | None = None,
    ) -> shapes.Checks:
        """List checks, the last laid first. Who asked without a key has links, and no list."""
        if not caller.known:
            raise Problem("unauthenticated", "a list takes a key: without one, a check is found by its link alone")
        page = service.docket.listed(caller.tenant_id, cursor=cursor, limit=limit, outcome=verdict, status=status)
        found = [shapes.listed(access.without_closed(service, one)) for one in page.checks]
        return shapes.Checks(checks=[shapes.CheckListed(**one) for one in found], next=page.next)

    @made.get(
        "/checks/{check_id}",
        response_model=shapes.CheckShown,
        responses={**answers(200, CHECK, 404, 410), 304: {"description": "As it was, by If-None-Match"}},
    )
    def get_check(
        check_id: Annotated[str, InPath(max_length=80)],
        caller: Reader,
        known: Annotated[str | None, Header(alias="If-None-Match", max_length=4096)] = None,
    ) -> Response:
        """Look at a check as it stands: how far it is, what was seen so far, its verdict and their history."""
        check = access.shown(service, caller, check_id)
        text = shapes.shown(check, service.options, service.links, time.time()).model_dump_json()
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
        if not check.over:
            headers["Retry-After"] = RETRY_S
        if known is not None and _names(known, tag):
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type="application/json")


def _names(given: str, tag: str) -> bool:
    """Say whether an If-None-Match names this."""
    told = {one.strip().removeprefix("W/") for one in given.split(",")}
    return tag in told or "*" in told


def _ending(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response
    from fastapi import Path as InPath

    Asker = Annotated[Caller, Depends(needs("checks:write"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.post(
        "/checks/{check_id}/cancel",
        response_model=shapes.CheckListed,
        responses=answers(200, {**OPENED, "status": "cancelled", "stage": "done", "progress": 1.0}, 403, 404, 409, 410),
    )
    def cancel_check(check_id: Id, request: Request, caller: Asker) -> shapes.CheckListed:
        """End a check that is not over."""
        check = access.owned(service, caller, check_id, request)
        ended = cancel(service, check, caller)
        return shapes.CheckListed(**shapes.listed(access.without_closed(service, ended)))

    @made.delete("/checks/{check_id}", status_code=204, responses=answers(None, None, 403, 404, 409, 410))
    def delete_check(check_id: Id, request: Request, caller: Asker) -> Response:
        """Erase a check with its media, pictures and verdicts; a tombstone with id, times and digest stays."""
        check = access.owned(service, caller, check_id, request)
        delete(service, check, caller)
        return Response(status_code=204)


def cancel(service: "Service", check: Check, caller: Caller) -> Check:
    """End a check; the docket says so first, and whoever works on it sees that."""
    ended = service.docket.cancel(check.id, caller.made_by, tenant_id=check.tenant_id)
    _out_of_queue(service, check)
    return ended


def delete(service: "Service", check: Check, caller: Caller) -> None:
    """Erase a check."""
    try:
        service.docket.delete(check.id, caller.made_by, tenant_id=check.tenant_id)
    except CheckMissing:
        return  # another request was quicker
    if not check.over:
        _out_of_queue(service, check)


def _out_of_queue(service: "Service", check: Check) -> None:
    try:
        service.jobs.cancel_check(check.id)
    except JobsUnavailable:
        pass  # the worker that takes it finds that it is over


def _bringing(made: "APIRouter", service: "Service") -> None:
    from fastapi import Path as InPath
    from fastapi import Query, Request, Response

    Id = Annotated[str, InPath(max_length=80)]
    picture_types = {".jpg": "image/jpeg", ".png": "image/png"}

    @made.get(
        "/checks/{check_id}/pictures/{name}",
        response_class=Response,
        responses={
            **answers(None, None, 403, 404, 410),
            200: {"description": "The picture", "content": {kind: {} for kind in picture_types.values()}},
        },
    )
    def get_picture(
        check_id: Id,
        request: Request,
        name: Annotated[str, InPath(max_length=64)],
        until: Annotated[int, Query(ge=0, le=1 << 40)],
        signature: Annotated[str, Query(max_length=64)],
    ) -> Response:
        """Fetch a picture by the link that its check gave; a link holds for half an hour at most."""
        count_anybody(request, service)
        now = time.time()
        if not service.links.holds(shapes.picture_path(check_id, name), until, signature, now):
            advice = "ask for the check again: it gives links that hold"
            raise Problem("forbidden", "this link does not hold, or no longer", advice=advice)
        check = service.docket.get(check_id)
        if service.banks.closed(check.id):
            advice = "ask those reviewers, or the operator"
            raise Problem("forbidden", "this is closed to all but the reviewers of its queue", advice=advice)
        found = next((one for one in check.pictures if one.name == name), None)
        if found is None:
            raise access.missing("picture", name)
        data = service.objects.read(found.object_key)
        kind = picture_types.get(Path(name).suffix, "application/octet-stream")
        headers = {"Cache-Control": f"private, max-age={max(0, until - int(now))}"}
        return Response(data, media_type=kind, headers=headers)


def _bundling(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response
    from fastapi import Path as InPath

    Id = Annotated[str, InPath(max_length=80)]
    Reader = Annotated[Caller, Depends(needs("checks:read"))]

    @made.get(
        "/checks/{check_id}/bundle",
        response_class=Response,
        responses={
            **answers(None, None, 404, 409, 410),
            200: {"description": "A zip that `countermark bundle verify` checks", "content": {"application/zip": {}}},
        },
    )
    async def get_bundle(check_id: Id, request: Request, caller: Reader) -> Response:
        """Fetch the evidence bundle: verdicts, pictures and digests, signed, to be verified without this service."""
        check = await asyncio.to_thread(access.shown, service, caller, check_id)
        return await bundles.answer(request, service, caller, check)
