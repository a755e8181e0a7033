"""The forms of those who hold checks, judge them, and take records back; each does what its route of the API does.

Knows who may do what, and where a form leads; what is done, the rooms of the API do.
"""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args
from urllib.parse import quote

from ...accounts import Caller, Scope
from ...accounts.values import MAIN
from ...docket import Check, HoldReason
from ..problems import of_validation
from ..v1 import access, people_shapes
from ..v1.findings import ask_again, found_by
from ..v1.holds import lifted_by, placed_by
from ..v1.publications import published_by, withdrawn_by
from ..v1.records import known, only_the_operator, revoked_by
from ..who import counted, refuse_without
from . import words
from .forms import Fields, fields
from .shell import page

if TYPE_CHECKING:
    from fastapi import APIRouter
    from pydantic import BaseModel
    from starlette.requests import Request as AnyRequest
    from starlette.responses import Response as AnyResponse

    from ...provenance.registry.record import Record
    from ..service import Service

    Shape = TypeVar("Shape", bound=BaseModel)

REASONS: tuple[str, ...] = get_args(HoldReason)
REVOCABLE = ("live", "withdrawn")


def values(request: "AnyRequest", caller: Caller, check: Check) -> dict[str, Any]:
    """Give what the page of a check shows to those who may hold or judge it; a key is no person who reads pages."""
    theirs = caller.role is not None and access.is_staff(caller, check)
    return {
        "may_hold": theirs and caller.may("holds:write"),
        "may_find": theirs and caller.may("findings:write") and check.verdict is not None,
        "reasons": REASONS,
        "done": _done(request) if theirs else None,
    }


def record_values(request: "AnyRequest", caller: Caller | None, record: "Record") -> dict[str, Any]:
    """Give what the page of a record shows to those who may take it back."""
    theirs = may_revoke(caller)
    done = theirs and request.query_params.get("done") == "revoked"
    return {"may_revoke": theirs and record.status in REVOCABLE, "done": words.DONE["revoked"] if done else None}


def may_revoke(caller: Caller | None) -> bool:
    """Say whether somebody is signed in who may take records back."""
    if caller is None or caller.role is None:
        return False
    return caller.tenant_id == MAIN and caller.may("registry:write")


def add(made: "APIRouter", service: "Service") -> None:
    """Serve the forms of checks."""
    _holding(made, service)
    _judging(made, service)


def _holding(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response

    @made.post("/c/{check_id}/holds")
    def place(check_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Stop the clocks of a check."""
        caller = _with(request, service, "holds:write")
        asked = _taken(people_shapes.HoldAsked, reason=form.one("reason"), note=form.one("note"))
        placed_by(service, caller, check_id, asked)
        return _back(check_id, "held")

    @made.post("/c/{check_id}/holds/{hold_id}/lift")
    def lift(check_id: str, hold_id: str, request: Request) -> Response:
        """Let the clocks go on."""
        lifted_by(service, _with(request, service, "holds:write"), check_id, hold_id)
        return _back(check_id, "lifted")


def _judging(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response

    @made.post("/c/{check_id}/findings")
    def find(check_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Add what a person concluded, of the revision that they looked at."""
        caller = _with(request, service, "findings:write")
        check = access.of_staff(service, caller, check_id)
        after = form.one("after") or None
        asked = _taken(people_shapes.FindingAsked, says=form.one("says"), why=form.one("why"), after=after)
        found_by(service, check, caller, asked)
        return _back(check_id, "judged")

    @made.post("/c/{check_id}/publication")
    def publish(check_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Show it to everybody, or no more."""
        caller = _with(request, service, "findings:write")
        check = access.of_staff(service, caller, check_id)
        if form.one("public") == "yes":
            published_by(service, check, caller)
            return _back(check_id, "published")
        withdrawn_by(service, check, caller)
        return _back(check_id, "withdrawn")

    @made.post("/c/{check_id}/again")
    def again(check_id: str, request: Request) -> Response:
        """Have it judged anew."""
        caller = _with(request, service, "findings:write")
        ask_again(service, access.of_staff(service, caller, check_id), caller)
        return _back(check_id, "again")


def add_revoking(made: "APIRouter", service: "Service") -> None:
    """Serve the form by which a record is taken back."""
    from fastapi import Depends, Request, Response
    from fastapi import Path as InPath

    Id = Annotated[str, InPath(max_length=512)]

    @made.get("/r/{manifest_id:path}/revoke")
    def confirm(manifest_id: Id, request: Request) -> Response:
        """Ask for the reason, and whether that is meant."""
        caller = _with(request, service, "registry:write")
        only_the_operator(caller)
        record = known(service, manifest_id)
        if record.status not in REVOCABLE:
            return _to_record(record)
        return page(request, service.options, "revoke.html", caller=caller, record=record)

    @made.post("/r/{manifest_id:path}/revoke")
    def revoke(manifest_id: Id, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Take it back."""
        caller = _with(request, service, "registry:write")
        record = revoked_by(
            service, caller, manifest_id, _taken(people_shapes.RevocationAsked, reason=form.one("reason"))
        )
        return _to_record(record, "?done=revoked")


def _with(request: "AnyRequest", service: "Service", scope: Scope) -> Caller:
    caller = counted(request, service)
    refuse_without(caller, scope)
    return caller


def _taken(shape: "type[Shape]", **given: object) -> "Shape":
    """Hold what was filled in to what the API takes."""
    from pydantic import ValidationError

    try:
        return shape(**given)
    except ValidationError as error:
        raise of_validation(error) from None


def _back(check_id: str, done: str) -> "AnyResponse":
    from starlette.responses import RedirectResponse

    return RedirectResponse(f"/c/{quote(check_id)}?done={done}#review", 303)


def _to_record(record: "Record", query: str = "") -> "AnyResponse":
    from starlette.responses import RedirectResponse

    return RedirectResponse(f"/r/{quote(record.manifest_id, safe=':')}{query}", 303)


def _done(request: "AnyRequest") -> str | None:
    """Give what is said of what was just done."""
    return words.DONE.get(request.query_params.get("done", ""))
