"""What a bank of known content is, and what it means that something is like it, as values. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ...errors import ModerationUnfit
from ...evidence import Match

# What those who keep a bank think of a content, in the words of the exchanges of hashes.
Opinion = Literal["POSITIVE_CLASS", "NEGATIVE_CLASS", "INVESTIGATION_SEED", "DISPUTED"]
Algorithm = Literal["sha256", "pdq", "vpdq"]

OPINIONS: tuple[Opinion, ...] = get_args(Opinion)
# The gravest first: what a policy is told where several contents of one bank match.
_GRAVEST: tuple[Opinion, ...] = ("POSITIVE_CLASS", "DISPUTED", "INVESTIGATION_SEED", "NEGATIVE_CLASS")

_FARTHEST = 256  # bits


class SignalUnfit(ModerationUnfit):
    """What was given is no digest, no PDQ hash and no list of vPDQ frames."""

    advice = "docs/banks.md shows the form of each kind of signal"


@dataclass(frozen=True)
class Frame:
    """One frame of a video, as vPDQ knows it."""

    hash: str  # PDQ, 64 digits of hexadecimal
    quality: int  # 0 to 100
    seconds: float


@dataclass(frozen=True)
class Signals:
    """What a content is known by; at least one of them."""

    sha256: str | None = None
    pdq: str | None = None  # of a picture
    vpdq: tuple[Frame, ...] = ()  # of a video


@dataclass(frozen=True)
class Bank:
    """A collection of known content, of one tenant."""

    id: str
    tenant_id: str
    name: str
    restricted: bool  # a match closes the media to all but a restricted queue
    enabled_share: float  # of what is looked up, that is held to it
    created_at: str


@dataclass(frozen=True)
class BankContent:
    """One known content."""

    id: str
    number: int  # within its bank; the id that HMA's forms give
    signals: Signals
    opinion: Opinion
    note: str
    check_id: str | None  # that it came from
    added_at: str
    disabled_at: str | None = None


@dataclass(frozen=True)
class BankMatch:
    """That something is like a known content. It says nothing of whether it is true, and nothing else follows."""

    bank_id: str
    bank: str  # its name
    restricted: bool
    content_id: str
    number: int
    opinion: Opinion  # of the known content
    note: str
    algorithm: Algorithm
    distance: int  # bits of 256; of a video, the median over its frames that match
    share: float  # of the frames that were looked up
    share_of_content: float
    compare: str  # what to hold it to, to see what was changed: check:ID, or content:ID
    spans: tuple[Match, ...] = ()  # seconds of what was looked up, and of the content


@dataclass(frozen=True)
class Imported:
    """What came of an exchange file."""

    added: int
    known: int  # in the bank, or twice in the file


def bank_facts(matches: Iterable[BankMatch], asked: Iterable[str] = ()) -> Mapping[str, Any]:
    """Give what a policy may ask of banks: of several contents that match, the gravest opinion and the likest.

    asked: names of the banks that it was held to. Of one that knows nothing like it that is said; of one that was not
    asked, nothing is, which a policy takes for unknown.
    """
    facts: dict[str, Any] = {}
    for name in asked:
        facts |= _facts(name, False, "none", 0.0, _FARTHEST)
    by_bank: dict[str, list[BankMatch]] = {}
    for match in matches:
        by_bank.setdefault(match.bank, []).append(match)
    for name, found in by_bank.items():
        opinion = min((match.opinion for match in found), key=_GRAVEST.index)
        share, distance = max(match.share for match in found), min(match.distance for match in found)
        facts |= _facts(name, True, opinion, share, distance)
    return facts


def _facts(name: str, matched: bool, opinion: str, share: float, distance: int) -> dict[str, Any]:
    said = {"matched": matched, "opinion": opinion, "share": share, "distance": distance}
    return {f"bank.{name}.{fact}": value for fact, value in said.items()}
