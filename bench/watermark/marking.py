"""Marks a clip as `stamp` would, and measures what that does to its frames. Knows planes and levels; reads no mark."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...media import EncodeSettings, Geometry, Touch, encode
from ...watermark import OPEN_KEY, Embedder
from .clips import Source, pictures
from .footage import Picture

STAMPED = EncodeSettings(threads=1)  # stamp's defaults
CRF23 = EncodeSettings(crf=23, threads=1)
RGB_PER_LUMA = 255 / 219  # of a level in limited range, in each of red, green and blue
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # of SSIM

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Marked:
    """One clip, marked."""

    frames: int
    psnr_rgb: float
    psnr_y: float
    ssim: float
    flicker_rms: float
    max_delta: float
    bitrate_delta_crf23: float


def mark(source: Source, target: Path, seconds: float) -> Marked:
    """Write the marked file, whole or not at all, and measure."""
    part = target.with_name(f".{os.getpid()}-{target.name}")
    measure = Measure(_embedder(source))
    written = encode(
        measure.watched(pictures(source, seconds)),
        part,
        size=source.size,
        frame_rate=source.rate,
        settings=STAMPED,
        touch=measure,
    )
    os.replace(part, target)
    sizes = []
    for touch in (None, _embedder(source)):
        encode(pictures(source, seconds), part, size=source.size, frame_rate=source.rate, settings=CRF23, touch=touch)
        sizes.append(part.stat().st_size)
        part.unlink()
    return replace(measure.result(), frames=written.frames, bitrate_delta_crf23=sizes[1] / sizes[0] - 1)


def write_marked(source: Source, payload: str, shown: Iterator[Picture], target: Path) -> None:
    """Write pictures of a clip with another payload of the same key, unmeasured."""
    touch = Embedder(payload, OPEN_KEY, Geometry(*source.size))
    encode(shown, target, size=source.size, frame_rate=source.rate, settings=STAMPED, touch=touch)


class Measure:
    """Marks each plane and measures how it, and the picture it belongs to, changed."""

    def __init__(self, embed: Touch) -> None:
        """Take what marks."""
        self._embed = embed
        self._rgb: Picture | None = None
        self._before: Floats | None = None
        self._rgb_errors: list[float] = []
        self._errors: list[float] = []
        self._ssims: list[float] = []
        self._flickers: list[float] = []
        self._most = 0

    def watched(self, shown: Iterator[Picture]) -> Iterator[Picture]:
        """Hand pictures through; the plane that comes next is the last one's."""
        for picture in shown:
            self._rgb = picture
            yield picture

    def __call__(self, luma: NDArray[Any], seconds: float) -> None:
        """Mark, and measure."""
        before = luma.astype(np.float32)
        self._embed(luma, seconds)
        after = luma.astype(np.float32)
        change = after - before
        self._errors.append(_mean_square(change))
        self._rgb_errors.append(self._rgb_error(change))
        self._ssims.append(ssim(before, after))
        self._most = max(self._most, int(np.abs(change).max()))
        if self._before is not None:
            self._flickers.append(_mean_square(change - self._before))
        self._before = change

    def result(self) -> Marked:
        """Sum up; what only a codec tells is filled in by others."""
        return Marked(
            frames=len(self._errors),
            psnr_rgb=psnr(float(np.mean(self._rgb_errors))),
            psnr_y=psnr(float(np.mean(self._errors))),
            ssim=float(np.mean(self._ssims)),
            flicker_rms=float(np.sqrt(np.mean(self._flickers or [0.0]))),
            max_delta=float(self._most),
            bitrate_delta_crf23=0.0,
        )

    def _rgb_error(self, change: Floats) -> float:
        """Convert both pictures to RGB: their chroma is the same, so that each colour moves by the luma's change.

        Nothing is rounded: a picture's own colours were not whole numbers either before they were written.
        """
        assert self._rgb is not None, "a plane came before its picture"
        high, wide = self._rgb.shape[:2]
        step = (change * np.float32(RGB_PER_LUMA))[:high, :wide, None]
        marked = np.clip(self._rgb + step, 0, 255).astype(np.float32)
        return _mean_square(marked - self._rgb)


def psnr(mean_square: float) -> float:
    """Give the peak signal-to-noise ratio of 8-bit levels, in dB; 100 at most."""
    return float(10 * np.log10(255**2 / max(mean_square, 255**2 * 1e-10)))


def ssim(one: Floats, other: Floats) -> float:
    """Give the structural similarity of two luma planes, by a Gaussian window of 11x11, sigma 1.5."""
    mean = _window()
    a, b = mean(one), mean(other)
    aa, bb, ab = mean(one * one) - a * a, mean(other * other) - b * b, mean(one * other) - a * b
    score = (2 * a * b + C1) * (2 * ab + C2) / ((a * a + b * b + C1) * (aa + bb + C2))
    return float(score[5:-5, 5:-5].mean())


def _window() -> Callable[[Floats], Floats]:
    import cv2

    return lambda plane: np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float32)


def _mean_square(values: NDArray[np.float32]) -> float:
    return float(np.mean(np.square(values, dtype=np.float32), dtype=np.float64))


def _embedder(source: Source) -> Touch:
    return Embedder(source.payload, OPEN_KEY, Geometry(*source.size))
