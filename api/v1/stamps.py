"""Stamping as a service: a file is sent, labelled, marked, signed and registered under the operator's identity.

Whoever may do this speaks in the operator's name: it takes a scope of its own, which no key has unless it was given,
and is for the operator's own tenant, and for those to whom the operator has given it by the command line.
What is said of the file is what the operator's settings say, and of the model what was asked for.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, Field, StringConstraints

from ...accounts import Caller
from ...docket import Claim, Stamp, Stamps
from ...errors import JobsUnavailable
from .. import intake
from ..problems import Problem
from ..who import for_check, needs
from . import shapes, uploads
from .asking import JSON, TEXT_BYTES, TEXT_S, Coming, Once, filled, incoming, kind_of
from .examples import STAMP, STAMPED, answers

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as HttpRequest

    from ..service import Service

ROUTE = "POST /v1/stamps"
Said = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]


class StampAsked(shapes.Taken):
    """What is to be said of a film."""

    upload_id: Said | None = Field(default=None, description="an upload that is whole: /v1/uploads")
    title: Said | None = None
    model: Said | None = Field(default=None, description="the system that made it")
    model_version: Said | None = None
    prompt: Annotated[str, StringConstraints(max_length=10_000)] | None = Field(
        default=None, description="given back to nobody; a digest takes its place when the stamp is over"
    )
    source_type: Literal[
        "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "algorithmicMedia"
    ] = "trainedAlgorithmicMedia"
    remark: bool = Field(default=False, description="mark anew what carries a mark already")


class StampShown(BaseModel):
    """A stamp as it stands."""

    id: str
    name: str
    status: Literal["queued", "running", "succeeded", "failed"]
    created_at: str
    finished_at: str | None
    until: str | None = Field(description="when its files go")
    asked: dict[str, Any] = Field(description="as it was asked; of a prompt `prompt_sha256` alone")
    stamped: dict[str, Any] | None = Field(description="the label that was made, as `countermark stamp --json` says it")
    error: shapes.Told | None
    file: str | None = Field(description="where the labelled file is fetched; null: not there yet, or gone")


class StampsListed(BaseModel):
    """A page of stamps, the last laid first."""

    stamps: list[StampShown]
    next: str | None


_FIELDS = ("title", "model", "model_version", "prompt", "source_type", "remark")
_WAYS: dict[str, Any] = {
    "required": True,
    "content": {
        JSON: {"schema": {"$ref": "#/components/schemas/StampAsked"}, "example": STAMP},
        intake.FORM: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    **{name: {"type": "string"} for name in _FIELDS},
                },
            }
        },
    },
}


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["stamps"])
    stamps = Stamps(service.options, objects=service.objects)
    _asking(made, service, stamps)
    _looking(made, service, stamps)
    _ending(made, stamps)
    return made


def _asking(made: "APIRouter", service: "Service", stamps: Stamps) -> None:
    from fastapi import Depends, Header, Request, Response

    Maker = Annotated[Caller, Depends(needs("stamps:write"))]

    @made.post(
        "/stamps",
        status_code=202,
        response_model=StampShown,
        openapi_extra={"requestBody": _WAYS},
        responses=answers(202, STAMPED, 401, 403, 404, 408, 409, 415, 507),
    )
    async def ask_stamp(
        request: Request,
        caller: Maker,
        key: Annotated[str | None, Header(alias="Idempotency-Key", description="the same request again")] = None,
    ) -> Response:
        """Have a film labelled; its file is fetched when it is done."""
        await asyncio.to_thread(_only_the_operator, service, caller)
        once = Once(service, caller, request, ROUTE)
        with for_check(request, service, caller) as counted:
            async with _sent(service, request, caller) as (asked, file, coming):
                lay = partial(_opened, service, stamps, caller, asked, file, coming)
                laid = await asyncio.to_thread(once.laid, asked, file, lay)
            counted.laid = not laid.again
        stamp = await asyncio.to_thread(stamps.get, laid.id, caller.tenant_id)
        headers = {"Location": f"/v1/stamps/{stamp.id}", **laid.headers}
        return Response(_shown(stamp).model_dump_json(), 202, headers=headers, media_type=JSON)


def _looking(made: "APIRouter", service: "Service", stamps: Stamps) -> None:
    from fastapi import Depends, Query
    from fastapi.responses import StreamingResponse

    Reader = Annotated[Caller, Depends(needs("stamps:read"))]

    @made.get(
        "/stamps", response_model=StampsListed, responses=answers(200, {"stamps": [], "next": None}, 401, 403, 409)
    )
    def list_stamps(
        caller: Reader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> StampsListed:
        """List stamps, the last laid first."""
        page = stamps.listed(caller.tenant_id, cursor=cursor, limit=limit)
        return StampsListed(stamps=[_shown(one) for one in page.stamps], next=page.next)

    @made.get("/stamps/{stamp_id}", response_model=StampShown, responses=answers(200, STAMPED, 401, 403, 404))
    def get_stamp(stamp_id: str, caller: Reader) -> StampShown:
        """Look at a stamp as it stands."""
        return _shown(_standing(stamps, stamp_id, caller))

    @made.get(
        "/stamps/{stamp_id}/file",
        response_class=StreamingResponse,
        responses={
            **answers(None, None, 401, 403, 404, 409, 410),
            200: {"description": "The labelled file", "content": {"application/octet-stream": {}}},
        },
    )
    def get_file(stamp_id: str, caller: Reader) -> StreamingResponse:
        """Fetch the labelled file, for as long as it is kept."""
        stamp = _standing(stamps, stamp_id, caller)
        if stamp.status in ("queued", "running"):
            raise Problem("conflict", f"stamp {stamp.id} is not done yet", advice="wait until it has succeeded")
        size = service.objects.size(stamp.result_key) if stamp.result_key else None
        if stamp.result_key is None or size is None:
            raise Problem("gone", f"the file of stamp {stamp.id} is not there: it was not made, or its time is over")
        name = quote(str((stamp.stamped or {}).get("name", stamp.name)))
        headers = {"Content-Length": str(size), "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        chunks = service.objects.chunks(stamp.result_key)
        return StreamingResponse(chunks, media_type="application/octet-stream", headers=headers)


def _ending(made: "APIRouter", stamps: Stamps) -> None:
    from fastapi import Depends, Response

    Maker = Annotated[Caller, Depends(needs("stamps:write"))]  # noqa: N806

    @made.delete("/stamps/{stamp_id}", status_code=204, responses=answers(None, None, 401, 403, 404, 410))
    def delete_stamp(stamp_id: str, caller: Maker) -> Response:
        """Erase both films of a stamp and what was asked; its id and times stay, and the record in the registry."""
        stamps.delete(_standing(stamps, stamp_id, caller).id, caller.tenant_id)
        return Response(status_code=204)


def _standing(stamps: Stamps, stamp_id: str, caller: Caller) -> Stamp:
    """Give a stamp of the caller's tenant; 410 with what is left where it was deleted."""
    stamp = stamps.get(stamp_id, caller.tenant_id)
    if stamp.deleted_at is not None:
        left = {name: getattr(stamp, name) for name in ("id", "created_at", "finished_at", "deleted_at")}
        raise Problem("gone", f"there is no stamp {stamp.id} any more", more={"stamp": left})
    return stamp


def _only_the_operator(service: "Service", caller: Caller) -> None:
    """Refuse those whom the operator did not let speak in its name, whatever their own administrators gave them."""
    if not service.accounts.may_stamp(caller.tenant_id):
        advice = "ask the operator: `countermark accounts tenant NAME --may-stamp` lets your tenant"
        raise Problem("forbidden", "what is stamped here is signed by the operator, for the operator", advice=advice)


@asynccontextmanager
async def _sent(
    service: "Service", request: "HttpRequest", caller: Caller
) -> AsyncIterator[tuple[StampAsked, intake.Received | None, Coming | None]]:
    """Read what is asked: JSON that names an upload, or a form with the file."""
    if kind_of(request) == JSON:
        yield StampAsked.model_validate_json(await intake.text(request, TEXT_BYTES, TEXT_S)), None, None
        return
    if kind_of(request) != intake.FORM:
        raise Problem("unsupported-media", "send a form with the file, or JSON with an upload_id")
    async with incoming(service, request, caller) as (coming, got):
        yield _asked_in(got.fields), got if got.path is not None else None, coming


def _asked_in(fields: Mapping[str, str]) -> StampAsked:
    return StampAsked.model_validate_strings(filled(fields, StampAsked))


def _opened(
    service: "Service",
    stamps: Stamps,
    caller: Caller,
    asked: StampAsked,
    file: intake.Received | None,
    coming: Coming | None,
    claim: Claim | None,
) -> str:
    """Lay a stamp and have it made; give its id."""
    if (file is None) == (asked.upload_id is None):
        raise Problem("unprocessable", "one of file and upload_id is stamped")
    if file is None or coming is None:
        upload = uploads.whole(service, str(asked.upload_id), caller.tenant_id)
    else:
        upload = coming.brought(file)
    wanted = asked.model_dump(exclude={"upload_id"}, exclude_none=True)
    stamp = stamps.open(caller.tenant_id, caller.made_by, upload.name, wanted, upload_id=upload.id, claim=claim)
    try:
        service.jobs.enqueue_stamp(stamp.id)
    except JobsUnavailable:
        pass  # a worker's round finds it
    return stamp.id


def _shown(stamp: Stamp) -> StampShown:
    plain = {name: getattr(stamp, name) for name in ("id", "name", "status", "created_at", "finished_at", "until")}
    return StampShown(
        **plain,
        asked=stamp.asked,
        stamped=None if stamp.stamped is None else json.loads(json.dumps(dict(stamp.stamped))),
        error=shapes.Told(**vars(stamp.error)) if stamp.error else None,
        file=f"/v1/stamps/{stamp.id}/file" if stamp.result_key else None,
    )
