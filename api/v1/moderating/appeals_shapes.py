"""The JSON of appeals, and its examples. Knows shapes; asks nobody."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from ....moderation.people import Appeal, AppealRequest
from ....moderation.people.values import Answer, Side
from ..examples import AT
from ..shapes import Taken
from . import decisions_shapes as decisions
from .decisions_shapes import DECISION_ID, ActionShown, ItemShown
from .reports_shapes import REVIEW_ID, ContactGiven, contact

_Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]

_REASON = "It is a film of a real rehearsal; the make-up misleads."
APPEAL: dict[str, Any] = {
    **{"id": "apl_k5zq3v7w2m4x6yaabcdefghij2", "decision_id": DECISION_ID, "side": "uploader", "report_id": None},
    **{"review_id": REVIEW_ID, "item": {"id": "post/4711", "type": "video"}, "reason": _REASON, "policies": []},
    **{"actions": [{"kind": "remove", "value": ""}], "at": AT},
    **{"answer": None, "answered_at": None, "answer_reason": None},
}


class AppealAsked(Taken):
    """What somebody says against a decision."""

    side: Side = Field(examples=["uploader"], description="reporter: with the `report_id` of their notice")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=10_000)] = Field(examples=[_REASON])
    report_id: Annotated[str, StringConstraints(max_length=80)] | None = None
    policies: list[_Name] = Field(default=[], max_length=50, description="that they say were not broken, or were")
    contact: ContactGiven = ContactGiven()


class AppealShown(BaseModel):
    """An appeal as it is kept, without who made it."""

    id: str
    decision_id: str
    side: Side
    report_id: str | None
    review_id: str = Field(description="the review in which other people than before look at it")
    item: ItemShown
    actions: list[ActionShown] = Field(description="against which it is")
    reason: str
    policies: list[str]
    at: str
    answer: Answer | None = Field(description="null: it is open")
    answered_at: str | None
    answer_reason: str | None


class AppealsShown(BaseModel):
    """Appeals against a decision, oldest first."""

    appeals: list[AppealShown]


def asked(given: AppealAsked) -> AppealRequest:
    """Give what was sent as the room takes it."""
    return AppealRequest(given.side, given.reason, contact(given.contact), given.report_id, tuple(given.policies))


def appeal(one: Appeal) -> AppealShown:
    """Give an appeal."""
    names = ("id", "decision_id", "side", "review_id", "reason", "at", "answer", "answered_at", "answer_reason")
    return AppealShown(
        **{name: getattr(one, name) for name in names},
        report_id=one.notice_id,
        item=ItemShown(id=one.item.id, type=one.item.type_id),
        actions=[decisions.action(each) for each in one.actions],
        policies=list(one.policies),
    )
