"""Size, horizon and camera of one film, and the colours of its light. Knows no textures and no pixels.

Colours are as seen on a screen, 0 to 1; a light may be brighter than 1, and the film stage rolls it off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .scene import Light, Rgb, Scene, Shot

LONGEST_PAN = 0.55  # of the width: the layers are drawn that much wider


@dataclass(frozen=True)
class Palette:
    """The colours of one kind of light."""

    top: Rgb  # of the sky
    middle: Rgb
    horizon: Rgb
    sun: Rgb
    sun_height: float  # above the horizon, in heights of the picture
    sun_size: float  # radius of the disc; 0: not to be seen
    glow: float  # strength of the light around it
    cloud_lit: Rgb
    cloud_shade: Rgb
    sea: Rgb  # deep water
    ambient: Rgb  # what falls on land and things
    stars: float = 0.0


PALETTES: dict[Light, Palette] = {
    "day": Palette(
        (0.20, 0.41, 0.69), (0.46, 0.66, 0.85), (0.82, 0.89, 0.93), (1.0, 0.96, 0.86), 0.52, 0.0, 0.16,
        (1.0, 0.99, 0.97), (0.63, 0.69, 0.77), (0.03, 0.19, 0.27), (1.0, 0.98, 0.94),
    ),
    "sunset": Palette(
        (0.17, 0.20, 0.42), (0.66, 0.39, 0.45), (1.0, 0.66, 0.35), (1.0, 0.74, 0.36), 0.085, 0.032, 0.75,
        (1.0, 0.60, 0.42), (0.38, 0.27, 0.40), (0.05, 0.07, 0.14), (0.74, 0.50, 0.43),
    ),
    "sunrise": Palette(
        (0.28, 0.42, 0.66), (0.74, 0.66, 0.72), (1.0, 0.82, 0.62), (1.0, 0.86, 0.60), 0.12, 0.030, 0.60,
        (1.0, 0.82, 0.72), (0.53, 0.49, 0.60), (0.06, 0.13, 0.20), (0.86, 0.72, 0.64),
    ),
    "dusk": Palette(
        (0.07, 0.10, 0.25), (0.24, 0.23, 0.42), (0.68, 0.42, 0.40), (0.9, 0.5, 0.35), -0.03, 0.0, 0.40,
        (0.55, 0.38, 0.46), (0.19, 0.18, 0.30), (0.03, 0.04, 0.10), (0.34, 0.32, 0.42), 0.35,
    ),
    "night": Palette(
        (0.018, 0.030, 0.075), (0.048, 0.072, 0.145), (0.120, 0.150, 0.235), (0.80, 0.86, 0.96), 0.36, 0.0, 0.0,
        (0.19, 0.22, 0.30), (0.065, 0.080, 0.125), (0.014, 0.026, 0.052), (0.26, 0.30, 0.42), 1.0,
    ),
    "overcast": Palette(
        (0.42, 0.47, 0.53), (0.57, 0.62, 0.66), (0.74, 0.77, 0.78), (0.9, 0.92, 0.92), 0.45, 0.0, 0.10,
        (0.76, 0.79, 0.81), (0.36, 0.40, 0.46), (0.07, 0.13, 0.15), (0.66, 0.69, 0.71),
    ),
}  # fmt: skip
MOON_GLOW, MOON_SIZE = 0.20, 0.036


def palette(scene: Scene) -> Palette:
    """Choose the colours of the scene's light."""
    chosen = PALETTES[scene.light]
    if scene.light == "night" and scene.moon:
        return replace(chosen, sun_size=MOON_SIZE, sun_height=0.30, glow=MOON_GLOW, stars=0.6)
    if scene.light == "day" and scene.weather == "snow":
        return replace(chosen, ambient=(0.92, 0.95, 1.0))
    return chosen


@dataclass(frozen=True)
class Stage:
    """Where things are in the picture, and where the camera goes."""

    width: int
    height: int
    horizon: int  # row
    seconds: float
    seed: int
    scene: Scene
    palette: Palette
    sun_x: float  # column

    @property
    def travel(self) -> float:
        """Columns that the nearest layer moves from the first frame to the last."""
        share = {"drift": 0.010, "handheld": 0.0, "still": 0.0, "zoom_in": 0.0, "zoom_out": 0.0}
        speed = share.get(self.scene.move, 0.055) * self.scene.pace
        return min(speed * self.seconds, LONGEST_PAN) * self.width

    def shift(self, seconds: float) -> float:
        """Columns that the nearest layer has moved to the left by then: from 0 to `travel`."""
        share = min(max(seconds / self.seconds, 0.0), 1.0)
        if self.scene.move != "drift":  # a hand at the tripod starts and stops softly
            ramp = min(0.18, 0.6 / self.seconds)
            share = _soft(share, ramp)
        return self.travel * (1 - share if self.scene.move == "pan_left" else share)

    def zoom(self, seconds: float) -> float:
        """How much closer than the first frame of a zoom-in."""
        if self.scene.move not in ("zoom_in", "zoom_out"):
            return 1.0
        reach = min(0.07 * self.scene.pace * self.seconds, 0.6)
        share = _soft(min(max(seconds / self.seconds, 0.0), 1.0), 0.12)
        return float((1 + reach) ** (1 - share if self.scene.move == "zoom_out" else share))

    def shake(self, seconds: float) -> tuple[float, float]:
        """Where a hand-held camera looks off the middle, in columns and rows."""
        if self.scene.move != "handheld":
            return 0.0, 0.0
        phase = self.seed % 97
        x = math.sin(1.3 * seconds + phase) + 0.5 * math.sin(3.1 * seconds + 2 * phase)
        y = math.sin(1.7 * seconds + 3 * phase) + 0.5 * math.sin(3.7 * seconds + 5 * phase)
        return 0.007 * self.height * x * self.scene.pace, 0.006 * self.height * y * self.scene.pace


def stage(shot: Shot, scene: Scene, sun_share: float) -> Stage:
    """Set up the picture; the sun stands at `sun_share` of its width."""
    width, height = shot.size
    if scene.backdrop == "none":
        horizon = round(height * (0.56 if scene.water else 1.0))
    else:
        horizon = round(height * (0.64 if scene.water else 0.60))
    return Stage(
        width, height, horizon, shot.frames / float(shot.frame_rate), shot.seed, scene, palette(scene),
        width * sun_share,
    )  # fmt: skip


def _soft(share: float, ramp: float) -> float:
    """Even speed but for a ramp at either end."""
    speed = 1 / (1 - ramp)
    if share < ramp:
        return speed * share * share / (2 * ramp)
    if share > 1 - ramp:
        return 1 - speed * (1 - share) ** 2 / (2 * ramp)
    return speed * (share - ramp / 2)
