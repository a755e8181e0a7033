"""Where a mark lies: the Fourier lines of a tile that repeats over the upright picture.

Knows the lines, which coded bit rides on which, and how numbers on lines become a pattern of any size; knows no
payloads, masks or videos. The tile is square, a quarter of the picture's short side wide, and a corner of it lies on
the picture's centre: scaling a picture leaves its lines where they are; mirroring and quarter turns swap them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .code import CODED_BITS
from .keys import MarkKey

TILES = 4.0  # to the short side: few, and a crop holds too few to find their lattice; many, and lines are too few
LEAST_RADIUS = 3.0  # cycles a tile; below it lies the picture itself
PILOTS = 28  # lines of known sign
LINES = CODED_BITS // 2 + PILOTS  # the nearest beyond LEAST_RADIUS; a line carries two real numbers
TILT = -0.1  # amplitude falls with this power of the radius: a little more where encoders keep more
GRAIN = 128  # samples across a tile when it is drawn: 9 to the finest wave, so that lines between them do


@dataclass(frozen=True)
class Layout:
    """The lines of one variant of one key. A line is a pair (down, across) of cycles a tile."""

    down: NDArray[np.int64]  # (LINES,), 0 or more
    across: NDArray[np.int64]  # (LINES,), of both signs
    amplitude: NDArray[np.float32]  # (LINES,)
    pilot_signs: NDArray[np.float32]  # (PILOTS, 2)
    carriers: NDArray[np.int64]  # (CODED_BITS,) indices of real numbers: 2 * line, 2 * line + 1
    carrier_signs: NDArray[np.float32]  # (CODED_BITS,)

    def spread(self, coded: NDArray[np.float32]) -> NDArray[np.complex64]:
        """Put coded bits (sign times share) and pilots onto the lines."""
        real = np.zeros((LINES, 2), np.float32)
        real.reshape(-1)[self.carriers] = self.carrier_signs * coded
        real[pilots()] = self.pilot_signs
        return (self.amplitude * (real[:, 0] + 1j * real[:, 1])).astype(np.complex64)

    def gather(self, lines: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Take what lines say of each coded bit: (CODED_BITS,)."""
        real = np.stack([lines.real, lines.imag], axis=1).reshape(-1)
        said: NDArray[np.float32] = real[self.carriers] * self.carrier_signs
        return said


@lru_cache(maxsize=256)
def layout(key: MarkKey, variant: int) -> Layout:
    """Lay the lines out; the same for all pictures."""
    down, across = lines()
    radius = np.hypot(down, across)
    data = np.setdiff1d(np.arange(LINES), pilots())
    real = np.stack([2 * data, 2 * data + 1], axis=1).reshape(-1)
    return Layout(
        down=down,
        across=across,
        amplitude=(radius**TILT).astype(np.float32),
        pilot_signs=key.signs(f"pilots {variant}", 2 * PILOTS).reshape(-1, 2),
        carriers=real[key.order(f"carriers {variant}", CODED_BITS)],
        carrier_signs=key.signs(f"carriers {variant}", CODED_BITS),
    )


@lru_cache(maxsize=1)
def lines() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All lines, from low to high; of each and its opposite, which says the same, one."""
    reach = math.ceil(math.sqrt(2 * LINES / math.pi + LEAST_RADIUS**2)) + 1
    down, across = np.mgrid[0 : reach + 1, -reach : reach + 1]
    radius = np.hypot(down, across)
    inside = (radius >= LEAST_RADIUS) & ((down > 0) | (across > 0))
    order = np.lexsort((across[inside], down[inside], radius[inside].round(6)))[:LINES]
    return down[inside][order].astype(np.int64), across[inside][order].astype(np.int64)


@lru_cache(maxsize=1)
def pilots() -> NDArray[np.int64]:
    """Say which lines are pilots, for all keys: evenly from low to high."""
    return np.linspace(0, LINES - 1, PILOTS).round().astype(np.int64)


def synthesise(values: NDArray[np.complex64], size: tuple[int, int], tiles: tuple[float, float]) -> NDArray[np.float32]:
    """Draw numbers on the lines as a pattern of (rows, columns) of pixels, so many tiles down and across."""
    import cv2

    down, across = lines()
    spectrum = np.zeros((GRAIN, GRAIN), np.complex64)
    spectrum[down, across % GRAIN] = values
    tile = (np.fft.ifft2(spectrum) * GRAIN**2).real.astype(np.float32)
    beside = [math.ceil(span / 2) + 1 for span in tiles]  # whole tiles on either side of the centre, and some to spare
    sheet = np.tile(tile, (2 * beside[0], 2 * beside[1]))
    step = [GRAIN * span / pixels for span, pixels in zip(tiles, size, strict=True)]
    first = [GRAIN * (n - span / 2) + gap / 2 for n, span, gap in zip(beside, tiles, step, strict=True)]
    places = np.array([[step[1], 0, first[1]], [0, step[0], first[0]]])
    drawn = cv2.warpAffine(sheet, places, size[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(drawn, np.float32)
