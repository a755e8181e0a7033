"""What an examiner saw: one value that says on what, who looked, and what was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from .credentials import CredentialDetails
from .declarations import DeclarationsDetails, LabelDetails
from .judges import DetectorDetails, HumanDetails
from .looks import ChangesDetails, FingerprintDetails
from .marks import MarkDetails, NoMarkDetails
from .places import Region, Span
from .records import RecordDetails

Finding = Literal["present", "absent", "invalid", "inconclusive", "failed"]
Track = Literal["video", "audio", "container"]


@dataclass(frozen=True)
class ContainerDetails:
    """What the boxes say: anomalies such as bytes after the end, or sizes that disagree."""

    anomalies: tuple[str, ...] = ()
    kind: Literal["container"] = "container"


@dataclass(frozen=True)
class FailureDetails:
    """Why an examiner could not finish."""

    error: str
    kind: Literal["failure"] = "failure"


Details = (
    ContainerDetails
    | CredentialDetails
    | MarkDetails
    | NoMarkDetails
    | FingerprintDetails
    | ChangesDetails
    | RecordDetails
    | DeclarationsDetails
    | LabelDetails
    | DetectorDetails
    | HumanDetails
    | FailureDetails
)


@dataclass(frozen=True)
class Evidence:
    """One examiner's finding on one subject."""

    subject: str  # SHA-256 of the file, in hexadecimal
    track: Track
    examiner: str
    version: str
    finding: Finding
    score: float | None = None  # calibrated, 0 to 1; None where a finding is not a matter of degree
    spans: tuple[Span, ...] = ()
    regions: tuple[Region, ...] = ()
    details: Details | None = None

    def __post_init__(self) -> None:
        """A score is a probability."""
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError(f"score {self.score} is no probability")

    def to_json(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)


def evidence_from_json(values: object) -> tuple[Evidence, ...]:
    """Check and rebuild what a limited child answered; raises ValueError on anything that is not a list of Evidence."""
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[Evidence, ...]).validate_python(values)
