"""What moves through the scene: boats on the water, balloons and birds in the air, balls, a lighthouse's beam."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from . import shapes
from .noise import stream
from .scene import Rgb, Thing
from .sprites import lay, mirrored, tinted
from .stage import Stage
from .water import Water

if TYPE_CHECKING:
    from .noise import Light

USUAL: tuple[Rgb, ...] = (
    (0.85, 0.20, 0.14),
    (0.95, 0.72, 0.16),
    (0.14, 0.40, 0.70),
    (0.20, 0.55, 0.34),
    (0.60, 0.24, 0.55),
)
AWAY = {"sunset": 0.62, "dusk": 0.75, "sunrise": 0.8}  # the side that we see is turned from the sun


class Afloat:
    """Draws the water with the boats on it, since the water mirrors them."""

    def __init__(self, stage: Stage, water: Water) -> None:
        """Launch the boats of the scene."""
        self.stage, self.water = stage, water
        rng = stream(stage.seed, "boats")
        self.boats: list[_Boat] = []
        for thing in stage.scene.things:
            if thing.kind == "boat":
                self.boats += [_Boat(stage, thing, rng, index) for index in range(thing.count)]
        self.boats.sort(key=lambda boat: boat.below)

    def draw(self, frame: Light, seconds: float) -> None:
        """Let the water mirror each boat where it will be seen, then draw the boats themselves."""
        above = frame[:, : self.stage.horizon]
        kept = above.copy() if self.boats else above
        for boat in self.boats:
            x, y, angle = boat.place(seconds)
            source = self.stage.horizon - 1 - (y - self.stage.horizon) * 0.92
            lay(above, boat.sprite, x, source, -angle)
        self.water.draw(frame, seconds)
        if self.boats:
            above[:] = kept
        for boat in self.boats:
            lay(frame, boat.sprite, *boat.place(seconds))


class _Boat:
    """One boat: nearer ones are larger and lower in the picture."""

    def __init__(self, stage: Stage, thing: Thing, rng: np.random.Generator, index: int) -> None:
        self.stage = stage
        self.below = stage.height * (0.075 if index == 0 else float(rng.uniform(0.022, 0.058)))
        self.nearness = min(0.9, 2.0 * self.below / (stage.height - stage.horizon))
        high = 3.9 * self.below
        self.heading = 1 if rng.random() < 0.5 else -1
        sprite = tinted(shapes.boat(high, thing.colour), *_light(stage, 0.35 - 3.0 * self.below / stage.height))
        self.sprite = sprite if self.heading > 0 else mirrored(sprite)
        share = float(rng.uniform(0.30, 0.44)) if index == 0 else float(rng.uniform(0.08, 0.92))
        share = share if self.heading > 0 else 1 - share
        self.x = share * stage.width + stage.travel * self.nearness / 2
        self.speed = self.heading * 0.30 * self.below * (0.6 + 0.4 * stage.scene.pace)
        self.phase = float(rng.uniform(0, 6))

    def place(self, seconds: float) -> tuple[float, float, float]:
        """Where it is, and how it leans."""
        stage, sway = self.stage, _sway(self.stage)
        x = self.x + self.speed * seconds - stage.shift(seconds) * self.nearness
        bob = math.sin(1.5 * seconds + self.phase) + 0.4 * math.sin(2.7 * seconds + 2 * self.phase)
        lean = self.heading * 0.035 + 0.030 * sway * math.sin(1.25 * seconds + self.phase + 0.8)
        return x, stage.horizon + self.below * (1 + 0.035 * sway * bob), lean


class Balloons:
    """Hot-air balloons that drift and rise."""

    def __init__(self, stage: Stage, thing: Thing) -> None:
        """Place them so that they rarely overlap."""
        self.stage = stage
        rng = stream(stage.seed, "balloons")
        self.places = []
        for index, colour in enumerate(_colours(thing, rng)):
            size = 0.36 if index == 0 else float(rng.uniform(0.10, 0.22))
            sprite = shapes.balloon(size * stage.height, colour, rng)
            sprite = tinted(sprite, *_light(stage, max(0.04, 0.40 - 1.2 * size)))
            across = 0.5 if index == 0 else (0.30 - 0.43 * index) % 1.0 * 0.84 + 0.08  # to either side of the first
            x = (across + float(rng.uniform(-0.06, 0.06))) * stage.width
            y = (0.36 if index == 0 else float(rng.uniform(0.14, 0.44))) * stage.height
            self.places.append((size, sprite, x, y, float(rng.uniform(0, 6))))
        self.places.sort(key=lambda place: place[0])

    def draw(self, frame: Light, seconds: float) -> None:
        """Lay them, the small and far ones first."""
        stage = self.stage
        for size, sprite, x, y, phase in self.places:
            nearness = size
            right = 0.022 * size / 0.3 * seconds * stage.height * stage.scene.pace
            up = 0.009 * seconds * stage.height * size / 0.3 - 0.006 * stage.height * math.sin(0.5 * seconds + phase)
            across = x + right - (stage.shift(seconds) - stage.travel / 2) * nearness
            lay(frame, sprite, across, y - up, 0.02 * math.sin(0.7 * seconds + phase))


class Birds:
    """A loose flock that flaps and glides."""

    def __init__(self, stage: Stage, thing: Thing) -> None:
        """Give each bird its place in the flock and its own beat."""
        self.stage, self.count = stage, thing.count
        rng = stream(stage.seed, "birds")
        self.heading = 1 if rng.random() < 0.5 else -1
        self.size = rng.uniform(0.016, 0.030, self.count) * stage.height * (1.5 if self.count == 1 else 1.0)
        rank = np.arange(self.count)
        wing = np.where(rank % 2, 1, -1) * ((rank + 1) // 2)
        self.x = -np.abs(wing) * 0.052 * stage.height + rng.normal(0, 0.016, self.count) * stage.height
        self.y = wing * 0.024 * stage.height + rng.normal(0, 0.014, self.count) * stage.height
        self.beat, self.phase = rng.uniform(2.1, 2.9, self.count), rng.uniform(0, 6, self.count)
        self.start = (0.28 if self.heading > 0 else 0.72) * stage.width, float(rng.uniform(0.18, 0.30)) * stage.height
        tone = thing.colour or (0.10, 0.10, 0.12)
        dim = 0.45 + 0.55 * max(stage.palette.ambient)
        self.colour = np.asarray([part * dim for part in tone], np.float32)

    def draw(self, frame: Light, seconds: float) -> None:
        """Draw the flock as one mask."""
        stage = self.stage
        flown = self.heading * 0.062 * stage.height * seconds * (0.5 + 0.5 * stage.scene.pace)
        for index in range(self.count):
            x = self.start[0] + flown + self.heading * self.x[index] - 0.12 * stage.shift(seconds)
            y = self.start[1] + self.y[index] + 0.010 * stage.height * math.sin(0.9 * seconds + self.phase[index])
            self._bird(frame, float(x), float(y), float(self.size[index]), self._lift(index, seconds))

    def _lift(self, index: int, seconds: float) -> float:
        """How high the wings are: some beats, then a glide."""
        turn = seconds * self.beat[index] + self.phase[index]
        gliding = 0.5 + 0.5 * math.tanh(4 * math.sin(0.55 * turn + self.phase[index]))
        return float((1 - gliding) * 0.85 * math.sin(2 * math.pi * turn) + gliding * 0.28)

    def _bird(self, frame: Light, x: float, y: float, size: float, lift: float) -> None:
        import cv2

        reach = math.ceil(size * 1.6) + 2
        left, top = int(x) - reach, int(y) - reach
        if not (0 <= left and left + 2 * reach <= frame.shape[2] and 0 <= top and top + 2 * reach <= frame.shape[1]):
            return
        over = 4
        mask = np.zeros((2 * reach * over, 2 * reach * over), np.float32)
        cx, cy = x - left, y - top
        tip, elbow = -0.62 * lift * size, -0.42 * (lift + 0.35) * size
        upper = [(-size, tip), (-0.45 * size, elbow), (0, -0.05 * size), (0.45 * size, elbow), (size, tip)]
        lower = [(0.42 * size, elbow + 0.17 * size), (0.10 * size, 0.13 * size), (-0.10 * size, 0.13 * size),
                 (-0.42 * size, elbow + 0.17 * size)]  # fmt: skip
        outline = [((cx + dx) * over * 16, (cy + dy) * over * 16) for dx, dy in upper + lower]
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 0.92, cv2.LINE_8, 4)
        cover = cv2.resize(mask, (2 * reach, 2 * reach), interpolation=cv2.INTER_AREA)
        part = frame[:, top : top + 2 * reach, left : left + 2 * reach]
        part += (self.colour[:, None, None] - part) * cover


class Balls:
    """Beach balls: they bounce along the ground, or bob on the water."""

    def __init__(self, stage: Stage, thing: Thing) -> None:
        """Throw them in."""
        self.stage = stage
        rng = stream(stage.seed, "balls")
        self.balls = []
        for index, colour in enumerate(_colours(thing, rng)):
            size = stage.height * (0.13 if index == 0 else float(rng.uniform(0.07, 0.11)))
            sprite = tinted(shapes.ball(size, colour), *_light(stage, 0.0))
            floor = stage.height * (0.88 if index == 0 else float(rng.uniform(0.76, 0.84)))
            start, phase = float(rng.uniform(0.15, 0.6)), float(rng.uniform(0, 3))
            self.balls.append((size, sprite, shapes.ball_shade(size), start, floor, phase))
        self.balls.sort(key=lambda one: one[4])

    def draw(self, frame: Light, seconds: float) -> None:
        """Lay shadow, ball and shade."""
        stage = self.stage
        for size, sprite, shade, start, floor, phase in self.balls:
            if stage.scene.water:
                x = start * stage.width + stage.height * (0.03 * seconds + 0.01 * math.sin(seconds + phase))
                y = floor + 0.012 * stage.height * _sway(stage) * math.sin(1.6 * seconds + phase)
                turn = 0.35 * math.sin(0.9 * seconds + phase) + 0.25 * seconds
            else:
                x = start * stage.width + 0.16 * stage.height * seconds * stage.scene.pace
                beat = (seconds * 0.95 + phase) % 1.0
                y = floor - 4 * beat * (1 - beat) * 0.30 * stage.height
                turn = x / (0.5 * size)
            self._shadow(frame, x, floor + 0.46 * size, size, (floor - y) / stage.height)
            lay(frame, sprite, x, y, turn)
            lay(frame, shade, x, y)

    def _shadow(self, frame: Light, x: float, y: float, size: float, above: float) -> None:
        wide, high = size * (0.55 + 0.9 * above), size * (0.11 + 0.2 * above)
        left, right = max(0, int(x - 2 * wide)), min(frame.shape[2], int(x + 2 * wide))
        top, bottom = max(0, int(y - 2 * high)), min(frame.shape[1], int(y + 2 * high))
        if left >= right or top >= bottom:
            return
        rows, columns = np.ogrid[top:bottom, left:right]
        away = ((columns - x) / wide) ** 2 + ((rows - y) / high) ** 2
        dark = 0.5 / (1 + 4 * max(above, 0.0)) * np.exp(-away * 1.4)
        frame[:, top:bottom, left:right] *= np.asarray(1 - dark, np.float32)


class Lighthouse:
    """A lighthouse off the shore; in the dark its beam goes round."""

    def __init__(self, stage: Stage, thing: Thing) -> None:
        """Build it on the side away from the sun."""
        self.stage = stage
        rng = stream(stage.seed, "lighthouse")
        self.high = 0.40 * stage.height
        self.sprite = tinted(shapes.lighthouse(self.high, thing.colour, rng), *_light(stage, 0.10))
        self.x = stage.width * (0.22 if stage.sun_x > stage.width / 2 else 0.78) + stage.travel * 0.06
        self.phase = float(rng.uniform(0, 6))
        self.lit = {"night": 1.0, "dusk": 0.8, "sunset": 0.25, "overcast": 0.35}.get(stage.scene.light, 0.0)

    def draw(self, frame: Light, seconds: float) -> None:
        """Lay the tower, then the beam over what is behind it."""
        stage = self.stage
        x, y = self.x - 0.12 * stage.shift(seconds), stage.horizon - 1
        lay(frame[:, : stage.horizon], self.sprite, x, y)
        if self.lit:
            turn = seconds * 0.9 + self.phase
            self._beam(frame, x, y - 0.87 * self.high, math.cos(turn), math.sin(turn))

    def _beam(self, frame: Light, x: float, y: float, side: float, towards: float) -> None:
        """Two cones of light, seen longer from the side; a flash when one points at us."""
        stage = self.stage
        rows = slice(0, stage.horizon)
        dy, dx = np.ogrid[rows, : stage.width]
        along = (dx - np.float32(x)) / np.float32(stage.height)
        across = (dy - np.float32(y)) / np.float32(stage.height)
        glow = np.zeros((stage.horizon, stage.width), np.float32)
        for sign in (1, -1):
            reach = max(abs(side), 0.05) * 0.75
            ahead = along * np.float32(math.copysign(1, side) * sign)
            width = 0.006 + 0.085 * np.maximum(ahead, 0)
            near = np.where(ahead > 0, np.exp(-ahead / np.float32(reach)), 0)
            glow += np.asarray(near * np.exp(-((across / width) ** 2)) * (0.35 + 0.15 * towards * sign), np.float32)
        flash = max(0.0, towards) ** 24 + max(0.0, -towards) ** 24
        away = along * along + across * across
        glow += np.asarray((0.35 + 1.6 * flash) * np.exp(-away / np.float32(0.0006 + 0.0028 * flash)), np.float32)
        for plane, part in zip(frame[:, rows], (1.0, 0.93, 0.72), strict=True):
            plane += glow * np.float32(part * self.lit)


def _sway(stage: Stage) -> float:
    """How much the waves move what floats."""
    return min(stage.scene.waves, 1.8)


def _colours(thing: Thing, rng: np.random.Generator) -> list[Rgb | None]:
    """The asked colour for all; else, of several, each its own."""
    if thing.colour is not None or thing.count == 1:
        return [thing.colour] * thing.count
    start = int(rng.integers(len(USUAL)))
    return [USUAL[(start + index) % len(USUAL)] for index in range(thing.count)]


def _light(stage: Stage, haze: float) -> tuple[Rgb, Rgb, float]:
    colours = stage.palette
    dim = AWAY.get(stage.scene.light, 1.0)
    red, green, blue = (part * dim for part in colours.ambient)
    pairs = zip(colours.horizon, colours.middle, strict=True)
    air_red, air_green, air_blue = (0.5 * low + 0.5 * mid for low, mid in pairs)
    return (red, green, blue), (air_red, air_green, air_blue), max(0.0, min(haze + 0.3 * stage.scene.mist, 0.8))
