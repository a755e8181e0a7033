"""Renders training clips in many processes, the same for the same numbers. Knows no network.

Clip `number` of a shape is drawn from a generator seeded with both, so that any of them can be drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from .drawing import render_with_mask
from .grammar import Shot, any_shot

SHAPES = {"square": (128, 128), "wide": (96, 176), "tall": (176, 96)}  # height, width
_STREAM = {"square": 1, "wide": 2, "tall": 3}


def source(kind: str, number: int, held_out: bool = False) -> np.random.Generator:
    """Give the generator that clip is drawn from."""
    return np.random.default_rng([_STREAM[kind], int(held_out), number])


def clip(kind: str, number: int, held_out: bool = False) -> tuple[Shot, NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw one clip: what it shows, its frames, and where its objects are."""
    import cv2

    cv2.setNumThreads(1)
    rng = source(kind, number, held_out)
    shot = any_shot(rng, held_out)
    frames, masks = render_with_mask(shot, rng, *SHAPES[kind])
    return shot, frames, masks


def clips(
    kind: str, numbers: Sequence[int], processes: int = 2, held_out: bool = False
) -> Iterator[tuple[Shot, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Draw many, in order; one process is this one."""
    which = [(kind, number, held_out) for number in numbers]
    if processes == 1:
        yield from map(_one, which)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_one, which, chunksize=8)


def _one(which: tuple[str, int, bool]) -> tuple[Shot, NDArray[np.uint8], NDArray[np.uint8]]:
    return clip(*which)
