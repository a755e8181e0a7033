"""From pictures to soft coded bits: what the examiner measures, and what the embedder foresees.

Knows how a picture's own content is held down and how measurements add up; knows no keys' checks and no video. The
embedder measures with the same functions, so that it sees each coded bit as a reader will.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import carriers
from .carriers import Layout

SHORT_SIDE = 256  # of the pictures that are measured: the highest line has 4.7 pixels to a cycle there
TILE = round(SHORT_SIDE / carriers.TILES_PER_SHORT_SIDE)
HIGH_PASS = 11  # pixels of the window whose mean is taken away
LOCAL = 11  # pixels of the window whose deviation is divided by
CALM = 0.8  # added to the deviation, in levels: noise on a flat place must not shout
CUT = 2.0  # deviations that one pixel may weigh
AROUND = 5  # lines each way over which power is averaged: a picture's own lines come in crowds
OUTLIER = 1.5  # times its neighbours' power that one carrier may weigh
TRUST = 1.0  # weight of a picture whose pilots say nothing


@dataclass(frozen=True)
class Reading:
    """What several pictures say together."""

    soft: NDArray[np.float32]  # (CODED_BITS,)
    pilot_score: float  # standard deviations, were it noise; a texture can raise it too, so it proves nothing


def measure(luma: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Measure all lines of one upright picture in 8-bit levels, its own content held down."""
    import cv2

    if min(luma.shape) != SHORT_SIDE:
        raise ValueError(f"a picture to measure has a short side of {SHORT_SIDE}, not {min(luma.shape)}")
    detail = luma - np.asarray(cv2.blur(luma, (HIGH_PASS, HIGH_PASS)), np.float32)
    variance = np.asarray(cv2.blur(cv2.multiply(detail, detail), (LOCAL, LOCAL)), np.float32)
    np.maximum(variance, 0, out=variance)  # running sums leave a little less than nothing
    even: NDArray[np.float32] = (detail / (np.sqrt(variance) + np.float32(CALM))).astype(np.float32, copy=False)
    np.clip(even, -CUT, CUT, out=even)
    return carriers.analyse(even, TILE)


def combine(grids: NDArray[np.complex64], lines: Layout) -> Reading:
    """Add up pictures (pictures, REACH + 1, 2 * REACH + 1), each weighed by how well its pilots stand out."""
    each = np.array([_pilot_score(lines.pick(grid / neighbours(grid)), lines) for grid in grids])
    weights = (np.maximum(each, 0.0) + TRUST).astype(np.float32)
    total = np.tensordot(weights, grids, axes=(0, 0)).astype(np.complex64)
    numbers = lines.pick(total / neighbours(total))
    return Reading(gather(numbers, lines), _pilot_score(numbers, lines))


def gather(numbers: NDArray[np.float32], lines: Layout) -> NDArray[np.float32]:
    """Add up each coded bit's carriers: (lines, 2) to (CODED_BITS,)."""
    held = np.clip(numbers, -OUTLIER, OUTLIER).reshape(-1)
    soft: NDArray[np.float32] = (held[lines.carriers] * lines.carrier_signs).sum(axis=0)
    return soft


def neighbours(grid: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Give the root of the mean power around each line of a half plane."""
    import cv2

    power = (np.abs(grid) ** 2).astype(np.float32)
    whole = np.concatenate([power[:0:-1, ::-1], power])  # a real picture's other half is the same, turned
    mean = cv2.blur(whole, (AROUND, AROUND), borderType=cv2.BORDER_REPLICATE)
    return np.sqrt(np.maximum(mean[carriers.REACH :], 0)) + np.float32(1e-6)  # running sums: as in `measure`


def _pilot_score(numbers: NDArray[np.float32], lines: Layout) -> float:
    agreement = np.clip(numbers[lines.pilots], -OUTLIER, OUTLIER) * lines.pilot_signs
    return float(agreement.sum() / np.sqrt(len(lines.pilots)))  # two numbers of power 1/2 to a line
