"""The JSON of submissions: a line of a request, and the line that answers it. Knows shapes; asks nobody."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ...docket import Lane
from . import shapes
from .examples import CHECK_ID

Own = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SubmissionAsked(shapes.CheckAsked):
    """One submission: one of url, upload_id and object."""

    id: Own | None = Field(
        default=None, description="the submission's own id: the same id again is answered with the same check"
    )
    object: Annotated[str, StringConstraints(max_length=2048)] | None = Field(
        default=None, description="an object below a root that the operator has given your tenant: s3://bucket/name"
    )
    version: Annotated[str, StringConstraints(max_length=1024)] = Field(default="", description="of that object")
    lane: Lane = Field(default="bulk", description="live: before all that is bulk")


class ProblemTold(BaseModel):
    """Why a line became no check."""

    type: str
    title: str
    status: int
    detail: str
    advice: str


class SubmissionAnswered(BaseModel):
    """What became of one line."""

    line: int = Field(description="of the request, from 1; of a notification, its record")
    status: int = Field(description="202: it has a check; else as the problem says; 429 and 503: send the line again")
    check_id: str | None = None
    again: bool = Field(default=False, description="whether it came before; the check is the one of then")
    problem: ProblemTold | None = None


ASKED = (
    '{"id": "s-1", "url": "https://media.example/a.mp4", "item_id": "v-17", "item_type": "video"}\n'
    '{"id": "s-2", "object": "s3://uploads/b.mp4", "item_id": "v-18", "item_type": "video"}\n'
)
ANSWERED = SubmissionAnswered(line=1, status=202, check_id=CHECK_ID).model_dump_json() + "\n"
