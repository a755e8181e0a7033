"""Appeals against decisions, of either side.

Who hands one in answers for it that the uploader, or the sender of that notice, asks: the service knows neither.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from ....accounts import Caller
from ....docket.idempotency import Claim
from ....moderation.deciding import Deciding
from ....moderation.people import appeals, contacts, telling
from ...who import needs
from ..asking import Once
from ..examples import answers
from . import appeals_shapes as shapes
from . import reports_shapes

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service

ROUTE = "POST /v1/decisions/{}/appeals"


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["appeals"])
    _sending(made, service)
    _reading(made, service)
    return made


def _sending(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Request, Response
    from fastapi import Path as InPath

    Reporter = Annotated[Caller, Depends(needs("reports:write"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.post(
        "/decisions/{decision_id}/appeals",
        status_code=201,
        responses=answers(201, shapes.APPEAL, 401, 403, 404, 409),
    )
    def send_appeal(
        decision_id: Id,
        asked: shapes.AppealAsked,
        caller: Reporter,
        request: Request,
        response: Response,
        key: Annotated[str | None, Header(alias="Idempotency-Key", description="the same request again")] = None,
    ) -> shapes.AppealShown:
        """Have other people look at a decision again; not before its effects are out, and for 184 days."""

        def lay(claim: Claim | None) -> str:
            of = (caller.tenant_id, decision_id, shapes.asked(asked))
            return appeals.appeal(service.desk, *of, claim=claim).id

        laid = Once(service, caller, request, ROUTE.format(decision_id)).laid(asked, None, lay)
        response.headers["Location"] = f"/v1/appeals/{laid.id}"
        response.headers.update(laid.headers)
        return shapes.appeal(appeals.get(service.desk, caller.tenant_id, laid.id))

    @made.delete("/appeals/{appeal_id}/contact", status_code=204, responses=answers(None, None, 401, 403, 404))
    def erase_contact(appeal_id: Id, caller: Reporter) -> Response:
        """Forget who appealed; what they said stays, and they are told nothing more."""
        found = appeals.get(service.desk, caller.tenant_id, appeal_id)
        contacts.erase(service.desk, caller.tenant_id, found.id, caller.made_by)
        return Response(status_code=204)


def _reading(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.get("/decisions/{decision_id}/appeals", responses=answers(200, {"appeals": [shapes.APPEAL]}, 401, 403, 404))
    def list_appeals(decision_id: Id, caller: Reader) -> shapes.AppealsShown:
        """List the appeals against a decision, oldest first."""
        decision = Deciding(service.options, desk=service.desk).get(decision_id, caller.tenant_id)
        found = appeals.of_decision(service.desk, caller.tenant_id, decision.id)
        return shapes.AppealsShown(appeals=[shapes.appeal(one) for one in found])

    @made.get("/appeals/{appeal_id}", responses=answers(200, shapes.APPEAL, 401, 403, 404))
    def get_appeal(appeal_id: Id, caller: Reader) -> shapes.AppealShown:
        """Look at an appeal, without who made it."""
        return shapes.appeal(appeals.get(service.desk, caller.tenant_id, appeal_id))

    @made.get("/appeals/{appeal_id}/told", responses=answers(200, {"told": [reports_shapes.TOLD]}, 401, 403, 404))
    def told_of_appeal(appeal_id: Id, caller: Reader) -> reports_shapes.AllTold:
        """List what both sides were, or are to be, told about an appeal."""
        found = telling.about(service.desk, caller.tenant_id, appeals.get(service.desk, caller.tenant_id, appeal_id).id)
        return reports_shapes.AllTold(told=[reports_shapes.told(one) for one in found])
