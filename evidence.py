"""What an examiner saw. Values only: no I/O, no judgement, and no knowledge of who examines.

What an examiner saw in detail is one of the frozen `...Details`; its `kind` says which, in JSON too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Finding = Literal["present", "absent", "invalid", "inconclusive", "failed"]
Track = Literal["video", "audio", "container"]
# How a signature stands: `trusted` leads to an anchor of ours, `unknown_signer` is sound but leads to none.
Trust = Literal["trusted", "unknown_signer", "expired", "not_yet_valid", "revoked", "broken"]
Fit = Literal["fits", "differs", "unclear"]


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds from the start."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        """Refuse a stretch that ends before it starts."""
        if not 0 <= self.start_s <= self.end_s:
            raise ValueError(f"no span: {self.start_s} to {self.end_s} s")


@dataclass(frozen=True)
class Region:
    """A rectangle of the upright picture, in shares of its width and height."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        """Refuse a rectangle that leaves the picture."""
        if min(self.x, self.y, self.width, self.height) < 0 or max(self.x + self.width, self.y + self.height) > 1.0001:
            raise ValueError(f"no region of the picture: {self}")


@dataclass(frozen=True)
class ContainerDetails:
    """What the boxes say: anomalies such as bytes after the end, or sizes that disagree."""

    anomalies: tuple[str, ...] = ()
    kind: Literal["container"] = "container"


@dataclass(frozen=True)
class CredentialDetails:
    """A C2PA manifest store, as its validator sees it."""

    manifest_id: str
    trust: Trust
    content_matches: bool | None  # the hard binding fits these bytes; None for a store that came back without its file
    signer: str | None = None
    claim_generator: str | None = None
    title: str | None = None
    signed_at: str | None = None  # from a timestamp authority; None where there is none
    source_types: tuple[str, ...] = ()  # IPTC digital source types, as full URIs, of the active manifest
    says_synthetic: bool = False  # one of them says: made or changed by an algorithm
    says_captured: bool = False  # one of them says: taken by a camera
    development: bool = False  # the signer stands under a root made on this machine for development
    failures: tuple[str, ...] = ()
    ingredient_failures: tuple[str, ...] = ()
    kind: Literal["credentials"] = "credentials"


@dataclass(frozen=True)
class MarkDetails:
    """An invisible watermark that was read."""

    payload: str  # 16 hexadecimal digits
    key: str  # the name of the key that read it; never the key
    trials: int
    false_accept_bound: float  # the chance that an unmarked video yields this, from the trials really made
    bit_accuracy: float  # share of coded bits right before error correction
    mirrored: bool = False
    frames: int = 0
    kind: Literal["mark"] = "mark"


@dataclass(frozen=True)
class NoMarkDetails:
    """How hard was looked for a mark that is not there."""

    keys: tuple[str, ...]
    trials: int
    frames: int
    kind: Literal["no_mark"] = "no_mark"


@dataclass(frozen=True)
class FingerprintDetails:
    """What the content looks like, robust to re-encoding: one hash a frame."""

    algorithm: str
    times_s: tuple[float, ...]
    hashes: tuple[str, ...]  # hexadecimal
    qualities: tuple[int, ...]  # 0 to 100; a flat or dark frame says little
    kind: Literal["fingerprint"] = "fingerprint"

    def __post_init__(self) -> None:
        """One time and one quality to each hash."""
        if not len(self.times_s) == len(self.hashes) == len(self.qualities):
            raise ValueError("a fingerprint needs one time and one quality to each hash")


@dataclass(frozen=True)
class RecordDetails:
    """A record of the registry that a mark led to, and whether it belongs to this content."""

    payload: str
    status: Literal["live", "revoked", "withdrawn", "unknown"]  # unknown: no registry that was asked knows it
    fit: Fit
    fit_reason: str
    same_bytes: bool = False  # the file is, byte for byte, what was registered
    manifest_id: str | None = None
    issuer: str | None = None
    model: str | None = None
    recorded_at: str | None = None
    status_reason: str | None = None
    credentials: CredentialDetails | None = None  # the manifest store that came back
    kind: Literal["record"] = "record"


@dataclass(frozen=True)
class DeclarationDetails:
    """Someone says so without proof, in a field of the file."""

    says_synthetic: bool
    field: str
    value: str
    kind: Literal["declaration"] = "declaration"


@dataclass(frozen=True)
class DetectorDetails:
    """A statistical detector; the evidence's score is calibrated, `fpr` is the rate of false alarms at that score."""

    target: Literal["generated", "manipulated"]
    model: str
    fpr: float
    kind: Literal["detector"] = "detector"


@dataclass(frozen=True)
class HumanDetails:
    """A person looked and concluded."""

    says: Literal["synthetic", "manipulated", "genuine"]
    who: str
    why: str
    kind: Literal["human"] = "human"


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
    | RecordDetails
    | DeclarationDetails
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
