"""How far simpler means come on the same clips, and what a fit finds in labels that mean nothing. Knows linear models.

A fitted one never judges a clip of a group that it was fitted on: each fold holds whole groups out. The controls deal
the labels anew to whole groups, fit to the other folds, and judge the fold by the same labels: what is then told apart
came from the wrong side of the split. It says nothing of what a network was trained on.
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
DEALT = 10  # times that labels are dealt anew
NOT_HELD_OUT = -1  # the fold of groups that the detector's folds do not have
FOLDS = 5
DIGITS = 4


@dataclass(frozen=True)
class Seen:
    """One clip under a condition: what simpler means measured, and what the detector's score was made of."""

    clip: Clip
    numbers: Mapping[str, Sequence[float]]
    own: tuple[float, ...]  # empty: the detector does not say


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
    rows.append(permuted("permuted labels, co-occurrence", condition, _matrix(seen, "co-occurrence"), clips, held_out))
    told = [number for number, one in enumerate(seen) if one.own]
    own = np.array([seen[number].own for number in told], np.float64)
    rows.append(permuted("permuted labels", condition, own, [clips[number] for number in told], held_out[told]))
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


def permuted(
    name: str, condition: str, numbers: Floats, clips: Sequence[Clip], held_out: NDArray[np.int64]
) -> BaselineRow:
    """Fit on labels that were dealt anew: what it then tells apart, it knows from the other side of the split."""
    aucs = []
    for seed in range(DEALT if len({clip.label for clip in clips}) == 2 else 0):
        labels = _dealt(clips, seed)
        scores = out_of_fold(numbers, labels, held_out)
        if scores is not None:
            aucs.append(_auc_of(scores, labels))
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
        return np.array([folds.get(clip.group, NOT_HELD_OUT) for clip in clips], np.int64)
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
