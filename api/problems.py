"""Errors as answers: application/problem+json of RFC 9457, each with advice. Knows errors and statuses; no routes.

What went wrong with a question is told in the error's own words. What went wrong with the service is told by its kind
alone: paths, addresses and texts of libraries stay in the log, which the request's id leads to.
"""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..errors import CountermarkError, PolicyInvalid, advice_to_askers, every_error

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
PLACE = "/v1/problems/"
_API = "/v1/"
RETRY_S = 5  # what who meets a service that is away for the moment is told to wait
MOST_FAULTS = 100  # of a document, that are named
ROOM_S = 600  # and who has as much here as they may


@dataclass(frozen=True)
class Kind:
    """One kind of problem, whose last word of `type` is its name."""

    name: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        """Its address, under which it is explained."""
        return PLACE + self.name


_PLAIN = (
    Kind("bad-request", 400, "Bad request", "see the route in /openapi.json, and send what it asks for"),
    Kind("unauthenticated", 401, "No key", "send a key: `Authorization: Bearer cmk_…`, or sign in"),
    Kind("forbidden", 403, "Not allowed", "ask an administrator for a key or a role with the scope that is named"),
    Kind("not-found", 404, "Not found", "see that the address is right; what was kept for a time may be gone"),
    Kind("method-not-allowed", 405, "Method not allowed", "see the header Allow, and the route in /openapi.json"),
    Kind("not-acceptable", 406, "Not acceptable", "ask for a type that is served here, or for */*"),
    Kind("too-slow", 408, "Too slow", "send it over a faster line, or as an upload that resumes: /v1/uploads"),
    Kind("conflict", 409, "Conflict", "look at how it stands first, then decide"),
    Kind("gone", 410, "Gone", "it was deleted, or its time was over; to know more of the video, send it again"),
    Kind("length-required", 411, "Length required", "say how long the body is, in Content-Length"),
    Kind("precondition-failed", 412, "Precondition failed", "ask where it stands, and go on from there"),
    Kind("too-large", 413, "Too large", "send less; `service.upload_bytes` says how much the operator takes"),
    Kind("uri-too-long", 414, "Address too long", "send it as a body"),
    Kind("unsupported-media", 415, "Unsupported type", "send a video file, or JSON as /openapi.json describes it"),
    Kind("wrong-host", 421, "Wrong host", "ask by the service's own name; the operator sets it: `service.public_url`"),
    Kind("unprocessable", 422, "Does not fit", "mend what is named, and send it again"),
    Kind("another-body", 422, "Same key, another request", "use a new Idempotency-Key for a new request"),
    Kind(
        "too-many-requests",
        429,
        "Too many requests",
        "ask again when Retry-After says, or use a key",
    ),
    Kind("headers-too-large", 431, "Headers too large", "send fewer and shorter headers"),
    Kind("checksum-mismatch", 460, "Checksum mismatch", "send the piece again from the same offset"),  # of tus
    Kind("failed", 500, "The service failed", "tell the operator the request_id: the log has more under it"),
    Kind("not-served", 501, "Not served here", "ask the operator; it takes a setting or an extra"),
    Kind("away", 503, "Not ready", "nothing was lost: ask again as Retry-After says"),
    Kind("storage-full", 507, "Storage is full", "ask again later; the operator has to make room"),
)
PLAIN: Mapping[str, Kind] = {kind.name: kind for kind in _PLAIN}

# What each error of ours means to whoever asked; one that is not here is the service's own fault.
_STATUS: Mapping[str, int] = {
    "CheckMissing": 404,
    "UnknownRecord": 404,
    "ModerationMissing": 404,
    "CheckUnfit": 409,
    "ModerationUnfit": 409,
    "NoKeys": 409,
    "OutputExists": 409,
    "RecordExists": 409,
    "ObjectMissing": 410,
    "OverLimit": 413,
    "AccountUnfit": 422,
    "CertificateUnfit": 422,
    "FetchFailed": 422,
    "HeadUnfit": 422,
    "InputEmpty": 422,
    "NetworkRefused": 422,
    "PolicyInvalid": 422,
    "PostUnresolved": 422,
    "StatementInvalid": 422,
    "UnreadableVideo": 422,
    "SignInFailed": 401,
    "QuotaReached": 429,
    "DiskFull": 507,
    "JobsUnavailable": 503,
    "ObjectsUnavailable": 503,
    "PackageMissing": 501,
    "RegistryUnavailable": 503,
    "TimestampFailed": 503,
}


# What is the operator's to mend, and no fault: said without the paths that its own words have.
_TOLD: Mapping[str, tuple[str, str]] = {
    "NoKeys": ("the operator has set up no signing identity", "ask the operator: it takes `countermark keys init`")
}


class Explained(BaseModel):
    """What a kind of problem means."""

    type: str
    title: str
    status: int
    advice: str


class Problem(Exception):
    """An answer that is an error."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        advice: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Take the name of a kind, and one line for whoever asked; `more` are further members of the answer."""
        super().__init__(detail)
        self.kind = PLAIN[kind]
        self.detail, self.advice = detail, advice or self.kind.advice
        self.headers, self.more = dict(headers or {}), dict(more or {})


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind that may be answered: the plain ones, and one for each error of ours that has a status."""
    errors = every_error()
    ours = (_kind_of(errors[name], status) for name, status in _STATUS.items())
    return {**PLAIN, **{kind.name: kind for kind in ours}}


def of_error(error: CountermarkError) -> Problem:
    """Say an error of ours as a problem; what only the operator may read stays out."""
    status = _STATUS.get(type(error).__name__)
    if status is None:
        return Problem("failed", "the service failed at this")
    problem = Problem("failed", str(error), advice=advice_to_askers(type(error), error.advice))
    problem.kind = _kind_of(type(error), status)
    if type(error).__name__ in _TOLD:
        problem.detail, problem.advice = _TOLD[type(error).__name__]
    elif isinstance(error, PolicyInvalid):
        faults = error.faults or (("document", str(error)),)
        problem.more["errors"] = [{"at": at or "document", "message": why} for at, why in faults[:MOST_FAULTS]]
    elif status >= 500:
        problem.detail, problem.advice = PLAIN[_BY_STATUS[status]].title, PLAIN[_BY_STATUS[status]].advice
    if status == 503:
        problem.headers["Retry-After"] = str(RETRY_S)
    if status == 429:
        problem.headers["Retry-After"] = str(ROOM_S)
    return problem


def of_status(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Problem:
    """Say a bare status as a problem."""
    name = _BY_STATUS.get(status, "failed" if status >= 500 else "bad-request")
    return Problem(name, detail or PLAIN[name].title, headers=headers)


def answer(problem: Problem, request_id: str = "") -> "Response":
    """Make the answer."""
    from starlette.responses import JSONResponse

    kind = problem.kind
    said = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": problem.detail}
    said |= {"advice": problem.advice, **({"request_id": request_id} if request_id else {}), **problem.more}
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JSONResponse(said, kind.status, headers=headers, media_type=MEDIA_TYPE)


def install(app: "FastAPI", as_page: "Callable[[Request, Problem], Response]") -> None:
    """Let an app answer every error so; `as_page`: outside of the API, to who wants to read."""
    from fastapi.exceptions import RequestValidationError
    from pydantic import ValidationError
    from starlette.exceptions import HTTPException

    def handled(explain: Callable[[Any], Problem]) -> Callable[["Request", Any], Awaitable["Response"]]:
        async def handle(request: "Request", error: Any) -> "Response":
            problem = explain(error)
            if problem.kind.status >= 500:
                log.error("a request failed: %s: %s", type(error).__name__, error)
            if not request.url.path.startswith(_API) and "text/html" in request.headers.get("accept", ""):
                return as_page(request, problem)
            return answer(problem, request.scope.get("state", {}).get("request_id", ""))

        return handle

    app.add_exception_handler(Problem, handled(lambda problem: problem))
    app.add_exception_handler(CountermarkError, handled(of_error))
    app.add_exception_handler(HTTPException, handled(_of_http))
    app.add_exception_handler(RequestValidationError, handled(of_validation))
    app.add_exception_handler(ValidationError, handled(of_validation))


def router() -> "APIRouter":
    """Serve what the `type` of a problem leads to."""
    from fastapi import APIRouter

    made = APIRouter(tags=["service"])

    @made.get("/problems/{name}", responses={404: {"description": "No such kind"}})
    def explain(name: str) -> Explained:
        """Say what a kind of problem means, and what to do about it."""
        kind = kinds().get(name)
        if kind is None:
            raise Problem("not-found", "there is no such kind of problem")
        return Explained(type=kind.type, title=kind.title, status=kind.status, advice=kind.advice)

    return made


def of_validation(error: Any) -> Problem:
    """Say what of a request does not fit, without saying it back."""
    errors = error.errors()
    told = [
        {"at": ".".join(str(part) for part in one["loc"]), "message": one["msg"].removeprefix("Value error, ")}
        for one in errors[:20]
    ]
    if any(one["type"] == "json_invalid" for one in errors):
        return Problem("bad-request", "the body is no JSON", more={"errors": told})
    first = told[0] if told else {"at": "request", "message": "does not fit"}
    return Problem("unprocessable", f"{first['at']}: {first['message']}"[:300], more={"errors": told})


def too_deep() -> Problem:
    """Say that JSON was nested deeper than it can be read: it is what whoever asks can bring about."""
    advice = "send values that lie inside one another a few times at most"
    return Problem("bad-request", "what was sent is nested too deep", advice=advice)


def _of_http(error: Any) -> Problem:
    detail = error.detail if isinstance(error.detail, str) and error.detail != _phrase(error.status_code) else ""
    return of_status(error.status_code, detail, error.headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _kind_of(error: type[CountermarkError], status: int) -> Kind:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", error.__name__).lower()
    return Kind(words.replace(" ", "-"), status, words.capitalize(), advice_to_askers(error, error.advice))


_BY_STATUS: Mapping[int, str] = {kind.status: kind.name for kind in reversed(_PLAIN)}  # the first of a status
