"""Hills, mountains, woods and dunes: ridges behind ridges, lit from the sun's side, paler the farther they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .layers import Mist, Strip, strip_width
from .noise import fractal, profile, sample, smoothstep, stream
from .scene import Backdrop, Rgb
from .stage import Stage

if TYPE_CHECKING:
    from .noise import Light, Plane


@dataclass(frozen=True)
class Ridge:
    """One ridge of a landscape, sizes in heights of the picture."""

    crest: float  # above the horizon
    relief: float  # how far the crest goes up and down
    span: float  # from bump to bump
    nearness: float
    haze: float
    colour: Rgb
    roughness: float  # of the slopes
    trees: float = 0.0  # height of firs along the crest; 0: none
    snow: float = 0.0  # share of the slopes under snow
    sharp: bool = False


ROCK, PINE, GRASS, SAND = (0.36, 0.35, 0.37), (0.10, 0.19, 0.13), (0.27, 0.37, 0.14), (0.80, 0.58, 0.36)
LANDS: dict[Backdrop, tuple[Ridge, ...]] = {  # from the far to the near
    "hills": (
        Ridge(0.165, 0.050, 0.85, 0.10, 0.74, (0.26, 0.36, 0.22), 0.35),
        Ridge(0.105, 0.045, 0.70, 0.20, 0.52, (0.22, 0.35, 0.16), 0.55),
        Ridge(0.025, 0.050, 0.75, 0.38, 0.26, GRASS, 0.75, trees=0.020),
        Ridge(-0.115, 0.055, 0.95, 0.65, 0.07, (0.31, 0.40, 0.13), 0.95),
    ),
    "mountains": (
        Ridge(0.315, 0.085, 0.46, 0.07, 0.66, ROCK, 0.9, snow=0.72, sharp=True),
        Ridge(0.195, 0.085, 0.42, 0.15, 0.42, (0.30, 0.31, 0.34), 1.1, snow=0.46, sharp=True),
        Ridge(0.055, 0.045, 0.55, 0.32, 0.20, (0.15, 0.23, 0.18), 0.8, trees=0.030),
        Ridge(-0.130, 0.045, 0.80, 0.65, 0.05, (0.17, 0.24, 0.13), 0.8, trees=0.075),
    ),
    "forest": (
        Ridge(0.190, 0.055, 0.75, 0.12, 0.68, PINE, 0.6, trees=0.022),
        Ridge(0.110, 0.050, 0.65, 0.24, 0.46, PINE, 0.7, trees=0.038),
        Ridge(0.005, 0.045, 0.70, 0.45, 0.22, PINE, 0.8, trees=0.070),
        Ridge(-0.160, 0.045, 0.90, 0.80, 0.04, (0.08, 0.15, 0.10), 0.8, trees=0.150),
    ),
    "desert": (
        Ridge(0.105, 0.040, 0.90, 0.10, 0.62, SAND, 0.25, sharp=True),
        Ridge(0.055, 0.045, 0.80, 0.22, 0.38, (0.82, 0.56, 0.33), 0.30, sharp=True),
        Ridge(-0.030, 0.060, 0.95, 0.45, 0.16, (0.84, 0.56, 0.31), 0.35, sharp=True),
        Ridge(-0.185, 0.065, 1.25, 0.80, 0.02, (0.86, 0.58, 0.32), 0.40, sharp=True),
    ),
}


class Land:
    """Draws a landscape: strips with mist between."""

    def __init__(self, stage: Stage) -> None:
        """Paint the strips once."""
        ridges = LANDS[stage.scene.backdrop]
        self.parts: list[Strip | Mist] = []
        for index, ridge in enumerate(ridges[:-1] if stage.scene.water else ridges):
            rng = stream(stage.seed, f"ridge {index}")
            shore = stage.scene.water and index == len(ridges) - 2
            self.parts.append(_strip(stage, ridge, rng, shore))
            if stage.scene.mist and index < len(ridges) - 1:
                middle = stage.horizon - (ridge.crest - 0.085) * stage.height
                self.parts.append(Mist(stage, rng, middle, 0.13 * stage.height, stage.scene.mist))

    def draw(self, frame: Light, seconds: float) -> None:
        """Lay the strips over the sky, the farthest first."""
        for part in self.parts:
            part.draw(frame, seconds)


def _strip(stage: Stage, ridge: Ridge, rng: np.random.Generator, shore: bool) -> Strip:
    width, unit = strip_width(stage, ridge.nearness), stage.height
    columns = (np.arange(width, dtype=np.float32) / unit)[None, :]
    line = profile(rng, columns[0] / ridge.span, 7 if ridge.sharp and ridge.roughness > 0.6 else 5, 0.46)[None, :]
    if ridge.sharp:
        line = 1.1 - 1.5 * np.abs(line) ** 0.9
    crest = stage.horizon - (ridge.crest + ridge.relief * line) * unit
    top = max(0, int(crest.min() - ridge.trees * unit * 1.3) - 2)
    bottom = stage.horizon if stage.scene.water else stage.height
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    below = (rows - crest) / unit  # heights of the picture below the crest
    cover = np.clip(below * unit + 0.5, 0, 1)
    colour = _slopes(stage, ridge, rng, columns, below, rows)
    if ridge.trees:
        _plant(stage, ridge, rng, colour, cover, crest[0] - top)
    if shore:
        _bank(stage, rng, colour, rows)
    return Strip(stage, top, _through_air(stage, ridge, colour, below), cover, ridge.nearness)


def _slopes(stage: Stage, ridge: Ridge, rng: np.random.Generator, columns: Plane, below: Plane, rows: Plane) -> Light:
    """Light and shade of uneven ground, snow where it lies."""
    ground = fractal(rng, 512, cells=4, octaves=7, gain=0.62 if ridge.roughness > 0.5 else 0.42)
    if ridge.sharp and ridge.roughness > 0.6:
        ground = -np.abs(ground)
        ground = (ground - ground.mean()) / ground.std()
    scale = 190 / ridge.span * (0.35 + 0.65 * ridge.nearness) ** 0.35
    x = np.asarray((columns + 0.4 * below) * scale * np.ones_like(below), np.float32)
    y = np.asarray((rows / stage.height + 0.25 * below) * scale * (1.1 if ridge.snow else 2.2), np.float32)
    side = np.float32(1.0 if stage.sun_x > stage.width / 2 else -1.0)
    lit = sample(ground, x + side * np.float32(2.0), y - np.float32(1.5)) - sample(ground, x, y)
    fine = sample(ground, x * np.float32(4.3), y * np.float32(4.3)) + sample(ground, x * 11, y * 9) * np.float32(0.8)
    relief = np.clip(1 + ridge.roughness * (0.10 * fine - 0.95 * lit), 0.35, 1.7)
    edge = 1 + 0.22 * np.exp(-np.maximum(below, 0) / 0.02) - 0.20 * smoothstep(0.0, 0.35, below)
    colour = np.asarray([part * relief * edge for part in ridge.colour], np.float32)
    if ridge.snow:
        altitude = (stage.horizon - rows) / stage.height - ridge.crest + ridge.snow * 2.2 * ridge.relief
        line = altitude + 0.035 * sample(ground, x * np.float32(0.7), y * np.float32(0.35)) - 0.35 * below
        white = smoothstep(-0.03, 0.03, line) * smoothstep(-0.75, 0.10, -lit * 3.0 + 0.25)
        for plane, part in zip(colour, (0.93, 0.95, 1.0), strict=True):
            plane += (part * np.clip(0.72 - 1.0 * lit, 0.42, 1.08) - plane) * white
    elif stage.scene.weather == "snow":
        for plane, part in zip(colour, (0.86, 0.88, 0.92), strict=True):
            plane += (part * relief - plane) * (0.72 if not ridge.trees else 0.45)
    return colour


def _plant(stage: Stage, ridge: Ridge, rng: np.random.Generator, colour: Light, cover: Plane, crest: Plane) -> None:
    """Firs along the crest and down the slope, each darker at its foot, the near ones over the far ones."""
    import cv2

    unit, width = stage.height, cover.shape[1]
    high = ridge.trees * unit
    rows = int(min(6, 1 + 0.20 * unit / max(high, 1)))
    paint = np.ascontiguousarray(np.moveaxis(colour, 0, -1))
    mask = np.ascontiguousarray(cover, np.float32)
    for row in range(rows):
        down = row * high * 0.62
        for x in np.sort(rng.uniform(-high, width + high, int(width / (high * 0.27)))):
            tall = high * rng.uniform(0.55, 1.15)
            foot = float(crest[int(np.clip(x, 0, width - 1))]) + down + rng.uniform(0, 0.55) * high
            shade = rng.uniform(0.62, 1.18) * (1.0 - 0.03 * row)
            tone = tuple(float(part * shade) for part in ridge.colour)
            if stage.scene.weather == "snow":
                tone = tuple(float(0.45 * part + 0.45 * shade * 0.8) for part in tone)
            outline = np.round(_fir(rng, x, foot, tall) * 8).astype(np.int32)
            cv2.fillPoly(paint, [outline], tone, cv2.LINE_8, 3)
            cv2.fillPoly(mask, [outline], 1.0, cv2.LINE_8, 3)
    soft = (0, 0), 0.55
    colour[:] = np.moveaxis(cv2.GaussianBlur(paint, *soft), -1, 0)
    cover[:] = cv2.GaussianBlur(mask, *soft)


def _fir(rng: np.random.Generator, x: float, foot: float, tall: float) -> Plane:
    """The outline of a fir: tiers of branches, narrower towards the top."""
    tiers = 5
    half = tall * 0.20
    left: list[tuple[float, float]] = []
    right: list[tuple[float, float]] = []
    for tier in range(tiers):
        height = foot - tall * (1 - tier / tiers) * 0.94
        reach = half * (tier + 1.0) / tiers
        for side, points in ((-1, left), (1, right)):
            points.append((x + side * reach * 0.35, height + tall * 0.03))
            points.append((x + side * reach * rng.uniform(0.8, 1.15), height + tall * 0.19))
    base = foot + tall * 0.1
    return np.asarray([(x, foot - tall), *right, (x + half, base), (x - half, base), *left[::-1]])


def _bank(stage: Stage, rng: np.random.Generator, colour: Light, rows: Plane) -> None:
    """The shore: a pale uneven line just above the water."""
    uneven = profile(rng, np.arange(colour.shape[2], dtype=np.float32) / 40)
    line = stage.horizon - (0.006 + 0.003 * uneven) * stage.height
    share = smoothstep(0.0, 0.004 * stage.height, np.asarray(rows - line[None, :], np.float32)) * 0.55
    for plane, part in zip(colour, (0.52, 0.47, 0.38), strict=True):
        plane += (part - plane) * share


def _through_air(stage: Stage, ridge: Ridge, colour: Light, below: Plane) -> Light:
    """What the light of the hour and the air between make of it."""
    colours = stage.palette
    haze = min(ridge.haze + (0.12 if stage.scene.weather != "dry" else 0.0) + 0.10 * stage.scene.mist, 0.9)
    share = np.clip(haze * (0.86 + 0.9 * np.clip(below, 0, 0.25)), 0, 0.95)
    lit = []
    for plane, ambient, low, mid in zip(colour, colours.ambient, colours.horizon, colours.middle, strict=True):
        air = 0.45 * low + 0.55 * mid
        lit.append(plane * ambient * (1 - share) + air * share)
    return np.asarray(lit, np.float32)
