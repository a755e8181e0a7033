"""Weighs what boxes of cells score into one answer, and lays it over the picture: 1 is the threshold.

What a box must reach depends on the copy: on what most of its other boxes reach, and on how much copying stirred it. A
logistic regression over a few such signs says so; its weights are in `constants.py`. A long video is weighed in parts,
and its threshold is higher, since there is more of it that could look odd by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .constants import BIAS, NORMS, PART_PRICE, THRESHOLD, WEIGHTS
from .scoring import LENGTHS, MOST, SIZES, Residuals, Scores, heat_of, scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

PART, SHARED = 8, 3  # windows that are weighed together, and how many of them with the next part as well
KINDS = ("brightness", "signed", "detail")
_SMALL = 4  # cells to a side
_LEAST, _NONE = 0.02, -4.0
_SMALLEST = ("brightness", 3, 1)  # of the boxes
_MOST_ASIDE = 0.6  # of these boxes
_ENOUGH = 0.02  # of the boxes, at least, tell what most reach


@dataclass(frozen=True)
class Weighed:
    """What the cells add up to."""

    heat: NDArray[Any]  # (windows, rows, columns); from 1 on it is a change
    above: float  # the highest answer, above the threshold
    needed: float  # of its norm, by a box that would just have been a change, in the part that hides most

    def __repr__(self) -> str:
        """The answer."""
        return f"Weighed({self.above:+.2f})"


Heights = dict[tuple[str, int, int], tuple[float, float, float]]  # of each kind of box: the highest, 90 and 95 %


def heights_of(kinds: Scores) -> Heights:
    """Give the highest box of each kind, and what most others stay under: those that touch nothing that is off by far,
    since a change is not to hide behind itself."""
    import numpy as np

    aside = _aside(kinds)
    heights = {}
    for key, total in kinds.items():
        others = total[~_touching(aside, key)]
        some = others if len(others) >= _ENOUGH * total.size else np.zeros(1)
        heights[key] = (float(total.max()), float(np.quantile(some, 0.9)), float(np.quantile(some, 0.95)))
    return heights


def _aside(kinds: Scores) -> NDArray[Any]:
    """Give the cells of small boxes that are off as hardly any honest copy's are; none where these are nearly all."""
    import numpy as np

    cells = _widened(kinds[_SMALLEST] > 1.0, _SMALLEST[1])
    return cells if _touching(cells, _SMALLEST).mean() <= _MOST_ASIDE else np.zeros_like(cells)


def _touching(aside: NDArray[Any], key: tuple[str, int, int]) -> NDArray[Any]:
    """Say which boxes of a kind have cells of those set aside."""
    import numpy as np

    name, size, length = key
    windows, rows, columns = aside.shape
    if name == "detail":
        aside = np.asarray(aside.reshape(windows, rows // 2, 2, columns // 2, 2).any(axis=(2, 4)))
    over = np.stack([aside[at : at + length].any(axis=0) for at in range(windows - length + 1)])
    return _widened(over, size)


def _widened(cells: NDArray[Any], size: int) -> NDArray[Any]:
    import cv2
    import numpy as np

    return np.stack([cv2.dilate(one.astype(np.uint8), np.ones((size, size), np.uint8)) for one in cells]).astype(bool)


def stirred(found: Residuals, error: NDArray[Any] | None) -> tuple[float, float, float]:
    """Give how much copying stirred the cells, in the middle and nearly at most, and how they had been rounded."""
    import numpy as np

    known = found.spread[np.isfinite(found.brightness)]
    rounding = float(error.mean()) if error is not None else 0.0
    return float(np.median(known)), float(np.quantile(known, 0.9)), rounding + 0.1


def signs_of(heights: Heights, copying: tuple[float, float, float]) -> list[float]:
    """Give what an answer is made of: the highest boxes, what most others reach, and how stirred the copy is."""
    signs = []
    for name in KINDS:
        own = {key: height for key, height in heights.items() if key[0] == name}
        for length in LENGTHS:
            signs.append(max((_log(height[0]) for key, height in own.items() if key[2] == length), default=_NONE))
        signs.append(max(_log(height[0]) for key, height in own.items() if key[1] <= _SMALL))
        signs += [_log(max(height[share] for height in own.values())) for share in (1, 2)]
    return [*signs, *map(_log, copying)]


def _log(value: float) -> float:
    return math.log(max(_LEAST, float(value)))


def parts_of(windows: int) -> list[slice]:
    """Cut a video into parts that share some windows.

    >>> parts_of(7), parts_of(12)
    ([slice(0, 7, None)], [slice(0, 8, None), slice(5, 12, None)])
    """
    step = PART - SHARED
    return [slice(at, min(at + PART, windows)) for at in range(0, max(1, windows - SHARED), step)]


def weighed(found: Residuals, error: NDArray[Any] | None) -> Weighed:
    """Answer part by part, and lay all parts together."""
    import numpy as np

    parts = parts_of(len(found.brightness))
    threshold = THRESHOLD + PART_PRICE * math.log(len(parts))
    raises = sum(weight for at, weight in enumerate(WEIGHTS[: 6 * len(KINDS)]) if at % 6 < 4)
    heat, above, needed = np.zeros(found.brightness.shape, np.float32), -math.inf, _LEAST
    for part in parts:
        own = Residuals(found.brightness[part], found.detail[part], found.spread[part])
        if not np.isfinite(own.brightness).any():
            continue
        kinds = scores(own)
        signs = signs_of(heights_of(kinds), stirred(own, error))
        answer = BIAS + sum(weight * sign for weight, sign in zip(WEIGHTS, signs, strict=True)) - threshold
        cells = heat_of(kinds, own.brightness.shape)
        # all boxes higher by a factor would raise the answer by `raises` times its logarithm
        level = max(float(cells.max()), _LEAST) / math.exp(max(-3.0, min(3.0, answer / raises)))
        np.maximum(heat[part], cells / level, out=heat[part])
        above, needed = max(above, answer), max(needed, level)
    return Weighed(heat, above, needed)


def least_seen(found: Residuals, answer: Weighed) -> tuple[float, int, float]:
    """Give share of the picture, windows and levels of a change that would just have been seen nearly everywhere."""
    import numpy as np

    spread = float(np.nanquantile(found.spread[np.isfinite(found.brightness)], 0.9))
    cells, length = found.brightness[0].size, min(2, len(found.brightness))
    for size in SIZES:
        square = answer.needed * NORMS[size, length] / (size * length**0.5) + 1.2
        if size * size >= 0.01 * cells and square < 0.8 * MOST:
            break
    return size * size / cells, length, spread * min(square, MOST) ** 0.5
