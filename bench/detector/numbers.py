"""What simpler means see in a file: tags, co-occurrences, a spectrum, how unsteady or how steep it is.

Knows pictures; knows neither labels nor how numbers are weighed. Each is what the literature took for enough: beside
them stands what a detector adds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...media import probe
from ...settings import Limits
from .conditions import opening

TRUNCATED, STEP = 2, 2  # residuals of -2 to 2, in steps of so many levels
TILE, RINGS = 128, 48
LOOKED_AT = 12  # frames for co-occurrences and spectra
REPEATED = 0.2  # of the usual change from picture to picture
DIGITS = 5

Floats = NDArray[np.float32]


def numbers_of(path: Path) -> dict[str, list[float]]:
    """Measure a file by all means; of a copy the tags too, so that what a re-encode leaves of them is seen."""
    import cv2

    shown = [picture for _, picture in opening(path)]
    grey = [np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32) for picture in shown]
    few = grey[:: max(1, len(grey) // LOOKED_AT)][:LOOKED_AT]
    found = {
        "metadata": _metadata(path),
        "co-occurrence": _cooccurrence(few),
        "spectrum": _spectrum(few),
        "pixel-d3": [_unsteadiness(grey)],
        "steepness": [float(np.mean([np.abs(np.diff(frame)).mean() for frame in few]))],
    }
    return {name: [round(value, DIGITS) for value in values] for name, values in found.items()}


def _metadata(path: Path) -> list[float]:
    """Take size, shape, rate, length and bits a pixel: what a file says before a picture is looked at."""
    video = probe(path, Limits())
    wide, high = video.geometry.display_size
    rate, seconds = float(video.frame_rate), max(video.duration_s, 1e-3)
    bits = video.bytes * 8 / (wide * high * max(1.0, rate * seconds))
    return [math.log(wide * high), math.log(wide / high), math.log(rate), math.log(seconds), math.log(bits)]


def _cooccurrence(frames: Sequence[Floats]) -> list[float]:
    """Count how residuals of three pixels in a row follow each other, along rows and columns, mirrored and negated."""
    levels = 2 * TRUNCATED + 1
    counts = np.zeros((levels,) * 3)
    for frame in frames:
        for plane in (frame, frame.T):
            residual = plane[:, :-2] - 2 * plane[:, 1:-1] + plane[:, 2:]
            held = np.clip(np.rint(residual / STEP), -TRUNCATED, TRUNCATED).astype(np.int64) + TRUNCATED
            index = (held[:, :-2] * levels + held[:, 1:-1]) * levels + held[:, 2:]
            counts += np.bincount(index.ravel(), minlength=levels**3).reshape(counts.shape)
    counts = counts + counts.transpose(2, 1, 0)
    counts = counts + counts[::-1, ::-1, ::-1]
    return [float(share) for share in np.sqrt(counts / max(1.0, counts.sum())).ravel()]


def _spectrum(frames: Sequence[Floats]) -> list[float]:
    """Take the mean power of rings of frequency over native tiles, in logarithms, without its level."""
    window = np.outer(np.hanning(TILE), np.hanning(TILE)).astype(np.float32)
    across = np.hypot(*np.meshgrid(np.fft.fftfreq(TILE), np.fft.fftfreq(TILE)))
    ring = np.minimum((across * 2 * RINGS).astype(int), RINGS).ravel()  # what lies in the corners counts as one
    power = np.zeros(TILE * TILE)
    for frame in frames:
        for tile in _tiles(frame):
            power += np.abs(np.fft.fft2((tile - tile.mean()) * window)).ravel() ** 2
    rings = np.log(np.bincount(ring, power) / np.bincount(ring) + 1e-3)
    return [float(value) for value in rings[1:] - rings[1:].mean()]


def _tiles(frame: Floats) -> list[Floats]:
    """Cut tiles side by side; what is smaller than one is mirrored at its edges to fill it."""
    short = [max(0, TILE - side) for side in frame.shape]
    if any(short):
        frame = np.pad(frame, [(0, more) for more in short], mode="symmetric")
    high, wide = frame.shape
    return [
        frame[y : y + TILE, x : x + TILE]
        for y in range(0, high - TILE + 1, TILE)
        for x in range(0, wide - TILE + 1, TILE)
    ]


def _unsteadiness(frames: Sequence[Floats]) -> float:
    """Give the spread of the second difference of pictures over time: filmed video is held to be the less steady.

    Pictures that only repeat, since a copy has more of them a second than its clip, are passed over: or the measure
    would be one of the clip's own rate.
    """
    if len(frames) < 2:
        return 0.0
    speed = np.array([float(np.sqrt(np.mean((b - a) ** 2))) for a, b in zip(frames, frames[1:], strict=False)])
    moving = speed[speed > REPEATED * np.median(speed[speed >= np.median(speed)])]
    return float(np.std(np.diff(moving))) if len(moving) > 2 else 0.0
