"""Figures over scores: how well two classes are told apart, how sure that is, whether probabilities are true.

Knows numbers and groups; knows no clip. Intervals resample groups, not clips: clips of one generator are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
DRAWS, SEED = 1000, 20  # of the bootstrap
BINS = 10
REALS_FOR_1, REALS_FOR_5 = 300, 20  # fewer say nothing of so low a rate of false alarms


@dataclass(frozen=True)
class Class:
    """The scores of one class, and the group of each."""

    scores: Floats
    groups: tuple[str, ...]

    @classmethod
    def of(cls, scored: Sequence[tuple[float, str]]) -> Class:
        """Take pairs."""
        return cls(np.array([score for score, _ in scored], np.float64), tuple(group for _, group in scored))

    def by_group(self) -> dict[str, Floats]:
        """Give the scores of each group, in the order of names."""
        names = np.array(self.groups)
        return {name: self.scores[names == name] for name in sorted(set(self.groups))}


def auc(real: ArrayLike, synthetic: ArrayLike) -> float:
    """Give the chance that a synthetic clip scores above a real one; a tie counts half."""
    return float(_wins(np.asarray(real, np.float64), np.asarray(synthetic, np.float64)).mean())


def auc_interval(real: Class, synthetic: Class, draws: int = DRAWS) -> tuple[float, float]:
    """Give the 95 % interval when sources and generators are drawn anew."""
    reals, fakes = real.by_group(), synthetic.by_group()
    wins = np.array([[_wins(r, s).sum() for s in fakes.values()] for r in reals.values()])
    sizes = [np.array([len(scores) for scores in groups.values()]) for groups in (reals, fakes)]
    random = np.random.Generator(np.random.Philox(key=SEED))
    found = []
    for _ in range(draws):
        r, s = (random.multinomial(len(size), np.full(len(size), 1 / len(size))) for size in sizes)
        found.append(r @ wins @ s / ((r @ sizes[0]) * (s @ sizes[1])))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def auc_by_group(real: Class, synthetic: Class) -> dict[str, float]:
    """Give each generator's AUC against all real clips."""
    return {name: auc(real.scores, scores) for name, scores in synthetic.by_group().items()}


def worst_quartile(aucs: Sequence[float]) -> float:
    """Give the mean of the lowest quarter, rounded up to whole generators.

    >>> worst_quartile([0.9, 0.5, 0.8, 0.7, 0.6])
    0.55
    """
    worst = sorted(aucs)[: -(-len(aucs) // 4)]
    return float(np.mean(worst))


def tpr_at_fpr(real: Floats, synthetic: Floats, fpr: float, least: int) -> float | None:
    """Give the share of synthetic clips above a threshold that this share of real ones passes at most."""
    if len(real) < least:
        return None
    passing = int(fpr * len(real) + 1e-9)
    return float((synthetic > np.sort(real)[::-1][passing]).mean())


def roc(real: Floats, synthetic: Floats) -> tuple[Floats, Floats]:
    """Give rates of false and of true alarms at every threshold, from none to all."""
    steps = np.concatenate([[np.inf], np.unique(np.concatenate([real, synthetic]))[::-1]])
    return (real[None] >= steps[:, None]).mean(1), (synthetic[None] >= steps[:, None]).mean(1)


@dataclass(frozen=True)
class Bin:
    """Clips of about one score."""

    n: int
    said: float  # mean score
    true: float  # share that is synthetic


def bins_of(scores: Floats, synthetic: NDArray[np.bool_], weights: Floats | None = None) -> tuple[Bin, ...]:
    """Divide the clips into bins of equal counts, in the order of their scores."""
    weights = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    found = []
    for part in np.array_split(order, min(BINS, len(order))):
        said, true = (float(np.average(values[part], weights=weights[part])) for values in (scores, synthetic))
        found.append(Bin(len(part), said, true))
    return tuple(found)


def ece(scores: Floats, synthetic: NDArray[np.bool_], *, balanced: bool = False) -> float:
    """Give how far probabilities are off, in the mean over bins; balanced: as if both classes were as many."""
    share = synthetic.mean()
    weights = np.where(synthetic, 0.5 / share, 0.5 / (1 - share)) if balanced else np.ones(len(scores))
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(BINS, len(order)))
    off = [abs(b.said - b.true) for b in bins_of(scores, synthetic, weights)]
    return float(np.average(off, weights=[weights[part].sum() for part in parts]))


def risk_coverage(scores: Floats, synthetic: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Give for each coverage the share of wrong calls among the surest clips; sure is what lies far from one half.

    A score of one half calls nothing, and counts half a wrong call whatever the clip is.
    """
    sure = np.abs(scores - 0.5)
    wrong = np.where(sure == 0, 0.5, (scores > 0.5) != synthetic)
    order = np.argsort(-sure, kind="stable")
    counted = np.arange(1, len(scores) + 1)
    # Where several are equally sure, each stands for their mean: an order among them would be made up.
    mean_wrong = np.array([wrong[sure == value].mean() for value in sure[order]])
    return counted / len(scores), np.cumsum(mean_wrong) / counted


def error_at(coverage: float, scores: Floats, synthetic: NDArray[np.bool_]) -> float:
    """Give the share of wrong calls among so large a share of the surest clips."""
    covered, risk = risk_coverage(scores, synthetic)
    return float(risk[min(int(np.searchsorted(covered, coverage - 1e-9)), len(risk) - 1)])


def permuted_groups(labels: dict[str, bool], seed: int) -> dict[str, bool]:
    """Deal the labels anew to whole groups.

    >>> sum(permuted_groups({"a": True, "b": False, "c": False}, 1).values())
    1
    """
    random = np.random.Generator(np.random.Philox(key=seed))
    names = sorted(labels)
    dealt = random.permutation([labels[name] for name in names])
    return dict(zip(names, map(bool, dealt), strict=True))


def _wins(real: Floats, synthetic: Floats) -> Floats:
    above = synthetic[:, None] > real[None]
    return np.asarray(above + 0.5 * (synthetic[:, None] == real[None]), np.float64)
