"""From light to a picture: the camera's zoom and shake, vignette, soft highlights, grain, eight bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .noise import stream
from .stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .noise import Light

BAND = 24  # rows worked on at once, so that they stay in the processor's cache
GRAIN = 1.5  # deviation, in levels of 8 bits
TILE_ROWS = 256


class Film:
    """Develops one frame of light (3, H, W) into RGB (H, W, 3)."""

    def __init__(self, stage: Stage) -> None:
        """Prepare the vignette and a stock of grain."""
        self.stage = stage
        rng = stream(stage.seed, "grain")
        self.rng = stream(stage.seed, "film")
        grey = rng.standard_normal((1, TILE_ROWS + BAND, stage.width + 64), np.float32)
        own = rng.standard_normal((3, TILE_ROWS + BAND, stage.width + 64), np.float32)
        self.grain = (grey * 0.8 + own * 0.6) * np.float32(GRAIN) + np.float32(0.5)  # rounds, too
        y = np.linspace(-1, 1, stage.height, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, stage.width, dtype=np.float32)[None, :]
        self.vignette = np.asarray(1.03 - 0.15 * (x * x + y * y) ** 1.4, np.float32)

    def develop(self, light: Light, seconds: float) -> NDArray[np.uint8]:
        """Make the picture; `light` is used up."""
        import cv2

        light = self._moved(light, seconds)
        planes = np.empty(light.shape, np.uint8)
        for top in range(0, light.shape[1], BAND):
            rows = slice(top, top + BAND)
            down, right = int(self.rng.integers(TILE_ROWS)), int(self.rng.integers(64))
            for index, plane in enumerate(light):
                band = plane[rows]
                np.multiply(band, self.vignette[rows], out=band)
                shoulder = band * band
                shoulder *= shoulder
                shoulder += np.float32(1)
                np.sqrt(shoulder, out=shoulder)
                np.sqrt(shoulder, out=shoulder)
                np.divide(band, shoulder, out=band)
                band *= np.float32(262)
                band += self.grain[index, down : down + band.shape[0], right : right + band.shape[1]]
                np.clip(band, 0, 255, out=band)
                planes[index, rows] = band
        return np.asarray(cv2.merge(list(planes)))

    def _moved(self, light: Light, seconds: float) -> Light:
        import cv2

        stage = self.stage
        zoom, (dx, dy) = stage.zoom(seconds), stage.shake(seconds)
        if stage.scene.move == "handheld":
            zoom = 1.05
        elif zoom == 1.0:
            return light
        middle_x, middle_y = stage.width / 2, stage.height / 2
        focus_y = min(stage.horizon - 0.06 * stage.height, 0.62 * stage.height) if zoom > 1 else middle_y
        matrix = np.asarray(
            [[1 / zoom, 0, middle_x - middle_x / zoom + dx], [0, 1 / zoom, focus_y - focus_y / zoom + dy]], np.float32
        )
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (stage.width, stage.height)
        return np.asarray([cv2.warpAffine(p, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE) for p in light])
