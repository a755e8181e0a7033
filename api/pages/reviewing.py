"""The review console: queues, a claimed review with its video beside the evidence, the decision, and undoing it.

Who is at a review sees its media; nobody else does. Each answer with media asks again who holds the claim.
"""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import quote

from ...accounts import Caller, Scope
from ...docket import Check
from ...errors import CheckMissing
from ...moderation.people import Said, claiming, queues, reviewing
from ...moderation.people.values import CATEGORIES, FINDINGS, Answer, Authenticity, ReviewJob
from ...moderation.values import ACTIONS, Action
from ..problems import Problem
from ..v1 import access
from ..v1.moderating.reviews import refuse_programs, settled_by
from ..who import counted, refuse_without
from . import reviewed
from .forms import Fields, fields
from .member import member, to_sign_in
from .shell import POLICY, page

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest

    from ..service import Service

READ: Scope = "moderation:read"
WRITE: Scope = "reviews:write"
CONSOLE = {"Content-Security-Policy": f"{POLICY}; media-src 'self'"}  # the one page that plays anything
_MEDIA = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime"}
_WORDED = ("label", "restrict")
_PICTURES = {".jpg": "image/jpeg", ".png": "image/png"}


def add(made: "APIRouter", service: "Service") -> None:
    """Serve them."""
    _queues(made, service)
    _console(made, service)
    _claims(made, service)
    _opinions(made, service)
    _media(made, service)


def _queues(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response
    from fastapi.responses import RedirectResponse

    @made.get("/queues")
    def mine(request: Request) -> Response:
        """List the queues that the caller may work, with what waits in each."""
        caller = member(request, service, READ)
        if caller is None:
            return to_sign_in(request)
        covers = {one.name: one for one in queues.listed(service.desk, caller.tenant_id, caller.made_by)}
        waiting = queues.waiting(service.desk, caller.tenant_id, caller.made_by)
        rows = tuple((covers[one.queue], one) for one in waiting if one.queue in covers)
        values: dict[str, Any] = {
            "rows": rows,
            "may_review": caller.may(WRITE),
            "empty": request.query_params.get("done") == "none",
        }
        return page(request, service.options, "queues.html", caller=caller, **values)

    @made.post("/queues/next")
    def take_next(request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Claim what is next, and lead there."""
        caller = member(request, service, WRITE)
        if caller is None:
            return to_sign_in(request, "/queues")
        refuse_programs(caller)
        queue = form.one("queue") or None
        job = claiming.take_next(service.desk, caller.tenant_id, caller.made_by, queue)
        return RedirectResponse("/queues?done=none" if job is None else _path(job.id), 303)


def _console(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response

    @made.get("/reviews/{review_id}")
    def console(review_id: str, request: Request) -> Response:
        """Show a review to who is at it, what came of it, or whether it can be taken."""
        caller = member(request, service, WRITE)
        if caller is None:
            return to_sign_in(request)
        refuse_programs(caller)
        job = reviewing.get(service.desk, caller.tenant_id, review_id, caller.made_by)
        values: dict[str, Any] = {"job": job, "done": request.query_params.get("done", "")}
        if job.settled_at is not None:
            values["may_undo"] = job.effective_at is not None and job.effective_at > service.desk.now()
            return page(request, service.options, "review_over.html", caller=caller, **values)
        if not _holds(service, job, caller):
            taken = job.claimed_until is not None and job.claimed_until > service.desk.now()
            values |= {"taken": taken and job.claimed_by != caller.made_by, "mine": bool(job.opinions)}
            status = 409 if values["taken"] else 200
            return page(request, service.options, "review_free.html", caller=caller, status=status, **values)
        values |= reviewed.values(service, caller, job, _check(service, caller, job))
        values["media"] = _linked(service, job) if values["shows_video"] else None
        return page(request, service.options, "review.html", caller=caller, headers=CONSOLE, **values)


def _claims(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response
    from fastapi.responses import RedirectResponse

    @made.post("/reviews/{review_id}/take")
    def take(review_id: str, request: Request) -> Response:
        """Claim this one."""
        caller = _reviewer(request, service)
        claiming.take(service.desk, caller.tenant_id, review_id, caller.made_by)
        return RedirectResponse(_path(review_id), 303)

    @made.post("/reviews/{review_id}/extend")
    def extend(review_id: str, request: Request) -> Response:
        """Begin the claim's time anew."""
        caller = _reviewer(request, service)
        claiming.extend(service.desk, caller.tenant_id, review_id, caller.made_by)
        return RedirectResponse(_path(review_id), 303)

    @made.post("/reviews/{review_id}/give-back")
    def give_back(review_id: str, request: Request) -> Response:
        """Let others have it."""
        caller = _reviewer(request, service)
        claiming.give_back(service.desk, caller.tenant_id, review_id, caller.made_by)
        return RedirectResponse("/queues", 303)


def _opinions(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response
    from fastapi.responses import RedirectResponse

    @made.post("/reviews/{review_id}/opinion")
    def decide(review_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Say what it is, and what is to be done."""
        caller = _reviewer(request, service)
        settled_by(service, caller, review_id, said(form))
        return RedirectResponse(f"{_path(review_id)}?done=given", 303)

    @made.post("/reviews/{review_id}/undo")
    def undo(review_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Take back what was decided, while its effects are not out."""
        caller = _reviewer(request, service)
        reason = form.one("reason")
        if not reason:
            raise Problem("unprocessable", "no reason was given", advice="say why it is taken back, in a sentence")
        reviewing.undo(service.desk, caller.tenant_id, review_id, caller.made_by, reason)
        return RedirectResponse(f"{_path(review_id)}?done=undone", 303)


def said(form: Fields) -> Said:
    """Read a decision; Problem where a part of it is lacking or is none that there is.

    >>> from countermark.api.pages.forms import parsed
    >>> said(parsed(b"finding=synthetic&actions=label&label=AI&reason=hands")).actions
    (Action(kind='label', value='AI'),)
    """
    finding, category, answer = form.one("finding"), form.one("category"), form.one("answer")
    if finding not in FINDINGS:
        raise Problem("unprocessable", "nothing was chosen", advice="say what the video is, and send it again")
    if category not in ("", *CATEGORIES) or answer not in ("", "ACCEPT", "REJECT"):
        raise Problem("unprocessable", "there is no such choice", advice="choose one that the page offers")
    kinds = [kind for kind in ACTIONS if kind in form.all("actions")]
    if set(form.all("actions")) - set(ACTIONS):
        raise Problem("unprocessable", "there is no such action", advice="choose some that the page offers")
    if not form.one("reason"):
        raise Problem("unprocessable", "no reason was given", advice="say why, in a sentence or two")
    actions = tuple(Action(kind, form.one(kind) if kind in _WORDED else "") for kind in kinds)
    if any(one.kind in _WORDED and not one.value for one in actions):
        raise Problem(
            "unprocessable", "a label needs words, a restriction whom it is for", advice="write them beside it"
        )
    if any(len(one.value) > reviewed.MOST_VALUE for one in actions):
        raise Problem("unprocessable", f"the words of an action have {reviewed.MOST_VALUE} letters at most")
    return Said(
        finding,
        actions,
        form.one("reason"),
        cast(Authenticity, category) if category else None,
        cast(Answer, answer) if answer else None,
    )


# Media --------------------------------------------------------------------------------------------------------------


def _media(made: "APIRouter", service: "Service") -> None:
    from fastapi import Query, Request, Response
    from fastapi.responses import StreamingResponse

    @made.get("/reviews/{review_id}/media")
    def video(
        review_id: str,
        request: Request,
        until: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
        signature: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        """Give the video, or a stretch of its bytes, by a link that the review's page made."""
        caller = _reviewer(request, service)
        job = _held(service, caller, review_id)
        if not service.links.holds(_media_path(job), until, signature, time.time()):
            raise Problem("forbidden", "this link does not hold, or no longer", advice="load the review's page again")
        check = _check(service, caller, job)
        if check is None or not reviewed.may_play(service, caller, job, check):
            raise access.missing("media", review_id)
        key = str(check.object_key)
        size = service.objects.size(key)
        if size is None:
            raise access.missing("media", review_id)
        kind = _TYPES.get(PurePath(check.name).suffix.lower(), "video/mp4")
        headers = {**_MEDIA, "Accept-Ranges": "bytes"}
        asked = request.headers.get("range", "")
        span = stretch(asked, size) if asked else (0, size)
        if span is None:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        start, end = span
        headers["Content-Length"] = str(end - start)
        if asked and (start, end) != (0, size) or asked.startswith("bytes=0-"):
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
            return StreamingResponse(service.objects.chunks(key, start, end), 206, headers, kind)
        return StreamingResponse(service.objects.chunks(key, start, end), 200, headers, kind)

    @made.get("/reviews/{review_id}/pictures/{name}")
    def picture(review_id: str, name: str, request: Request) -> Response:
        """Give a frame that the check kept; it says nothing of the verdict."""
        caller = _reviewer(request, service)
        job = _held(service, caller, review_id)
        check = _check(service, caller, job)
        shown = () if check is None else reviewed.frames(service, caller, job, check)
        found = next((one for one in shown if one.name == name), None)
        if found is None:
            raise access.missing("picture", name)
        kind = _PICTURES.get(PurePath(name).suffix, "application/octet-stream")
        return Response(service.objects.read(found.object_key), media_type=kind, headers=_MEDIA)


def stretch(asked: str, size: int) -> tuple[int, int] | None:
    """Give the first byte of a range and the one after its last; all of it where several are asked for; None: unfit.

    >>> stretch("bytes=2-5", 10), stretch("bytes=-3", 10), stretch("bytes=8-", 10), stretch("bytes=10-", 10)
    ((2, 6), (7, 10), (8, 10), None)
    """
    unit, _, said_range = asked.partition("=")
    first, dash, last = said_range.strip().partition("-")
    plain = all(not one or (one.isascii() and one.isdigit() and len(one) < 19) for one in (first, last))
    if unit.strip() != "bytes" or not dash or not plain or not (first or last):
        return 0, size
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    return (start, end) if start < end else None


def _linked(service: "Service", job: ReviewJob) -> str:
    return service.links.made(_media_path(job), time.time()).path


def _media_path(job: ReviewJob) -> str:
    return f"/reviews/{job.id}/media"


# Who, and what ------------------------------------------------------------------------------------------------------


def _reviewer(request: "AnyRequest", service: "Service") -> Caller:
    caller = counted(request, service)
    refuse_without(caller, WRITE)
    refuse_programs(caller)
    return caller


def _holds(service: "Service", job: ReviewJob, caller: Caller) -> bool:
    until = job.claimed_until
    return job.claimed_by == caller.made_by and until is not None and until > service.desk.now()


def _held(service: "Service", caller: Caller, review_id: str) -> ReviewJob:
    """Give a review that the caller is at."""
    job = reviewing.get(service.desk, caller.tenant_id, review_id, caller.made_by)
    if job.settled_at is not None or not _holds(service, job, caller):
        raise Problem("conflict", "only who is at this review sees its media", advice="claim it first")
    return job


def _check(service: "Service", caller: Caller, job: ReviewJob) -> Check | None:
    """Give what the review is of; None where it is gone."""
    try:
        check = service.docket.get(job.submission.check_id)
    except CheckMissing:
        return None
    return None if check.deleted_at is not None else access.shown_of(check, caller)


def _path(review_id: str) -> str:
    return f"/reviews/{quote(review_id)}"
