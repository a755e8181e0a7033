"""Counts: shares of right answers and their intervals, chance, distances, PSNR. Knows arrays alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..results import wilson_low
from .results import Interval, Intervals, Kept, Shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .looking import Looked
    from .prompts import Prompt

ORDER = ("colour", "shape", "size", "number", "motion", "background", "light", "weather", "camera")  # of labels
_SAME = 99.0  # dB that equal pictures are given


def shares(looked: Looked, asked: Sequence[Prompt]) -> Shares:
    """Give how often the answer is what was asked for, where something was."""
    hits = _hits(looked, asked)
    return Shares(**{name: round(right / max(1, total), 4) for name, (right, total) in hits.items()}, clips=len(asked))


def intervals(looked: Looked, asked: Sequence[Prompt]) -> Intervals:
    """Give the intervals of those shares."""
    found = {}
    for name, (right, total) in _hits(looked, asked).items():
        low, high = wilson_low(right, total), 1 - wilson_low(total - right, total)
        found[name] = Interval(round(low, 4), round(high, 4))
    return Intervals(**found)


def _hits(looked: Looked, asked: Sequence[Prompt]) -> dict[str, tuple[int, int]]:
    found = {}
    for index, name in enumerate(ORDER):
        pairs = [(one.labels[index], int(said)) for one, said in zip(asked, looked.answers[name], strict=True)]
        pairs = [(right, said) for right, said in pairs if right >= 0]
        found[name] = sum(right == said for right, said in pairs), len(pairs)
    return found


def chance(looked: Looked, asked: Sequence[Prompt]) -> Shares:
    """Give the share that is right if answers and prompts, as often as they are, have nothing to do with each other."""
    import numpy as np

    found = {}
    for index, name in enumerate(ORDER):
        right = np.asarray([one.labels[index] for one in asked])
        said = looked.answers[name][right >= 0]
        right = right[right >= 0]
        found[name] = round(float(sum((said == value).mean() * (right == value).mean() for value in set(right))), 4)
    return Shares(**found, clips=len(asked))


def shuffled(asked: Sequence[Prompt], seed: int) -> tuple[Prompt, ...]:
    """Give each clip another clip's prompt."""
    import numpy as np

    order = np.random.default_rng([3, seed]).permutation(len(asked))
    other = list(asked)
    for here, there in zip(order, np.roll(order, 1), strict=True):
        other[int(here)] = asked[int(there)]
    return tuple(other)


def nearest(clips: NDArray[Any], examples: NDArray[Any]) -> NDArray[Any]:
    """Give each clip's distance (root of the mean square) to its nearest example."""
    import numpy as np

    squares = (clips**2).sum(1)[:, None] + (examples**2).sum(1)[None] - 2 * clips @ examples.T
    return np.asarray(np.sqrt(np.maximum(squares.min(1), 0) / clips.shape[1]))


def psnr(made: NDArray[Any], given: NDArray[Any]) -> float:
    """Give the PSNR of bytes in dB."""
    import numpy as np

    wrong = float(np.square(made.astype(np.float64) - given).mean())
    return _SAME if wrong == 0 else min(_SAME, float(10 * np.log10(255**2 / wrong)))


def with_loss(clear: float, loss: float) -> float:
    """Give the PSNR that is left of one (in dB) after a loss of its own (in dB), where the two don't go together.

    >>> round(with_loss(25, 25), 2)
    21.99
    """
    from math import log10

    return -10 * log10(10 ** (-clear / 10) + 10 ** (-loss / 10))


def kept(values: Sequence[float]) -> Kept:
    """Sum PSNRs up."""
    import numpy as np

    return Kept(round(float(np.mean(values)), 2), round(float(np.percentile(values, 10)), 2), len(values))


def named(part: Shares) -> dict[str, float]:
    """Give the shares by attribute."""
    return {field.name: getattr(part, field.name) for field in fields(part) if field.name != "clips"}
