"""What falls: rain in streaks, snow in flakes, in several depths, each a texture that scrolls and repeats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .noise import stream
from .stage import Stage

if TYPE_CHECKING:
    from .noise import Light, Plane


class Rain:
    """Three depths of streaks; the near ones are longer, faster and fewer."""

    def __init__(self, stage: Stage) -> None:
        """Paint the streaks once."""
        self.stage = stage
        rng = stream(stage.seed, "rain")
        wind = 0.22 if stage.scene.waves > 1.5 else 0.09
        self.layers = [
            (_streaks(stage, rng, count, length, wind), speed)
            for count, length, speed in ((900, 0.035, 1.7), (420, 0.070, 2.5), (110, 0.15, 3.6))
        ]
        self.wind = wind
        colours = stage.palette
        self.colour = [np.float32(0.16 + 0.30 * part) for part in colours.middle]

    def draw(self, frame: Light, seconds: float) -> None:
        """Add the streaks."""
        stage = self.stage
        total = np.zeros(frame.shape[1:], np.float32)
        for layer, speed in self.layers:
            down = speed * seconds * stage.height
            total += _scrolled(layer, stage, down, -down * self.wind)
        for plane, colour in zip(frame, self.colour, strict=True):
            plane += total * colour


class Snow:
    """Three depths of flakes that sway as they fall."""

    def __init__(self, stage: Stage) -> None:
        """Paint the flakes once."""
        self.stage = stage
        rng = stream(stage.seed, "snow")
        self.layers = [
            (_flakes(stage, rng, count, size), speed, rng.uniform(0, 6))
            for count, size, speed in ((1100, 0.0013, 0.07), (420, 0.0025, 0.13), (120, 0.0050, 0.24))
        ]
        self.colour = [np.float32(0.25 + 0.62 * part) for part in stage.palette.ambient]

    def draw(self, frame: Light, seconds: float) -> None:
        """Lay the flakes over the picture."""
        stage = self.stage
        cover = np.zeros(frame.shape[1:], np.float32)
        for layer, speed, phase in self.layers:
            sway = math.sin(0.9 * seconds + phase) * 0.012 + 0.35 * speed * seconds
            cover += _scrolled(layer, stage, speed * seconds * stage.height, sway * stage.height)
        np.minimum(cover, 0.92, out=cover)
        for plane, colour in zip(frame, self.colour, strict=True):
            plane += (colour - plane) * cover


def _scrolled(layer: Plane, stage: Stage, down: float, right: float) -> Plane:
    """The part of a texture (twice as high and wide as its period) that is on show."""
    rows, columns = layer.shape[0] // 2, layer.shape[1] // 2
    top, left = int(-down) % rows, int(-right) % columns
    return layer[top : top + stage.height, left : left + stage.width]


def _streaks(stage: Stage, rng: np.random.Generator, count: int, length: float, wind: float) -> Plane:
    import cv2

    rows, columns = stage.height, stage.width
    image = np.zeros((rows, columns), np.float32)
    thick = max(1, round(stage.height / 700))
    for _ in range(max(12, round(count * columns / rows / 1.78))):
        x, y = float(rng.uniform(0, columns)), float(rng.uniform(0, rows))
        long = length * stage.height * float(rng.uniform(0.6, 1.2))
        strength = float(rng.uniform(0.15, 0.5))
        for dx in (-columns, 0, columns):
            for dy in (-rows, 0, rows):
                start, end = (x + dx, y + dy), (x + dx - wind * long, y + dy + long)
                if max(start[0], end[0]) >= 0 <= end[1] and min(start[0], end[0]) < columns and start[1] < rows:
                    points = [tuple(round(v * 8) for v in point) for point in (start, end)]
                    cv2.line(image, points[0], points[1], strength, thick, cv2.LINE_8, 3)
    return np.tile(cv2.GaussianBlur(image, (0, 0), 0.6, borderType=cv2.BORDER_REFLECT), (2, 2))


def _flakes(stage: Stage, rng: np.random.Generator, count: int, size: float) -> Plane:
    import cv2

    rows, columns = stage.height, stage.width
    image = np.zeros((rows, columns), np.float32)
    for _ in range(max(12, round(count * columns / rows / 1.78))):
        radius = max(0.6, size * stage.height * float(rng.uniform(0.7, 1.4)))
        place = (
            round(float(rng.uniform(radius, columns - radius)) * 8),
            round(float(rng.uniform(radius, rows - radius)) * 8),
        )
        cv2.circle(image, place, round(radius * 8), float(rng.uniform(0.35, 0.95)), -1, cv2.LINE_8, 3)
    return np.tile(cv2.GaussianBlur(image, (0, 0), max(0.5, size * stage.height * 0.35)), (2, 2))
