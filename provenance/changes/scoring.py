"""Scores how much each cell and each box of cells differs from the original, beyond what copying explains.

What copying does is estimated from the copy itself: one curve of brightness, one of detail, and for each cell a spread
predicted from how steep, how restless and how detailed the copy is there. Knows numbers only; the constants that were
fitted are in `constants.py`, with how.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .coding import smooth
from .constants import DETAIL_FLOOR, DETAIL_NORMS, ERROR_WEIGHT, FLOOR, NORMS, SIGNED_NORMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

Scores = dict[tuple[str, int, int], "NDArray[Any]"]  # kind, cells to a side, windows
SIZES, DETAIL_SIZES, LENGTHS = (3, 4, 5, 7, 9, 13), (2, 3, 4, 5, 7), (1, 2, 4)  # cells of a side; windows
MOST = 60.0  # that one cell's square may count: what was pasted is far off, what coding does is not
_MOST_SIGNED = 8.0  # and one cell, with its sign
_FAR = 10.0  # squared spreads, of nine cells in the mean
_BINS = 12
_HELD = (30.0, 300.0, 3e3, 3e4, 3e5, 3e6)  # how strongly a curve of brightness is held to a line
_LEAST_RISE = 0.4  # of its steepest part, by which it rises everywhere
_BEND = 2.0  # levels
_CHANGED = 3.0  # levels by which a copy was made brighter or darker, not merely coded
_PART = 0.5  # of an even share of a box, by a window that belongs to what was changed
_TOLD = 0.15  # of the cells, at least, tell the curve: fewer may all have been pasted
_MOST_BENT = 4.0  # times what detail explains


@dataclass(frozen=True)
class Seen:
    """What a copy shows where the original had its windows; not a number where it shows nothing."""

    brightness: NDArray[Any]  # (windows, rows, columns)
    spread: NDArray[Any]  # of the same, over the time of a window
    detail: NDArray[Any]  # (windows, rows / 2, columns / 2), log2
    clipped: NDArray[Any]  # (rows, columns): share of it that is black or white

    def __repr__(self) -> str:
        """Sizes, not numbers."""
        return f"Seen({'x'.join(map(str, self.brightness.shape))})"


@dataclass(frozen=True)
class Residuals:
    """How far each cell is off, in spreads of what copying does; not a number where nothing was compared."""

    brightness: NDArray[Any]
    detail: NDArray[Any]
    spread: NDArray[Any]  # of brightness, in levels

    def __repr__(self) -> str:
        """Sizes, not numbers."""
        return f"Residuals({'x'.join(map(str, self.brightness.shape))})"


def residuals(brightness: NDArray[Any], detail: NDArray[Any], error: NDArray[Any] | None, seen: Seen) -> Residuals:
    """Hold what a copy shows to an original's brightness and detail; `error`: of the brightness that was kept."""
    import cv2
    import numpy as np

    cut = cv2.dilate(seen.clipped.astype(np.float32), np.ones((3, 3), np.uint8)) > 0.03
    off = _level(seen.brightness, brightness, cut, np.repeat(np.repeat(seen.detail, 2, axis=1), 2, axis=2))
    if np.nanmedian(np.abs(off + brightness - seen.brightness)) > _CHANGED:
        # where a copy was made brighter until it clipped, the original was as bright or brighter: that is no difference
        white = seen.brightness > 128
        off[cut & white & (off < 0)] = 0
        off[cut & ~white & (off > 0)] = 0
    bright = np.nan_to_num(seen.brightness, nan=128.0)
    plain = np.nan_to_num(seen.detail, nan=1.0)
    # what was pasted is no excuse for itself: steep or rich in detail is what was so in the original as well
    signs = np.minimum(
        *(
            _signs(one, np.nan_to_num(seen.spread), np.repeat(np.repeat(fine, 2, axis=1), 2, axis=2))
            for one, fine in ((bright, plain), (brightness, detail))
        )
    )
    spread = _spread(off, signs, FLOOR)
    if error is not None:
        spread = np.maximum(spread, error * ERROR_WEIGHT)
    fine = _detail_off(seen.detail, detail)
    fine[~np.isfinite(_halved(seen.brightness))] = np.nan
    fine_spread = _spread(fine, np.stack([detail, plain, _halved(signs[0])]), DETAIL_FLOOR)
    return Residuals(off / spread, fine / fine_spread, spread)


def _halved(volume: NDArray[Any]) -> NDArray[Any]:
    windows, rows, columns = volume.shape
    halved: NDArray[Any] = volume.reshape(windows, rows // 2, 2, columns // 2, 2).mean((2, 4))
    return halved


def _level(copy: NDArray[Any], original: NDArray[Any], cut: NDArray[Any], detail: NDArray[Any]) -> NDArray[Any]:
    """Bring the copy to the original's brightness by one curve, and each window by its middle; give what is left.

    `cut`: cells that are partly black or white, which say nothing about the curve if it made them so.
    """
    import numpy as np

    found = np.isfinite(copy)
    told = found & ~cut
    x, y = (copy[found] - 128) / 64, original[found]
    powers = np.stack([np.ones_like(x), x, x * x, x**3], -1)
    fit = _curve(powers, y)
    if told.sum() > _TOLD * found.sum() and np.median(np.abs(powers @ fit - copy[found])[told[found]]) > _CHANGED:
        bare = _curve(powers[told[found]], original[told])
        fit = bare if bare[1] > _LEAST_RISE * fit[1] else fit
    off = np.full(copy.shape, np.nan, np.float32)
    off[found] = powers @ fit - y
    # the mean of a bent cell is not the bent mean of a cell: what that does goes with the bend and with the detail
    bend = (2 * fit[2] + 6 * fit[3] * x) * np.exp2(detail[found]) / 64**2
    weight = 1 / (1 + (off[found] / (3 * float(np.median(np.abs(off[found]))) + 0.5)) ** 2)
    share = float((weight * bend * off[found]).sum() / ((weight * bend * bend).sum() + 1e-3 * len(x)))
    off[found] -= np.clip(share, -_MOST_BENT, _MOST_BENT) * bend
    bins = np.clip((copy[found] / 8).astype(int), 0, 31)
    counts = np.bincount(bins, minlength=32)
    middles = np.array([np.median(off[found][bins == k]) if counts[k] >= 150 else 0.0 for k in range(32)])
    # no more than a bend of the curve: what was pasted may have a brightness of its own
    off[found] -= np.interp(copy[found], np.arange(32) * 8 + 4, np.clip(middles, -_BEND, _BEND))
    with np.errstate(all="ignore"):
        middle = np.array([np.median(one[np.isfinite(one)]) if np.isfinite(one).any() else 0.0 for one in off])
    rest = np.nan_to_num(off - middle[:, None, None])
    return np.where(found, smooth(rest), np.float32(np.nan))


def _curve(basis: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Fit a cubic that most agree with, held to a line: the more so, the less it would rise somewhere. What was pasted
    has levels of its own, where a free curve would bend to it, and explain it away."""
    import numpy as np

    start = np.array([128.0, 64.0, 0.0, 0.0])
    levels = np.linspace(float(basis[:, 1].min()), float(basis[:, 1].max()), 32)
    fit = start
    for held in _HELD:
        hold, fit = np.diag([1e-6, 1e-6, held, held]), start
        # once a curve was seen to bend to what was pasted, what is far off has no say at last
        for sharpness in (1,) * 8 if held == _HELD[0] else (1,) * 8 + (2,) * 4:
            rest = y - basis @ fit
            weight = 1 / (1 + (rest / (2.2 * float(np.median(np.abs(rest))) + 0.5)) ** 2) ** sharpness
            weighted = basis * weight[:, None]
            fit = fit + np.linalg.solve(weighted.T @ basis + hold, weighted.T @ rest - hold @ (fit - start))
        rises = fit[1] + 2 * fit[2] * levels + 3 * fit[3] * levels**2
        if rises.min() > _LEAST_RISE * rises.max():
            break
    return fit


def _signs(bright: NDArray[Any], spread: NDArray[Any], detail: NDArray[Any]) -> NDArray[Any]:
    """Give what says how far a cell may be off: steepness, restlessness within and between windows, detail."""
    import cv2
    import numpy as np

    steep = np.hypot(np.gradient(bright, axis=1), np.gradient(bright, axis=2))
    steep = np.stack([cv2.blur(one, (3, 3)) for one in steep])
    restless = np.stack([cv2.blur(one, (3, 3)) for one in spread])
    between = np.abs(np.gradient(bright, axis=0)) if len(bright) > 1 else np.zeros_like(bright)
    return np.stack([np.log2(steep + 1), np.log2(restless + 0.5), detail, np.log2(between + 0.5)])


def _spread(off: NDArray[Any], signs: NDArray[Any], floor: float) -> NDArray[Any]:
    """Predict each cell's spread: the signs are weighed as this copy has it, and the level is read off in bins."""
    import numpy as np

    found = np.isfinite(off)
    x = np.stack([sign[found] for sign in signs], -1)
    y = np.log(np.abs(off[found]) + 0.3 * floor)
    middle = x.mean(axis=0)
    fit = np.linalg.solve((x - middle).T @ (x - middle) + 200 * np.eye(x.shape[1]), (x - middle).T @ (y - y.mean()))
    height = np.tensordot(fit, signs, 1)
    cuts = np.quantile(height[found], np.linspace(0, 1, _BINS + 1))
    bins = np.clip(np.searchsorted(cuts, height[found], side="right") - 1, 0, _BINS - 1)
    sizes = np.abs(off[found])
    levels = np.array([1.48 * np.median(sizes[bins == k]) if (bins == k).any() else floor for k in range(_BINS)])
    levels = np.hypot(np.maximum.accumulate(levels), floor)
    return np.asarray(np.interp(height, (cuts[1:] + cuts[:-1]) / 2, levels), np.float32)


def _detail_off(copy: NDArray[Any], original: NDArray[Any]) -> NDArray[Any]:
    """Give how much detail a copy has beyond what its own loss leaves of the original's."""
    import numpy as np

    found = np.isfinite(copy)
    off = np.full(copy.shape, np.nan, np.float32)
    cuts = np.quantile(original[found], np.linspace(0, 1, 21))
    bins = np.clip(np.searchsorted(cuts, original[found], side="right") - 1, 0, 19)
    centres = np.array([np.median(original[found][bins == k]) if (bins == k).any() else cuts[k] for k in range(20)])
    middles = np.array([np.median(copy[found][bins == k]) if (bins == k).any() else cuts[k] for k in range(20)])
    off[found] = copy[found] - np.interp(original[found], centres, middles)
    return off


def boxes(z: NDArray[Any], sizes: tuple[int, ...], signed: bool) -> dict[tuple[int, int], NDArray[Any]]:
    """Sum up over boxes of cells and windows: squares, or, if signed, the cells themselves, squared then.

    Each sum lies at the middle of its box and at its first window, over the root of how many cells it has.
    """
    import cv2
    import numpy as np

    found = np.isfinite(z)
    cell = np.nan_to_num(z)
    cell = (
        np.clip(cell, -_MOST_SIGNED, _MOST_SIGNED)
        if signed
        else np.where(found, np.minimum(cell * cell, MOST) - 1.2, 0)
    )
    sums = np.concatenate([np.zeros((1, *z.shape[1:]), np.float32), np.cumsum(cell, axis=0, dtype=np.float32)])
    result = {}
    for length in LENGTHS:
        if length > len(z):
            continue
        over = sums[length:] - sums[:-length]
        for size in sizes:
            total = np.stack([cv2.boxFilter(one, -1, (size, size), normalize=False, borderType=0) for one in over])
            result[size, length] = np.abs(total) / (size * length**0.5) if signed else total / (size * length**0.5)
    return result


def scores(found: Residuals) -> Scores:
    """Give every kind of box, each over what honest copies reach."""
    kinds: Scores = {}
    for name, cells, sizes in (
        ("brightness", found.brightness, SIZES),
        ("signed", found.brightness, SIZES),
        ("detail", found.detail, DETAIL_SIZES),
    ):
        for (size, length), total in boxes(cells, sizes, name == "signed").items():
            kinds[name, size, length] = total / norm((name, size, length))
    return kinds


def norm(key: tuple[str, int, int]) -> float:
    """Give what honest copies reach in a kind of box."""
    return {"brightness": NORMS, "signed": SIGNED_NORMS, "detail": DETAIL_NORMS}[key[0]][key[1:]]


def off_by_far(found: Residuals) -> NDArray[Any]:
    """Say which cells are, with those next to them, so far off as coding hardly puts any."""
    import cv2
    import numpy as np

    square = np.minimum(np.nan_to_num(found.brightness) ** 2, MOST)
    return np.stack([cv2.blur(one, (3, 3)) for one in square]) > _FAR


def heat_of(kinds: Scores, shape: tuple[int, ...]) -> NDArray[Any]:
    """Give each cell the highest score of a box that it is in, in those of its windows that have their part in it."""
    import cv2
    import numpy as np

    heat = np.zeros(shape, np.float32)
    for (name, size, length), totals in kinds.items():
        behind = size - 1 - size // 2
        alone = kinds[name, size, 1] * (norm((name, size, 1)) / norm((name, size, length)) * length**0.5 / _PART)
        for at, total in enumerate(totals):
            for window in range(at, at + length):
                own = total if length == 1 else np.where(alone[window] >= total, total, 0)
                spread = cv2.dilate(own, np.ones((size, size), np.uint8), anchor=(behind, behind))
                if name == "detail":
                    spread = np.repeat(np.repeat(spread, 2, axis=0), 2, axis=1)
                np.maximum(heat[window], spread, out=heat[window])
    return heat
