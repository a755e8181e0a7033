"""What an examiner saw. Values only: no I/O, no judgement, and no knowledge of who examines.

What an examiner saw in detail is one of the frozen `...Details`; its `kind` says which, in JSON too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from math import inf
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

    def __str__(self) -> str:
        """In words."""
        return f"{self.start_s:.1f} to {self.end_s:.1f} s"


def seconds_in(spans: tuple[Span, ...]) -> float:
    """How long spans are together; what two of them share counts once."""
    total = reached = 0.0
    for span in sorted(spans, key=lambda one: one.start_s):
        total += max(0.0, span.end_s - max(span.start_s, reached))
        reached = max(reached, span.end_s)
    return total


def in_words(spans: tuple[Span, ...]) -> str:
    """Say spans in order.

    >>> in_words((Span(0, 5), Span(7, 9)))
    '0.0 to 5.0 s and 7.0 to 9.0 s'
    """
    return " and ".join(map(str, spans))


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
            raise ValueError(f"no region of the picture: {self.x}, {self.y}, {self.width}, {self.height}")

    def __str__(self) -> str:
        """In words.

        >>> str(Region(0.1, 0.6, 0.2, 0.3))
        'at the lower left, 6.0 % of it'
        """
        across = _third(self.x + self.width / 2, ("left", "", "right"))
        down = _third(self.y + self.height / 2, ("upper", "", "lower"))
        place = " ".join(word for word in (down, across) if word) or "middle"
        return f"at the {place}, {100 * self.width * self.height:.1f} % of it"


def _third(share: float, words: tuple[str, str, str]) -> str:
    return words[min(2, int(3 * share))]


@dataclass(frozen=True)
class ContainerDetails:
    """What the boxes say: anomalies such as bytes after the end, or sizes that disagree."""

    anomalies: tuple[str, ...] = ()
    kind: Literal["container"] = "container"


@dataclass(frozen=True)
class ActionDetails:
    """One thing that a manifest says was done."""

    action: str
    source_type: str | None = None  # IPTC digital source type, as a full URI
    agent: str | None = None
    when: str | None = None


@dataclass(frozen=True)
class IngredientDetails:
    """One file that a manifest says went into this one."""

    title: str | None
    relationship: str
    manifest_id: str | None = None  # None: it brought no credentials
    signer: str | None = None
    failures: tuple[str, ...] = ()  # what was wrong with it when it was taken up, as the signer wrote down


# Who puts a name to a file beside its signer. `confirmed`: by an issuer that is believed here; `unconfirmed`: the
# signature holds, or could not be followed, and nobody who is believed here stands behind the name; `invalid`: it
# does not hold; `unchecked`: of a kind that can't be judged here.
Standing = Literal["confirmed", "unconfirmed", "invalid", "unchecked"]


@dataclass(frozen=True)
class IdentityDetails:
    """One identity assertion of the CAWG: whoever it names says that the file is theirs."""

    method: str  # cawg.x509.cose, cawg.identity_claims_aggregation ...
    standing: Standing
    name: str | None = None
    issuer: str | None = None
    claims: tuple[str, ...] = ()  # verified names elsewhere, as the issuer tells them
    codes: tuple[str, ...] = ()  # what the validator says of it


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
    state: str | None = None  # the validator's own word: Trusted, Valid, Invalid
    place: Literal["embedded", "beside", "given", "fetched", "registry"] = "embedded"  # where the store was found
    manifests: int = 1  # how many there are in the store
    fragments: int = 0  # segments that were held to the signature together with the file
    pieces: int = 0  # segments, or parts of the file, that the signature covers one by one; 0: it covers all at once
    actions: tuple[ActionDetails, ...] = ()
    ingredients: tuple[IngredientDetails, ...] = ()
    identities: tuple[IdentityDetails, ...] = ()
    ai_facts: tuple[str, ...] = ()  # what it says of models and of training, as "name: value"
    remarks: tuple[str, ...] = ()  # what a reader should know, and what is no failure
    kind: Literal["credentials"] = "credentials"


@dataclass(frozen=True)
class MarkGeometry:
    """How the picture that was marked lies in the copy at hand."""

    scale: float = 1.0  # its short side over the copy's: above 1 in a crop, below 1 inside borders
    stretch: float = 1.0  # width against height, over what it was
    rotation: float = 0.0  # degrees by which the copy was turned, counter-clockwise
    mirrored: bool = False  # left to right, before it was turned
    shift: tuple[float, float] = (0.0, 0.0)  # of its centre, in shares of its short side, but for whole tiles
    perspective: bool = False  # lines that were parallel no longer are
    searched: bool = False  # it took a search to find this

    @property
    def quarter_turns(self) -> int:
        """The nearest number of quarter turns counter-clockwise, 0 to 3."""
        return round(self.rotation / 90) % 4

    @property
    def plain(self) -> bool:
        """Whether the whole picture is there as it was, but for mirrors and quarter turns."""
        return (
            max(abs(self.scale - 1), abs(self.stretch - 1)) <= _PLAIN_SCALE
            and abs(self.rotation - 90 * round(self.rotation / 90)) <= _PLAIN_TURN
            and max(map(abs, self.shift)) <= _PLAIN_SHIFT
            and not self.perspective
        )

    def __str__(self) -> str:
        """In words.

        >>> str(MarkGeometry(scale=1.41, rotation=-5, mirrored=True))
        'cropped to about 0.71 of its short side, turned by 5.0 degrees clockwise, mirrored'
        """
        turn = (self.rotation + 180) % 360 - 180
        said = (
            (self.scale > 1 + _PLAIN_SCALE, f"cropped to about {1 / self.scale:.2f} of its short side"),
            (self.scale < 1 - _PLAIN_SCALE, f"inside borders, where it fills about {self.scale:.2f} of the short side"),
            (abs(self.stretch - 1) > _PLAIN_SCALE, f"stretched to about {self.stretch:.2f} of its width"),
            (max(map(abs, self.shift)) > _PLAIN_SHIFT, "moved aside"),
            (abs(turn) > _PLAIN_TURN, f"turned by {abs(turn):.1f} degrees {'counter-' if turn > 0 else ''}clockwise"),
            (self.mirrored, "mirrored"),
            (self.perspective, "seen at a slant"),
        )
        return ", ".join(words for holds, words in said if holds) or "upright and whole"


_HEX = frozenset("0123456789abcdef")
_PLAIN_SCALE, _PLAIN_SHIFT, _PLAIN_TURN = 0.03, 0.05, 0.5  # shares, shares of the short side, degrees


@dataclass(frozen=True)
class OtherMark:
    """One more mark in the same video, where two marked videos were joined or one was marked again."""

    payload: str
    key: str
    bit_accuracy: float
    spans: tuple[Span, ...]
    geometry: MarkGeometry | None = None  # None: not found out


@dataclass(frozen=True)
class MarkDetails:
    """An invisible watermark that was read. Where in time it lies, the evidence's spans say."""

    payload: str  # 16 hexadecimal digits
    key: str  # the name of the key that read it; never the key
    trials: int
    false_accept_bound: float  # the chance that an unmarked video yields this, from the trials really made
    bit_accuracy: float  # share of coded bits right before error correction
    geometry: MarkGeometry = MarkGeometry()
    also: tuple[OtherMark, ...] = ()
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
    """What the content looks like, robust to re-encoding: hashes of frames and of their parts."""

    algorithm: str
    times_s: tuple[float, ...]
    hashes: tuple[str, ...]  # hexadecimal
    qualities: tuple[int, ...]  # 0 to 100; a flat or dark frame says little
    parts: tuple[str, ...] = ()  # hashes of each frame's parts, one after the other; none: not taken
    kind: Literal["fingerprint"] = "fingerprint"

    def __post_init__(self) -> None:
        """One time and one quality to each hash; as many parts of one frame as of the other; times ascend."""
        if not len(self.times_s) == len(self.hashes) == len(self.qualities):
            raise ValueError("a fingerprint needs one time and one quality to each hash")
        if not all(0 <= sooner <= later < inf for sooner, later in pairwise((0.0, *self.times_s))):
            raise ValueError("the times of a fingerprint ascend from 0")
        if len({len(one) for one in self.hashes}) > 1 or not all(map(_is_hex, (*self.hashes, *self.parts))):
            raise ValueError("the hashes of a fingerprint are hexadecimal, and all of one length")
        if self.parts and (len(self.parts) != len(self.hashes) or len({len(parts) for parts in self.parts}) > 1):
            raise ValueError("a fingerprint has the same parts of every frame")


def _is_hex(text: str) -> bool:
    return set(text) <= _HEX


@dataclass(frozen=True)
class Match:
    """A stretch of a copy, and the stretch of what was registered that it shows."""

    copy: Span
    original: Span


ChangeKind = Literal["region", "replaced", "cut", "inserted", "speed"]


@dataclass(frozen=True)
class Change:
    """One place in which a copy differs from what was signed."""

    kind: ChangeKind
    span: Span  # of the copy; a cut has no length
    region: Region | None = None  # of the copy's upright picture; None: all of it
    strength: float = 1.0  # how far above the threshold, which is 1


@dataclass(frozen=True)
class ChangesDetails:
    """What differs from what was signed, and the least that would have been seen."""

    changes: tuple[Change, ...]
    compared: tuple[Span, ...]  # seconds of the copy that were held to the original
    smallest_share: float  # of the frame: a change so large ...
    smallest_s: float  # ... for so long ...
    smallest_levels: float  # ... of so many levels of brightness would have been seen
    columns: int = 0  # of the heat map
    rows: int = 0
    window_s: float = 0.0
    heat: tuple[str, ...] = ()  # one a window: hexadecimal, a byte a cell, row by row; 128 is the threshold
    against: str | None = None  # id of the manifest whose original it was held to; None: a file that was named
    kind: Literal["changes"] = "changes"


@dataclass(frozen=True)
class RecordDetails:
    """A record of the registry that a mark led to, and whether it belongs to this content."""

    payload: str
    # unknown: no registry that was asked knows it; pending: it was to be released, and may never have been
    status: Literal["live", "pending", "revoked", "withdrawn", "unknown"]
    fit: Fit
    fit_reason: str
    same_bytes: bool = False  # the file is, byte for byte, what was registered
    manifest_id: str | None = None
    issuer: str | None = None
    model: str | None = None
    recorded_at: str | None = None
    status_reason: str | None = None
    credentials: CredentialDetails | None = None  # the manifest store that came back
    found_by: Literal["mark", "fingerprint"] = "mark"
    resolver: str | None = None  # whose registry knew it; None: that of this machine
    segments: tuple[Match, ...] = ()  # what of the copy shows what of the original
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
    | ChangesDetails
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
