"""Small pictures of things, painted large and scaled down, and laid into the frame at real positions and angles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .scene import Rgb

if TYPE_CHECKING:
    from .noise import Light, Plane

OVER = 4  # painted this much larger
Point = tuple[float, float]


@dataclass(frozen=True)
class Sprite:
    """Colours, already multiplied by the cover, and the cover; the anchor is the point that a position means."""

    light: Light
    cover: Plane
    anchor: Point

    def __repr__(self) -> str:
        """Shapes, not numbers."""
        return f"Sprite({self.cover.shape[1]}x{self.cover.shape[0]}, anchor={self.anchor})"


class Brush:
    """A canvas whose sides are in units of the thing's own height."""

    def __init__(self, width: float, height: float, pixels: float) -> None:
        """Make a clear canvas of `width` by `height` units, `pixels` to the unit."""
        self.pixels = pixels
        shape = (max(2, math.ceil(height * pixels)) * OVER, max(2, math.ceil(width * pixels)) * OVER)
        self.paint = np.zeros((*shape, 3), np.float32)
        self.mask = np.zeros(shape, np.float32)

    def polygon(self, points: list[Point], colour: Rgb) -> None:
        """Fill a shape; it covers what is below."""
        import cv2

        outline = np.round(np.asarray(points, np.float64) * self.pixels * OVER * 16).astype(np.int32)
        cv2.fillPoly(self.paint, [outline], colour, cv2.LINE_8, 4)
        cv2.fillPoly(self.mask, [outline], 1.0, cv2.LINE_8, 4)

    def shaded(self, shade: Plane) -> None:
        """Darken or lighten what is painted, by a plane that is stretched over the canvas."""
        import cv2

        self.paint *= cv2.resize(np.asarray(shade, np.float32), self.mask.shape[::-1])[..., None]

    def sprite(self, anchor: Point) -> Sprite:
        """Scale it down; `anchor` is in units."""
        import cv2

        size = (self.mask.shape[1] // OVER, self.mask.shape[0] // OVER)
        cover = cv2.resize(self.mask, size, interpolation=cv2.INTER_AREA)
        light = cv2.resize(self.paint * self.mask[..., None], size, interpolation=cv2.INTER_AREA)
        planes = np.ascontiguousarray(np.moveaxis(light, -1, 0))
        return Sprite(planes, cover, (anchor[0] * self.pixels, anchor[1] * self.pixels))


def tinted(sprite: Sprite, ambient: Rgb, air: Rgb, haze: float) -> Sprite:
    """Put a thing into the light of the hour, behind some air."""
    parts = zip(sprite.light, ambient, air, strict=True)
    light = np.asarray([plane * lit * (1 - haze) + sprite.cover * far * haze for plane, lit, far in parts], np.float32)
    return Sprite(light, sprite.cover, sprite.anchor)


def lay(frame: Light, sprite: Sprite, x: float, y: float, angle: float = 0.0, scale: float = 1.0) -> None:
    """Lay it with its anchor at (x, y), turned clockwise by `angle` (radians)."""
    import cv2

    high, wide = sprite.cover.shape
    reach = math.hypot(high, wide) * scale
    left, right = max(0, math.floor(x - reach)), min(frame.shape[2], math.ceil(x + reach))
    top, bottom = max(0, math.floor(y - reach)), min(frame.shape[1], math.ceil(y + reach))
    if left >= right or top >= bottom:
        return
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    ax, ay = sprite.anchor
    matrix = np.asarray(
        [[cos, -sin, x - left - cos * ax + sin * ay], [sin, cos, y - top - sin * ax - cos * ay]], np.float32
    )
    size = (right - left, bottom - top)
    opening = 1 - cv2.warpAffine(sprite.cover, matrix, size, flags=cv2.INTER_LINEAR)
    for plane, light in zip(frame, sprite.light, strict=True):
        part = plane[top:bottom, left:right]
        part *= opening
        part += cv2.warpAffine(light, matrix, size, flags=cv2.INTER_LINEAR)


def mirrored(sprite: Sprite) -> Sprite:
    """Left becomes right."""
    ax, ay = sprite.anchor
    flipped = np.ascontiguousarray(sprite.light[:, :, ::-1])
    return Sprite(flipped, np.ascontiguousarray(sprite.cover[:, ::-1]), (sprite.cover.shape[1] - ax, ay))
