"""What the scores of a user's detector mean, and how several detectors add up. Knows numbers; opens nothing.

A raw score becomes log-odds by a line (Platt), fitted on videos whose truth the user knows; its weight is the share of
the uncertainty that it takes away from videos of groups it was not fitted on.

>>> fused(Calibrated("ours", 0.9, 0.5, ()), [Calibrated("theirs", 0.6, 0.5, ())]).counted
('ours',)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import PluginInvalid
from ..calibration import CONFIDENCE, upper_bound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 10  # videos of each class: with less, a line says more about the videos than about the detector
COUNTED_FROM = 60  # real videos: with fewer, not even one that never raised a false alarm keeps them under 5 %
_PARTS = 5  # for scores out of fold
_MOST = 8.0  # log-odds


@dataclass(frozen=True)
class Coefficients:
    """What one version of a detector was measured to mean."""

    name: str
    version: str
    slope: float
    offset: float
    weight: float  # 0: it tells nothing; 1: it is never in doubt
    synthetic: int  # how many videos it was measured on
    reals: tuple[float, ...]  # what it gave real videos, out of fold, ascending

    def probability(self, score: float) -> float:
        """Give the probability that a video's raw score stands for."""
        return _probability(max(-_MOST, min(_MOST, self.slope * score + self.offset)))


@dataclass(frozen=True)
class Calibrated:
    """What one detector says of one video."""

    name: str
    probability: float | None  # None: nobody measured what its scores mean
    weight: float
    reals: tuple[float, ...]  # probabilities that it gave real videos, ascending

    @property
    def counts(self) -> bool:
        """Say whether enough is known of it."""
        return self.probability is not None and self.weight > 0 and len(self.reals) >= COUNTED_FROM


@dataclass(frozen=True)
class Fused:
    """What several say together."""

    probability: float
    fpr: float  # at most so many of real videos reach it, at 95 % confidence
    counted: tuple[str, ...]
    shown: tuple[str, ...]  # those that were not counted


def fused(ours: Calibrated, others: Sequence[Calibrated]) -> Fused:
    """Weigh log-odds; `ours` counts always.

    A mean reaches a value only where one of its parts does. So false alarms at that value are at most those of all the
    parts there together, whatever they have in common.
    """
    if ours.probability is None or ours.weight <= 0:
        raise ValueError(f"{ours.name} is calibrated and has a weight")
    counted = [ours, *(one for one in others if one.counts)]
    whole = sum(one.weight for one in counted)
    mean = sum(one.weight * _log_odds(one.probability) for one in counted if one.probability is not None) / whole
    probability = _probability(mean)
    confidence = 1 - (1 - CONFIDENCE) / len(counted)  # all the bounds hold together
    bounds = (
        upper_bound(len(one.reals) - bisect_left(one.reals, probability), len(one.reals), confidence) for one in counted
    )
    return Fused(
        probability,
        min(1.0, sum(bounds)),
        tuple(one.name for one in counted),
        tuple(one.name for one in others if not one.counts),
    )


def said(name: str, score: float, coefficients: Coefficients | None) -> Calibrated:
    """Give what a detector's raw score of a video says; without coefficients it is shown alone."""
    if coefficients is None:
        return Calibrated(name, None, 0.0, ())
    return Calibrated(name, coefficients.probability(score), coefficients.weight, coefficients.reals)


def calibrate(
    name: str, version: str, scores: Sequence[float], synthetic: Sequence[bool], groups: Sequence[str]
) -> Coefficients:
    """Fit the line from raw scores of videos, one each, of known truth; classes count alike whatever their sizes.

    groups: the generator or the source of each. What is told of a video out of fold never knew another of its group.
    """
    import numpy as np

    x, y = np.asarray(scores, np.float64), np.asarray(synthetic, bool)
    if x.shape != y.shape or len(groups) != len(x) or not np.isfinite(x).all():
        raise PluginInvalid(f"{name}: one finite score for each video is needed")
    if min(y.sum(), (~y).sum()) < FEWEST:
        raise PluginInvalid(
            f"{name}: {int(y.sum())} synthetic and {int((~y).sum())} real videos are too few to calibrate on",
            advice=f"give {FEWEST} of each at least, and {COUNTED_FROM} real ones for it to count",
        )
    part, out = parts(synthetic, groups), np.empty(len(y))
    for i in np.unique(part):
        rest = part != i
        if not 0 < y[rest].sum() < rest.sum():
            raise PluginInvalid(
                f"{name}: nothing is left to fit to where one group of clips is held out",
                advice="give clips of two generators at least, and of two sources of footage",
            )
        slope, offset = _line(x[rest], y[rest])
        out[~rest] = slope * x[~rest] + offset
    apart = [_probability(max(-_MOST, min(_MOST, float(value)))) for value in out]
    slope, offset = _line(x, y)
    reals = tuple(sorted(p for p, is_synthetic in zip(apart, y, strict=True) if not is_synthetic))
    return Coefficients(name, version, slope, offset, weight_of(apart, synthetic), int(y.sum()), reals)


def parts(synthetic: Sequence[bool], groups: Sequence[str]) -> NDArray[np.int_]:
    """Deal videos to five parts: those of a group stay together, and parts get alike many of each class.

    >>> parts([True, True, True, False, False], ["a", "a", "b", "c", "d"]).tolist()
    [0, 0, 1, 0, 1]
    """
    import numpy as np

    y = np.asarray(synthetic, bool)
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    counts = np.stack([np.bincount(group[kind], minlength=len(names)) for kind in (y, ~y)], axis=1)  # (groups, 2)
    share = counts / np.maximum(counts.sum(axis=0), 1)
    held, part = np.zeros((_PARTS, 2)), np.empty(len(names), int)
    for one in np.argsort(-share.max(axis=1), kind="stable"):  # the largest first; each where least is of its class
        part[one] = (held @ share[one]).argmin()
        held[part[one]] += share[one]
    return part[group]


def weight_of(probabilities: Sequence[float], synthetic: Sequence[bool]) -> float:
    """Give the share of the uncertainty that these take away, both classes weighing alike; 0 where they mislead.

    >>> weight_of([0.5, 0.5], [True, False]), round(weight_of([0.99, 0.01], [True, False]), 2)
    (0.0, 0.99)
    """
    means = []
    for kind in (True, False):
        right = [p if kind else 1 - p for p, truth in zip(probabilities, synthetic, strict=True) if truth == kind]
        means.append(sum(-math.log2(max(share, 1e-6)) for share in right) / len(right))
    return max(0.0, 1 - sum(means) / 2)


def _line(x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
    """Platt's fit by Newton's steps, with his targets: certainty grows with the number of videos alone."""
    import numpy as np

    centre, spread = x.mean(), x.std() or 1.0
    z = np.stack([(x - centre) / spread, np.ones_like(x)], axis=1)  # (N, 2)
    positive, negative = y.sum(), (~y).sum()
    target = np.where(y, (positive + 1) / (positive + 2), 1 / (negative + 2))
    share = np.where(y, 0.5 / positive, 0.5 / negative)
    line = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ line, -30, 30)))
        slope = z.T @ (share * (p - target))
        bend = (z.T * (share * p * (1 - p))) @ z + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        line -= np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return float(line[0] / spread), float(line[1] - line[0] * centre / spread)


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _log_odds(probability: float) -> float:
    held = min(max(probability, _probability(-_MOST)), _probability(_MOST))
    return math.log(held / (1 - held))
