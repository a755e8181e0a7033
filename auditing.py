"""From a file to a table of duties: verify it, look for the labels that its credentials name, hold it to each law.

Knows the order of the work alone: what was seen is Evidence, what the law asks is data. A platform's copy goes the same
way as the file that was signed; on what each duty rests is said.

    from countermark.auditing import audit_file
    from countermark.disclosure.duties.profile import chosen
    audited = audit_file(Path("clip.mp4"), chosen("eu-ai-act-50"))
    print([(row.duty, row.outcome) for row in audited.audits[0].rows])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from .disclosure.duties.audit import audit
from .disclosure.duties.profile import Profile
from .disclosure.duties.subject import LABEL, Held, Subject, VideoFacts
from .disclosure.duties.table import Audit
from .errors import NoFrames, NoPictures, TooSmall, UnreadableVideo
from .evidence import Evidence, FailureDetails, LabelClaim, LabelDetails, Match, Span
from .labels_seen import labels_seen
from .media import Video
from .settings import Settings, settings
from .verdict import Verdict
from .verify import facts_of, verify

MOST_LABELS = 8  # that are looked for; of more, the rest is said not to be
_SHIFT_S = 0.5  # a copy that begins so much later has its labels elsewhere in time


@dataclass(frozen=True)
class Audited:
    """One file, its verdict, and what each law makes of it."""

    verdict: Verdict
    audits: tuple[Audit, ...]

    @property
    def failed(self) -> bool:
        """Whether a duty in force is not met."""
        return any(one.failed for one in self.audits)


def audit_file(
    path: Path, profiles: Sequence[Profile], options: Settings | None = None, on: date | None = None
) -> Audited:
    """Audit a file as the laws stand on that day, today by default. Raises only what means 'I could not look'."""
    options = options or settings()
    verdict = verify(path, options=options)
    video = _video(path, options)
    subject = Subject(
        evidence=verdict.evidence,
        video=_facts(video) if video else None,
        not_looked_at=verdict.not_looked_at,
    )
    subject = replace(subject, evidence=(*subject.evidence, *_labels(path, subject, video, options)))
    day = on or datetime.now(UTC).date()
    return Audited(verdict, tuple(audit(subject, profile, day) for profile in profiles))


def _video(path: Path, options: Settings) -> Video | None:
    """Probe it once more; that nothing of it can be shown is an answer, since its metadata may still speak."""
    try:
        return facts_of(path, options)
    except (NoFrames, NoPictures, TooSmall, UnreadableVideo):
        return None


def _facts(video: Video) -> VideoFacts:
    return VideoFacts(video.geometry.display_size, video.duration_s, len(video.sounds), video.container)


def _labels(path: Path, subject: Subject, video: Video | None, options: Settings) -> tuple[Evidence, ...]:
    """Look for the labels that the best credentials with labels name, where their signer is believed."""
    held = subject.labelled
    if held is None or video is None or any(one.examiner == LABEL for one in subject.evidence):
        return ()
    empty = Evidence(video.digest, "video", LABEL, "1", "inconclusive")
    if why := _elsewhere(subject, held):
        return (replace(empty, details=FailureDetails(why)),)
    claims, gone = _in_this_copy(held, video.duration_s)
    found = [replace(empty, finding="absent", details=LabelDetails(claim, 0.0, 0)) for claim in gone]
    found += labels_seen(path, claims[:MOST_LABELS], options)
    if len(claims) > MOST_LABELS:
        why = f"of {len(claims)} labels, {MOST_LABELS} were looked for"
        found.append(replace(empty, details=FailureDetails(why)))
    return tuple(found)


def _elsewhere(subject: Subject, held: Held) -> str | None:
    """Say why nobody knows where in a copy a label would be: the examiner looks where it was drawn."""
    geometry = next((mark.geometry for mark in subject.marks), None)
    if held.basis == "file" or geometry is None:
        return None
    if geometry.plain and not geometry.mirrored and not geometry.quarter_turns:
        return None
    return f"this copy is {geometry}, so that its place is not known"


def _in_this_copy(held: Held, length: float) -> tuple[tuple[LabelClaim, ...], tuple[LabelClaim, ...]]:
    """Move the labels' times to those of a copy that begins elsewhere; and give those that it leaves out."""
    segments = held.record.segments if held.record and held.basis != "file" else ()
    kept, gone = [], []
    for claim in held.details.labels:
        shift = _shift(claim.span, segments)
        start, end = max(0.0, claim.span.start_s + shift), min(length, claim.span.end_s + shift)
        if end > start:
            kept.append(replace(claim, span=Span(start, end)))
        else:
            gone.append(claim)
    return tuple(kept), tuple(gone)


def _shift(span: Span, segments: tuple[Match, ...]) -> float:
    """By how much later a copy shows what was at that time; from the stretch that is nearest to it."""

    def apart(match: Match) -> float:
        return max(match.original.start_s - span.end_s, span.start_s - match.original.end_s, 0.0)

    if not segments:
        return 0.0
    nearest = min(segments, key=apart)
    shift = nearest.copy.start_s - nearest.original.start_s
    return shift if abs(shift) >= _SHIFT_S else 0.0
