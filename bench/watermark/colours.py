"""Changes of what a pixel says: light, colour, blur, noise, stills. Knows one picture at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .footage import Alter, Case, Footage, Picture, Size


def brightness(factor: float) -> Alter:
    """Scale every level."""
    return _table(np.arange(256) * factor)


def contrast(factor: float) -> Alter:
    """Spread levels around the picture's mean brightness."""

    def alter(picture: Picture) -> Picture:
        middle = float(_grey(picture).mean())
        return _table((np.arange(256) - middle) * factor + middle)(picture)

    return alter


def gamma(power: float) -> Alter:
    """Bend the levels; above 1 darkens."""
    return _table(255 * (np.arange(256) / 255) ** power)


def saturation(factor: float) -> Alter:
    """Move every colour away from its grey, or towards it."""

    def alter(picture: Picture) -> Picture:
        grey = _grey(picture)[..., None].astype(np.float32)
        return _levels(grey + (picture - grey) * np.float32(factor))

    return alter


def hue(turn: float) -> Alter:
    """Turn every hue by a share of the circle."""

    def alter(picture: Picture) -> Picture:
        import cv2

        wheel = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV_FULL)
        wheel[..., 0] += np.uint8(round(turn * 256))  # wraps around, as hues do
        return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB_FULL), np.uint8)

    return alter


def grey(picture: Picture) -> Picture:
    """Leave brightness alone."""
    return np.repeat(_grey(picture)[..., None], 3, axis=2)


def blur(sigma: float) -> Alter:
    """Blur by a Gaussian."""

    def alter(picture: Picture) -> Picture:
        import cv2

        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)

    return alter


def noise(sigma: float, size: Size, random: np.random.Generator) -> Alter:
    """Add noise of its own to each sample of each picture."""

    def alter(picture: Picture) -> Picture:
        return _levels(picture + random.standard_normal(picture.shape, np.float32) * np.float32(sigma))

    return alter


def jpeg(quality: int) -> Alter:
    """Write each picture as a JPEG, and read it back."""

    def alter(picture: Picture) -> Picture:
        import cv2

        _, content = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.ascontiguousarray(np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])

    return alter


def denoised(footage: Footage, case: Case) -> Footage:
    """Take strong non-local means to the brightness of 16 pictures: it takes a second for each."""
    from .timing import spread_out

    fewer = spread_out(16)(footage, case)
    return Footage(map(_denoise, fewer.pictures), fewer.rate, fewer.count)


def _denoise(picture: Picture) -> Picture:
    import cv2

    parts = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)
    parts[..., 0] = cv2.fastNlMeansDenoising(np.ascontiguousarray(parts[..., 0]), None, 10.0)
    return np.asarray(cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB), np.uint8)


def _grey(picture: Picture) -> Picture:
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _levels(values: NDArray[np.float32]) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _table(levels: NDArray[np.floating[Any]]) -> Alter:
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return lambda picture: np.asarray(table[picture], np.uint8)
