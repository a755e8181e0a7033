"""The registry over HTTP: what is public of a record, the operator's list, and taking a record back.

A record is the operator's: those of other tenants see what everybody sees. Once one is taken back, by this door or any
other, the workers see to it that each check whose verdict rests on it gets a verdict that says so.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

from pydantic import BaseModel, Field

from ...accounts import Caller
from ...accounts.values import MAIN
from ...errors import UnknownRecord
from ...evidence.text import plain, without_places
from ...provenance import Record
from ..problems import Problem
from ..stored import version_of
from ..who import count_anybody, counted, needs, refuse_without
from . import people_shapes, shapes
from .examples import RECORD, RECORDED, REVOCATION, answers, body

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest

    from ...settings import Settings
    from ..service import Service

RecordStatus = Literal["pending", "live", "withdrawn", "revoked"]


class RecordPublic(BaseModel):
    """What everybody may know of a record: nothing in it is personal."""

    manifest_id: str
    provider: str | None
    system: str | None
    version: str | None
    recorded_at: str | None
    status: RecordStatus
    status_reason: str | None = Field(description="why it was taken back, in the operator's words")
    page: str = Field(description="its permanent page for people")


class RecordListed(BaseModel):
    """A record as the operator sees it, without what is large in it."""

    position: int
    payload: str
    manifest_id: str
    content_digest: str
    model: str | None
    issuer: str | None
    created_at: str
    status: RecordStatus
    status_reason: str | None
    manifest_bytes: int


class Records(BaseModel):
    """A page of records, the last registered first."""

    records: list[RecordListed]
    next: int | None = Field(description="`before` of the next page; null: there is none")


def authorised(service: "Service") -> "Callable[[AnyRequest], Awaitable[None]]":
    """Give what the resolution API asks before it answers: the scope `fetch:manifests`."""
    import asyncio

    async def authorise(request: "AnyRequest") -> None:
        caller = await asyncio.to_thread(counted, request, service)
        refuse_without(caller, "fetch:manifests")

    return authorise


def counting(service: "Service") -> "Callable[[AnyRequest], Awaitable[None]]":
    """Give what the resolution API counts a request by that everybody may make."""
    import asyncio

    async def count(request: "AnyRequest") -> None:
        await asyncio.to_thread(count_anybody, request, service)

    return count


def router(service: "Service") -> "APIRouter":
    """Serve it."""
    from fastapi import APIRouter, Depends, Query, Request
    from fastapi import Path as InPath

    made = APIRouter(tags=["registry"])
    Id = Annotated[str, InPath(max_length=512)]

    @made.get(
        "/records", response_model=Records, responses=answers(200, {"records": [RECORDED], "next": None}, 401, 403)
    )
    def list_records(
        caller: Annotated[Caller, Depends(needs("registry:read"))],
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[int | None, Query(ge=0, le=shapes.MOST_NUMBER)] = None,
        status: RecordStatus | None = None,
        model: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Records:
        """List what was stamped, as the operator."""
        only_the_operator(caller)
        found = service.registry.listing(limit, before, status=status, model=model)
        more = found[-1].position if len(found) == limit else None
        return Records(records=[RecordListed(**vars(one)) for one in found], next=more)

    @made.post(
        "/records/{manifest_id:path}/revoke",
        response_model=RecordPublic,
        openapi_extra=body(REVOCATION),
        responses=answers(200, {**RECORD, "status": "revoked"}, 401, 403, 404),
    )
    def revoke_record(
        manifest_id: Id,
        asked: people_shapes.RevocationAsked,
        caller: Annotated[Caller, Depends(needs("registry:write"))],
    ) -> RecordPublic:
        """Take a record back: copies that lead to it read as declared from now on; checks of them are revised soon."""
        return public(revoked_by(service, caller, manifest_id, asked), service.options)

    @made.get("/records/{manifest_id:path}", response_model=RecordPublic, responses=answers(200, RECORD, 404))
    def get_record(manifest_id: Id, request: Request) -> RecordPublic:
        """Say what everybody may know of a record."""
        count_anybody(request, service)  # as its page is, it is there for everybody
        return public(known(service, manifest_id), service.options)

    return made


def revoked_by(service: "Service", caller: Caller, manifest_id: str, asked: people_shapes.RevocationAsked) -> Record:
    """Take a record of the operator's back."""
    only_the_operator(caller)
    return service.registry.revoke(manifest_id, asked.reason)


def known(service: "Service", manifest_id: str) -> Record:
    """Find a record that was released, by any of its manifests."""
    record = service.registry.by_manifest(manifest_id)
    if record is None or record.status == "pending":
        raise UnknownRecord(f"no record of {manifest_id[:200]}", advice="see that the id is right, and whole")
    return record


def public(record: Record, options: "Settings") -> RecordPublic:
    """Give what everybody may know of a record: as its page does, without addresses of mail and places."""
    return RecordPublic(
        manifest_id=record.manifest_id,
        provider=_impersonal(record.issuer),
        system=_impersonal(record.model),
        version=_impersonal(version_of(record, options) if record.model else None),
        recorded_at=record.created_at,
        status=record.status,
        status_reason=_impersonal(record.status_reason),
        page=f"/r/{quote(record.manifest_id, safe=':')}",
    )


def _impersonal(text: str | None) -> str | None:
    return None if text is None else without_places(plain(text))


def only_the_operator(caller: Caller) -> None:
    """Refuse those of other tenants: what was stamped here, the operator stamped."""
    if caller.tenant_id != MAIN:
        raise Problem("forbidden", "the registry is the operator's", advice="ask for one record: /v1/records/{id}")
