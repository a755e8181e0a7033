"""Decisions about items, and taking back what has not gone out yet."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from ....accounts import Caller
from ....moderation import decided
from ....moderation.deciding import Deciding
from ....moderation.values import Item
from ...who import needs
from .. import access
from ..examples import answers, body
from . import decisions_shapes as shapes
from .reviews import refuse_programs

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["moderation"])
    _lists(made, service)
    _one(made, service)
    return made


def _lists(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Cursor = Annotated[str | None, Query(max_length=200)]
    Limit = Annotated[int, Query(ge=1, le=200)]
    deciding = Deciding(service.options, desk=service.desk)

    @made.get("/checks/{check_id}/decisions", responses=answers(200, shapes.DECISIONS, 401, 403, 404, 409, 410))
    def of_check(
        check_id: Annotated[str, InPath(max_length=80)], caller: Reader, cursor: Cursor = None, limit: Limit = 50
    ) -> shapes.DecisionsShown:
        """List what was decided about a check, the last first; also once its record is gone."""
        found = decided.of_check(service.desk, caller.tenant_id, check_id, cursor, limit)
        if found is None:
            access.standing(service, caller, check_id)  # it is there, and of no item; or it is not there
            return shapes.DecisionsShown(decisions=[], next=None)
        return shapes.DecisionsShown(decisions=[shapes.decision(one) for one in found.decisions], next=found.next)

    # An id may hold slashes: what stands between the type and the last word of the address is the id, as it is decoded.
    @made.get("/items/{item_type}/{item_id:path}/decisions", responses=answers(200, shapes.OF_ITEM, 401, 403, 404))
    def of_item(
        item_type: Annotated[str, InPath(max_length=64)],
        item_id: Annotated[str, InPath(max_length=500, description="percent-encoded; slashes may stay as they are")],
        caller: Reader,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> shapes.ItemDecisions:
        """List what was decided about an item, the last first, and say what stands against it now."""
        item = Item(item_id, item_type)
        found = decided.of_item(service.desk, caller.tenant_id, item, cursor, limit)
        return shapes.ItemDecisions(
            item=shapes.ItemShown(id=item.id, type=item.type_id),
            in_force=[shapes.action(one) for one in deciding.in_force(caller.tenant_id, item)],
            decisions=[shapes.decision(one) for one in found.decisions],
            next=found.next,
        )


def _one(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Reviewer = Annotated[Caller, Depends(needs("reviews:write"))]
    Id = Annotated[str, InPath(max_length=80)]
    deciding = Deciding(service.options, desk=service.desk)

    @made.get("/decisions/{decision_id}", responses=answers(200, shapes.DECISION, 401, 403, 404))
    def get_decision(decision_id: Id, caller: Reader) -> shapes.DecisionShown:
        """Look at a decision, and why it was taken."""
        return shapes.decision(deciding.get(decision_id, caller.tenant_id))

    @made.post(
        "/decisions/{decision_id}/undo",
        openapi_extra=body(shapes.UNDO),
        responses=answers(200, shapes.UNDONE, 401, 403, 404, 409),
    )
    def undo_decision(decision_id: Id, asked: shapes.UndoAsked, caller: Reviewer) -> shapes.DecisionShown:
        """Take a decision back before its effects go out; gives the decision by which all is as before it.

        What a review decided is taken back with that review, which waits for people again.
        """
        deciding.get(decision_id, caller.tenant_id)  # or it is not there
        if decided.reviewed(service.desk, decision_id):
            refuse_programs(caller)
        made = decided.undo(service.desk, caller.tenant_id, decision_id, by=caller.made_by, note=asked.note)
        return shapes.decision(made)
