"""Holds: a reason to keep a check for longer than its time. While one stands, nothing of it is taken away."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from ...accounts import Caller
from ..who import needs
from . import access, people_shapes
from .examples import HOLD, HOLD_LIFTED, HOLD_PLACED, answers, body

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...docket import Hold
    from ..service import Service


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter, Depends

    made = APIRouter(tags=["checks"])
    Keeper = Annotated[Caller, Depends(needs("holds:write"))]

    @made.get(
        "/checks/{check_id}/holds",
        response_model=list[people_shapes.HoldShown],
        responses=answers(200, [HOLD_PLACED], 401, 403, 404, 410),
    )
    def list_holds(check_id: str, caller: Keeper) -> list[people_shapes.HoldShown]:
        """Give the holds of a check, also lifted ones."""
        return [people_shapes.hold(one) for one in access.of_staff(service, caller, check_id).holds]

    @made.post(
        "/checks/{check_id}/holds",
        status_code=201,
        response_model=people_shapes.HoldShown,
        openapi_extra=body(HOLD),
        responses=answers(201, HOLD_PLACED, 401, 403, 404, 410),
    )
    def place_hold(check_id: str, asked: people_shapes.HoldAsked, caller: Keeper) -> people_shapes.HoldShown:
        """Stop the clocks of a check."""
        return people_shapes.hold(placed_by(service, caller, check_id, asked))

    @made.delete(
        "/checks/{check_id}/holds/{hold_id}",
        response_model=people_shapes.HoldShown,
        responses=answers(200, HOLD_LIFTED, 401, 403, 404, 410),
    )
    def lift_hold(check_id: str, hold_id: str, caller: Keeper) -> people_shapes.HoldShown:
        """Let the clocks go on."""
        return people_shapes.hold(lifted_by(service, caller, check_id, hold_id))

    return made


def placed_by(service: "Service", caller: Caller, check_id: str, asked: people_shapes.HoldAsked) -> "Hold":
    """Place a hold on a check of the caller's."""
    check = access.of_staff(service, caller, check_id)
    return service.docket.place_hold(check.id, asked.reason, asked.note, caller.made_by, tenant_id=check.tenant_id)


def lifted_by(service: "Service", caller: Caller, check_id: str, hold_id: str) -> "Hold":
    """Lift a hold of a check of the caller's."""
    check = access.of_staff(service, caller, check_id)
    if hold_id not in {one.id for one in check.holds}:
        raise access.missing("hold", hold_id)
    return service.docket.lift_hold(check.id, hold_id, caller.made_by, tenant_id=check.tenant_id)
