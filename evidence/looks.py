"""What the pictures look like, and how they differ from those that were signed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Literal

from .places import Region, Span

_HEX = frozenset("0123456789abcdef")


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
