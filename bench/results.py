"""What measurements on a user's clips yield. Values only."""

from __future__ import annotations

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
