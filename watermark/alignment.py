"""Says which key and variant a pattern was written with, and how it lies, by its pilots.

Knows spectra and layouts; knows no messages: what pilots point at, a decoder must confirm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .carriers import PILOTS, layout, lines, pilots
from .keys import VARIANTS, MarkKey
from .reading import TURNS, Matrix, Spectrum

GRAIN = 128  # places across a tile at which a shift is looked for: 9 to the finest wave


@dataclass(frozen=True)
class Alignment:
    """One way to read a spectrum."""

    key: MarkKey
    variant: int
    turn: int  # index into TURNS
    shift: tuple[float, float]  # of the copy's tiles, down and across, in tiles
    score: float  # deviations by which pilots stand out, were it noise

    def lines(self, spectrum: Spectrum) -> NDArray[np.complex64]:
        """Give the lines as they were written."""
        phase = _back(TURNS[self.turn], self.shift)
        found: NDArray[np.complex64] = (spectrum.lines(TURNS[self.turn]) * phase).astype(np.complex64)
        return found

    def soft(self, spectrum: Spectrum) -> NDArray[np.float32]:
        """Give the coded bits."""
        return 2 * layout(self.key, self.variant).gather(self.lines(spectrum))

    def standing(self, spectrum: Spectrum) -> float:
        """Say how well the pilots stand out in another spectrum, read this way."""
        said = self.lines(spectrum)[pilots()]
        return float((said * _signs(self.key)[self.variant].conj()).real.sum() / np.sqrt(2 * PILOTS))


def in_place(spectrum: Spectrum, keys: tuple[MarkKey, ...], shift: tuple[float, float] = (0.0, 0.0)) -> list[Alignment]:
    """Give every key, variant and turn, with this shift; the best first."""
    found = []
    for turn, matrix in enumerate(TURNS):
        said = (spectrum.lines(matrix) * _back(matrix, shift)).astype(np.complex64)[pilots()]
        for key in keys:
            scores = (said * _signs(key).conj()).real.sum(axis=1) / np.sqrt(2 * PILOTS)
            found += [Alignment(key, variant, turn, shift, float(score)) for variant, score in enumerate(scores)]
    return sorted(found, key=lambda alignment: -alignment.score)


def anywhere(spectrum: Spectrum, keys: tuple[MarkKey, ...]) -> list[Alignment]:
    """Give every key, variant and turn, each with the shift that suits it best; the best first."""
    found = []
    for turn, matrix in enumerate(TURNS):
        said = spectrum.lines(matrix)[pilots()]
        down, across = (matrix @ np.stack(lines()))[:, pilots()].round().astype(int)
        for key in keys:
            plane = np.zeros((VARIANTS, GRAIN, GRAIN), np.complex64)
            plane[:, down % GRAIN, across % GRAIN] = said * _signs(key).conj()
            scores = np.fft.ifft2(plane).real.reshape(VARIANTS, -1) * (GRAIN**2 / np.sqrt(2 * PILOTS))
            for variant, best in enumerate(scores.argmax(axis=1).tolist()):
                shift = (best // GRAIN / GRAIN, best % GRAIN / GRAIN)
                found.append(Alignment(key, variant, turn, shift, float(scores[variant, best])))
    return sorted(found, key=lambda alignment: -alignment.score)


def _back(turn: Matrix, shift: tuple[float, float]) -> NDArray[np.complex128]:
    """Give the phases that undo a shift, were the picture laid by `turn`."""
    return np.asarray(np.exp(2j * np.pi * (np.array(shift) @ turn @ np.stack(lines()))))


@lru_cache(maxsize=64)
def _signs(key: MarkKey) -> NDArray[np.complex64]:
    """The pilots' signs in all variants (VARIANTS, PILOTS)."""
    signs = np.stack([layout(key, variant).pilot_signs for variant in range(VARIANTS)])
    return (signs[..., 0] + 1j * signs[..., 1]).astype(np.complex64)
