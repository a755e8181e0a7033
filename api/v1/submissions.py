"""Many submissions in one request, as a stream brings them: a line each, or a notification of a store as S3 has it.

Each line is answered by itself, and a line that came before is answered with the check of then. So whoever had no
answer sends all of it again.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

from ...accounts import Caller
from ...accounts.rates import neighbourhood
from ...docket import Arrivals, Arrived, KeyTaken
from ...errors import CountermarkError
from ...moderation import Item
from ...settings import Settings
from ...streams import Allowed, Arrival, Refused, Taking, notified, root, stored, unwrapped
from ...streams.taking import HTTP
from .. import intake
from ..problems import Problem, of_error, of_validation
from ..who import client_address, for_check, needs
from . import asking, shapes
from .examples import answers
from .submissions_shapes import ANSWERED, ASKED, ProblemTold, SubmissionAnswered, SubmissionAsked

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest

    from ..service import Service

NDJSON = "application/x-ndjson"
SNS_HEADER = "x-amz-sns-message-type"  # with which Amazon's SNS sends JSON, and calls it text/plain
MOST_LINES, MOST_BYTES, BODY_S = 500, 1 << 20, 30.0
RETRY_S = "10"
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        NDJSON: {"schema": {"type": "string"}, "example": ASKED},
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["Records"],
                "properties": {"Records": {"type": "array", "items": {"type": "object"}}},
                "description": "an S3 event notification, as AWS, MinIO and Ceph send it",
            }
        },
    },
}
_ANSWER: dict[str, Any] = {
    "description": "A line for each line, or record",
    "content": {NDJSON: {"schema": {"type": "string"}, "example": ANSWERED}},
}


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter, Depends, Request, Response

    made = APIRouter(tags=["checks"])

    @made.post(
        "/submissions",
        response_class=Response,
        openapi_extra={"requestBody": _BODY},
        responses={**answers(None, None, 401, 403, 408, 413, 415, 429), 200: _ANSWER},
    )
    async def submit(request: Request, caller: Annotated[Caller, Depends(needs("checks:write"))]) -> Response:
        """Have many things checked: a JSON object a line, each answered by itself; the same again changes nothing."""
        if not caller.known:
            raise Problem("unauthenticated", "submissions take a key", headers={"WWW-Authenticate": "Bearer"})
        kind = asking.kind_of(request)
        if kind not in (NDJSON, asking.JSON) and SNS_HEADER not in request.headers:
            told = f"send {NDJSON}, or a store's notification as {asking.JSON}"
            raise Problem("unsupported-media", told, advice=told)
        text = await intake.text(request, MOST_BYTES, BODY_S)
        said = await asyncio.to_thread(_submitted, service, caller, request, text, kind == NDJSON)
        return Response("".join(f"{one.model_dump_json()}\n" for one in said), media_type=NDJSON)

    return made


def _submitted(
    service: "Service", caller: Caller, request: "AnyRequest", text: bytes, by_line: bool
) -> list[SubmissionAnswered]:
    """Take each in its turn; where the queue has enough to do, take none."""
    one = _One(service, caller, request)
    work: Iterable[Callable[[], tuple[str | None, bool]]]
    if by_line:
        lines = [line for line in text.split(b"\n") if line.strip()]
        if len(lines) > MOST_LINES:
            raise Problem("too-large", f"a request may have {MOST_LINES} lines", advice="send them in several requests")
        work = [lambda line=line: one.line(line) for line in lines]  # type: ignore[misc]
    else:
        found = list(notified(_notification(text), hashlib.sha256(text).hexdigest(), one.allowed))
        work = [lambda arrival=arrival: one.arrival(arrival) for arrival in found]  # type: ignore[misc]
    if service.jobs.waiting().get("bulk", 0) >= service.options.service.most_waiting:
        told = "as many checks wait here as may wait"
        raise Problem("too-many-requests", told, advice="send it again later", headers={"Retry-After": RETRY_S})
    said = [_answered(number, take) for number, take in enumerate(work, 1)]
    if not by_line and (put_off := next((one.problem for one in said if one.status in (429, 503)), None)):
        # A store hears the status alone; what was taken is known when it tells of it again.
        kind = "away" if put_off.status == 503 else "too-many-requests"
        raise Problem(kind, put_off.detail, advice=put_off.advice, headers={"Retry-After": RETRY_S})
    return said


def _answered(number: int, take: Callable[[], tuple[str | None, bool]]) -> SubmissionAnswered:
    from pydantic import ValidationError

    try:
        check_id, again = take()
        return SubmissionAnswered(line=number, status=202, check_id=check_id, again=again)
    except Problem as error:
        problem = error
    except CountermarkError as error:
        problem = of_error(error)
    except ValidationError as error:
        problem = of_validation(error)
    kind = problem.kind
    told = ProblemTold(
        type=kind.type, title=kind.title, status=kind.status, detail=problem.detail, advice=problem.advice
    )
    return SubmissionAnswered(line=number, status=kind.status, problem=told)


def _notification(text: bytes) -> dict[str, Any]:
    plain = unwrapped(text)
    if isinstance(plain, str):
        raise Problem("unprocessable", plain, advice="send what a store tells of its objects, as JSON")
    if not isinstance(plain.get("Records", []), list):
        raise Problem("unprocessable", "that is no notification of a store", advice=f"send submissions as {NDJSON}")
    if "Records" not in plain and plain.get("Event") != "s3:TestEvent":
        raise Problem("unprocessable", "it has no Records", advice=f"send submissions as {NDJSON}")
    return {"Records": [], **plain}


class _One:
    """Takes one submission after another of a request."""

    def __init__(self, service: "Service", caller: Caller, request: "AnyRequest") -> None:
        self._service, self._caller, self._request = service, caller, request
        self._arrivals = Arrivals(service.desk)
        self.allowed = Allowed(_roots(service.options, caller.tenant_id))

    def line(self, line: bytes) -> tuple[str | None, bool]:
        """Take a line; gives its check, and whether it came before."""
        asked = SubmissionAsked.model_validate_json(line)
        arrived = self._arrived(asked)
        if asked.object is not None:
            return self.arrival(_arrival(asked, arrived.key, self.allowed))
        if asked.version:
            raise Problem("unprocessable", "version: of an object alone")
        before = self._before(arrived)
        if before is not None:
            return before, True
        plain = asked.model_dump(exclude={"id", "object", "version"})
        address = neighbourhood(client_address(self._request, self._service.options))
        sent = asking.Sent(shapes.CheckAsked.model_validate(plain), address)

        def lay() -> str:
            return asking.opened(self._service, self._caller, sent, arrived).check.id

        return self._laid(lay, arrived)

    def arrival(self, arrival: Arrival | Refused) -> tuple[str | None, bool]:
        """Take an object."""
        if isinstance(arrival, Refused):
            advice = "the operator names roots in `service.object_roots`"
            raise Problem("unprocessable", f"object: {arrival.reason}", advice=advice)
        service, caller = self._service, self._caller
        asking.fit_policy(service, caller, arrival.policy_id)
        taking = Taking(
            service.docket, service.jobs, self._arrivals, service.shelf, caller.tenant_id, HTTP, caller.made_by
        )
        arrived = taking.arrived(arrival)
        before = self._before(arrived)
        if before is not None:
            return before, True

        def lay() -> str:
            laid = taking.take(arrival)
            if laid.again or laid.became.check_id is None:
                raise KeyTaken
            return laid.became.check_id

        return self._laid(lay, arrived)

    def _laid(self, lay: Callable[[], str], arrived: Arrived) -> tuple[str | None, bool]:
        try:
            with for_check(self._request, self._service, self._caller) as asked:
                check_id = lay()
                asked.laid = True
                return check_id, False
        except KeyTaken:
            return self._before(arrived), True

    def _before(self, arrived: Arrived) -> str | None:
        became = self._arrivals.known([arrived]).get(arrived.id)
        if became is not None and became.said != arrived.said:
            advice = "use a new id for a new submission"
            raise Problem("another-body", "this id came with another submission before", advice=advice)
        if became is not None and became.refused is not None:
            raise Problem("unprocessable", became.refused, advice="mend it, and send it under a new id")
        return None if became is None else became.check_id

    def _arrived(self, asked: SubmissionAsked) -> Arrived:
        """Give what a line is known by: its id, its upload, or all that it says."""
        said = hashlib.sha256(json.dumps(asked.model_dump(), sort_keys=True).encode()).hexdigest()
        key = f"id:{asked.id}" if asked.id else f"upload:{asked.upload_id}" if asked.upload_id else f"line:{said}"
        return Arrived(self._caller.tenant_id, HTTP, key, said)


def _arrival(asked: SubmissionAsked, key: str, allowed: Allowed) -> Arrival | Refused:
    if asked.url or asked.upload_id:
        raise Problem("unprocessable", "one of url, upload_id and object is checked: several were sent")
    if asked.callback_url or asked.retention != shapes.Retention() or asked.lane != "bulk":
        raise Problem("unprocessable", "callback_url, retention and lane do not go with an object")
    found = stored(allowed, asked.object or "", version=asked.version)
    if isinstance(found, str):
        return Refused(key, found)
    item = Item(asked.item_id, asked.item_type) if asked.item_id and asked.item_type else None
    return Arrival(key, found, item, asked.name or "", asked.external_id, asked.policy_id, asked.metadata)


def _roots(options: Settings, tenant_id: str) -> tuple[str, ...]:
    """Give the roots that the operator has given a tenant."""
    pairs = (one.strip().partition("=") for one in options.service.object_roots.split(",") if one.strip())
    return tuple(root(place.strip()) for tenant, _, place in pairs if tenant.strip() == tenant_id)
