"""The registry over HTTP: what is public of a record, the operator's list, and taking a record back.

A record is the operator's: those of other tenants see what everybody sees. Once one is taken back, each check whose
verdict rests on it gets a verdict that says so.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, Field

from ...accounts import Caller
from ...accounts.values import MAIN
from ...docket import Docket
from ...errors import CheckMissing, CheckUnfit, UnknownRecord
from ...evidence import Evidence, RecordDetails
from ...provenance import Record
from ...rejudging import judged_again
from ..problems import Problem
from ..who import counted, needs, refuse_without
from . import shapes
from .examples import RECORD, RECORDED, REVOCATION, answers, body
from .findings import named

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest

    from ...settings import Settings
    from ..service import Service

log = logging.getLogger(__name__)

RecordStatus = Literal["pending", "live", "withdrawn", "revoked"]


class RecordPublic(BaseModel):
    """What everybody may know of a record: nothing in it is personal."""

    manifest_id: str
    provider: str | None
    system: str | None
    version: str | None
    recorded_at: str | None
    status: RecordStatus
    status_reason: str | None
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


class Revoked(BaseModel):
    """What came of taking a record back."""

    record: RecordPublic
    revised: list[str] = Field(description="checks that got another verdict by it")


def authorised(service: "Service") -> "Callable[[AnyRequest], Awaitable[None]]":
    """Give what the resolution API asks before it answers: the scope `fetch:manifests`."""
    import asyncio

    async def authorise(request: "AnyRequest") -> None:
        caller = await asyncio.to_thread(counted, request, service)
        refuse_without(caller, "fetch:manifests")

    return authorise


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
        before: Annotated[int | None, Query(ge=0, le=1 << 60)] = None,
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
        response_model=Revoked,
        openapi_extra=body(REVOCATION),
        responses=answers(200, {"record": {**RECORD, "status": "revoked"}, "revised": []}, 401, 403, 404),
    )
    def revoke_record(
        manifest_id: Id, asked: shapes.RevocationAsked, caller: Annotated[Caller, Depends(needs("registry:write"))]
    ) -> Revoked:
        """Take a record back: copies that lead to it read as declared from now on, and checks of them are revised."""
        only_the_operator(caller)
        record = service.registry.revoke(manifest_id, asked.reason)
        revised = revise_after(service.docket, record, named(caller))
        return Revoked(record=public(record, service.options), revised=list(revised))

    @made.get("/records/{manifest_id:path}", response_model=RecordPublic, responses=answers(200, RECORD, 404))
    def get_record(manifest_id: Id, request: Request) -> RecordPublic:
        """Say what everybody may know of a record."""
        counted(request, service)
        return public(known(service, manifest_id), service.options)

    return made


def known(service: "Service", manifest_id: str) -> Record:
    """Find a record that was released, by any of its manifests."""
    record = service.registry.by_manifest(manifest_id)
    if record is None or record.status == "pending":
        raise UnknownRecord(f"no record of {manifest_id[:200]}", advice="see that the id is right, and whole")
    return record


def public(record: Record, options: "Settings") -> RecordPublic:
    """Give what everybody may know of a record."""
    return RecordPublic(
        manifest_id=record.manifest_id,
        provider=record.issuer,
        system=record.model,
        version=_version(record, options),
        recorded_at=record.created_at,
        status=record.status,
        status_reason=record.status_reason,
        page=f"/r/{quote(record.manifest_id, safe=':')}",
    )


def _version(record: Record, options: "Settings") -> str | None:
    """Read the version of the system out of the manifest, which alone says it."""
    from ...provenance import read_store, trust

    if not record.model:
        return None
    facts = read_store(record.manifest_store, trust.load(options.home)).ai_facts
    said = (fact.partition(": ") for fact in facts)
    return next((value for name, _, value in said if name.rpartition(".")[2] == "modelVersion" and value), None)


def only_the_operator(caller: Caller) -> None:
    """Refuse those of other tenants: what was stamped here, the operator stamped."""
    if caller.tenant_id != MAIN:
        raise Problem("forbidden", "the registry is the operator's", advice="ask for one record: /v1/records/{id}")


# Verdicts that rest on a record --------------------------------------------------------------------------------------


def revise_after(docket: Docket, record: Record, who: str) -> tuple[str, ...]:
    """Fold each verdict that rests on a record anew, with the record as it stands now; give the checks that changed."""
    ids = dict.fromkeys((record.manifest_id, *(one.manifest_id for one in record.former)))
    checks = dict.fromkeys(check_id for manifest_id in ids for check_id in docket.with_manifest(manifest_id))
    return tuple(check_id for check_id in checks if _revised(docket, check_id, record, who))


def _revised(docket: Docket, check_id: str, record: Record, who: str) -> bool:
    try:
        check = docket.get(check_id)
        verdict = check.verdict
        if verdict is None:
            return False
        evidence = tuple(_as_it_stands(one, record) for one in verdict.evidence)
        if evidence == verdict.evidence:
            return False
        docket.revise(
            check.id,
            judged_again(replace(verdict, evidence=evidence)),
            who=who,
            why="revoked",
            note=record.status_reason or "",
            versions=check.revisions[-1].versions,
        )
    except (CheckMissing, CheckUnfit) as error:  # it was deleted meanwhile
        log.info("not revised: %s", error)
        return False
    return True


def _as_it_stands(evidence: Evidence, record: Record) -> Evidence:
    details: Any = evidence.details
    if not isinstance(details, RecordDetails) or details.payload != record.payload or details.resolver is not None:
        return evidence
    return replace(evidence, details=replace(details, status=record.status, status_reason=record.status_reason))
