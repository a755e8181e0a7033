"""What measurements on a user's clips yield: values, and how far to trust a rate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ClipResult:
    """One clip through the chain."""

    clip: str
    size: tuple[int, int]
    seconds: float
    stamped: bool
    recovered: bool = False  # the copy's verdict rests on the mark and the recovered manifest
    outcome: str | None = None
    fit: str | None = None
    false_accept: bool = False
    refused: str | None = None  # why it was not stamped


@dataclass(frozen=True)
class ChainReport:
    """All of them; rates with the low end of their 95 % Wilson interval."""

    copy: str
    clips: int
    stamped: int
    recovered: int
    recovered_low: float
    false_accepts: int
    results: tuple[ClipResult, ...]


def wilson_low(hits: int, trials: int, z: float = 1.96) -> float:
    """Give the low end of the Wilson interval of a rate."""
    if trials == 0:
        return 0.0
    rate = hits / trials
    middle = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    return max(0.0, (middle - spread) / (1 + z * z / trials))
