"""The JSON of statements, notices and reports, and its examples. Knows shapes; asks nobody."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from ....moderation.statements import Kept, Notice, Report, Statement
from ....moderation.statements.counting import TOTAL, Complaints, Machines, Measures, Notices
from ....moderation.statements.language import Language
from ....moderation.statements.values import State
from ..examples import AT

DECISION_ID = "dec_k5zq3v7w2m4x6yaabcdefghij2"
_BODY: dict[str, Any] = {
    "puid": DECISION_ID,
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_LABELLED"],
    "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "incompatible_content_ground": "Terms of use, section 4.2",
    "incompatible_content_explanation": "Realistic synthetic videos have to be labelled as such.",
    "content_type": ["CONTENT_TYPE_SYNTHETIC_MEDIA", "CONTENT_TYPE_VIDEO"],
    "category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
    "territorial_scope": ["AT", "DE"],
    "content_date": "2026-11-22",
    "application_date": "2026-11-22",
    "decision_facts": "A rule of the platform's policy applied: the file carries the mark of a generator.",
    "source_type": "SOURCE_VOLUNTARY",
    "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_FULLY",
}
STATEMENT: dict[str, Any] = {
    **{"decision_id": DECISION_ID, "state": "waiting", "statement": _BODY, "made_at": AT, "attempts": 0},
    **{"due_at": AT, "sent_at": None, "answer": None, "failure": None},
}
NOTICE: dict[str, Any] = {
    "subject": "Decision on your video video:v-17",
    "language": "en",
    "parts": [{"name": "reference", "title": "Reference", "lines": [DECISION_ID]}],
    "text": f"Decision on your video video:v-17\n\nReference\n{DECISION_ID}\n",
    "html": '<article lang="en"><h2>Decision on your video video:v-17</h2></article>',
}
_MACHINES: dict[str, Any] = {
    **{"solely": 9, "partly": 2, "without": 1, "sampled": 4, "accuracy": 0.75, "precision": 1.0, "recall": 0.5}
}
REPORT: dict[str, Any] = {
    **{"service": "Example", "first": "2026-01-01", "last": "2026-12-31"},
    "notices": [
        {
            **{"category": "TOTAL", "trusted": False, "number": 3, "items": 3, "on_law": 0, "on_terms": 2},
            "median_s": 5400.0,
        }
    ],
    "own_initiative_illegal": [],
    "own_initiative_terms": [
        {
            **{"category": "TOTAL", "number": 9, "detected": 9},
            "visibility": {"DECISION_VISIBILITY_CONTENT_LABELLED": 9},
        }
    ],
    "complaints": [{"about": "TOTAL", "number": 1, "answers": {"upheld": 1}, "median_s": 86400.0}],
    "automated": {"measures": _MACHINES},
}


class StatementShown(BaseModel):
    """The statement of reasons of a decision."""

    decision_id: str
    state: State | Literal["draft"] = Field(description="draft: as it would be; nothing is laid down to be sent")
    statement: dict[str, Any] = Field(description="in the fields of the transparency database")
    made_at: str | None
    attempts: int
    due_at: str | None = Field(description="when it is sent next")
    sent_at: str | None
    answer: dict[str, Any] | None = Field(description="of the transparency database")
    failure: str | None = Field(description="why the last attempt came to nothing")


class StatementsShown(BaseModel):
    """A page of statements, oldest first."""

    statements: list[StatementShown]
    next: str | None


class PartShown(BaseModel):
    """One point of a notice."""

    name: str = Field(description="the same in every language")
    title: str
    lines: list[str]


class NoticeShown(BaseModel):
    """What one side is told of a decision."""

    subject: str
    language: Language
    parts: list[PartShown]
    text: str
    html: str = Field(description="one element, safe to show")


class NoticesCounted(BaseModel):
    """Notices of one category."""

    category: str = Field(description="TOTAL, a category, one of its keywords, or CATEGORY/KEYWORD_OTHER")
    trusted: bool = Field(description="of trusted flaggers alone")
    number: int
    items: int
    on_law: int
    on_terms: int
    median_s: float | None = Field(description="until something was done; null: nothing was")


class MeasuresCounted(BaseModel):
    """Measures of one category that nobody had asked for."""

    category: str
    number: int
    detected: int = Field(description="by automated means alone")
    visibility: dict[str, int]


class ComplaintsCounted(BaseModel):
    """Complaints about one kind of decision."""

    about: str
    number: int
    answers: dict[str, int]
    median_s: float | None


class MachinesCounted(BaseModel):
    """What automated means did, and how often they were right as far as blind samples tell."""

    solely: int
    partly: int
    without: int
    sampled: int
    accuracy: float | None
    precision: float | None
    recall: float | None


class ReportShown(BaseModel):
    """The numbers of a transparency report that are known here."""

    service: str
    first: date
    last: date
    notices: list[NoticesCounted]
    own_initiative_illegal: list[MeasuresCounted]
    own_initiative_terms: list[MeasuresCounted]
    complaints: list[ComplaintsCounted]
    automated: dict[str, MachinesCounted] = Field(description="measures, own, noticed, trusted")


def kept(one: Kept) -> StatementShown:
    """Show a statement that was laid down."""
    return StatementShown(
        **{name: getattr(one, name) for name in _AS_KEPT},
        statement=json.loads(one.body),
        answer=None if one.answer is None else json.loads(one.answer),
    )


_AS_KEPT = ("decision_id", "state", "made_at", "attempts", "due_at", "sent_at", "failure")


def draft(decision_id: str, one: Statement) -> StatementShown:
    """Show a statement as it would be."""
    nothing = dict.fromkeys(("made_at", "due_at", "sent_at", "answer", "failure"))
    return StatementShown(decision_id=decision_id, state="draft", statement=one.body(), attempts=0, **nothing)


def notice(one: Notice) -> NoticeShown:
    """Show a notice."""
    parts = [PartShown(name=part.name, title=part.title, lines=list(part.lines)) for part in one.parts]
    return NoticeShown(subject=one.subject, language=one.language, parts=parts, text=one.text, html=one.html)


def report(service: str, first: date, last: date, of: Report) -> ReportShown:
    """Show a report, the totals first."""
    scopes = {"measures": of.measures, "own": of.own, "noticed": of.noticed, "trusted": of.trusted}
    return ReportShown(
        service=service,
        first=first,
        last=last,
        notices=[_notices(*key, one) for key, one in sorted(of.notices.items(), key=lambda one: _place(*one[0]))],
        own_initiative_illegal=_measures(of.illegal),
        own_initiative_terms=_measures(of.terms),
        complaints=[
            _complaints(about, one) for about, one in sorted(of.complaints.items(), key=lambda o: _place(o[0]))
        ],
        automated={name: _machines(one) for name, one in scopes.items()},
    )


def _place(name: str, second: bool = False) -> tuple[bool, str, bool]:
    return name != TOTAL, name, second


def _notices(category: str, trusted: bool, one: Notices) -> NoticesCounted:
    counts = {name: getattr(one, name) for name in ("number", "items", "on_law", "on_terms")}
    return NoticesCounted(category=category, trusted=trusted, median_s=one.times.median, **counts)


def _measures(of: dict[str, Measures]) -> list[MeasuresCounted]:
    listed = sorted(of.items(), key=lambda one: _place(one[0]))
    return [
        MeasuresCounted(category=name, number=one.number, detected=one.detected, visibility=dict(one.visibility))
        for name, one in listed
    ]


def _complaints(about: str, one: Complaints) -> ComplaintsCounted:
    return ComplaintsCounted(about=about, number=one.number, answers=dict(one.answers), median_s=one.times.median)


def _machines(one: Machines) -> MachinesCounted:
    said = {name: getattr(one, name) for name in MachinesCounted.model_fields if name != "sampled"}
    return MachinesCounted(**said, sampled=sum(one.sampled.values()))
