"""Subjects made up for tests: what examiners would have said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from countermark.disclosure.duties.subject import Subject, VideoFacts
from countermark.evidence import (
    ActionDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    Details,
    Evidence,
    Finding,
    LabelClaim,
    LabelDetails,
    MarkDetails,
    NoMarkDetails,
    RecordDetails,
    Region,
    Span,
)

VIDEO = VideoFacts((640, 360), 10.0, 1, "mp4")
MADE = ActionDetails("c2pa.created", "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia")
CREDENTIALS = CredentialDetails(
    "urn:c2pa:1",
    "trusted",
    True,
    signer="Acme",
    claim_generator="Countermark 1",
    says_synthetic=True,
    actions=(MADE,),
)
MARK = MarkDetails("0123456789abcdef", "open", 1, 1e-9, 0.99)
CLAIM = LabelClaim("cn", "AI生成", False, Region(0.05, 0.05, 0.3, 0.06), Span(0, 3))


def evidence(examiner: str, finding: Finding, details: Details | None = None) -> Evidence:
    return Evidence("ab" * 32, "container", examiner, "1", finding, details=details)


def subject(*told: Evidence, video: VideoFacts | None = VIDEO) -> Subject:
    """What is not told of was looked for and not found."""
    heard = {one.examiner for one in told}
    absent = [
        evidence(name, "absent", NoMarkDetails(("open",), 1, 8) if name == "watermark" else None)
        for name in ("credentials", "watermark", "fingerprint", "declarations")
        if name not in heard
    ]
    return Subject((*told, *absent), video)


def signed(**changes: Any) -> Evidence:
    return evidence("credentials", "present", replace(CREDENTIALS, **changes))


def recorded(**changes: Any) -> Evidence:
    """A record that a mark leads to, and its manifest."""
    said = replace(CREDENTIALS, content_matches=None, place="registry", **changes.pop("credentials", {}))
    about = RecordDetails("0123456789abcdef", "live", "fits", "12 of 12 frames alike", credentials=said)
    return evidence("registry", "present", replace(about, **changes))


def declared(*rows: Declaration, problems: Sequence[str] = ()) -> Evidence:
    return evidence("declarations", "present", DeclarationsDetails(rows, tuple(problems)))


def seen(claim: LabelClaim = CLAIM, *spans: Span) -> Evidence:
    """A label that was looked for; without `spans`, it was seen all the time."""
    details = LabelDetails(claim, 0.1 if spans else 0.9, 17)
    return replace(evidence("label", "present", details), spans=spans or (claim.span,))


def gone(claim: LabelClaim = CLAIM) -> Evidence:
    return evidence("label", "absent", LabelDetails(claim, 0.1, 17))
