"""Puts a mark into luma planes, in place, one frame after the other.

Knows geometry, bit depth and what an eye forgives; knows no codecs and no files. The pattern hardly moves while a video
plays. Two things change: how much of it a place can hide, from frame to frame, and, every few frames and by little, how
the strength is shared among the coded bits: more for those that the picture itself speaks against. The pattern is drawn
as the coded picture needs it (turned, flipped, anamorphic), so that it is upright where the picture is shown.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..media.facts import Geometry
from . import carriers
from .code import CODED_BITS, encode
from .keys import MarkKey
from .reading import SHORT_SIDE, Spectrum, fold, whiten
from .rehearsal import EVERY, RAMP, Rehearsal, margin_db, rehearse
from .room import STRONGEST, check_room

MASK_SHORT_SIDE = 160  # pixels of the small picture on which activity is measured, about
RMS = 1.70  # of a frame's change at most, in 8-bit levels: 43.5 dB in limited-range luma, 42.2 in RGB
PEAK = 8.0  # of the change, in 8-bit levels
CREST = 2.2  # the unit pattern is cut there: peaks cost an eye more than they give a reader
QUIET = 1.3  # strength on a flat place, in 8-bit levels rms: encoders spend their bits there, and keep it
SLOPE = 0.15  # strength added for each level of local deviation
CALMEST = 5  # pixels of the small picture: a place is as busy as the calmest spot so near
LOUD = (PEAK - 0.5) / CREST  # the strength that reaches the peak
DITHER_SEED = 0x636F756E7465726D
REVIEW = 12  # frames between two looks at how the picture speaks against the mark
MEMORY = 0.75  # share of the last look that is kept at the next: the pattern must not jump
LEAST_SHARE, MOST_SHARE = 0.4, 2.2  # of a coded bit's amplitude
LEAN = 0.5  # power of the picture's own quietness around a line that the line's amplitude follows
LEAST_LEAN, MOST_LEAN = 0.6, 1.7


class Embedder:
    """Marks the frames of one video; called as `embedder(luma_plane, seconds)`."""

    def __init__(
        self, payload: str, key: MarkKey, geometry: Geometry, bit_depth: int = 8, strength: float = 1.0
    ) -> None:
        """Make ready for coded planes of `geometry`; raises TooSmall where there is no room.

        `strength` is that of the mark before rehearsals, in shares of the usual; nothing goes beyond STRONGEST.
        """
        self._type = plane_type(bit_depth)
        if not 0 < strength < math.inf:
            raise ValueError(f"no mark is {strength} times as strong as usual; give a number above 0, 1.0 as a rule")
        check_room(geometry)
        self._canvas = Canvas(geometry)
        self._size = (geometry.height, geometry.width)
        self._levels = float(1 << (bit_depth - 8))  # of the plane to one 8-bit level
        self._most = (1 << bit_depth) - 1
        self._usual, self._stronger = min(strength, STRONGEST), 1.0  # the second follows what rehearsals ask for
        self._room = STRONGEST / max(self._usual, 1.0)  # for what they ask
        self._rehearsals: list[Rehearsal] = []
        self._layout = carriers.layout(key, key.variant(payload))
        self._coded = encode(payload, key)
        self._host: NDArray[np.complex64] | None = None  # (LINES,), what the picture itself says
        self._quiet: NDArray[np.float32] | None = None  # (LINES,), how little it says around each
        self._shares = np.ones(CODED_BITS, np.float32)
        self._frames = 0
        self._shrink = max(1, round(min(self._size) / MASK_SHORT_SIDE))
        self._light = _light()
        self._dither = _dither(self._size)
        self._pattern = self._canvas.draw(self._layout.spread(self._coded), self._levels)
        self._work = np.empty(self._size, np.float32)

    def __call__(self, luma: NDArray[Any], seconds: float) -> None:
        """Mark one coded luma plane in place; 10-bit planes count from 0 to 1023 in uint16."""
        if luma.shape != self._size or luma.dtype != self._type:
            raise ValueError(f"expected a plane of {self._type} {self._size}, got {luma.dtype} {luma.shape}")
        mask = self._mask(luma)
        if self._frames % REVIEW == 0:
            self._review(luma, mask)
        if self._frames % EVERY == 0:
            self._rehearse(luma, mask)
        self._frames += 1
        self._stronger += float(np.clip(self._rehearsals[-1].strength - self._stronger, -RAMP, RAMP))
        luma[...] = self._marked(luma, np.minimum(self._stronger * mask, LOUD))

    @property
    def margin_db(self) -> float:
        """By how much the mark stood out above what reading needs, where frames were tried at CRF 30."""
        return margin_db(self._rehearsals)

    def _rehearse(self, luma: NDArray[Any], mask: NDArray[np.float32]) -> None:
        def marking(stronger: float) -> NDArray[Any]:
            marked = self._marked(luma, np.minimum(stronger * mask, LOUD))
            return marked if self._levels == 1 else (marked / self._levels).astype(np.uint8)

        def small(plane: NDArray[Any]) -> NDArray[np.float32]:
            return self._canvas.small(plane, 1.0)

        done = rehearse(marking, small, self._layout.spread(self._coded), self._room)
        if not self._rehearsals:
            self._stronger = done.strength
        self._rehearsals.append(done)

    def _marked(self, luma: NDArray[Any], mask: NDArray[np.float32]) -> NDArray[Any]:
        import cv2

        change = cv2.resize(mask, self._size[::-1], dst=self._work, interpolation=cv2.INTER_LINEAR)
        cv2.multiply(change, self._pattern, dst=change)
        cv2.add(change, self._dither, dst=change)
        if self._type == np.uint8:
            return np.asarray(cv2.add(luma, change, dtype=cv2.CV_8U))  # rounds and saturates
        deep = np.asarray(cv2.add(luma, change, dtype=cv2.CV_16U))
        return np.minimum(deep, self._most, out=deep)

    def _mask(self, luma: NDArray[Any]) -> NDArray[np.float32]:
        """Give how strong the mark may be at each place of the small picture, in 8-bit levels rms."""
        import cv2

        high, wide = self._size
        small = cv2.resize(luma, (wide // self._shrink, high // self._shrink), interpolation=cv2.INTER_AREA)
        level = small.astype(np.float32) / np.float32(self._levels)
        mean = np.asarray(cv2.blur(level, (5, 5)), np.float32)
        variance = np.asarray(cv2.blur(level * level, (5, 5)), np.float32) - mean * mean
        spread = np.sqrt(np.maximum(variance, 0, out=variance), out=variance)
        quiet = np.asarray(cv2.erode(spread, np.ones((CALMEST, CALMEST), np.uint8)))
        mask = np.minimum(quiet * SLOPE + QUIET, LOUD)
        mask *= np.asarray(cv2.LUT(mean.astype(np.uint8), self._light))
        mask = np.asarray(cv2.blur(mask, (3, 3)), np.float32)
        power = float(np.sqrt(np.mean(mask * mask)))
        mask *= self._usual * min(1.0, RMS / max(power, 1e-6))
        return mask

    def _review(self, luma: NDArray[Any], mask: NDArray[np.float32]) -> None:
        """Share the strength anew among the coded bits, by what a reader would see of this frame."""
        plain = Spectrum.of(fold(whiten(self._canvas.small(luma, self._levels))))
        marked = fold(whiten(self._canvas.small(self._marked(luma, mask), self._levels)))
        host = plain.lines()
        change = Spectrum(marked - plain.points, plain.noise).lines()
        noise = plain.noise[2 * self._layout.down, 2 * self._layout.across]
        quiet = np.median(noise) / noise
        self._host = host if self._host is None else MEMORY * self._host + (1 - MEMORY) * host
        self._quiet = quiet if self._quiet is None else MEMORY * self._quiet + (1 - MEMORY) * quiet
        gain = float(np.mean(self._layout.gather(change) * self._coded) / np.mean(self._shares))
        self._shares = shared(self._layout.gather(self._host) * self._coded, gain)
        lean = np.clip(self._quiet**LEAN, LEAST_LEAN, MOST_LEAN).astype(np.float32)
        self._pattern = self._canvas.draw(lean * self._layout.spread(self._coded * self._shares), self._levels)


def plane_type(bit_depth: int) -> np.dtype[Any]:
    """Say what numbers planes so deep are made of."""
    if bit_depth not in (8, 10, 12):
        raise ValueError(f"no planes of {bit_depth} bits; there are 8, 10 and 12")
    return np.dtype(np.uint8 if bit_depth == 8 else np.uint16)


def shared(favour: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
    """Share one energy among coded bits so that their margins come as close together as the limits allow.

    `favour` is what the picture adds to each bit's margin, `gain` what a full share adds.
    """
    if gain <= 1e-6:
        return np.ones(CODED_BITS, np.float32)
    low, high = float(favour.min()), float(favour.max()) + MOST_SHARE * gain
    for _ in range(20):
        margin = (low + high) / 2
        shares = np.clip((margin - favour) / gain, LEAST_SHARE, MOST_SHARE)
        low, high = (margin, high) if np.mean(shares**2) < 1 else (low, margin)
    return np.asarray(shares / np.sqrt(np.mean(shares**2)), np.float32)


class Canvas:
    """The coded plane of a geometry: how to draw upright things on it, and how to see it upright."""

    def __init__(self, geometry: Geometry) -> None:
        """Work out the places of the coded pixels in the upright picture."""
        wide, high = geometry.display_size
        self._geometry = geometry
        self._short = min(wide, high)
        self._turned = geometry.rotation in (90, 270)
        self._size = (geometry.width, geometry.height) if self._turned else (geometry.height, geometry.width)
        per_pixel = carriers.TILES / self._short
        self._tiles = (high * per_pixel, wide * per_pixel)

    def draw(self, lines: NDArray[np.complex64], levels: float) -> NDArray[np.float32]:
        """Draw the pattern of numbers on the lines with an rms of `levels`, its peaks cut."""
        upright = carriers.synthesise(lines, self._size, self._tiles)  # its pixels need not be square
        upright *= np.float32(levels / np.sqrt(np.mean(upright * upright)))
        np.clip(upright, -CREST * levels, CREST * levels, out=upright)
        coded = np.rot90(upright, -self._geometry.rotation // 90)
        return np.ascontiguousarray(coded[:, ::-1] if self._geometry.flipped else coded)

    def small(self, luma: NDArray[Any], levels: float) -> NDArray[np.float32]:
        """See the plane as a reader does: upright, square pixels, small, in 8-bit levels."""
        import cv2

        wide, high = self._geometry.display_size
        scale = SHORT_SIDE / self._short
        size = (round(wide * scale), round(high * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        whole = int(1 / scale)  # a whole factor first: that is four times as fast as the odd rest on all pixels
        if whole > 1:
            fit = (self._geometry.width // whole, self._geometry.height // whole)
            luma = cv2.resize(luma, fit, interpolation=cv2.INTER_AREA)
        small = cv2.resize(luma, size[::-1] if self._turned else size, interpolation=way)
        shown = np.rot90(small[:, ::-1] if self._geometry.flipped else small, self._geometry.rotation // 90)
        return np.ascontiguousarray(shown, np.float32) / np.float32(levels)


def _dither(size: tuple[int, int]) -> NDArray[np.float32]:
    """Give fixed noise of half a step, so that a mark below half a level lives on where a plane is flat."""
    noise = np.random.Generator(np.random.Philox(key=DITHER_SEED))
    return noise.random(size, np.float32) - np.float32(0.5)


def _light() -> NDArray[np.float32]:
    """Give the share of strength for each level of light: less in the darkest tones, where a screen shows noise."""
    levels = np.arange(256, dtype=np.float32)
    share = np.interp(levels, [0, 16, 40, 180, 255], [0.35, 0.4, 1.0, 1.0, 0.9])
    return share.astype(np.float32)
