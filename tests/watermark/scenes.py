"""Moving pictures made in code: soft textures of a natural spectrum that drift, with edges and flat places."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from countermark.media.facts import Geometry, Video


def scene(width: int, height: int, frames: int, seed: int = 1) -> list[NDArray[np.uint8]]:
    """Upright luma planes in square pixels."""
    rng = np.random.default_rng(seed)
    big = (height + 2 * frames, width + 2 * frames)
    spectrum = np.fft.rfft2(rng.normal(size=big))
    radius = np.hypot(np.fft.fftfreq(big[0])[:, None], np.fft.rfftfreq(big[1])[None, :]) + 1 / max(big)
    picture = np.fft.irfft2(spectrum / radius**1.2, big)
    picture = 110 + 38 * picture / picture.std()
    cv2.rectangle(picture, (width // 5, height // 4), (width // 2, height // 2), 190.0, -1)
    cv2.circle(picture, (3 * width // 4, 2 * height // 3), height // 6, 40.0, -1)
    whole = np.clip(picture, 16, 235).astype(np.uint8)
    return [whole[i : i + height, 2 * i : 2 * i + width].copy() for i in range(frames)]


def video(width: int, height: int, frames: int = 12, rate: int = 25) -> Video:
    """The facts of a file that nobody opens."""
    return Video(
        path=Path("scene.mp4"), digest="d1", bytes=1000, container="mp4", codec="h264",
        geometry=Geometry(width, height), pixel_format="yuv420p", bit_depth=8, duration_s=frames / rate,
        frame_rate=Fraction(rate), variable_rate=False, frames=frames,
    )  # fmt: skip
