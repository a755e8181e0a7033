"""The pages of one check: asking for it, waiting for it, its result, what somebody thinks of it, and its end."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from ...accounts import Caller
from ...docket import Check
from ...errors import CheckMissing
from .. import bundles
from ..problems import Problem
from ..v1 import access, asking
from ..v1.checks import cancel as cancel_check
from ..v1.checks import delete as delete_check
from ..who import counted, for_check, from_here, is_secure, refuse_without
from . import moderating, staff
from .forms import Fields, fields
from .results import progress_values, result_values
from .shell import anybody, chosen_language, page

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest
    from starlette.responses import Response as AnyResponse

    from ..service import Service

Says = Literal["right", "wrong", "unclear"]

MANAGE_COOKIE = "countermark_manage"  # each check has its own, by its path
SAYS: tuple[Says, ...] = get_args(Says)
MOST_COMMENT = 2000
REFRESH_S = 3  # between two looks of a browser without script
_DAY_S = 24 * 3600


def add(made: "APIRouter", service: "Service") -> None:
    """Serve them."""
    _asking(made, service)
    _watching(made, service)
    _bundling(made, service)
    _saying(made, service)
    _ending(made, service)


def _asking(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response
    from fastapi.responses import RedirectResponse

    options = service.options

    @made.get("/")
    def start(request: Request) -> Response:
        """Take a file or a link."""
        caller = anybody(request, service)
        return page(request, options, "home.html", caller=caller, closed=caller is None, empty=False)

    @made.post("/check")
    async def ask(request: Request) -> Response:
        """Lay a check, and lead to its page."""
        caller = await asyncio.to_thread(_asker, request, service)
        with for_check(request, service, caller) as asked:
            async with asking.sent(service, request, caller) as what:
                if not asking.ways(what.asked, what.file is not None):
                    return page(request, options, "home.html", caller=caller, status=422, closed=False, empty=True)
                opened = await asyncio.to_thread(asking.opened, service, caller, what)
                asked.laid = True
        answer = RedirectResponse(f"/c/{opened.check.id}", 303)
        if opened.manage is not None:
            answer.set_cookie(
                MANAGE_COOKIE,
                opened.manage,
                max_age=round(options.service.record_kept_days * _DAY_S),
                path=f"/c/{opened.check.id}",
                secure=is_secure(options),
                httponly=True,
                samesite="strict",
            )
        return answer


def _asker(request: "AnyRequest", service: "Service") -> Caller:
    """Give who asks, if it may."""
    caller = counted(request, service)
    refuse_without(caller, "checks:write")
    return caller


def _watching(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response

    @made.get("/c/{check_id}")
    def check_page(check_id: str, request: Request) -> Response:
        """Show how far it is, or its result."""
        caller = counted(request, service)
        try:
            check = access.shown(service, caller, check_id)
        except CheckMissing:
            return _public(request, service, caller, access.shown_to_everybody(service, caller, check_id))
        return _shown(request, service, caller, check, "thanks" in request.query_params)

    @made.get("/c/{check_id}/progress")
    def progress(check_id: str, request: Request) -> Response:
        """Give the part of the page that changes; once it is over, have the browser load the result."""
        caller = counted(request, service)
        check = access.shown(service, caller, check_id)
        headers = {"HX-Refresh": "true"} if check.over else {}
        return page(
            request, service.options, "progress_part.html", caller=caller, headers=headers, **progress_values(check)
        )


def _shown(request: "AnyRequest", service: "Service", caller: Caller, check: Check, thanks: bool) -> "AnyResponse":
    options, verdict = service.options, check.verdict
    ends = access.may_end(service, caller, check, request.cookies.get(MANAGE_COOKIE, ""))
    may: dict[str, Any] = {"may_delete": ends, "thanks": thanks, **staff.values(request, caller, check)}
    if verdict is not None:
        may |= {"stranger": False, "public_since": service.docket.published(check.id)}
        values = result_values(check, verdict, service, chosen_language(request))
        values |= moderating.values(request, service, caller, check)
        return page(request, options, "result.html", caller=caller, **values, **may)
    template = "ended.html" if check.over else "progress.html"
    values = {**progress_values(check), "refresh_s": REFRESH_S}
    return page(request, options, template, caller=caller, **values, **may)


def _public(request: "AnyRequest", service: "Service", caller: Caller, check: Check) -> "AnyResponse":
    """Show what its tenant shows to everybody: nothing can be done there, whoever looks."""
    verdict = check.verdict
    if verdict is None:
        raise access.missing("check", check.id)
    values = result_values(check, verdict, service, chosen_language(request))
    may = {"may_delete": False, "may_hold": False, "may_find": False, "decisions": None, "signs": False}
    return page(request, service.options, "result.html", caller=caller, **{**values, **may, "stranger": True})


def _bundling(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response

    def seen(request: "AnyRequest", check_id: str) -> tuple[Caller, Check]:
        caller = counted(request, service)
        return caller, access.shown(service, caller, check_id)

    @made.get("/c/{check_id}/bundle")
    async def bundle(check_id: str, request: Request) -> Response:
        """Give the evidence as one file, as the API does; where there can be none, a page says why."""
        caller, check = await asyncio.to_thread(seen, request, check_id)
        return await bundles.answer(request, service, caller, check)


def _saying(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response
    from fastapi.responses import RedirectResponse

    @made.post("/c/{check_id}/feedback")
    def feedback(check_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Keep what somebody thinks of the result."""
        caller = counted(request, service)
        check = access.readable(service, caller, check_id)
        said = next((one for one in SAYS if one == form.one("says")), None)
        if said is None:
            raise Problem("unprocessable", "nothing was chosen", advice="choose one of the three, and send it again")
        comment = form.one("comment")[:MOST_COMMENT]
        service.docket.give_feedback(check.id, said, comment, caller.made_by, tenant_id=check.tenant_id)
        return RedirectResponse(f"/c/{check.id}?thanks=1#feedback", 303)


def _ending(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response
    from fastapi.responses import RedirectResponse

    options = service.options

    @made.get("/c/{check_id}/delete")
    def confirm(check_id: str, request: Request) -> Response:
        """Ask whether that is meant."""
        caller, check = _owned(request, service, check_id)
        return page(request, options, "delete.html", caller=caller, check=check)

    @made.post("/c/{check_id}/delete")
    def delete(check_id: str, request: Request) -> Response:
        """Delete it."""
        caller, check = _owned(request, service, check_id)
        delete_check(service, check, caller)
        answer = page(request, options, "deleted.html", caller=caller, check=check)
        answer.delete_cookie(MANAGE_COOKIE, path=f"/c/{check.id}")
        return answer

    @made.post("/c/{check_id}/cancel")
    def cancel(check_id: str, request: Request) -> Response:
        """End it before it is over."""
        caller, check = _owned(request, service, check_id)
        if not check.over:
            cancel_check(service, check, caller)
        return RedirectResponse(f"/c/{check.id}", 303)


def _owned(request: "AnyRequest", service: "Service", check_id: str) -> tuple[Caller, Check]:
    """Give a check that whoever asks may end; a form that ends one comes from a page of this service."""
    caller = counted(request, service)
    check = access.readable(service, caller, check_id)
    if request.method == "POST" and not from_here(request, service.options):
        raise Problem("forbidden", "that was not sent from a page of this service")
    if not access.may_end(service, caller, check, request.cookies.get(MANAGE_COOKIE, "")):
        advice = "use the browser in which it was asked for, or ask whoever runs this service"
        raise Problem("forbidden", "only whoever asked for this check may end it", advice=advice)
    return caller, check
