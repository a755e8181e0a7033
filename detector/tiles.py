"""Which native pixels are looked at: squares cut without scaling, other places in each frame, none that show nothing.

Knows pictures; knows nothing of networks. A tile pair is one place in a frame and in the next.

>>> import numpy as np
>>> picture = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
>>> [place.width for place in places(picture, turn=0)]
[128, 128, 128]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..media.plan import Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 128
PER_FRAME = 3
_FLAT = 2.0  # levels of standard deviation: under it, a tile shows sky, black or a title's ground
_DARK, _BRIGHT = 6, 249  # levels on average: beyond them nothing is left but clipping
_BAR = 18  # levels: a letterbox is not brighter anywhere
_STEP = 4  # pixels between those that are measured for choosing
# The fractional parts of multiples of these never line up, so that grids of successive frames cover a picture evenly.
_TURN_X, _TURN_Y = 0.7548776662466927, 0.5698402909980532


def window(pictures: Sequence[NDArray[Any]]) -> Tile:
    """Give what lies within black bars that stay in all these pictures (H, W, 3); the whole picture where none do."""
    import numpy as np

    brightest = np.max([picture[..., 1] for picture in pictures], axis=0)  # (H, W)
    high, wide = brightest.shape
    rows = np.flatnonzero(np.percentile(brightest, 98, axis=1) > _BAR)
    columns = np.flatnonzero(np.percentile(brightest, 98, axis=0) > _BAR)
    if not len(rows) or not len(columns):
        return Tile(0, 0, wide, high)
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    if (bottom - top) * (right - left) < 0.25 * high * wide:  # a dark scene with a lamp, not a letterbox
        return Tile(0, 0, wide, high)
    return Tile(left, top, right - left, bottom - top)


def places(picture: NDArray[Any], turn: int, within: Tile | None = None, count: int = PER_FRAME) -> tuple[Tile, ...]:
    """Choose squares of a picture (H, W, 3); `turn` counts the pictures, and each gets a grid of its own.

    What is flat or clipped is taken only where there is nothing else. A picture smaller than a square gives the one
    square that holds it.
    """
    import numpy as np

    whole = within or Tile(0, 0, picture.shape[1], picture.shape[0])
    columns = _starts(whole.x, whole.width, turn * _TURN_X % 1)
    rows = _starts(whole.y, whole.height, turn * _TURN_Y % 1)
    cells = [Tile(x, y, SIDE, SIDE) for y in rows for x in columns]
    if len(cells) <= count:
        return tuple(cells)
    order = np.random.default_rng(turn).permutation(len(cells))
    shown: list[Tile] = []
    hidden: list[Tile] = []
    for index in order:
        cell = cells[int(index)]
        (shown if _shows(picture, cell) else hidden).append(cell)
        if len(shown) == count:
            break
    return tuple((shown + hidden)[:count])


def cut(picture: NDArray[Any], place: Tile) -> NDArray[Any]:
    """Give one square, (SIDE, SIDE, 3); what lies beyond the picture's edge is mirrored."""
    import numpy as np

    part = picture[place.y : place.y + SIDE, place.x : place.x + SIDE]
    below, beside = SIDE - part.shape[0], SIDE - part.shape[1]
    if below or beside:
        part = np.pad(part, ((0, below), (0, beside), (0, 0)), mode="symmetric")
    return part


def pair(first: NDArray[Any], second: NDArray[Any], place: Tile) -> NDArray[Any]:
    """Give one place in two successive pictures, (2, SIDE, SIDE, 3)."""
    import numpy as np

    return np.stack([cut(first, place), cut(second, place)])


def _starts(origin: int, length: int, phase: float) -> list[int]:
    """Where squares of a row begin; the slack is shared out by the phase."""
    number = max(1, length // SIDE)
    slack = max(0, length - number * SIDE)
    return [origin + round(slack * phase) + i * SIDE for i in range(number)]


def _shows(picture: NDArray[Any], cell: Tile) -> bool:
    sample = picture[cell.y : cell.y + SIDE : _STEP, cell.x : cell.x + SIDE : _STEP, 1]
    return bool(sample.std() > _FLAT and _DARK < sample.mean() < _BRIGHT)
