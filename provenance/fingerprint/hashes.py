"""Hashes of one picture: PDQ of the whole, of its middle, and of that one's quarters. Knows no video and no record.

A crop takes the edges first and an overlay lies in one place: the middle survives the first, most of the quarters the
second. Of a copy, the middle is also sought where it lies if the copy is a crop: a crop cannot be undone, but the
middle of what was whole is still in it, larger and moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIDDLE = 0.8  # of both sides: what every crop by a tenth keeps
PARTS = 5  # the middle, and its quarters: upper left, upper right, lower left, lower right
CROPS = (0.95, 0.9)  # of both sides, that a copy may have kept ...
PLACES = 3  # ... at so many places along each of them
MOVED = len(CROPS) * PLACES**2
LEAST_PART = 20  # of quality: a flatter part would look like every other flat part
NOTHING = "0" * 64  # stands for a part that is too flat
_SIDE = 64  # PDQ's own grid; a part is brought to it at once
_BLACK, _WHITE = 30, 222  # they are 16 and 235; compression stirs them
_BAR_SHARE = 0.02  # of a line that may be otherwise, and it still is a bar
_LEAST_PICTURE = 0.3  # of a side, an upright video in a wide one; where bars would leave less, it is a dark picture


def hash_of(luma: NDArray[Any]) -> tuple[str, int]:
    """Give PDQ, as hexadecimal, and quality of one picture, (H, W) uint8."""
    import numpy as np
    import pdqhash

    bits, quality = pdqhash.compute(np.ascontiguousarray(np.repeat(luma[:, :, None], 3, axis=2)))
    return np.packbits(bits.astype(np.uint8)).tobytes().hex(), int(quality)


def parts_of(luma: NDArray[Any]) -> str:
    """Give the hashes of the middle and its quarters, one after the other."""
    edge, half = (1 - MIDDLE) / 2, MIDDLE / 2
    quarters = [(edge + x * half, edge + y * half, half) for y in (0, 1) for x in (0, 1)]
    return "".join(_part(luma, *place) for place in ((edge, edge, MIDDLE), *quarters))


def moved_of(luma: NDArray[Any]) -> str:
    """Give the hashes of the middle for every crop that this picture may be."""
    return "".join(_part(luma, *place) for place in _moved())


def _moved() -> Iterator[tuple[float, float, float]]:
    """Where the middle lies in a crop: left, top, side, in shares of what the crop left."""
    for kept in CROPS:
        places = [(1 - kept) * number / (PLACES - 1) for number in range(PLACES)]
        yield from (((0.1 - x) / kept, (0.1 - y) / kept, MIDDLE / kept) for y in places for x in places)


def _part(luma: NDArray[Any], left: float, top: float, side: float) -> str:
    import cv2
    import numpy as np

    high, wide = luma.shape
    x, y = max(0, round(left * wide)), max(0, round(top * high))
    part = luma[y : max(y + 1, round((top + side) * high)), x : max(x + 1, round((left + side) * wide))]
    small = cv2.resize(np.ascontiguousarray(part), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    text, quality = hash_of(np.asarray(small))
    return text if quality >= LEAST_PART else NOTHING


def without_bars(luma: NDArray[Any]) -> list[NDArray[Any]]:
    """Give the picture without its black, and without its white bars; nothing where there are none.

    A part of the picture itself may be black or white, and no longer so in a brighter or darker copy, or under an
    overlay: that is why the whole frame is hashed as well.
    """
    import numpy as np

    found = []
    for bare in (luma <= _BLACK, luma >= _WHITE):
        spans = []
        for axis in (1, 0):
            lines = np.flatnonzero(bare.mean(axis=axis) < 1 - _BAR_SHARE)
            if len(lines) and lines[-1] + 1 - lines[0] >= _LEAST_PICTURE * bare.shape[1 - axis]:
                spans.append(slice(int(lines[0]), int(lines[-1]) + 1))
        if len(spans) == 2:
            inner = luma[spans[0], spans[1]]
            found += [inner] if inner.shape != luma.shape else []
    return found
