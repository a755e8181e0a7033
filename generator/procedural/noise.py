"""Textures that look grown: tileable fractal value noise in one and two dimensions. Knows numbers, no scenes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[Any]  # (rows, columns), float32
    Light = NDArray[Any]  # (3, rows, columns), float32: red, green, blue


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Give each purpose its own random numbers, so that adding one does not change another."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def fractal(rng: np.random.Generator, size: int = 512, cells: int = 4, octaves: int = 7, gain: float = 0.5) -> Plane:
    """Make a tileable texture of mean 0 and deviation 1; the first octave has `cells` bumps a side."""
    import cv2

    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        count = cells << octave
        if count > size:
            break
        grid = np.pad(rng.random((count, count), np.float32), 2, mode="wrap")
        step = size / count
        side = round((count + 4) * step)
        smooth = cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
        start = round(2 * step)
        total += (smooth[start : start + size, start : start + size] - 0.5) * gain**octave
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def profile(rng: np.random.Generator, positions: Plane, octaves: int = 6, gain: float = 0.5) -> Plane:
    """Give a smooth random line of deviation near 1 at real `positions`; bumps of the first octave are 1 apart."""
    total = np.zeros_like(positions)
    for octave in range(octaves):
        at = positions * (1 << octave) + 7.0 * octave
        low = np.floor(at).astype(np.int64)
        share = at - low
        knots = rng.standard_normal(int(low.max() - low.min()) + 2).astype(np.float32)
        ease = share * share * (3 - 2 * share)
        low -= low.min()
        total += (knots[low] * (1 - ease) + knots[low + 1] * ease) * gain**octave
    return np.asarray(total, np.float32)


def sample(texture: Plane, columns: Plane, rows: Plane) -> Plane:
    """Read a tileable texture at real positions, in texels; it repeats for ever."""
    import cv2

    read: Plane = cv2.remap(texture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return read


def smoothstep(low: float, high: float, values: Plane) -> Plane:
    """Rise from 0 to 1 between `low` and `high`, flat at both ends."""
    share = np.clip((values - low) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)
