"""The procedural renderer: a request becomes frames. No trained model has any part in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .film import Film
from .noise import stream
from .scene import Request
from .sky import Sky
from .stage import Stage, stage
from .vocabulary import understood
from .water import Water

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .noise import Light


class Painter(Protocol):
    """One part of the picture; draws over what is there."""

    def draw(self, frame: Light, seconds: float) -> None:
        """Draw what there is to see at that time into light (3, H, W)."""
        ...


def render(request: Request) -> Iterator[NDArray[np.uint8]]:
    """Give the frames one by one, RGB (H, W, 3); the same request gives the same frames."""
    scene = understood(request.prompt).scene
    set_up = stage(request, scene, float(stream(request.seed, "sun").uniform(0.33, 0.67)))
    painters, film = _painters(set_up), Film(set_up)
    for number in range(request.frames):
        seconds = float(number / request.frame_rate)
        light = np.zeros((3, set_up.height, set_up.width), np.float32)
        for painter in painters:
            painter.draw(light, seconds)
        yield film.develop(light, seconds)


def _painters(stage: Stage) -> list[Painter]:
    """From back to front."""
    painters: list[Painter] = [Sky(stage)]
    if stage.scene.water:
        painters.append(Water(stage))
    return painters
