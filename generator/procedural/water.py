"""Water below the horizon: slopes of waves in perspective, what they mirror, and the sun's glitter on them.

It mirrors the picture that is already drawn above the horizon, whatever that shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .noise import fractal, sample, smoothstep, stream
from .stage import Stage

if TYPE_CHECKING:
    from .noise import Light, Plane

TEXELS = 512
# Units a texture spans, octaves in it, its steepness, and its two winds (units a second, sideways and towards us).
SWELL = (7.0, 4, 0.050, (0.10, 0.42), (-0.26, 0.30))
RIPPLE = (1.7, 5, 0.075, (0.16, 0.26), (-0.19, 0.12))


class Water:
    """Draws the rows from the horizon down."""

    def __init__(self, stage: Stage) -> None:
        """Prepare the perspective and the textures of slopes."""
        self.stage = stage
        self.rows = stage.height - stage.horizon
        nearness = ((np.arange(self.rows, dtype=np.float32) + 0.5) / self.rows)[:, None]
        self.near = nearness
        depth = 1 / (nearness + 0.035)
        centre = np.arange(stage.width, dtype=np.float32)[None, :] - stage.width / 2
        self.x = np.asarray(centre / stage.height * 1.9 * depth, np.float32)
        self.z = np.asarray(depth * 2.6 * np.ones_like(centre), np.float32)
        step = depth * depth * 2.6 / self.rows  # units between two rows: where it exceeds a wave, that wave fades
        rng = stream(stage.seed, "water")
        self.layers = [_Waves(rng, step, stage.scene.waves, *which) for which in (SWELL, RIPPLE)]
        self.columns = np.asarray(np.arange(stage.width, dtype=np.float32)[None, :] * np.ones_like(nearness))
        self.down = np.asarray(nearness * self.rows * 0.92 * np.ones_like(centre), np.float32)
        self.lift = np.float32(stage.height * (0.30 + 0.55 * stage.scene.waves**0.5))
        self.sideways = np.asarray(self.lift * (0.05 + 0.30 * nearness), np.float32)
        fresnel = 0.86 - 0.62 * smoothstep(0.0, 1.0, nearness) + 0.10 / (1 + stage.scene.waves)
        self.mirror = np.asarray(fresnel, np.float32)
        self.glitter = self._glitter_strength()
        self.foam = fractal(rng, TEXELS, cells=24, octaves=4, gain=0.7) if stage.scene.waves > 1.4 else None

    def draw(self, frame: Light, seconds: float) -> None:
        """Fill the rows from the horizon down from those above it."""
        import cv2

        stage = self.stage
        moved = np.float32(stage.shift(seconds) / stage.height * 1.9)
        across, along = self._slopes(seconds, moved)
        rise = along * self.lift
        rise += self.down
        np.abs(rise, out=rise)
        source_y = np.minimum(np.float32(stage.horizon - 1) - rise, np.float32(stage.horizon - 1))
        source_x = across * self.sideways
        source_x += self.columns
        maps = cv2.convertMaps(source_x, source_y, cv2.CV_16SC2)
        share = self.mirror - along * np.float32(1.1)
        np.clip(share, 0.04, 0.97, out=share)
        spark = self._spark(source_x, source_y, across)
        white = self._whitecaps(along, moved, seconds)
        light = np.asarray(stage.palette.sun, np.float32) * self.glitter
        for index, plane in enumerate(frame):
            seen: Plane = cv2.remap(plane[: stage.horizon], *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            deep = stage.palette.sea[index]
            seen -= deep
            seen *= share
            seen += deep
            if spark is not None:
                seen += spark * light[index]
            if white is not None:
                seen += white * np.float32(stage.palette.ambient[index] * 0.75)
            plane[stage.horizon :] = seen

    def _slopes(self, seconds: float, moved: np.float32) -> tuple[Plane, Plane]:
        across, along = self.layers[0].slopes(self.x + moved, self.z, seconds)
        for layer in self.layers[1:]:
            more_across, more_along = layer.slopes(self.x + moved, self.z, seconds)
            across += more_across
            along += more_along
        return across, along

    def _spark(self, source_x: Plane, source_y: Plane, across: Plane) -> Plane | None:
        """Facets that throw the sun at us; the sun may stand above the picture's edge."""
        import cv2

        if not self.glitter:
            return None
        stage = self.stage
        wide = np.float32(1 / (0.055 * stage.height))
        high = np.float32(1 / ((0.075 + 0.22 * stage.palette.sun_height) * stage.height))
        sun_y = np.float32(stage.horizon - abs(stage.palette.sun_height) * stage.height)
        dx = (source_x - np.float32(stage.sun_x)) * wide
        dy = (source_y - sun_y) * high
        dx *= dx
        dy *= dy
        dx += dy
        np.negative(dx, out=dx)
        spark: Plane = cv2.exp(dx)
        return spark

    def _whitecaps(self, along: Plane, moved: np.float32, seconds: float) -> Plane | None:
        if self.foam is None:
            return None
        scale = np.float32(TEXELS / 5.0)
        grain = sample(self.foam, (self.x + moved) * scale, (self.z + np.float32(0.25 * seconds)) * scale)
        crest = smoothstep(0.05, 0.17, along) * smoothstep(0.1, 1.6, grain)
        return np.asarray(crest * (0.15 + 0.85 * self.near), np.float32)

    def _glitter_strength(self) -> float:
        colours = self.stage.palette
        strength = {"day": 0.55, "sunset": 1.15, "sunrise": 0.9, "dusk": 0.0, "night": 0.0, "overcast": 0.0}
        if self.stage.scene.light == "night" and self.stage.scene.moon:
            return 0.75
        clear = 1 - 0.75 * max(0.0, self.stage.scene.cover - 0.4) / 0.6
        return strength[self.stage.scene.light] * clear if colours.sun_height > 0 else 0.0


class _Waves:
    """One size of waves: a texture of slopes that two winds drive over each other, so that it never just slides."""

    def __init__(
        self,
        rng: np.random.Generator,
        step: Plane,
        strength: float,
        span: float,
        octaves: int,
        steepness: float,
        wind: tuple[float, float],
        other: tuple[float, float],
    ) -> None:
        height = fractal(rng, TEXELS, cells=8, octaves=octaves, gain=0.5)
        along = np.roll(height, -1, 0) - np.roll(height, 1, 0)
        across = np.roll(height, -1, 1) - np.roll(height, 1, 1)
        self.texture = np.ascontiguousarray(np.stack([across / across.std(), along / along.std()], -1))
        self.scale = np.float32(TEXELS / span)
        self.winds = wind, other
        shortest = span / 8 / 2 ** (octaves - 2)
        fade = 1 / (1 + (step / shortest) ** 2)
        self.steepness = np.asarray(0.7 * steepness * strength * np.maximum(fade, 0.16), np.float32)[..., None]

    def slopes(self, x: Plane, z: Plane, seconds: float) -> tuple[Plane, Plane]:
        """Give the slopes sideways and away from us."""
        (x1, z1), (x2, z2) = self.winds
        one = sample(
            self.texture, (x + np.float32(x1 * seconds)) * self.scale, (z + np.float32(z1 * seconds)) * self.scale
        )
        x, z = x * np.float32(0.83), z * np.float32(0.83)  # another size of tile, so that no pattern repeats
        two = sample(
            self.texture, (x + np.float32(x2 * seconds)) * self.scale, (z + np.float32(31 + z2 * seconds)) * self.scale
        )
        one += two
        one *= self.steepness
        return np.ascontiguousarray(one[..., 0]), np.ascontiguousarray(one[..., 1])
