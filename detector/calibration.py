"""From numbers to a probability, and from a probability to a rate of false alarms. Nothing is fitted here.

Knows logistic heads, temperatures by quality and tables of real videos' scores; knows nothing of pictures.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Head:
    """A logistic regression over named numbers."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def __post_init__(self) -> None:
        """Every number has its mean, scale and weight."""
        if not self.names or {len(self.names)} != {len(self.mean), len(self.scale), len(self.weights)}:
            raise ValueError("a head needs a mean, a scale and a weight for each of its numbers")
        if not all(map(math.isfinite, (*self.mean, *self.scale, *self.weights, self.bias))) or min(self.scale) <= 0:
            raise ValueError("a head's coefficients are finite, and its scales above 0")

    def parts(self, numbers: Sequence[float]) -> dict[str, float]:
        """Give what each number brings, in log-odds."""
        cells = zip(self.names, numbers, self.mean, self.scale, self.weights, strict=True)
        return {name: weight * _bounded((value - mean) / scale) for name, value, mean, scale, weight in cells}

    def log_odds(self, numbers: Sequence[float]) -> float:
        """Give the sum."""
        return self.bias + sum(self.parts(numbers).values())


@dataclass(frozen=True)
class Calibration:
    """What a head's log-odds mean: measured on videos that the head was not fitted to."""

    temperatures: Mapping[str, float]  # by quality
    reals: tuple[float, ...]  # the highest probability that each real video got, as found or in any copy, ascending
    high_precision_fpr: float  # the rates of false alarms that the two thresholds are chosen for
    high_recall_fpr: float
    weight: float = 1.0  # the share of uncertainty that it takes away: what it counts beside other detectors

    def __post_init__(self) -> None:
        """Refuse what would make nonsense of every score."""
        if not all(0 < one < math.inf for one in self.temperatures.values()):
            raise ValueError("temperatures are finite, and above 0")
        if not all(0 <= one <= 1 for one in self.reals) or list(self.reals) != sorted(self.reals):
            raise ValueError("what real videos score lies between 0 and 1, and ascends")
        if not (0 < self.high_precision_fpr < 1 and 0 < self.high_recall_fpr < 1 and 0 <= self.weight <= 1):
            raise ValueError("rates of false alarms lie between 0 and 1, and so does a weight")

    def probability(self, log_odds: float, quality: str) -> float:
        """Give the probability that log-odds stand for in pictures of this quality."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds / self.temperatures.get(quality, 1.0)))))

    def fpr(self, probability: float) -> float:
        """Give the rate of real videos that score as high or higher, at most, at 95 % confidence."""
        return self._rate(len(self.reals) - bisect_left(self.reals, probability))

    def threshold(self, fpr: float) -> float:
        """Give the lowest probability at which false alarms are no more frequent; above 1 where there is none."""
        most = bisect_right(range(len(self.reals)), fpr, key=self._rate)
        if most == 0:
            return math.nextafter(1.0, 2.0)  # too few videos were measured to promise so low a rate
        # `most - 1` alarms may be raised: the score of the real video that comes next is not enough
        return math.nextafter(self.reals[len(self.reals) - most], 2.0)

    @cached_property
    def high_precision(self) -> float:
        """Where few false alarms matter more than what is missed."""
        return self.threshold(self.high_precision_fpr)

    @cached_property
    def high_recall(self) -> float:
        """Where what is missed matters more."""
        return self.threshold(self.high_recall_fpr)

    def _rate(self, alarms: int) -> float:
        """Bound the rate from so many alarms."""
        return upper_bound(alarms, len(self.reals))


def upper_bound(alarms: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Give the Clopper-Pearson upper bound of a rate, one-sided.

    >>> round(upper_bound(0, 299), 4)
    0.01
    """
    if trials == 0 or alarms >= trials:
        return 1.0
    low, high = alarms / trials, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if _at_most(alarms, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, trials: int, rate: float) -> float:
    """The chance of so many hits or fewer."""
    return math.fsum(
        math.exp(
            math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
            + k * math.log(rate) + (trials - k) * math.log1p(-rate)
        )
        for k in range(hits + 1)
    )  # fmt: skip


def _bounded(value: float) -> float:
    """Whatever is far from all that was seen in fitting counts as just outside it."""
    return max(-4.0, min(4.0, value))


def head_from_json(values: Mapping[str, Any]) -> Head:
    """Rebuild a head from its coefficients."""
    lists = {key: tuple(values[key]) for key in ("names", "mean", "scale", "weights")}
    return Head(**lists, bias=float(values["bias"]))


def calibration_from_json(values: Mapping[str, Any]) -> Calibration:
    """Rebuild a calibration."""
    return Calibration(
        dict(values["temperatures"]),
        tuple(sorted(values["reals"])),
        float(values["high_precision_fpr"]),
        float(values["high_recall_fpr"]),
        float(values["weight"]),
    )
