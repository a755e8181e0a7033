"""How far simpler means come on the same clips, and what is left when labels are dealt anew. Knows linear models.

A fitted one never judges a clip of a group that it was fitted on: each fold holds whole groups out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from ...errors import PackageMissing
from .metrics import Class, Floats, auc, auc_interval, permuted_groups
from .results import BaselineRow
from .table import Clip

FITTED = ("metadata", "co-occurrence", "spectrum")
DEALT, REFITTED = 200, 5  # how often labels are dealt anew: for given scores, and for a fit
FOLDS = 5
DIGITS = 4


@dataclass(frozen=True)
class Seen:
    """One clip under a condition: what simpler means measured, and the detector's score."""

    clip: Clip
    numbers: Mapping[str, Sequence[float]]
    score: float


def check_fitting() -> None:
    """Say before any work that the fits could not be made."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise PackageMissing(
            "scikit-learn is not installed: what the detector is compared with can't be fitted",
            advice="pip install 'countermark[fit]', or measure with --quick, which compares with nothing",
        ) from None


def baselines_of(
    condition: str, seen: Sequence[Seen], folds: Mapping[str, int] | None, draws: int
) -> list[BaselineRow]:
    """Give every row under one condition; without folds of the detector's, groups are dealt to some here."""
    clips = [one.clip for one in seen]
    labels = np.array([clip.synthetic for clip in clips])
    held_out = _folds(clips, folds)
    rows = []
    for name in FITTED:
        scores = out_of_fold(_matrix(seen, name), labels, held_out)
        rows.append(_row(f"{name}, logistic regression", condition, scores, clips, draws))
    unsteady = -_matrix(seen, "pixel-d3")[:, 0]  # generated video is held to be the steadier; nothing is fitted
    rows.append(_row("pixel D3", condition, unsteady, clips, draws))
    steep = _matrix(seen, "steepness")[:, 0]  # what was made or stored small shows more from pixel to pixel
    rows.append(_row("steepness", condition, steep, clips, draws))
    rows.append(_refitted(condition, _matrix(seen, "co-occurrence"), clips, held_out))
    rows.append(dealt_anew(condition, clips, np.array([one.score for one in seen])))
    return rows


def out_of_fold(numbers: Floats, labels: NDArray[np.bool_], held_out: NDArray[np.int64]) -> Floats | None:
    """Judge each fold by what was fitted on the others; None where those are of one class."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scores = np.zeros(len(labels))
    for fold in np.unique(held_out):
        out = held_out == fold
        if len(np.unique(labels[~out])) < 2:
            return None
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=500))
        model.fit(numbers[~out], labels[~out])
        scores[out] = model.decision_function(numbers[out])
    return scores


def dealt_anew(condition: str, clips: Sequence[Clip], scores: Floats) -> BaselineRow:
    """Hold the detector's scores to labels that were dealt to groups by chance."""
    aucs = [_auc_of(scores, _dealt(clips, seed)) for seed in range(DEALT)]
    low, high = np.percentile(aucs, [2.5, 97.5])
    figures = (_rounded(mean(aucs)), _rounded(low), _rounded(high))
    return BaselineRow("labels dealt anew, the detector", condition, len(clips), *figures, True)


def _refitted(condition: str, numbers: Floats, clips: Sequence[Clip], held_out: NDArray[np.int64]) -> BaselineRow:
    """Fit on labels that were dealt anew: what it then tells apart, it knows from the other side of the split."""
    aucs = []
    for seed in range(REFITTED):
        labels = _dealt(clips, seed)
        scores = out_of_fold(numbers, labels, held_out)
        if scores is not None:
            aucs.append(_auc_of(scores, labels))
    name = "labels dealt anew, co-occurrence fitted"
    if not aucs:
        return BaselineRow(name, condition, len(clips), None, None, None, True)
    figures = (_rounded(mean(aucs)), _rounded(min(aucs)), _rounded(max(aucs)))
    return BaselineRow(name, condition, len(clips), *figures, True)


def _row(name: str, condition: str, scores: Floats | None, clips: Sequence[Clip], draws: int) -> BaselineRow:
    if scores is None:
        return BaselineRow(name, condition, len(clips), None, None, None)
    real, synthetic = (
        Class.of([(score, c.group) for score, c in zip(scores, clips, strict=True) if c.synthetic == which])
        for which in (False, True)
    )
    low, high = auc_interval(real, synthetic, draws)
    figures = (_rounded(auc(real.scores, synthetic.scores)), _rounded(low), _rounded(high))
    return BaselineRow(name, condition, len(clips), *figures)


def _auc_of(scores: Floats, labels: NDArray[np.bool_]) -> float:
    return auc(scores[~labels], scores[labels])


def _dealt(clips: Sequence[Clip], seed: int) -> NDArray[np.bool_]:
    dealt = permuted_groups({_key(clip): clip.synthetic for clip in clips}, seed)
    return np.array([dealt[_key(clip)] for clip in clips])


def _matrix(seen: Sequence[Seen], name: str) -> Floats:
    return np.array([one.numbers[name] for one in seen], np.float64)


def _folds(clips: Sequence[Clip], folds: Mapping[str, int] | None) -> NDArray[np.int64]:
    """Take the detector's folds; else deal the groups of each class, the largest first, to the emptiest."""
    if folds is not None:
        return np.array([folds[clip.group] for clip in clips], np.int64)
    dealt: dict[str, int] = {}
    for which in (False, True):
        sizes: dict[str, int] = {}
        for clip in clips:
            if clip.synthetic == which:
                sizes[clip.group] = sizes.get(clip.group, 0) + 1
        held = [0] * FOLDS
        for name, size in sorted(sizes.items(), key=lambda one: (-one[1], one[0])):
            fold = dealt.setdefault(name, min(range(FOLDS), key=lambda k: held[k]))
            held[fold] += size
    return np.array([dealt[clip.group] for clip in clips], np.int64)


def _key(clip: Clip) -> str:
    return f"{clip.label} {clip.group}"


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
