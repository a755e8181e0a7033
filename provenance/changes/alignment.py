"""Finds where in a copy's pictures, and when, an original's grid lies. Knows pictures and grids; scores no change.

In space: from what the mark said, or by a search over bars, mirrors, turns and crops, then refined to a fraction of a
cell.
costs too; what the path jumps over was cut, and what it leaves out of the copy was put in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...evidence import MarkGeometry
from .recording import FINE, RATE, cells_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .coding import Grid

LIKE = 0.7  # correlation of two pictures that show the same, at least
SURE = 0.93
_PLAINEST = 2  # guesses: the whole picture, and what is inside bars
_AS_WAS, _FLATTEST = 2.5, 0.5  # levels by which a cell that was not changed is off, at most; least contrast of a copy
_LEAST_AGREED, _MORE = 0.2, 0.05  # of the cells, where nothing else is known; by so much more than another place
_ASKED = 12  # windows
_BETTER = 0.97  # of the misfit, at most, is left by a place worth changing to
_FAR = 6.0  # times the middle misfit, at most, counts one cell
_CLEARLY = 0.02  # more alike, by so much
_SCALES = (1.0, 1.11, 0.9, 1.25, 1.4, 0.8, 1.6, 2.0)
_LEAST_SHOWN = 0.15  # of the original's cells


@dataclass(frozen=True)
class Placed:
    """How the original's picture lies in the copy's: shares of its width and height become shares of the copy's."""

    matrix: NDArray[Any]  # (2, 3)
    likeness: float  # correlation of pictures so placed

    def __repr__(self) -> str:
        """The matrix, shortly."""
        return f"Placed({self.matrix.round(4).tolist()}, {self.likeness:.3f})"


class Reel:
    """The copy's pictures, small, in order of time."""

    def __init__(self, pictures: Sequence[NDArray[Any]], times: Sequence[float], end_s: float) -> None:
        """Take pictures of one size, (h, w) uint8, and when each is on show."""
        import numpy as np

        self.pictures = pictures
        self.edges = np.append(np.asarray(times, np.float64), max(end_s, times[-1] + 1 / RATE))
        self.seconds = float(self.edges[-1])

    def around(self, seconds: float, length: float) -> NDArray[Any]:
        """Give the mean picture of a stretch."""
        import numpy as np

        first, last = np.searchsorted(self.edges, (seconds, seconds + length - 1e-6), side="right") - 1
        first = max(0, min(int(first), len(self.pictures) - 1))
        chosen = self.pictures[first : max(first + 1, min(int(last) + 1, len(self.pictures)))]
        return np.asarray(np.mean(np.stack(chosen), axis=0, dtype=np.float32))


def brought(picture: NDArray[Any], placed: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Give the original's view of a copy's picture, (rows, columns)."""
    import cv2
    import numpy as np

    high, wide = picture.shape
    matrix = np.array([[wide], [high]]) * placed
    matrix = np.hstack([matrix[:, :2] / [columns, rows], matrix[:, 2:]])
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def shown(placed: NDArray[Any], rows: int, columns: int, margin: float = 0.0) -> NDArray[Any]:
    """Say which cells of the original lie in the copy's picture, whole but for `margin` of a cell."""
    import numpy as np

    inside = np.ones((rows, columns), bool)
    for across, down in ((margin, margin), (1 - margin, margin), (margin, 1 - margin), (1 - margin, 1 - margin)):
        x, y = np.meshgrid((np.arange(columns) + across) / columns, (np.arange(rows) + down) / rows)
        for axis in (0, 1):
            at = placed[axis, 0] * x + placed[axis, 1] * y + placed[axis, 2]
            inside &= (at >= -1e-3) & (at <= 1.001)
    return inside


def unbarred(placed: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Say which cells of the original keep clear of bars: at an edge beyond which the copy goes on, a bar shines in."""
    import numpy as np

    clear = np.ones((rows, columns), bool)
    edges = ((0, slice(None), 0.5, -0.5 / rows), (-1, slice(None), 0.5, 1 + 0.5 / rows))
    sides = ((slice(None), 0, -0.5 / columns, 0.5), (slice(None), -1, 1 + 0.5 / columns, 0.5))
    for row, column, x, y in (*edges, *sides):
        beyond = placed @ [x, y, 1.0]
        if ((beyond >= 0) & (beyond <= 1)).all():
            clear[row, column] = False
    return clear


# In space ------------------------------------------------------------------------------------------------------------


def place(reel: Reel, grid: Grid, geometry: MarkGeometry | None) -> Placed | None:
    """Find the original's picture in the copy's; None where nothing is alike."""
    best: Placed | None = None
    for linear in _guesses(reel, grid, geometry):
        found = _moved(reel, grid, linear)
        if best is None or found.likeness > best.likeness + _CLEARLY:
            best = found
        if best and best.likeness > SURE:
            break
    return _plainer(reel, grid, geometry, best)


def _plainer(reel: Reel, grid: Grid, geometry: MarkGeometry | None, best: Placed | None) -> Placed | None:
    """Prefer a plain place where more cells agree by far, even if others were pasted: what is bright in a dark picture
    outweighs all else, and a place that leaves it out may look more alike."""
    agreed = _agreed(reel, grid, best.matrix) if best and best.likeness >= LIKE else _LEAST_AGREED
    for linear in islice(_guesses(reel, grid, geometry), _PLAINEST if geometry is None else _PLAINEST + 1):
        if best and best.likeness > SURE and (best.matrix == linear).all():
            return best
        share = _agreed(reel, grid, linear)
        if share > agreed + _MORE:
            best, agreed = Placed(linear, max(LIKE, _likeness(reel, grid, linear))), share
    return best if best and best.likeness >= LIKE else None


def _agreed(reel: Reel, grid: Grid, placed: NDArray[Any]) -> float:
    """Give the share of the original's cells that are on show as they were, beyond those that a plain picture shows."""
    import numpy as np

    rows, columns = grid.brightness.shape[1:]
    seen = shown(placed, rows, columns)
    if seen.mean() < _LEAST_SHOWN:
        return 0.0
    shares = []
    for at in _moments(reel, grid):
        view = brought(reel.around(at, grid.window_s), placed, rows, columns)[seen]
        best = 0.0
        for original in grid.brightness[:: max(1, len(grid.brightness) // _ASKED)]:
            offset, slope, _ = line_through(view, original[seen])
            plain = np.abs(original[seen] - np.median(original[seen])) < _AS_WAS
            agrees = np.abs(original[seen] - offset - slope * view) < _AS_WAS
            if _FLATTEST < slope < 1 / _FLATTEST:
                best = max(best, float(agrees.sum() - plain.sum()) / seen.size)
        shares.append(best)
    return float(np.median(shares))


def _guesses(reel: Reel, grid: Grid, geometry: MarkGeometry | None) -> Iterator[NDArray[Any]]:
    """Give placements to try: what the mark said, the whole picture, inside bars, mirrored, turned, cropped."""
    import numpy as np

    high, wide = reel.pictures[0].shape
    rows, columns = grid.brightness.shape[1:]
    whole = np.array([[1.0, 0, 0], [0, 1, 0]])
    if geometry is not None:
        if geometry.plain:
            yield _turned(whole, geometry.mirrored, geometry.quarter_turns)
        else:
            yield _as_said(geometry, rows, columns, high, wide)
    yield whole
    bare = _inside_bars(reel)
    if bare is not None:
        yield bare
    for turns in (0, 1, 2, 3):
        for mirrored in (False, True):
            if turns or mirrored:
                yield _turned(bare if bare is not None else whole, mirrored, turns)
    for scale in _SCALES:
        for mirrored in (False, True):
            yield _as_said(MarkGeometry(scale=scale, mirrored=mirrored), rows, columns, high, wide)


def _turned(matrix: NDArray[Any], mirrored: bool, turns: int) -> NDArray[Any]:
    """Mirror, then turn counter-clockwise, about the middle of the place."""
    import numpy as np

    middle = matrix[:, :2] @ [0.5, 0.5] + matrix[:, 2]
    sides = np.abs(matrix[:, :2]).sum(axis=1)
    step = np.linalg.matrix_power(np.array([[0.0, 1.0], [-1.0, 0.0]]), turns) @ np.diag([-1.0 if mirrored else 1.0, 1])
    linear = np.diag(sides) @ step
    return np.hstack([linear, (middle - linear @ [0.5, 0.5])[:, None]])


def _as_said(geometry: MarkGeometry, rows: int, columns: int, high: int, wide: int) -> NDArray[Any]:
    """Give the placement that a mark's geometry speaks of, its centre in the middle: where it is, the search finds."""
    import numpy as np

    side, angle = min(rows, columns), math.radians(geometry.rotation)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    across = geometry.stretch * (-1 if geometry.mirrored else 1)
    linear = geometry.scale * turn @ np.diag([columns / side * across, rows / side])
    linear = np.diag([min(high, wide) / wide, min(high, wide) / high]) @ linear
    return np.hstack([linear, (0.5 - linear @ [0.5, 0.5])[:, None]])


def _inside_bars(reel: Reel) -> NDArray[Any] | None:
    """Find what bars of one level leave of the picture, where there are any."""
    import numpy as np

    picture = np.stack([reel.around(at, 0.1) for at in np.linspace(0, 0.95 * reel.seconds, 6)])
    spans = []
    for axis in (2, 1):  # rows, then columns
        lines = picture.std(axis=axis).max(axis=0) + np.ptp(picture.mean(axis=axis), axis=0)
        busy = np.flatnonzero(lines > 4)
        if not len(busy) or busy[-1] + 1 - busy[0] < 0.3 * len(lines):
            return None
        spans.append((busy[0] / len(lines), (busy[-1] + 1) / len(lines)))
    (top, bottom), (left, right) = spans
    if (bottom - top) * (right - left) > 0.97:
        return None
    return np.array([[right - left, 0, left], [0, bottom - top, top]])


def _moved(reel: Reel, grid: Grid, guess: NDArray[Any]) -> Placed:
    """Take a guess as it is, or move it to where original and copy are clearly more alike."""
    import numpy as np

    rows, columns = grid.brightness.shape[1:]
    still = Placed(guess, _likeness(reel, grid, guess))
    if still.likeness > SURE:
        return still
    windows = np.unique(np.linspace(0, len(grid.brightness) - 1, 6).round().astype(int))
    seen, best = shown(guess, rows, columns), (-1.0, 0, 0)
    for at in _moments(reel, grid):
        picture = brought(reel.around(at, grid.window_s), guess, rows, columns)
        best = max([best, *(_best_shift(picture, original, seen) for original in grid.brightness[windows])])
    moved = guess.copy()
    moved[:, 2] += guess[:, :2] @ [best[2] / columns, best[1] / rows]
    other = Placed(moved, _likeness(reel, grid, moved))
    return other if other.likeness > still.likeness + _CLEARLY else still


def _moments(reel: Reel, grid: Grid) -> NDArray[Any]:
    import numpy as np

    return np.linspace(0.05, 0.95, 6) * max(0.0, reel.seconds - grid.window_s)


def _likeness(reel: Reel, grid: Grid, placed: NDArray[Any]) -> float:
    """Give the correlation of some moments with the window that is most alike; half of them may be another's."""
    import numpy as np

    rows, columns = grid.brightness.shape[1:]
    seen = shown(placed, rows, columns)
    if seen.mean() < _LEAST_SHOWN:
        return -1.0
    pictures = [brought(reel.around(at, grid.window_s), placed, rows, columns) for at in _moments(reel, grid)]
    return float(np.quantile([max(_correlation(p, one, seen) for one in grid.brightness) for p in pictures], 0.8))


def _correlation(one: NDArray[Any], other: NDArray[Any], seen: NDArray[Any]) -> float:
    a, b = one[seen] - one[seen].mean(), other[seen] - other[seen].mean()
    return float((a * b).sum() / (((a * a).sum() + 4 * len(a)) * ((b * b).sum() + 4 * len(b))) ** 0.5)


def _best_shift(picture: NDArray[Any], original: NDArray[Any], seen: NDArray[Any]) -> tuple[float, int, int]:
    """Correlate where they overlap, over all shifts; give the best, and by how many cells the picture must move."""
    import numpy as np

    rows, columns = original.shape
    size = (2 * rows, 2 * columns)

    def spectrum(values: NDArray[Any]) -> NDArray[Any]:
        return np.fft.rfft2(values, size)

    def together(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
        return np.fft.irfft2(np.conj(one) * other, size)

    mask, ones = spectrum(seen.astype(np.float64)), spectrum(np.ones((rows, columns)))
    centred = original.astype(np.float64) - original.mean()
    moving = np.where(seen, picture - picture[seen].mean(), 0.0)
    p, o = spectrum(moving), spectrum(centred)
    count = np.maximum(together(mask, ones), 1e-9)
    sums, others = together(p, ones), together(mask, o)
    cross = together(p, o) - sums * others / count
    own = together(spectrum(moving**2), ones) - sums**2 / count + 4 * count
    theirs = together(mask, spectrum(centred**2)) - others**2 / count + 4 * count
    score = np.where(count > 0.45 * seen.sum(), cross / np.sqrt(np.maximum(own * theirs, 1e-9)), -1.0)
    at = np.unravel_index(int(score.argmax()), score.shape)
    down, across = (int(i) - (n if i > n // 2 else 0) for i, n in zip(at, size, strict=True))
    return float(score[at]), -down, -across


def refined(placed: Placed, pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> Placed:
    """Fit width, height and place to a fraction of a cell; pairs: a copy's mean picture, the original's cells."""
    import numpy as np

    matrix = placed.matrix
    upright = np.sort(np.abs(matrix[:, :2]), axis=1)[:, 0].max() < 1e-6
    # what was not turned freely has no shear: fewer numbers are stirred less by noise
    free = [0, 1, 3, 5] if upright else [0, 1, 2, 3, 4, 5]
    for _ in range(12):
        step = np.zeros(6)
        step[free] = _step(matrix, pairs, free)
        matrix = _stepped(matrix, step, pairs[0][1].shape)
        if np.abs(step).max() < 0.003:
            break
    # what was exact already is not to be stirred by noise
    better = _misfit(matrix, pairs) < _BETTER * _misfit(placed.matrix, pairs)
    return Placed(matrix, placed.likeness) if better else placed


def _step(matrix: NDArray[Any], pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]], free: list[int]) -> NDArray[Any]:
    """Give by how many cells to look further: across, more so to the right, more so below; down, the same."""
    import numpy as np

    rows, columns = pairs[0][1].shape
    x, y = np.meshgrid((np.arange(columns) + 0.5) / columns - 0.5, (np.arange(rows) + 0.5) / rows - 0.5)
    normal, right = np.zeros((len(free), len(free))), np.zeros(len(free))
    inner = shown(matrix, rows, columns)
    for picture, original in pairs:
        view = cells_of(brought(picture, matrix, rows * FINE, columns * FINE))
        down, across = np.gradient(view)
        basis = np.stack([across, across * x, across * y, down, down * x, down * y], -1)[inner][:, free]
        offset, slope, _ = line_through(view[inner], original[inner])
        rest = (original[inner] - offset - slope * view[inner]) / max(0.2, abs(slope))
        spread = 1.5 * float(np.median(np.abs(rest))) + 0.5
        weight = 1 / (1 + (rest / (2 * spread)) ** 2)
        normal += (basis * weight[:, None]).T @ basis
        right += (basis * weight[:, None]).T @ rest
    normal += np.diag(np.diag(normal)) * 1e-4 + np.eye(len(free)) * 1e-6
    return np.asarray(np.clip(np.linalg.solve(normal, right), -1.0, 1.0))


def _stepped(matrix: NDArray[Any], step: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Move a place: where a cell was, the copy's picture is looked at so much further."""
    import numpy as np

    rows, columns = shape
    across, down = step[[1, 2, 0]] / columns, step[[4, 5, 3]] / rows
    linear = np.array([across[:2], down[:2]])
    offset = np.array([across[2], down[2]]) - linear @ [0.5, 0.5]
    return np.hstack([matrix[:, :2] + matrix[:, :2] @ linear, (matrix[:, 2] + matrix[:, :2] @ offset)[:, None]])


def _misfit(matrix: NDArray[Any], pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> float:
    """Give how far cells are off in the middle of pairs, brightness brought in line."""
    import numpy as np

    rows, columns = pairs[0][1].shape
    inner, off = shown(matrix, rows, columns), []
    for picture, original in pairs:
        view = cells_of(brought(picture, matrix, rows * FINE, columns * FINE))[inner]
        offset, slope, _ = line_through(view, original[inner])
        apart = np.abs(original[inner] - offset - slope * view)
        # what was pasted stays as far off wherever the rest is laid
        off.append(float(np.minimum(apart, _FAR * np.median(apart) + 1).mean()))
    return float(np.median(off))


def line_through(x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float, NDArray[Any]]:
    """Fit a line that most agree with, since what was pasted may be darker or brighter than all else: give its offset,
    its slope, and how much each agrees."""
    import numpy as np

    low, middle, high = np.quantile(x, (0.2, 0.5, 0.8))
    below, half, above = np.quantile(y, (0.2, 0.5, 0.8))
    slope = float((above - below + 1) / (high - low + 1))
    offset, weight = float(half - slope * middle), np.ones_like(x)
    for _ in range(5):
        rest = y - offset - slope * x
        weight = 1 / (1 + (rest / (2.2 * float(np.median(np.abs(rest))) + 0.5)) ** 2)
        total = float(weight.sum())
        mean_x, mean_y = float((weight * x).sum()) / total, float((weight * y).sum()) / total
        slope = float((weight * (x - mean_x) * (y - mean_y)).sum() / ((weight * (x - mean_x) ** 2).sum() + 1e-3))
        offset = mean_y - slope * mean_x
    return offset, slope, weight
