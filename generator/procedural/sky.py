"""The sky: gradient, sun or moon with its glow, stars, aurora, and clouds that drift and are lit by the sun."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .noise import fractal, sample, smoothstep, stream
from .stage import Stage

if TYPE_CHECKING:
    from .noise import Light, Plane

CLOUD_ROWS = 200  # clouds are soft: drawn this high, then scaled up
TEXELS = 512


class Sky:
    """Draws everything above the horizon that is behind everything else."""

    def __init__(self, stage: Stage) -> None:
        """Prepare what does not move: the gradient, the sun, the stars."""
        self.stage = stage
        self.rows = min(stage.horizon + 2, stage.height)
        self.back = self._backdrop()
        self.light = self._sunlight()
        self.stars = _Stars(stage, self.rows) if stage.palette.stars else None
        self.aurora = _Aurora(stage, self.rows) if stage.scene.aurora else None
        self.clouds = _Clouds(stage, self.rows) if stage.scene.cover > 0 else None

    def draw(self, frame: Light, seconds: float) -> None:
        """Fill the rows down to the horizon."""
        sky = frame[:, : self.rows]
        np.copyto(sky, self.back)
        if self.stars:
            self.stars.draw(sky, seconds)
        if self.aurora:
            self.aurora.draw(sky, seconds)
        if self.clouds is None:
            sky += self.light
            return
        alpha, shade = self.clouds.at(seconds)
        through = 1 - 0.86 * alpha  # the sun shines a little through
        for plane, light, lit, dark in zip(sky, self.light, self.clouds.lit, self.clouds.dark, strict=True):
            cloud = shade * lit
            cloud += dark
            cloud -= plane
            cloud *= alpha
            plane += cloud
            plane += light * through

    def _backdrop(self) -> Light:
        colours = self.stage.palette
        height = np.linspace(1.0, 0.0, self.rows, dtype=np.float32)  # 1 at the top, 0 at the horizon
        planes = [
            np.interp(height, [0, 0.12, 0.42, 1], [low, low * 0.62 + mid * 0.38, mid, top])
            for low, mid, top in zip(colours.horizon, colours.middle, colours.top, strict=True)
        ]
        columns = np.ones((1, 1, self.stage.width), np.float32)
        return np.asarray(planes, np.float32)[:, :, None] * columns

    def _sunlight(self) -> Light:
        """The disc, a narrow and a wide glow; added last, and dimmed by clouds."""
        stage, colours = self.stage, self.stage.palette
        rows, columns = np.ogrid[: self.rows, : stage.width]
        dy = (rows - (stage.horizon - colours.sun_height * stage.height)) / stage.height
        dx = (columns - stage.sun_x) / stage.height
        distance = np.sqrt(dx * dx + dy * dy).astype(np.float32)
        wide = colours.glow * (0.55 * np.exp(-distance / 0.17) + 0.30 * np.exp(-((dx / 0.75) ** 2) - (dy / 0.16) ** 2))
        narrow = colours.glow * 0.75 * np.exp(-((distance / 0.065) ** 2))
        light = np.asarray([(wide + narrow) * part for part in colours.sun], np.float32)
        if colours.sun_size:
            edge = 1.2 / stage.height
            disc = np.clip((colours.sun_size - distance) / edge + 0.5, 0, 1)
            if stage.scene.moon:
                disc = disc * _moon_face(stage, dx, dy)
            strength = 0.85 if stage.scene.moon else 1.5
            light += np.asarray([disc * strength * (0.4 + 0.6 * part) for part in colours.sun], np.float32)
        return light


class _Clouds:
    """A plane of clouds above, seen in perspective; density from two textures that drift apart."""

    def __init__(self, stage: Stage, rows: int) -> None:
        rng = stream(stage.seed, "clouds")
        self.scale = max(1.0, rows / CLOUD_ROWS)
        self.size = (stage.width, rows)
        low_rows, low_columns = round(rows / self.scale), round(stage.width / self.scale)
        y = ((np.arange(low_rows, dtype=np.float32) + 0.5) * self.scale)[:, None]
        x = ((np.arange(low_columns, dtype=np.float32) + 0.5) * self.scale)[None, :]
        elevation = np.maximum(stage.horizon - y, 0) / stage.height
        depth = 1 / (elevation + 0.13)
        texels = np.float32(TEXELS / 9.0)
        self.columns = np.asarray((x - stage.width / 2) / stage.height * depth * texels, np.float32)
        self.depths = np.asarray(depth * texels * 0.9 * np.ones_like(x), np.float32)
        self.big = fractal(rng, TEXELS, cells=3, octaves=7, gain=0.55)
        self.small = fractal(rng, TEXELS, cells=6, octaves=6, gain=0.6)
        cover = stage.scene.cover
        self.threshold = np.float32(1.35 - 2.7 * cover)
        self.soft = np.float32(1.5 if cover < 0.8 else 2.6)
        self.fade = np.asarray(smoothstep(0.0, 0.16, elevation) * 0.9 + 0.1, np.float32)
        gale = 1.8 if stage.scene.waves > 1.5 else 1.0
        self.pace = np.float32(TEXELS * 0.011 * (0.6 + 0.4 * stage.scene.pace) * gale)
        self.towards = np.sign(stage.width / 2 - stage.sun_x) or 1.0
        lit, dark = np.asarray(stage.palette.cloud_lit), np.asarray(stage.palette.cloud_shade)
        if stage.scene.waves > 1.5:
            lit, dark = lit * 0.82, dark * 0.62
        self.lit, self.dark = (lit - dark).astype(np.float32), dark.astype(np.float32)

    def at(self, seconds: float) -> tuple[Plane, Plane]:
        """Give the cover (0 to 1) and the light on it (0 to 1), at full size."""
        import cv2

        drift = np.float32(seconds) * self.pace
        across, deep = self.columns + drift, self.depths + drift * np.float32(0.25)
        big = sample(self.big, across, deep)
        finer = np.float32(1.7)
        small = sample(self.small, self.columns * finer + drift * np.float32(1.9), self.depths * finer)
        lit = sample(self.big, across - np.float32(9 * self.towards), deep + np.float32(10))
        density = big * np.float32(0.82) + small * np.float32(0.42) - self.threshold
        alpha = smoothstep(0.0, float(self.soft), density) * self.fade
        shade = (lit - big) * np.float32(0.42) - density * np.float32(0.13) + small * np.float32(0.09)
        shade = np.clip(shade + np.float32(0.58), 0, 1)
        return (
            cv2.resize(alpha, self.size, interpolation=cv2.INTER_LINEAR),
            cv2.resize(shade, self.size, interpolation=cv2.INTER_LINEAR),
        )


class _Stars:
    """Points of light, brighter ones rarer, that twinkle."""

    def __init__(self, stage: Stage, rows: int) -> None:
        rng = stream(stage.seed, "stars")
        count = 620 if stage.palette.stars > 0.5 else 160
        self.y = (rows * rng.random(count) ** 1.25 * 0.96).astype(np.int64)
        self.x = rng.integers(0, stage.width - 1, count)
        self.strength = (stage.palette.stars * (0.10 + 0.95 * rng.random(count) ** 7)).astype(np.float32)
        self.rate, self.phase = rng.uniform(1.0, 7.0, count), rng.uniform(0, 2 * math.pi, count)
        warm = rng.normal(0, 0.10, count)
        self.tint = np.stack([1 + warm, np.ones(count), 1 - warm]).astype(np.float32)
        self.radius = max(1, round(stage.height / 720))

    def draw(self, sky: Light, seconds: float) -> None:
        twinkle = self.strength * (0.78 + 0.22 * np.sin(self.rate * seconds + self.phase)).astype(np.float32)
        for dy in range(self.radius):
            for dx in range(self.radius):
                for plane, tint in zip(sky, self.tint, strict=True):
                    y, x = np.minimum(self.y + dy, plane.shape[0] - 1), np.minimum(self.x + dx, plane.shape[1] - 1)
                    plane[y, x] += twinkle * tint
        bright = self.strength > 0.5 * self.strength.max()
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            y = np.clip(self.y[bright] + dy, 0, sky.shape[1] - 1)
            x = np.clip(self.x[bright] + dx, 0, sky.shape[2] - 1)
            sky[:, y, x] += 0.28 * twinkle[bright]


class _Aurora:
    """Green curtains with a violet hem, waving."""

    def __init__(self, stage: Stage, rows: int) -> None:
        rng = stream(stage.seed, "aurora")
        self.size = (stage.width, rows)
        self.low = (96, 160)
        self.texture = fractal(rng, 256, cells=4, octaves=5, gain=0.6)
        self.y = np.linspace(0, 1, self.low[0], dtype=np.float32)[:, None]
        self.x = np.linspace(0, 1, self.low[1], dtype=np.float32)[None, :] * np.float32(stage.width / stage.height)

    def draw(self, sky: Light, seconds: float) -> None:
        import cv2

        green, violet = np.zeros(self.low, np.float32), np.zeros(self.low, np.float32)
        for band, (base, reach) in enumerate(((0.50, 0.46), (0.62, 0.34), (0.36, 0.36))):
            bend_row = np.full_like(self.x, 40 * band + 2.5 * seconds)
            bend = sample(self.texture, self.x * np.float32(34) + np.float32(5 * seconds), bend_row)
            fold_row = np.full_like(self.x, 90 + 30 * band + 6 * seconds)
            fold = sample(self.texture, self.x * np.float32(150) + bend * 26, fold_row)
            height = base + 0.11 * bend - self.y  # above the curtain's lower edge
            rise = smoothstep(-0.015, 0.03, height) * np.exp(-np.maximum(height, 0) / np.float32(reach * 0.55))
            strength = np.clip(0.42 + 0.42 * fold + 0.2 * bend, 0, 1.4)
            green += rise * strength
            violet += rise * strength * smoothstep(0.06, 0.5, height)
        for plane, own, high in zip(sky, (0.06, 0.50, 0.26), (0.34, -0.10, 0.30), strict=True):
            glow = np.asarray(green * own + violet * high, np.float32)
            plane += cv2.resize(np.maximum(glow, 0), self.size, interpolation=cv2.INTER_CUBIC)


def _moon_face(stage: Stage, dx: Plane, dy: Plane) -> Plane:
    """Dark seas on the disc."""
    texture = fractal(stream(stage.seed, "moon"), 128, cells=4, octaves=5)
    across, down = np.broadcast_arrays(dx, dy)
    seen = sample(texture, np.asarray(across * 760, np.float32), np.asarray(down * 760, np.float32))
    return np.asarray(1 - 0.30 * smoothstep(-0.1, 1.1, seen), np.float32)
