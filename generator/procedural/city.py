"""A skyline: blocks and towers in three depths, windows that go on and off, lights that blink on the roofs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .layers import Mist, Strip, strip_width
from .noise import stream
from .stage import Stage

if TYPE_CHECKING:
    from .noise import Light

WARM = ((1.0, 0.78, 0.46), (1.0, 0.86, 0.62), (0.98, 0.66, 0.34), (0.80, 0.88, 1.0), (1.0, 0.93, 0.80))
LIT = {"night": 0.40, "dusk": 0.34, "sunset": 0.12, "sunrise": 0.10, "overcast": 0.06, "day": 0.0}
GLOW = {"night": 1.0, "dusk": 0.9, "sunset": 0.8, "sunrise": 0.7, "overcast": 0.5, "day": 0.0}


@dataclass(frozen=True)
class Row:
    """One depth of the skyline, sizes in heights of the picture."""

    low: float
    high: float
    width: float
    nearness: float
    haze: float
    storey: float


ROWS = (
    Row(0.12, 0.36, 0.075, 0.10, 0.58, 0.0105),
    Row(0.08, 0.42, 0.085, 0.15, 0.32, 0.0130),
    Row(0.03, 0.20, 0.120, 0.22, 0.10, 0.0155),
)


class City:
    """Draws the skyline, its lights, and the glow over it."""

    def __init__(self, stage: Stage) -> None:
        """Build the rows, the farthest first."""
        self.parts: list[Strip | Mist | _Lamps] = []
        for index, row in enumerate(ROWS):
            rng = stream(stage.seed, f"street {index}")
            builder = _Builder(stage, row, rng)
            self.parts += builder.build()
            if stage.scene.mist and index < len(ROWS) - 1:
                middle = stage.horizon - 0.05 * stage.height
                self.parts.append(Mist(stage, rng, middle, 0.14 * stage.height, stage.scene.mist))

    def draw(self, frame: Light, seconds: float) -> None:
        """Lay the rows over the sky."""
        for part in self.parts:
            part.draw(frame, seconds)


class _Builder:
    """Builds one row: a strip with its steady windows, and the lamps that change."""

    def __init__(self, stage: Stage, row: Row, rng: np.random.Generator) -> None:
        self.stage, self.row, self.rng = stage, row, rng
        self.unit = stage.height
        self.top = max(0, int(stage.horizon - (row.high + 0.14) * self.unit))
        self.shape = (max(2, stage.horizon - self.top), strip_width(stage, row.nearness))
        self.light = np.zeros((3, *self.shape), np.float32)
        self.cover = np.zeros(self.shape, np.float32)
        self.glow = np.zeros((3, *self.shape), np.float32)
        self.windows: list[tuple[int, int, int, int, tuple[float, float, float]]] = []
        self.beacons: list[tuple[int, int]] = []

    def build(self) -> list[Strip | Mist | _Lamps]:
        import cv2

        x = -self.row.width * self.unit * self.rng.random()
        while x < self.shape[1]:
            wide = self.row.width * self.unit * self.rng.uniform(0.55, 1.5)
            share = self.rng.random() ** 2.2
            hill = 0.55 + 0.45 * np.cos((x / self.shape[1] - 0.5) * 2.4)  # towers stand in the middle
            high = (self.row.low + (self.row.high - self.row.low) * share * hill) * self.unit
            self._house(int(x), int(x + wide), int(high))
            x += wide * self.rng.uniform(0.82, 1.12)
        self._street()
        soft = max(1.2, 0.009 * self.unit)
        glow = np.asarray([cv2.GaussianBlur(plane, (0, 0), soft) for plane in self.glow])
        strength = GLOW[self.stage.scene.light]
        colour = np.minimum(self.light + self.glow * (0.95 * strength), 1.6) + glow * (0.55 * strength)
        strip = Strip(self.stage, self.top, colour * self.cover, self.cover, self.row.nearness)
        spill = glow * (0.5 * strength)
        strip.light += np.asarray(spill * (1 - self.cover), np.float32)
        lamps = _Lamps(self.stage, self.top, self.row.nearness, self.rng, self.windows, self.beacons, strength)
        return [strip, lamps]

    def _house(self, left: int, right: int, high: int) -> None:
        left, right = max(left, 0), min(right, self.shape[1])
        top = max(self.shape[0] - high, 0)
        if right - left < 4 or top >= self.shape[0] - 2:
            return
        self._wall(left, right, top)
        self._panes(left, right, top)
        style = self.rng.random()
        if style < 0.30 and right - left > 10:  # a narrower storey on the roof
            inset = (right - left) // 4
            roof = max(top - int(0.020 * self.unit), 0)
            self._wall(left + inset, right - inset, roof, top)
            top = roof
        if style < 0.42 and high > 0.19 * self.unit:
            middle, mast = (left + right) // 2, int(self.rng.uniform(0.02, 0.06) * self.unit)
            thick = max(1, round(self.unit / 480))
            tip = max(top - mast, 0)
            self._wall(middle, middle + thick, tip, top)
            self.beacons.append((tip, middle))

    def _wall(self, left: int, right: int, top: int, bottom: int | None = None) -> None:
        stage, row = self.stage, self.row
        tone = self.rng.uniform(0.75, 1.25)
        warm = self.rng.normal(0, 0.035)
        side = np.linspace(-1, 1, right - left, dtype=np.float32)[None, :]
        shade = 1 + 0.16 * side * np.sign(stage.sun_x - stage.width / 2 + 0.5)
        colours = stage.palette
        day = 0.40 if stage.scene.light in ("day", "overcast", "sunrise") else 0.27
        for index, plane in enumerate(self.light):
            wall = day * tone * colours.ambient[index] * (1 + warm * (1 - index)) * shade
            air = 0.5 * colours.horizon[index] + 0.5 * colours.middle[index]
            plane[top:bottom, left:right] = wall * (1 - row.haze) + air * row.haze
        self.cover[top:bottom, left:right] = 1
        self.glow[:, top:bottom, left:right] = 0

    def _panes(self, left: int, right: int, top: int) -> None:
        """A grid of windows: dark glass by day, some of them lit at night."""
        pitch = max(3, round(self.row.storey * self.unit))
        across = max(3, round(pitch * self.rng.uniform(0.7, 1.3)))
        tall, wide = max(1, round(pitch * 0.5)), max(1, round(across * self.rng.uniform(0.45, 0.75)))
        lit = LIT[self.stage.scene.light] * self.rng.uniform(0.35, 1.35)
        tint = WARM[int(self.rng.integers(len(WARM)))]
        sky = np.asarray(self.stage.palette.middle, np.float32)
        for y in range(top + pitch // 2 + 1, self.shape[0] - pitch, pitch):
            for x in range(left + across // 2, right - wide, across):
                place = (slice(y, y + tall), slice(x, x + wide))
                if self.rng.random() < lit:
                    strength = self.rng.uniform(0.35, 1.05) * (1 - 0.45 * self.row.haze)
                    colour = (tint[0] * strength, tint[1] * strength, tint[2] * strength)
                    if self.rng.random() < 0.06:
                        self.windows.append((y, x, tall, wide, colour))
                    else:
                        self.glow[:, *place] = np.asarray(colour)[:, None, None]
                else:
                    glass = self.rng.uniform(0.62, 1.0)
                    mirrored = sky[:, None, None] * (0.24 * (1 - self.row.haze))
                    self.light[:, *place] = self.light[:, *place] * glass * 0.84 + mirrored * (glass - 0.5)

    def _street(self) -> None:
        """Lamps along the quay."""
        if self.row is not ROWS[-1] or not LIT[self.stage.scene.light]:
            return
        size = max(1, round(self.unit / 360))
        step = int(0.030 * self.unit)
        for x in range(step // 2, self.shape[1] - size, max(step, 2)):
            y = self.shape[0] - 2 * size
            self.glow[:, y : y + size, x : x + size] = np.asarray((1.5, 1.05, 0.55))[:, None, None]
            self.cover[y : y + size, x : x + size] = 1


class _Lamps:
    """What changes: windows that go on and off, and red lights on masts that blink."""

    def __init__(
        self,
        stage: Stage,
        top: int,
        nearness: float,
        rng: np.random.Generator,
        windows: list[tuple[int, int, int, int, tuple[float, float, float]]],
        beacons: list[tuple[int, int]],
        strength: float,
    ) -> None:
        self.stage, self.top, self.nearness, self.strength = stage, top, nearness, strength
        self.windows = [(*window, rng.uniform(4, 20), rng.uniform(0, 20)) for window in windows]
        self.beacons = [(*beacon, rng.uniform(1.2, 2.6), rng.uniform(0, 3)) for beacon in beacons]
        size = max(3, round(stage.height / 60)) | 1
        away = np.hypot(*np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j])
        self.halo = np.asarray(0.30 * np.exp(-((away / 0.45) ** 2)) + 0.9 * (away < 2.4 / size), np.float32)

    def draw(self, frame: Light, seconds: float) -> None:
        """Add the lights that are on."""
        shift = round(self.stage.shift(seconds) * self.nearness)
        for y, x, tall, wide, colour, period, phase in self.windows:
            if (seconds + phase) % period < 0.62 * period:
                at = x - shift
                part = frame[:, self.top + y : self.top + y + tall, max(at, 0) : max(at + wide, 0)]
                part[:] = np.asarray(colour, np.float32)[:, None, None] * np.float32(self.strength)
        if not self.strength:
            return
        for y, x, period, phase in self.beacons:
            glow = max(0.0, 1 - abs(((seconds + phase) % period) / period - 0.3) * 5)
            self._halo(frame, self.top + y, x - shift, glow)

    def _halo(self, frame: Light, y: int, x: int, glow: float) -> None:
        half = self.halo.shape[0] // 2
        if glow <= 0 or not (half <= y < frame.shape[1] - half and half <= x < frame.shape[2] - half):
            return
        part = frame[:, y - half : y + half + 1, x - half : x + half + 1]
        part += self.halo * np.asarray([1.3 * glow, 0.16 * glow, 0.10 * glow], np.float32)[:, None, None]
