"""Where a mark lies: the Fourier lines of a tile that repeats over the upright picture.

Knows the lines, which coded bit rides on which, and how coefficients become a pattern of any size and back;
knows no payloads, masks or videos. The tile is square, half the picture's short side wide, and a corner of it lies on
the picture's centre: scaling a picture leaves its lines where they are, mirroring one swaps them left to right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .code import CODED_BITS
from .keys import MarkKey

TILES_PER_SHORT_SIDE = 2.0
LEAST_RADIUS = 6.0  # cycles a tile; below it lies the picture itself
MOST_RADIUS = 27.0  # above it, encoders at low rates keep nothing
TILT = -0.1  # amplitude falls with this power of the radius; steeper ones were measured, and lost
LAYERS = 5  # how many real carriers a coded bit has: one in each band of radii
REACH = int(MOST_RADIUS)
GRAIN = 256  # samples across a tile when it is drawn: 9.5 to the finest wave, so that lines between them do


@dataclass(frozen=True)
class Layout:
    """The lines under one key. A line is a pair (down, across) of cycles a tile, and carries two real numbers."""

    down: NDArray[np.int64]  # (lines,) 0 to REACH
    across: NDArray[np.int64]  # (lines,) -REACH to REACH
    amplitude: NDArray[np.float32]  # (lines,)
    pilots: NDArray[np.int64]  # (pilots,) indices of lines of known sign
    pilot_signs: NDArray[np.float32]  # (pilots, 2)
    carriers: NDArray[np.int64]  # (LAYERS, CODED_BITS) indices of real carriers: 2 * line, 2 * line + 1
    carrier_signs: NDArray[np.float32]  # (LAYERS, CODED_BITS)

    def spread(self, coded: NDArray[np.float32], lean: NDArray[np.float32] | None = None) -> NDArray[np.complex64]:
        """Put coded bits (sign times share) and pilots onto the lines: (REACH + 1, 2 * REACH + 1).

        `lean` (lines,) raises some lines and lowers others.
        """
        real = np.zeros((len(self.down), 2), np.float32)
        real.reshape(-1)[self.carriers] = self.carrier_signs * coded
        real[self.pilots] = self.pilot_signs
        grid = np.zeros((REACH + 1, 2 * REACH + 1), np.complex64)
        amplitude = self.amplitude if lean is None else self.amplitude * lean
        grid[self.down, self.across + REACH] = amplitude * (real[:, 0] + 1j * real[:, 1])
        return grid

    def pick(self, grid: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Take the lines' real numbers out of coefficients (..., REACH + 1, 2 * REACH + 1): (..., lines, 2)."""
        lines = grid[..., self.down, self.across + REACH]
        numbers: NDArray[np.float32] = np.stack([lines.real, lines.imag], axis=-1)
        return numbers


@lru_cache(maxsize=16)
def layout(key: MarkKey) -> Layout:
    """Lay the lines out; the same for all pictures."""
    down, across = _lines()
    radius = np.hypot(down, across)
    pilots = np.linspace(0, len(down) - 1, len(down) - LAYERS * CODED_BITS // 2).round().astype(np.int64)
    data = np.setdiff1d(np.arange(len(down)), pilots)
    real = np.stack([2 * data, 2 * data + 1], axis=1).reshape(LAYERS, CODED_BITS)  # from low radii to high
    carriers = np.stack([band[key.order(f"carriers {i}", CODED_BITS)] for i, band in enumerate(real)])
    return Layout(
        down=down,
        across=across,
        amplitude=(radius**TILT).astype(np.float32),
        pilots=pilots,
        pilot_signs=key.signs("pilots", 2 * len(pilots)).reshape(-1, 2),
        carriers=carriers,
        carrier_signs=key.signs("carriers", carriers.size).reshape(carriers.shape),
    )


def synthesise(grid: NDArray[np.complex64], size: tuple[int, int], tiles: tuple[float, float]) -> NDArray[np.float32]:
    """Draw the pattern of coefficients on (rows, columns) of pixels that span so many tiles down and across."""
    import cv2

    spectrum = np.zeros((GRAIN, GRAIN), np.complex64)
    spectrum[: REACH + 1, : REACH + 1] = grid[:, REACH:]
    spectrum[: REACH + 1, -REACH:] = grid[:, :REACH]
    tile = (np.fft.ifft2(spectrum) * GRAIN**2).real.astype(np.float32)
    beside = [math.ceil(span / 2) + 1 for span in tiles]  # whole tiles on either side of the centre, and some to spare
    sheet = np.tile(tile, (2 * beside[0], 2 * beside[1]))
    step = [GRAIN * span / pixels for span, pixels in zip(tiles, size, strict=True)]
    first = [GRAIN * (n - span / 2) + gap / 2 for n, span, gap in zip(beside, tiles, step, strict=True)]
    places = np.array([[step[1], 0, first[1]], [0, step[0], first[0]]])
    drawn = cv2.warpAffine(sheet, places, size[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(drawn, np.float32)


def analyse(picture: NDArray[np.float32], tile: int) -> NDArray[np.complex64]:
    """Measure the coefficients of a picture whose tiles are a whole number of pixels wide.

    All tiles are laid upon each other first, so that one small transform does; places count from the picture's centre.
    """
    high, wide = picture.shape
    pad = ((0, -high % tile), (0, -wide % tile))
    folded = np.pad(picture, pad).reshape(-1, tile, (wide + pad[1][1]) // tile, tile).sum(axis=(0, 2))
    whole = np.fft.rfftn(folded, axes=(1, 0))  # (tile / 2 + 1, tile): frequencies down, then across
    lines = np.concatenate([whole[: REACH + 1, -REACH:], whole[: REACH + 1, : REACH + 1]], axis=1)
    down = np.exp(-1j * np.pi / tile * (1 - high) * np.arange(REACH + 1))
    across = np.exp(-1j * np.pi / tile * (1 - wide) * np.arange(-REACH, REACH + 1))
    return np.asarray(lines * down[:, None] * across, np.complex64)


def mirrored(grid: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Give the coefficients that the same picture mirrored left to right would have."""
    turned: NDArray[np.complex64] = grid[..., ::-1]
    return turned


@lru_cache(maxsize=1)
def _lines() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All lines of one half plane between the radii, from low to high."""
    down, across = np.mgrid[0 : REACH + 1, -REACH : REACH + 1]
    radius = np.hypot(down, across)
    inside = (radius >= LEAST_RADIUS) & (radius <= MOST_RADIUS) & ((down > 0) | (across > 0))
    order = np.lexsort((across[inside], down[inside], radius[inside].round(6)))
    return down[inside][order].astype(np.int64), across[inside][order].astype(np.int64)
