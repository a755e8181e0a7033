"""A logistic regression on few clips: how strongly it is held back, how sure it may be, and what it is worth.

Knows rows of numbers, the clips they come from and scikit-learn; knows nothing of files and models' names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .model import Model
    from .samples import Sample

TRIED = (0.01, 0.1, 1.0)  # how freely a head may follow its clips; the one is taken that does best out of fold
FOLDS = 5
_WEIGHT = 100.0  # of all rows together, whatever their number: what the values above are relative to
_BOUND = 4.0  # standard deviations, as a Head bounds them


@dataclass(frozen=True)
class Table:
    """Clips as rows: several copies of each, several segments of each copy."""

    rows: NDArray[np.float64]  # (N, F)
    clip: NDArray[np.int64]  # (N,): the number of the clip
    synthetic: NDArray[np.bool_]  # (C,)
    release: NDArray[np.float64]  # (C,): log-odds of the model alone
    groups: tuple[str, ...]  # (C,): held out together

    @classmethod
    def of(cls, clips: Sequence[Sample], model: Model) -> Table:
        """Lay clips out."""
        import numpy as np

        parts = [np.concatenate([copy.rows(model) for copy in clip.copies]) for clip in clips]
        rows = np.concatenate(parts).astype(np.float64)
        seen = ~np.isnan(rows)
        usual = np.where(seen, rows, 0).sum(axis=0) / np.maximum(1, seen.sum(axis=0))
        return cls(
            rows=np.where(seen, rows, usual),
            clip=np.repeat(np.arange(len(clips)), [len(part) for part in parts]),
            synthetic=np.array([clip.synthetic for clip in clips]),
            release=np.array([np.mean([copy.release(model) for copy in clip.copies]) for clip in clips]),
            groups=tuple(f"{clip.group}: {clip.name}" if clip.synthetic else clip.group for clip in clips),
        )

    def by_clip(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the mean of a clip's rows, (C,)."""
        import numpy as np

        return np.bincount(self.clip, values) / np.bincount(self.clip)

    def folds(self) -> NDArray[np.int64]:
        """Deal clips to folds, groups together, each fold with clips of both kinds: (C,)."""
        import numpy as np

        dealt = np.zeros(len(self.groups), np.int64)
        number = min(FOLDS, *(len({g for g, s in self._titles if s == kind}) for kind in (True, False)))
        for kind in (True, False):
            held = [0] * number
            sizes = {g: sum(t == (g, kind) for t in self._titles) for g, s in self._titles if s == kind}
            for group, size in sorted(sizes.items(), key=lambda one: (-one[1], one[0])):
                fold = held.index(min(held))
                held[fold] += size
                dealt[[title == (group, kind) for title in self._titles]] = fold
        return dealt

    @property
    def _titles(self) -> list[tuple[str, bool]]:
        return list(zip(self.groups, self.synthetic.tolist(), strict=True))


@dataclass(frozen=True)
class Fitted:
    """A head, and what it said of each clip while it was not fitted to it."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float
    out_of_fold: NDArray[np.float64]  # (C,): log-odds

    def scores(self, table: Table) -> NDArray[np.float64]:
        """Give the log-odds of clips, (C,)."""
        return table.by_clip(self.of_rows(table.rows))

    def of_rows(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the log-odds of rows, as Head.log_odds does."""
        import numpy as np

        return np.clip((rows - self.mean) / self.scale, -_BOUND, _BOUND) @ self.weights + self.bias

    def moved(self, slope: float, offset: float) -> Fitted:
        """Give the head whose log-odds are a line of this one's."""
        return replace(
            self,
            weights=self.weights * slope,
            bias=self.bias * slope + offset,
            out_of_fold=self.out_of_fold * slope + offset,
        )


def fitted_head(table: Table, threshold: float, most_alarms: float) -> Fitted:
    """Fit a head that raises at most so large a share of real clips over the threshold, out of fold."""
    import numpy as np

    folds = table.folds()
    tried = {freedom: _out_of_fold(table, folds, freedom) for freedom in TRIED}
    best = min(TRIED, key=lambda freedom: _loss(tried[freedom], table.synthetic))
    every = np.ones(len(folds), bool)
    fitted = replace(_fit(table, every, best), out_of_fold=tried[best])
    fitted = fitted.moved(*_line(fitted.out_of_fold, table.synthetic))
    reals = np.sort(fitted.out_of_fold[~table.synthetic])
    next_alarm = reals[-1 - int(most_alarms * len(reals))]
    return fitted.moved(1.0, min(0.0, threshold - 1e-3 - next_alarm))


def auc(synthetic: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Give the chance that a synthetic clip scores above a real one."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(synthetic, scores))


def _out_of_fold(table: Table, folds: NDArray[np.int64], freedom: float) -> NDArray[np.float64]:
    import numpy as np

    scores = np.zeros(len(folds))
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = _fit(table, ~held, freedom).scores(table)[held]
    return scores


def _fit(table: Table, clips: NDArray[np.bool_], freedom: float) -> Fitted:
    """Fit to some clips: each kind weighs half, and within it each clip the same."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    chosen = clips[table.clip]
    rows, labels = table.rows[chosen], table.synthetic[table.clip][chosen]
    share = 1 / np.bincount(table.clip, minlength=len(clips))[table.clip][chosen]
    for kind in (True, False):
        share[labels == kind] *= _WEIGHT / 2 / share[labels == kind].sum()
    mean = np.average(rows, axis=0, weights=share)
    scale = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=share)) + 1e-6
    bounded = np.clip((rows - mean) / scale, -_BOUND, _BOUND)
    line = LogisticRegression(C=freedom, max_iter=1000).fit(bounded, labels, share)
    return Fitted(mean, scale, line.coef_[0], float(line.intercept_[0]), np.zeros(0))


def _loss(scores: NDArray[np.float64], synthetic: NDArray[np.bool_]) -> float:
    """Give what scores cost, after the best line through them."""
    import numpy as np

    slope, offset = _line(scores, synthetic)
    signed = np.where(synthetic, 1, -1) * (slope * scores + offset)
    losses = np.logaddexp(0, -signed)
    return float(losses[synthetic].mean() + losses[~synthetic].mean())


def _line(scores: NDArray[np.float64], synthetic: NDArray[np.bool_]) -> tuple[float, float]:
    """Give slope and offset that make scores log-odds; few clips are believed less (Platt's targets)."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    target = np.where(synthetic, (synthetic.sum() + 1) / (synthetic.sum() + 2), 1 / ((~synthetic).sum() + 2))
    weight = np.where(synthetic, 1 / synthetic.sum(), 1 / (~synthetic).sum()) * len(scores) / 2
    twice = np.concatenate([scores, scores])[:, None]
    labels = np.repeat([1, 0], len(scores))
    line = LogisticRegression(C=1e3).fit(twice, labels, np.concatenate([weight * target, weight * (1 - target)]))
    return max(0.05, float(line.coef_[0, 0])), float(line.intercept_[0])
