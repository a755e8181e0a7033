"""A logistic regression on few clips: how strongly it is held back, how sure it may be, and what it is worth.

Knows rows of numbers, the clips they come from and scikit-learn; knows nothing of files and models' names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..model import Model
    from .samples import Sample

NEW = "the new generator"  # the group of its clips
REAL, TAUGHT, KNOWN = 0, 1, 2  # kinds of clips
# Of what the synthetic clips weigh together. Without known generators a head forgets them (AUC .54 for .74, on others
# that were held out), with this share it does not, and is no worse at the new one.
KNOWN_SHARE = 0.3
TRIED = (0.01, 0.1, 1.0)  # how freely a head may follow its clips; the one is taken that does best out of fold
FOLDS = 5
_WEIGHT = 100.0  # of all rows together, whatever their number: what the values above are relative to
_BOUND = 4.0  # standard deviations, as a Head bounds them


@dataclass(frozen=True)
class Table:
    """Clips as rows: several copies of each, several segments of each copy."""

    rows: NDArray[np.float64]  # (N, F)
    clip: NDArray[np.int64]  # (N,): the number of the clip
    kind: NDArray[np.int64]  # (C,): REAL, TAUGHT or KNOWN
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
            kind=np.array([TAUGHT if clip.group == NEW else KNOWN if clip.synthetic else REAL for clip in clips]),
            release=np.array([np.mean([copy.release(model) for copy in clip.copies]) for clip in clips]),
            groups=tuple(f"{NEW}: {number}" if clip.group == NEW else clip.group for number, clip in enumerate(clips)),
        )

    def by_clip(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the mean of a clip's rows, (C,)."""
        import numpy as np

        return np.bincount(self.clip, values) / np.bincount(self.clip)

    def folds(self) -> NDArray[np.int64]:
        """Deal clips to folds, groups together, each fold with real clips and with clips that teach: (C,)."""
        import numpy as np

        dealt = np.zeros(len(self.groups), np.int64)
        members = [Counter(self._of(kind)) for kind in (REAL, TAUGHT, KNOWN)]
        number = min(FOLDS, len(members[REAL]), len(members[TAUGHT]))
        for kind, groups in enumerate(members):
            held = [0] * number
            for group, size in sorted(groups.items(), key=lambda one: (-one[1], one[0])):
                fold = held.index(min(held))
                held[fold] += size
                dealt[(self.kind == kind) & np.array([name == group for name in self.groups])] = fold
        return dealt

    def _of(self, kind: int) -> list[str]:
        return [group for group, its in zip(self.groups, self.kind.tolist(), strict=True) if its == kind]


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

    folds, asked = table.folds(), table.kind != KNOWN
    tried = {freedom: _out_of_fold(table, folds, freedom) for freedom in TRIED}
    truth = table.kind[asked] == TAUGHT
    best = min(TRIED, key=lambda freedom: _loss(tried[freedom][asked], truth))
    fitted = replace(_fit(table, np.ones(len(folds), bool), best), out_of_fold=tried[best])
    fitted = fitted.moved(*_line(fitted.out_of_fold[asked], truth))
    reals = np.sort(fitted.out_of_fold[table.kind == REAL])
    next_alarm = reals[-1 - int(most_alarms * len(reals))]
    return fitted.moved(1.0, min(0.0, threshold - 1e-3 - float(next_alarm)))


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
    """Fit to some clips: real ones weigh half, and within each kind each clip the same."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    chosen = clips[table.clip]
    rows, kinds = table.rows[chosen], table.kind[table.clip][chosen]
    weight = 1 / np.bincount(table.clip, minlength=len(clips))[table.clip][chosen]
    known = KNOWN_SHARE if (kinds == KNOWN).any() else 0.0
    for kind, share in ((REAL, 0.5), (TAUGHT, 0.5 * (1 - known)), (KNOWN, 0.5 * known)):
        weight[kinds == kind] *= _WEIGHT * share / max(1e-9, weight[kinds == kind].sum())
    mean = np.average(rows, axis=0, weights=weight)
    scale = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weight)) + 1e-6
    bounded = np.clip((rows - mean) / scale, -_BOUND, _BOUND)
    line = LogisticRegression(C=freedom, max_iter=300).fit(bounded, kinds != REAL, weight)
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
