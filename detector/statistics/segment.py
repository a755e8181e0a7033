"""The numbers of one segment: those of two of its pictures, and those of its movement.

Knows which numbers there are and in which order; knows nothing of weights. Size, rate, codec and length of a file are
no inputs: pictures are measured as they are, in the middle, whatever lies around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import motion, residuals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CROP = 512  # pixels of a side of the middle that is measured
LEAST = 64  # pixels: a smaller picture is mirrored at its edges until it has as many
NAMES = residuals.NAMES + motion.NAMES


def measure(pictures: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Give the numbers of at least three pictures (H, W, 3) in a row, in the order of NAMES."""
    import numpy as np

    middles = [_middle(picture) for picture in pictures]
    stills = [residuals.measure(middles[i]) for i in (0, len(middles) // 2)]
    return np.array([*np.mean(stills, axis=0), *motion.measure(middles)], np.float32)


def _middle(picture: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    high, wide = picture.shape[:2]
    y, x = max(0, (high - CROP) // 2), max(0, (wide - CROP) // 2)
    middle = picture[y : y + CROP, x : x + CROP]
    if min(high, wide) < LEAST:
        middle = np.pad(middle, ((0, max(0, LEAST - high)), (0, max(0, LEAST - wide)), (0, 0)), mode="symmetric")
    return np.ascontiguousarray(middle)
