"""What the cards of a result show, each of one kind of proof, never mixed. Values only: says nothing itself.

A card knows the Evidence of its kind and where it is drawn; words are the templates'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from ...case import comparison_of
from ...docket.values import CheckPicture
from ...evidence import (
    Change,
    ChangesDetails,
    ContainerDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    DetectorDetails,
    Evidence,
    FailureDetails,
    Finding,
    HumanDetails,
    LabelDetails,
    MarkDetails,
    MarkGeometry,
    NoMarkDetails,
    RecordDetails,
    Span,
)
from ...verdict import Verdict
from .times import Stretch, drawn, length_of

D = TypeVar("D")
Check = Literal["good", "bad", "open", "plain"]  # of one row of an audit
HOT, WARM = 128, 96  # of a cell's byte: the threshold, and what is drawn below it
DETECTORS = ("detector", "detector-changes")


@dataclass(frozen=True)
class CredentialsCard:
    """The manifests: that of the file, then what came back from registries."""

    finding: Finding | None  # of the file's own; None: nobody looked
    why_not: str  # why they could not be read
    manifests: tuple[tuple[CredentialDetails, RecordDetails | None], ...]


@dataclass(frozen=True)
class DeclarationsCard:
    """What the file says of itself, unsigned; and the labels that people should see."""

    finding: Finding | None
    declarations: tuple[Declaration, ...]
    problems: tuple[str, ...]
    labels: tuple[tuple[Finding, LabelDetails], ...]


@dataclass(frozen=True)
class Mark:
    """One mark that was read, with its record."""

    payload: str
    key: str
    bit_accuracy: float
    bound: float | None  # the chance of a false reading
    spans: tuple[Stretch, ...]
    geometry: MarkGeometry | None
    record: RecordDetails | None

    @property
    def once_in(self) -> int:
        """Of how many unmarked videos at most one reads so, to two digits, rounded down."""
        count = int(1 / self.bound) if self.bound else 0
        unit = int(10 ** max(0, len(str(count)) - 2))
        return count // unit * unit


@dataclass(frozen=True)
class MarkCard:
    """The watermark."""

    finding: Finding | None
    why_not: str
    marks: tuple[Mark, ...]
    frames: int
    keys: tuple[str, ...]
    length: float


@dataclass(frozen=True)
class Cell:
    """One hot cell of the map of changes, in shares of 1000."""

    x: float
    y: float
    width: float
    height: float
    hot: bool


@dataclass(frozen=True)
class ChangesCard:
    """What changed since signing."""

    finding: Finding | None
    why_not: str
    details: ChangesDetails | None
    changes: tuple[tuple[Change, Stretch], ...]  # the strongest first
    cells: tuple[Cell, ...]
    frame: CheckPicture | None  # that the regions are drawn over
    map: CheckPicture | None
    same_bytes: bool  # as were signed by someone trusted, or registered
    length: float


@dataclass(frozen=True)
class DetectorFinding:
    """What one detector says."""

    examiner: str
    finding: Finding
    score: float | None
    details: DetectorDetails | None
    why_not: str
    timeline: tuple[Stretch, ...]
    own: bool  # one of this program; else one that whoever runs it added


@dataclass(frozen=True)
class DetectorCard:
    """The detectors, and the frames that say most."""

    findings: tuple[DetectorFinding, ...]
    maps: tuple[CheckPicture, ...]
    length: float


@dataclass(frozen=True)
class Cards:
    """All of a result."""

    credentials: CredentialsCard
    declarations: DeclarationsCard
    mark: MarkCard
    changes: ChangesCard
    detector: DetectorCard
    people: tuple[HumanDetails, ...]
    anomalies: tuple[str, ...]  # of the container
    still: CheckPicture | None  # that stands for the video: where it was changed, if that is known
    sound_unheard: bool


def cards(verdict: Verdict, pictures: Sequence[CheckPicture]) -> Cards:
    """Sort a verdict's Evidence into cards."""
    evidence = verdict.evidence
    length = verdict.media.duration_s if verdict.media else length_of(evidence)
    changes = _changes(evidence, pictures, length)
    return Cards(
        _credentials(evidence),
        _declarations(evidence),
        _mark(evidence, length),
        changes,
        _detector(evidence, pictures, length),
        tuple(details for _, details in _of(evidence, HumanDetails)),
        tuple(anomaly for _, box in _of(evidence, ContainerDetails) for anomaly in box.anomalies),
        changes.frame or next((one for one in pictures if one.kind == "key_frame"), None),
        any(line.startswith("the sound") for line in verdict.not_looked_at),
    )


def _credentials(evidence: Sequence[Evidence]) -> CredentialsCard:
    own = _named(evidence, "credentials")
    manifests: list[tuple[CredentialDetails, RecordDetails | None]] = []
    if own is not None and isinstance(own.details, CredentialDetails):
        manifests.append((own.details, None))
    known = {one.manifest_id for one, _ in manifests}
    for _, record in _of(evidence, RecordDetails):
        if record.credentials is not None and record.credentials.manifest_id not in known:
            manifests.append((record.credentials, record))
            known.add(record.credentials.manifest_id)
    return CredentialsCard(own.finding if own else None, _why_not(own), tuple(manifests))


def _declarations(evidence: Sequence[Evidence]) -> DeclarationsCard:
    own = _named(evidence, "declarations")
    details = own.details if own and isinstance(own.details, DeclarationsDetails) else DeclarationsDetails()
    labels = tuple((one.finding, label) for one, label in _of(evidence, LabelDetails))
    return DeclarationsCard(own.finding if own else None, details.declarations, details.problems, labels)


def _mark(evidence: Sequence[Evidence], length: float) -> MarkCard:
    own = _named(evidence, "watermark")
    details = own.details if own else None
    records = {record.payload: record for _, record in reversed(_of(evidence, RecordDetails))}
    marks: list[Mark] = []
    if own is not None and isinstance(details, MarkDetails):
        spans = own.spans or (Span(0.0, length),)
        first = Mark(
            details.payload,
            details.key,
            details.bit_accuracy,
            details.false_accept_bound,
            _all_drawn(spans, length),
            details.geometry,
            records.get(details.payload),
        )
        marks = [first] + [
            Mark(
                o.payload, o.key, o.bit_accuracy, None, _all_drawn(o.spans, length), o.geometry, records.get(o.payload)
            )
            for o in details.also
        ]
    frames = details.frames if isinstance(details, MarkDetails | NoMarkDetails) else 0
    keys = details.keys if isinstance(details, NoMarkDetails) else tuple(dict.fromkeys(mark.key for mark in marks))
    return MarkCard(own.finding if own else None, _why_not(own), tuple(marks), frames, keys, length)


def _changes(evidence: Sequence[Evidence], pictures: Sequence[CheckPicture], length: float) -> ChangesCard:
    own = comparison_of(evidence)
    details = own.details if own and isinstance(own.details, ChangesDetails) else None
    ordered = sorted(details.changes if details else (), key=lambda one: -one.strength)
    frames = [one for one in pictures if one.kind == "key_frame"]
    strongest = next((one for one in ordered if one.region is not None), None)
    frame = min(frames, key=lambda one: _off(one.seconds, strongest.span), default=None) if strongest else None
    return ChangesCard(
        own.finding if own else None,
        _why_not(own),
        details,
        tuple((one, drawn(one.span, length)) for one in ordered),
        tuple(_cells(details)) if details and own and own.finding == "present" else (),
        frame,
        # without a comparison that counts, what was drawn is of one that counts no more
        next((one for one in pictures if one.kind == "changes"), None) if own else None,
        any(_untouched(one) for one in evidence),
        length,
    )


def _detector(evidence: Sequence[Evidence], pictures: Sequence[CheckPicture], length: float) -> DetectorCard:
    asked = [one for one in evidence if one.examiner in DETECTORS or isinstance(one.details, DetectorDetails)]
    findings = []
    for one in asked:
        details = one.details if isinstance(one.details, DetectorDetails) else None
        parts = details.timeline if details else ()
        timeline = tuple(drawn(Span(part.start_s, part.end_s), length, part.score) for part in parts)
        own = one.examiner in DETECTORS
        findings.append(DetectorFinding(one.examiner, one.finding, one.score, details, _why_not(one), timeline, own))
    return DetectorCard(tuple(findings), tuple(one for one in pictures if one.kind == "heat_map"), length)


def _cells(details: ChangesDetails) -> Iterable[Cell]:
    """Give the cells that were warm at any time; nothing for a map that is not of its size."""
    count = details.columns * details.rows
    windows = [bytes.fromhex(window) for window in details.heat]
    if not count or any(len(window) != count for window in windows):
        return
    wide, high = 1000 / details.columns, 1000 / details.rows
    for at, level in enumerate(map(max, zip(*windows, strict=True))):
        if level >= WARM:
            row, column = divmod(at, details.columns)
            yield Cell(round(column * wide, 2), round(row * high, 2), round(wide, 2), round(high, 2), level >= HOT)


def _all_drawn(spans: Iterable[Span], length: float) -> tuple[Stretch, ...]:
    return tuple(drawn(span, length) for span in spans)


def _untouched(one: Evidence) -> bool:
    match one.details:
        case CredentialDetails(trust="trusted", content_matches=True):
            return True
        case RecordDetails(status="live", same_bytes=True):
            return True
    return False


def _off(seconds: float, span: Span) -> float:
    return abs(seconds - (span.start_s + span.end_s) / 2)


def _of(evidence: Iterable[Evidence], kind: type[D]) -> list[tuple[Evidence, D]]:
    return [(one, one.details) for one in evidence if isinstance(one.details, kind)]


def _named(evidence: Iterable[Evidence], examiner: str) -> Evidence | None:
    return next((one for one in evidence if one.examiner == examiner), None)


def _why_not(one: Evidence | None) -> str:
    return one.details.error if one is not None and isinstance(one.details, FailureDetails) else ""
