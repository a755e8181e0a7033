"""The JSON of what people add to checks and records: opinions, findings, holds, publications. Asks nobody."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ...docket import Feedback, Hold, HoldReason
from .shapes import Note, Taken


class FeedbackAsked(Taken):
    """What somebody thinks of a result."""

    says: Literal["right", "wrong", "unclear"]
    comment: Note = ""


class HoldAsked(Taken):
    """A reason to keep a check longer than its time."""

    reason: HoldReason
    note: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class FindingAsked(Taken):
    """What a person concluded, having looked."""

    says: Literal["synthetic", "manipulated", "genuine"]
    why: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
    after: int | None = Field(
        default=None, ge=1, description="the revision that was looked at; 409 if there is another"
    )


class RevocationAsked(Taken):
    """Why a record is taken back."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)] = Field(
        description="public: whoever looks the record up reads it, so it should name nobody"
    )


class HoldShown(BaseModel):
    """A hold, standing or lifted."""

    id: str
    reason: HoldReason
    note: str
    who: str
    placed_at: str
    lifted_at: str | None
    lifted_by: str | None


class PublicationShown(BaseModel):
    """Whether a check is shown to everybody."""

    check: str
    since: str | None = Field(description="none: it is not")
    address: str = Field(description="of its page")


class FeedbackShown(BaseModel):
    """What somebody thinks of a result."""

    id: str
    at: str
    says: Literal["right", "wrong", "unclear"]
    comment: str


def hold(one: Hold) -> HoldShown:
    """Give a hold."""
    return HoldShown(**vars(one))


def feedback(one: Feedback) -> FeedbackShown:
    """Give what somebody thinks, without who it was."""
    return FeedbackShown(id=one.id, at=one.at, says=one.says, comment=one.comment)
