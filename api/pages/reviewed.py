"""What the review console shows to who is at a review, and what it keeps from them. Knows no route.

Of a blind review nothing that the detector says; of others' opinions, until it is settled, only that they were given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...docket import Check, CheckPicture
from ...evidence import ChangesDetails, Evidence, Span
from ...moderation import decided
from ...moderation.people import Queue, queues, reviewing
from ...moderation.people.values import CATEGORIES, FINDINGS, Notice, ReviewJob
from ...moderation.values import ACTIONS, Decision
from .times import Stretch, drawn, length_of

if TYPE_CHECKING:
    from ...accounts import Caller
    from ..service import Service

MOST_VALUE = 200  # letters of an action's words
_MOST_STEPS, _MOST_DECISIONS = 60, 20
_RATE = 25.0  # frames a second, where nobody looked


@dataclass(frozen=True)
class Step:
    """One thing to look at: what an examiner saw, or a reporter says, at a place in time where it has one."""

    number: int  # from 1
    examiner: str  # empty: a reporter
    finding: str
    score: float | None
    change: str  # the kind of a change; empty: none
    stretch: Stretch | None

    @property
    def span(self) -> Span | None:
        """Where it is."""
        return None if self.stretch is None else self.stretch.span


@dataclass(frozen=True)
class Other:
    """Somebody else who gave an opinion; what they said is not told."""

    name: str
    at: str


def values(service: Service, caller: Caller, job: ReviewJob, check: Check | None) -> dict[str, Any]:
    """Give what `review.html` shows, but for the link to its media."""
    names = people(service, caller.tenant_id)
    seen = None if job.seen is None or check is None else check.verdict
    evidence = () if seen is None else seen.evidence
    length = _length(check, evidence, job.notices)
    media = None if check is None or check.verdict is None else check.verdict.media
    closed = check is not None and service.banks.closed(check.id)
    return {
        "check": check,
        "queue": queue_of(service, caller, job),
        "closed": closed,
        "shows_video": check is not None and may_play(service, caller, job, check),
        "frames": () if check is None else frames(service, caller, job, check),
        "verdict": seen,
        "steps": steps(evidence, job.notices, length),
        "length": length,
        "rate": _RATE if media is None or not media.frame_rate else float(media.frame_rate),
        "others": _others(service, caller, job, names),
        "decisions": _before(service, job),
        "who": lambda made_by: names.get(made_by, ""),
        "findings": FINDINGS,
        "categories": CATEGORIES,
        "actions": ACTIONS,
        "most_value": MOST_VALUE,
    }


def people(service: Service, tenant_id: str) -> dict[str, str]:
    """Give the names of a tenant's people, as decisions and claims call them."""
    return {f"person:{one.id}": one.name or one.email or one.id for one in service.accounts.people(tenant_id)}


def queue_of(service: Service, caller: Caller, job: ReviewJob) -> Queue:
    """Give the queue of a review that somebody may see."""
    found = queues.listed(service.desk, caller.tenant_id, caller.made_by)
    return next((one for one in found if one.name == job.queue), Queue.closed(job.queue, frozenset()))


def opened(service: Service, caller: Caller, job: ReviewJob, check: Check) -> bool:
    """Whether its pictures may be seen here: what is closed, in a restricted queue alone."""
    return not service.banks.closed(check.id) or queue_of(service, caller, job).restricted


def may_play(service: Service, caller: Caller, job: ReviewJob, check: Check) -> bool:
    """Whether its video is here, and may be seen in this review."""
    return check.object_key is not None and check.media_gone_at is None and opened(service, caller, job, check)


def frames(service: Service, caller: Caller, job: ReviewJob, check: Check) -> tuple[CheckPicture, ...]:
    """Give the frames that the check kept, without maps of what the detector saw."""
    if not opened(service, caller, job, check):
        return ()
    return tuple(one for one in check.pictures if one.kind == "key_frame")


def steps(evidence: Iterable[Evidence], notices: Iterable[Notice], length: float) -> tuple[Step, ...]:
    """Give all that is to be looked at: in the order of time, then what has no place in it."""
    found: list[Step] = []
    for one in evidence:
        if one.finding == "absent":
            continue
        if isinstance(one.details, ChangesDetails) and one.details.changes:
            found += [
                Step(0, one.examiner, one.finding, one.score, change.kind, drawn(change.span, length))
                for change in one.details.changes
            ]
            continue
        spans: list[Stretch | None] = [drawn(span, length) for span in one.spans]
        found += [Step(0, one.examiner, one.finding, one.score, "", span) for span in spans or [None]]
    for notice in notices:
        found += [Step(0, "", "", None, "", drawn(Span(*span), length)) for span in notice.place.seconds]
    found.sort(key=lambda step: (step.span is None, step.span.start_s if step.span else 0.0))
    kept = found[:_MOST_STEPS]
    return tuple(
        Step(number, one.examiner, one.finding, one.score, one.change, one.stretch)
        for number, one in enumerate(kept, 1)
    )


def _length(check: Check | None, evidence: Iterable[Evidence], notices: Iterable[Notice]) -> float:
    media = None if check is None or check.verdict is None else check.verdict.media
    if media is not None:
        return media.duration_s
    said = (end for notice in notices for _, end in notice.place.seconds)
    return max([length_of(evidence), *said])


def _others(service: Service, caller: Caller, job: ReviewJob, names: dict[str, str]) -> tuple[Other, ...]:
    whole = reviewing.get(service.desk, caller.tenant_id, job.id)
    others = (one for one in whole.opinions if one.who != caller.made_by and one.round == job.round)
    return tuple(Other(names.get(one.who, ""), one.at) for one in others)


def _before(service: Service, job: ReviewJob) -> tuple[Decision, ...]:
    """Give what was decided about the item before; to blind people nothing, since it would tell what was seen."""
    if job.seen is None:
        return ()
    found = decided.of_item(service.desk, job.tenant_id, job.submission.item, None, _MOST_DECISIONS)
    return tuple(one for one in found.decisions if not one.background)
