"""The JSON of queues, reviews and samples, and its examples. Knows shapes; asks nobody."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from ....moderation.people import Agreement, Label, Opinion, Overruled, Queue, ReviewJob, Said, Waiting
from ....moderation.people.values import Answer, Authenticity, Finding, ReviewKind
from ....moderation.values import Action
from ..examples import AT, CHECK_ID, DIGEST
from ..shapes import Taken
from . import appeals_shapes as appeals
from . import decisions_shapes as decisions
from . import reports_shapes as reports
from .appeals_shapes import AppealShown
from .decisions_shapes import DECISION_ID, ActionShown, ItemShown
from .reports_shapes import REVIEW_ID, NoticeShown

ADA, BEN = "person:per_3q5x7w2m4k6z7y2abcdefghij4", "person:per_7w2m4x6yaabcdefghij2k5zq3v"
QUEUE: dict[str, Any] = {
    **{"restricted": True, "blur": True, "greyscale": True, "mute": True, "claim_s": 900.0, "people": [ADA]},
}
_QUEUE = {"name": "restricted", **QUEUE}
QUEUES = {"queues": [{**_QUEUE, "waiting": 3, "claimed": 1, "oldest_s": 420.0, "differ": 1, "stuck": 0}]}
REVIEW: dict[str, Any] = {
    **{"id": REVIEW_ID, "queue": "notices", "kind": "review", "blind": False, "check_id": CHECK_ID},
    **{"item": {"id": "post/4711", "type": "video"}, "content_hash": DIGEST, "priority": 1, "people": 2, "round": 1},
    **{"made_at": AT, "seen": {"outcome": "likely_ai", "manipulations": []}, "opinions": [], "reports": []},
    "appeal": None,
    **{"state": "claimed", "claimed_by": ADA, "claimed_until": AT, "settled_at": None, "finding": None},
    **{"decision_id": None, "effective_at": None, "page": f"/reviews/{REVIEW_ID}"},
}
SETTLED: dict[str, Any] = {
    **REVIEW,
    **{"state": "settled", "claimed_by": None, "claimed_until": None, "settled_at": AT, "finding": "genuine"},
    **{"decision_id": DECISION_ID, "effective_at": AT, "people": 1},
}
AGREEMENT = {
    **{"items": 12, "fleiss": 0.71},
    "pairs": [{"first": ADA, "second": BEN, "items": 12, "kappa": 0.71}],
}
_SHARE = {"count": 2, "of": 40, "low": 0.013, "high": 0.165}
OVERRULED = {"overruled": [{"by": "outcome", "name": "likely_ai", "blind": True, "overruled": _SHARE, "unclear": 1}]}
LABELS = {"labels": [{"check_id": CHECK_ID, "content_hash": DIGEST, "label": "synthetic"}]}

State = Literal["waiting", "claimed", "waiting for another", "settled"]


class QueueWish(Taken):
    """How a queue is to be; what is left out stays as it is, and of a new queue is off."""

    restricted: bool | None = Field(default=None, description="for the people named here alone")
    blur: bool | None = None
    greyscale: bool | None = None
    mute: bool | None = None
    claim_s: float | None = Field(
        default=None, ge=10, le=24 * 3600, description="how long a claim lasts; of a new queue 900"
    )
    people: None | list[Annotated[str, StringConstraints(pattern=r"^person:[A-Za-z0-9_-]{1,80}$")]] = Field(
        default=None,
        max_length=500,
        description="who may work it, as person:ID; none named: everybody, unless restricted",
    )


class QueueShown(BaseModel):
    """A queue."""

    name: str
    restricted: bool
    blur: bool
    greyscale: bool
    mute: bool
    claim_s: float
    people: list[str]


class QueueWaiting(QueueShown):
    """A queue, and what waits in it."""

    waiting: int
    claimed: int = Field(description="of those that wait, how many somebody is at")
    oldest_s: float = Field(description="for how long the oldest waits")
    differ: int = Field(description="of those that wait, how many wait for one more, since people differ")
    stuck: int = Field(description="of those that wait, for how many too few people are left: name another")


class QueuesShown(BaseModel):
    """The queues that the caller may work; all, for who may change them."""

    queues: list[QueueWaiting]


class NextAsked(Taken):
    """Of which queue the next review is wanted."""

    queue: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="null: of all that the caller may work"
    )


class ActionGiven(Taken):
    """One effect on an item."""

    kind: Literal["label", "restrict", "demote", "remove", "block"] = Field(examples=["label"])
    value: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = Field(
        default="", description="the words of a label, whom it is restricted to: these two need it"
    )


class OpinionAsked(Taken):
    """What somebody who is at a review says of it."""

    finding: Finding = Field(examples=["genuine"])
    reason: Annotated[str, StringConstraints(min_length=1, max_length=5000)] = Field(examples=["the shadows are right"])
    actions: list[ActionGiven] = Field(default=[], max_length=20, description="empty: nothing is done about it")
    category: Authenticity | None = Field(default=None, description="schema.org's mediaAuthenticityCategory")
    answer: Answer | None = Field(default=None, description="to an appeal, and to nothing else")


class UndoAsked(Taken):
    """Why it is taken back."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)] = Field(
        examples=["I looked at the wrong window"]
    )


class SeenShown(BaseModel):
    """What the detector said when the review was opened."""

    outcome: str | None
    manipulations: list[str]


class OpinionShown(BaseModel):
    """What one person said."""

    id: str
    round: int
    who: str
    at: str
    finding: Finding
    category: Authenticity | None
    actions: list[ActionShown]
    reason: str
    answer: Answer | None


class ReviewShown(BaseModel):
    """A review as the caller may see it."""

    id: str
    queue: str
    kind: ReviewKind
    blind: bool = Field(description="verdict and scores are kept from who works on it")
    check_id: str | None = Field(description="null: it is blind, and not settled; its page shows the video alone")
    item: ItemShown
    content_hash: str | None
    priority: int
    people: int = Field(description="who must agree")
    round: int = Field(description="from 1; an undone decision begins the next")
    made_at: str
    seen: SeenShown | None = Field(description="null: it is blind and not settled, or you have not claimed it")
    opinions: list[OpinionShown] = Field(description="until it is settled, one's own alone")
    reports: list[NoticeShown] = Field(description="of an appeal, those that led to what it is against")
    appeal: AppealShown | None = Field(description="that it is to answer")
    state: State = Field(description="waiting for another: the caller spoke, and more people are asked")
    claimed_by: str | None
    claimed_until: str | None
    settled_at: str | None
    finding: Finding | None
    decision_id: str | None
    effective_at: str | None = Field(description="until then what was decided can be undone")
    page: str = Field(description="where a person who is signed in works on it, with its video")


class ReviewsShown(BaseModel):
    """Reviews, oldest first."""

    reviews: list[ReviewShown]
    next: str | None = Field(description="the cursor of the next page; null: there is none")


class PairShown(BaseModel):
    """Cohen's kappa of two reviewers."""

    first: str
    second: str
    items: int
    kappa: float | None


class AgreementShown(BaseModel):
    """How far blind reviewers agree beyond chance; null: too little was seen to say."""

    items: int
    fleiss: float | None
    pairs: list[PairShown]


class ShareShown(BaseModel):
    """A share with its 95 % interval (Wilson)."""

    count: int
    of: int
    low: float
    high: float


class OverruledShown(BaseModel):
    """How often people found otherwise than the detector, where it said one thing."""

    by: Literal["outcome", "manipulation"]
    name: str
    blind: bool = Field(description="who saw the verdict is led by it: never add the two up")
    overruled: ShareShown
    unclear: int = Field(description="people could not say; not counted above")


class AllOverruled(BaseModel):
    """By outcome and by kind of change."""

    overruled: list[OverruledShown]


class LabelShown(BaseModel):
    """What blind reviewers agreed on."""

    check_id: str
    content_hash: str
    label: Finding


class LabelsShown(BaseModel):
    """What may teach the detector."""

    labels: list[LabelShown]


def queue(one: Queue) -> QueueShown:
    """Give a queue."""
    return QueueShown(**_queue(one))


def waiting(one: Queue, count: Waiting) -> QueueWaiting:
    """Give a queue, and what waits in it."""
    values = {name: value for name, value in vars(count).items() if name != "queue"}
    return QueueWaiting(**_queue(one), **values)


def _queue(one: Queue) -> dict[str, Any]:
    return {**vars(one), "people": sorted(one.people)}


def said(asked: OpinionAsked) -> Said:
    """Give an opinion as the room takes it."""
    actions = tuple(Action(one.kind, one.value) for one in asked.actions)
    return Said(asked.finding, actions, asked.reason, asked.category, asked.answer)


def review(job: ReviewJob, who: str, now: str) -> ReviewShown:
    """Give a review as the room gave it, which keeps from `who` what is not theirs to see."""
    names = ("id", "queue", "kind", "blind", "priority", "people", "round", "made_at", "claimed_by", "claimed_until")
    ends = ("settled_at", "finding", "decision_id", "effective_at")
    of = job.submission
    hidden = job.blind and job.settled_at is None
    return ReviewShown(
        **{name: getattr(job, name) for name in (*names, *ends)},
        check_id=None if hidden else of.check_id,
        item=ItemShown(id=of.item.id, type=of.item.type_id),
        content_hash=None if hidden else of.content_hash,
        seen=None if job.seen is None else SeenShown(**{**vars(job.seen), "manipulations": [*job.seen.manipulations]}),
        opinions=[_opinion(one) for one in job.opinions],
        reports=[reports.notice(one) for one in job.notices],
        appeal=None if job.appeal is None else appeals.appeal(job.appeal),
        state=_state(job, who, now),
        page=f"/reviews/{job.id}",
    )


def _state(job: ReviewJob, who: str, now: str) -> State:
    if job.settled_at is not None:
        return "settled"
    if any(one.who == who and one.round == job.round for one in job.opinions):
        return "waiting for another"
    return "claimed" if job.claimed_until is not None and job.claimed_until > now else "waiting"


def _opinion(one: Opinion) -> OpinionShown:
    names = ("id", "round", "who", "at", "finding", "category", "reason", "answer")
    actions = [decisions.action(each) for each in one.actions]
    return OpinionShown(**{name: getattr(one, name) for name in names}, actions=actions)


def agreement(one: Agreement) -> AgreementShown:
    """Give how far people agree."""
    return AgreementShown(items=one.items, fleiss=one.fleiss, pairs=[PairShown(**vars(each)) for each in one.pairs])


def overruled(one: Overruled) -> OverruledShown:
    """Give how often one thing was overruled."""
    return OverruledShown(**{**vars(one), "overruled": ShareShown(**vars(one.overruled))})


def label(one: Label) -> LabelShown:
    """Give a label."""
    return LabelShown(**vars(one))
