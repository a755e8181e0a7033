"""A linear discriminant on few clips: from which direction a generator is told, how sure it may be, what it is worth.

Few clips say where a generator lies, and too little of how clips differ from one another: that is taken from the bank.
Knows rows of numbers and the clips they come from; knows nothing of files and models' names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .samples import Sample

NEW = "the new generator"  # the group of its clips
REAL, TAUGHT, KNOWN = 0, 1, 2  # kinds of clips
KNOWN_SHARE = 0.5  # of where synthetic clips are taken to lie: without known generators a head forgets them
ALONE = 0.6  # how much what the model says without a head counts beside one standard deviation of what is learnt
SHRINKAGE = 0.01  # how far numbers are taken to vary each for itself
FOLDS = 8
_BOUND = 4.0  # standard deviations, as a Head bounds them


@dataclass(frozen=True)
class Table:
    """Clips as rows: each as found, then each of its copies."""

    rows: NDArray[np.float64]  # (C, L, F)
    kind: NDArray[np.int64]  # (C,): REAL, TAUGHT or KNOWN
    alone: NDArray[np.float64]  # (C, L): log-odds of the model without a head
    groups: tuple[str, ...]  # (C,): held out together

    @classmethod
    def of(cls, clips: Sequence[Sample]) -> Table:
        """Lay clips out; what was not measured is as usual."""
        import numpy as np

        rows = np.array([[look.row for look in clip.looks] for clip in clips], np.float64)
        seen = ~np.isnan(rows)
        usual = np.where(seen, rows, 0).sum(axis=(0, 1)) / np.maximum(1, seen.sum(axis=(0, 1)))
        return cls(
            rows=np.where(seen, rows, usual),
            kind=np.array([TAUGHT if clip.group == NEW else KNOWN if clip.synthetic else REAL for clip in clips]),
            alone=np.array([[look.alone for look in clip.looks] for clip in clips]),
            groups=tuple(f"{NEW}: {number}" if clip.group == NEW else clip.group for number, clip in enumerate(clips)),
        )

    def folds(self) -> NDArray[np.int64]:
        """Deal clips to folds, groups together: (C,). No fold has all real clips, or all that teach."""
        import numpy as np

        dealt = np.zeros(len(self.groups), np.int64)
        members = [Counter(self._of(kind)) for kind in (REAL, TAUGHT, KNOWN)]
        number = min(FOLDS, len(members[REAL]))
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
    """A head, and what it said of each look at each clip while it was not fitted to the clip."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float
    out_of_fold: NDArray[np.float64]  # (C, L): log-odds

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


def fitted_head(table: Table) -> Fitted:
    """Fit a head, say what it says of clips out of fold, and make that log-odds."""
    import numpy as np

    folds, asked = table.folds(), table.kind != KNOWN
    scores = np.zeros(table.alone.shape)
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = _fit(table, ~held).of_rows(table.rows[held])
    fitted = replace(_fit(table, np.ones(len(folds), bool)), out_of_fold=scores)
    return fitted.moved(*_line(scores[asked], table.kind[asked] == TAUGHT))


def auc(synthetic: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Give the chance that a synthetic clip scores above a real one."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(synthetic, scores))


def _fit(table: Table, clips: NDArray[np.bool_]) -> Fitted:
    """Fit to the copies of some clips."""
    import numpy as np

    copies = table.rows[clips][:, 1:]
    rows, number = copies.reshape(-1, copies.shape[2]), copies.shape[1]
    kinds, groups = np.repeat(table.kind[clips], number), np.repeat(np.array(table.groups)[clips], number)
    weight = _weights(kinds, groups)
    mean = np.average(rows, axis=0, weights=weight)
    scale = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weight)) + 1e-6
    bounded = np.clip((rows - mean) / scale, -_BOUND, _BOUND)
    way = _direction(bounded[:, 1:], kinds, groups, weight)
    weights = np.concatenate([[ALONE / max(1e-6, bounded[:, 0].std())], way])
    return Fitted(mean, scale, weights, 0.0, np.zeros(0))


def _direction(
    rows: NDArray[np.float64], kinds: NDArray[np.int64], groups: NDArray[np.str_], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the direction from real to synthetic in which clips of one source differ least; of unit spread."""
    import numpy as np

    middles = {k: np.average(rows[kinds == k], axis=0, weights=weight[kinds == k]) for k in np.unique(kinds).tolist()}
    known = KNOWN_SHARE if KNOWN in middles else 0.0
    aim = (1 - known) * middles[TAUGHT] + known * middles.get(KNOWN, 0.0)
    rest = rows - np.array([middles[kind] for kind in kinds.tolist()])
    for group in np.unique(groups[kinds == KNOWN]):  # generators differ from one another by more than their clips do
        its = (kinds == KNOWN) & (groups == group)
        rest[its] = rows[its] - rows[its].mean(axis=0)
    spread = rest.T @ rest / len(rest)
    alone = np.diag(np.diag(spread))
    held = (1 - SHRINKAGE) * spread + SHRINKAGE * alone + 1e-3 * np.eye(len(spread))
    way = np.linalg.solve(held, aim - middles[REAL])
    return np.asarray(way / max(1e-6, float((rows @ way).std())))


def _weights(kinds: NDArray[np.int64], groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """Weigh real clips half; within each kind each group by the square root of what it brings."""
    import numpy as np

    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(counts[inverse])
    known = KNOWN_SHARE if (kinds == KNOWN).any() else 0.0
    for kind, share in ((REAL, 0.5), (TAUGHT, 0.5 * (1 - known)), (KNOWN, 0.5 * known)):
        weight[kinds == kind] *= share / max(1e-9, weight[kinds == kind].sum())
    return np.asarray(weight)


def _line(scores: NDArray[np.float64], synthetic: NDArray[np.bool_]) -> tuple[float, float]:
    """Give slope and offset that make scores of copies log-odds; few clips are believed less (Platt's targets)."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    copies = scores[:, 1:]
    target = np.where(synthetic, (synthetic.sum() + 1) / (synthetic.sum() + 2), 1 / ((~synthetic).sum() + 2))
    weight = np.where(synthetic, 1 / synthetic.sum(), 1 / (~synthetic).sum()) * len(scores) / 2 / copies.shape[1]
    target, weight = (np.repeat(values, copies.shape[1]) for values in (target, weight))
    twice = np.concatenate([copies.ravel(), copies.ravel()])[:, None]
    labels = np.repeat([1, 0], copies.size)
    line = LogisticRegression(C=1e3).fit(twice, labels, np.concatenate([weight * target, weight * (1 - target)]))
    return max(0.05, float(line.coef_[0, 0])), float(line.intercept_[0])
