"""What a detector or a person concluded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
