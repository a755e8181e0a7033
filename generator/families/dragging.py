"""A brush for models that fill holes: what is marked is cut out, and moved; what it leaves and its rim are holes.

White moves, black stays: outside of what the marked part covers or leaves, the picture is kept as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..request import Direction

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR = 0.3  # of the picture's width or height, in one call
_RIM = 0.03  # of the smaller side: a rim that is made anew
_EMPTY = 127
_STEPS = {Direction.LEFT: (-1, 0), Direction.RIGHT: (1, 0), Direction.UP: (0, -1), Direction.DOWN: (0, 1)}


def dragged(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_], direction: Direction, count: int
) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """Give the frames, and the masks (white: to be made) of the same shape; the first frame is the picture."""
    import cv2

    high, wide = mask.shape
    across, down = _STEPS[direction]
    rim = max(1, round(_RIM * min(high, wide)))
    kernel = np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)
    core = cv2.erode(mask.astype(np.uint8), kernel).astype(bool)
    left = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)  # what it leaves, and a rim of it
    frames, masks = [picture], [np.zeros_like(picture)]
    for number in range(1, count):
        share = number / (count - 1)
        by = (round(across * _FAR * wide * share), round(down * _FAR * high * share))
        there, kept = _moved(mask, by), _moved(core, by)
        holes = (left | there) & ~kept
        frame = picture.copy()
        frame[there] = _moved(picture, by)[there]
        frame[holes] = _EMPTY
        frames.append(frame)
        masks.append(np.repeat(holes[..., None].astype(np.uint8) * 255, 3, axis=2))
    return frames, masks


def _moved(plane: NDArray[Any], by: tuple[int, int]) -> NDArray[Any]:
    """Move a picture or a mask to the right and down; what comes in is black."""
    high, wide = plane.shape[:2]
    across, down = by
    moved = np.zeros_like(plane)
    moved[max(0, down) : high + min(0, down), max(0, across) : wide + min(0, across)] = plane[
        max(0, -down) : high - max(0, down), max(0, -across) : wide - max(0, across)
    ]
    return moved
