"""What a detector or a person concluded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TileLook:
    """One native square of a frame, and how likely it is what the detector looks for."""

    x: int
    y: int
    width: int
    height: int
    score: float


@dataclass(frozen=True)
class FrameLook:
    """One frame that was looked at."""

    seconds: float
    score: float
    tiles: tuple[TileLook, ...]


@dataclass(frozen=True)
class SegmentLook:
    """Some frames in a row."""

    start_s: float
    end_s: float
    score: float


@dataclass(frozen=True)
class Driver:
    """What moved the score, and by how much in log-odds; below 0: away from an alarm."""

    name: str
    weight: float


@dataclass(frozen=True)
class Thresholds:
    """Where a score begins to count, and the rates of false alarms that are not exceeded there (at 95 % confidence)."""

    high_precision: float = 1.0
    high_precision_fpr: float = 1.0
    high_recall: float = 1.0
    high_recall_fpr: float = 1.0


@dataclass(frozen=True)
class DetectorDetails:
    """A statistical detector; the evidence's score is calibrated, `fpr` is the rate of false alarms at that score."""

    target: Literal["generated", "manipulated"]
    model: str
    fpr: float  # at most so many of real videos score as high, at 95 % confidence
    thresholds: Thresholds = Thresholds()
    quality: tuple[str, ...] = ()  # in plain words, what makes the pictures hard to judge; empty: nothing
    drivers: tuple[Driver, ...] = ()  # the strongest first
    family: str = ""  # the generator it is most like, or `unknown`; empty: not asked
    family_score: float = 0.0
    timeline: tuple[SegmentLook, ...] = ()
    frames: tuple[FrameLook, ...] = ()
    pictures: int = 0  # how many were looked at
    kind: Literal["detector"] = "detector"


@dataclass(frozen=True)
class HumanDetails:
    """A person looked and concluded."""

    says: Literal["synthetic", "manipulated", "genuine"]
    who: str
    why: str
    kind: Literal["human"] = "human"
