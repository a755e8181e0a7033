"""From pictures to what the lines of a tile say: what the examiner measures, and what the embedder foresees.

Knows how a picture's own content is held down and how tiles are laid upon each other; knows no keys' checks and no
video. The embedder measures with the same functions, so that it sees each coded bit as a reader will.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import carriers

SHORT_SIDE = 384  # of the pictures that are measured: the highest line has 7 pixels to a cycle there
TILE = round(SHORT_SIDE / carriers.TILES)
WINDOW = 11  # pixels of the window whose mean is taken away, and whose deviation is divided by
CALM = 0.8  # added to the deviation, in levels: noise on a flat place must not shout
CUT = 2.0  # deviations that one pixel may weigh
EVEN_CALM = 1.0  # added likewise, where busy places are held down once more
AROUND = 9  # points each way, half a line apart, over which power between the lines is averaged
OUTLIER = 3.0  # deviations that one number may weigh

Matrix = NDArray[np.float64]
IDENTITY: Matrix = np.eye(2)
TURNS: tuple[Matrix, ...] = tuple(  # the eight ways to lay a square tile: quarter turns, and the same mirrored
    np.linalg.matrix_power(np.array([[0.0, 1.0], [-1.0, 0.0]]), turn) @ np.diag([1.0, side])
    for side in (1.0, -1.0)
    for turn in range(4)
)  # they act on (down, across)


@dataclass(frozen=True)
class Spectrum:
    """What tiles laid upon each other say, by twice the cycles a tile: lines lie at even places, noise everywhere."""

    points: NDArray[np.complex64]  # (2 * tile, 2 * tile), down and across
    noise: NDArray[np.float32]  # deviation of one real number, as the places between the lines around have it

    @classmethod
    def of(cls, points: NDArray[np.complex64]) -> Spectrum:
        """Measure the noise as well."""
        return cls(points, _between(points))

    def lines(self, turn: Matrix = IDENTITY) -> NDArray[np.complex64]:
        """Take the lines, were the picture laid by `turn`, in deviations of the noise."""
        down, across = _turned(tuple(turn.reshape(-1).tolist()))
        numbers = self.points[down, across] / self.noise[down, across]
        real, imaginary = np.clip(numbers.real, -OUTLIER, OUTLIER), np.clip(numbers.imag, -OUTLIER, OUTLIER)
        return np.asarray(real + 1j * imaginary, np.complex64)  # none may weigh too much


def small(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale an upright picture with square pixels to the size that is measured."""
    import cv2

    scale = SHORT_SIDE / min(luma.shape)
    size = (round(luma.shape[1] * scale), round(luma.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(luma, size, interpolation=way), np.float32)


def whiten(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Hold down a picture's own content: mean and deviation of the neighbourhood, and what still stands out."""
    import cv2

    detail = luma - np.asarray(cv2.blur(luma, (WINDOW, WINDOW)), np.float32)
    variance = np.asarray(cv2.blur(cv2.multiply(detail, detail), (WINDOW, WINDOW)), np.float32)
    np.maximum(variance, 0, out=variance)  # running sums leave a little less than nothing
    spread = np.sqrt(variance, out=variance)
    detail /= spread + np.float32(CALM)
    np.clip(detail, -CUT, CUT, out=detail)
    detail /= np.sqrt(spread + np.float32(EVEN_CALM))
    return np.asarray(detail, np.float32)


def fold(picture: NDArray[np.float32], tile: int = TILE) -> NDArray[np.complex64]:
    """Lay all tiles of an upright picture upon each other, two by two; places count from the picture's centre."""
    high, wide = picture.shape
    period = 2 * tile
    before = (-(high // 2) % period, -(wide // 2) % period)
    rows = math.ceil((high + before[0]) / period)
    columns = math.ceil((wide + before[1]) / period)
    sheet = np.zeros((rows * period, columns * period), np.float32)
    sheet[before[0] : before[0] + high, before[1] : before[1] + wide] = picture
    folded = sheet.reshape(rows, period, columns, period).sum(axis=(0, 2))
    halves = ((high - 1) / 2 - high // 2, (wide - 1) / 2 - wide // 2)  # of the centre, off the pixel that was put first
    points = np.fft.fft2(folded)
    for axis, gap in enumerate(halves):
        phase = np.exp(2j * np.pi * gap * np.fft.fftfreq(period))
        points = points * (phase[:, None] if axis == 0 else phase[None, :])
    return points.astype(np.complex64)


def _between(points: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Average the power between the lines; a real number has half of it."""
    apart, share = _apart(len(points))
    power = _mean((np.abs(points) ** 2).astype(np.float32) * apart)
    return np.sqrt(np.maximum(power, 0) / share / 2) + np.float32(1e-6)  # running sums: as in `whiten`


@lru_cache(maxsize=8)
def _apart(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Say which places lie between lines, and their share around each place."""
    odd = np.arange(size) & 1
    apart = (odd[:, None] | odd).astype(np.float32)
    return apart, _mean(apart)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    import cv2

    wrapped = np.pad(values, AROUND, mode="wrap")
    return np.asarray(cv2.blur(wrapped, (AROUND, AROUND)), np.float32)[AROUND:-AROUND, AROUND:-AROUND]


@lru_cache(maxsize=16)
def _turned(turn: tuple[float, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    down, across = (np.array(turn).reshape(2, 2) @ np.stack(carriers.lines())).round().astype(np.int64)
    return 2 * down, 2 * across
