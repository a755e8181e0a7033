"""What people think of a result. It changes no verdict; whoever runs the service reads it."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from ...accounts import Caller
from ..who import needs
from . import access, people_shapes
from .examples import FEEDBACK, FEEDBACK_GIVEN, answers, body

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service


def router(service: "Service") -> "APIRouter":
    """Serve it."""
    from fastapi import APIRouter, Depends

    made = APIRouter(tags=["checks"])

    @made.post(
        "/checks/{check_id}/feedback",
        status_code=201,
        response_model=people_shapes.FeedbackShown,
        openapi_extra=body(FEEDBACK),
        responses=answers(201, FEEDBACK_GIVEN, 404, 409, 410),
    )
    def give_feedback(
        check_id: str, asked: people_shapes.FeedbackAsked, caller: Annotated[Caller, Depends(needs("checks:read"))]
    ) -> people_shapes.FeedbackShown:
        """Say whether a result is right."""
        check = access.readable(service, caller, check_id)
        given = service.docket.give_feedback(
            check.id, asked.says, asked.comment, caller.made_by, tenant_id=check.tenant_id
        )
        return people_shapes.feedback(given)

    @made.get(
        "/checks/{check_id}/feedback",
        response_model=list[people_shapes.FeedbackShown],
        responses=answers(200, [FEEDBACK_GIVEN], 401, 403, 404, 410),
    )
    def list_feedback(
        check_id: str, caller: Annotated[Caller, Depends(needs("findings:write"))]
    ) -> list[people_shapes.FeedbackShown]:
        """Read what people said, as whoever judges after them."""
        check = access.of_staff(service, caller, check_id)
        return [people_shapes.feedback(one) for one in service.docket.feedback(check.id, tenant_id=check.tenant_id)]

    return made
