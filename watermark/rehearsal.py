"""Tries one marked frame on an encoder, before the real one gets it: will the mark hold, and if not, what would?

Knows planes, lines and strengths; the encoder that stands for a platform is media's. How far lines stand out of one
frame after CRF 30 foretells how a mark fares in harsher copies: what speaks against it there does so everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..media.through import through_h264
from .carriers import LINES
from .reading import Spectrum, fold, whiten

EVERY = 96  # frames between two rehearsals
CRF = 30.0
NEEDED = 0.6  # deviations by which lines must stand out for the code to correct the rest
COMFORT = 1.02  # the same of one frame at CRF 30: about two fifths of 30 clips fall short; docs/watermark.md says which
RAMP = 0.01  # of the usual strength, by which it may change from a frame to the next: a jump would be seen

Small = Callable[[NDArray[Any]], NDArray[np.float32]]  # a plane as a reader sees it
Marking = Callable[[float], NDArray[Any]]  # the frame, marked so many times as strongly as usual, 8 bits deep


@dataclass(frozen=True)
class Rehearsal:
    """What came of one."""

    strength: float  # to be used: 1, or more where the picture speaks against the mark
    stood: float  # deviations by which lines stood out, at that strength


def rehearse(marking: Marking, small: Small, written: NDArray[np.complex64], most: float) -> Rehearsal:
    """Try the usual strength; where that has too little to spare, as much more as it lacks, up to `most` times."""
    stood = _stands(marking(1.0), small, written)
    strength = float(np.clip(COMFORT / max(stood, 0.1), 1.0, most))
    if strength > 1.0:
        stood = _stands(marking(strength), small, written)
    return Rehearsal(strength, stood)


def margin_db(rehearsals: list[Rehearsal]) -> float:
    """Say by how much lines stood out above what reading needs, over all that was tried; below 0, it may not be read.

    >>> margin_db([Rehearsal(1.0, 1.2)])
    6.0
    """
    power = float(np.mean([max(one.stood, 0.0) ** 2 for one in rehearsals])) if rehearsals else 0.0
    return round(20 * float(np.log10(max(np.sqrt(power), 0.01) / NEEDED)), 1)


def _stands(marked: NDArray[Any], small: Small, written: NDArray[np.complex64]) -> float:
    even = marked[: marked.shape[0] // 2 * 2, : marked.shape[1] // 2 * 2]
    spectrum = Spectrum.of(fold(whiten(small(through_h264([even], CRF)[0]))))
    signs = np.sign(written.real) - 1j * np.sign(written.imag)
    return float((spectrum.lines() * signs).real.sum() / (2 * LINES))
