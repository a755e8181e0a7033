"""Strips of scenery painted once, wider than the picture, that slide with the camera; and mist that drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .noise import fractal, sample, smoothstep
from .stage import Stage

if TYPE_CHECKING:
    from .noise import Light, Plane


class Strip:
    """One layer of land or houses; nearer ones slide faster."""

    def __init__(self, stage: Stage, top: int, colour: Light, cover: Plane, nearness: float) -> None:
        """Take colours and cover (0 to 1) of `strip_width` columns from row `top` down; nearness 0 to 1."""
        self.stage, self.top, self.nearness = stage, top, nearness
        rows = min(cover.shape[0], stage.height - top)
        colour, cover = colour[:, :rows], cover[:rows]
        self.light = np.ascontiguousarray(colour * cover, np.float32)
        self.open = np.ascontiguousarray(1 - cover, np.float32)

    def draw(self, frame: Light, seconds: float) -> None:
        """Lay it over what is there."""
        shift = self.stage.shift(seconds) * self.nearness
        start, share = int(shift), np.float32(shift - int(shift))
        rows = slice(self.top, self.top + self.open.shape[0])
        opening = self._moved(self.open, start, share)
        for plane, light in zip(frame, self.light, strict=True):
            part = plane[rows]
            part *= opening
            part += self._moved(light, start, share)

    def _moved(self, plane: Plane, start: int, share: np.float32) -> Plane:
        width = self.stage.width
        here = plane[:, start : start + width]
        if share < 0.004:
            return here
        moved: Plane = (plane[:, start + 1 : start + 1 + width] - here) * share
        moved += here
        return moved


def strip_width(stage: Stage, nearness: float) -> int:
    """Columns that a strip of that nearness needs so that its end is never seen."""
    return stage.width + int(stage.travel * nearness) + 3


class Mist:
    """A bank of mist: a band of the sky's own light, in drifting wisps."""

    def __init__(self, stage: Stage, rng: np.random.Generator, middle: float, reach: float, strength: float) -> None:
        """Lie around row `middle`, `reach` rows up and down."""
        self.stage = stage
        self.top = max(0, round(middle - reach))
        self.rows = min(stage.height, round(middle + reach)) - self.top
        self.low = (max(4, self.rows // 4), max(8, stage.width // 4))
        self.texture = fractal(rng, 256, cells=3, octaves=5)
        self.y = np.linspace(-1, 1, self.low[0], dtype=np.float32)[:, None] * np.ones((1, self.low[1]), np.float32)
        span = np.float32(150 * stage.width / stage.height)
        self.x = np.linspace(0, 1, self.low[1], dtype=np.float32)[None, :] * span * np.ones_like(self.y)
        self.profile = np.asarray(np.exp(-((self.y / 0.48) ** 2)) * strength, np.float32)
        colours = stage.palette
        parts = zip(colours.horizon, colours.middle, colours.ambient, strict=True)
        self.colour = [(0.62 * low + 0.38 * mid) * (0.9 + 0.1 * lit) for low, mid, lit in parts]

    def draw(self, frame: Light, seconds: float) -> None:
        """Veil what is behind."""
        import cv2

        drift = np.float32(seconds * 3.2)
        rows = self.y * np.float32(34) + np.float32(0.35) * drift + np.float32(64)
        wisps = sample(self.texture, self.x + drift, rows)
        cover = self.profile * smoothstep(-2.0, 1.9, wisps) * np.float32(1.5)
        cover = cv2.resize(np.clip(cover, 0, 0.94), (self.stage.width, self.rows), interpolation=cv2.INTER_LINEAR)
        bank = slice(self.top, self.top + self.rows)
        for plane, colour in zip(frame, self.colour, strict=True):
            part = plane[bank]
            veil = np.float32(colour) - part
            veil *= cover
            part += veil
