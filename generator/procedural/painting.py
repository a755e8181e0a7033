"""The procedural renderer: a shot becomes frames. No trained model has any part in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .city import City
from .film import Film
from .land import Land
from .noise import stream
from .scene import Shot, Thing
from .sky import Sky
from .stage import Stage, stage
from .things import Afloat, Balloons, Balls, Birds, Lighthouse
from .vocabulary import understood
from .water import Water
from .weather import Rain, Snow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .noise import Light


class Painter(Protocol):
    """One part of the picture; draws over what is there."""

    def draw(self, frame: Light, seconds: float) -> None:
        """Draw what there is to see at that time into light (3, H, W)."""
        ...


def render(shot: Shot) -> Iterator[NDArray[np.uint8]]:
    """Give the frames one by one, RGB (H, W, 3); the same shot gives the same frames."""
    scene = understood(shot.prompt).scene
    scene = scene if shot.move is None else replace(scene, move=shot.move)
    set_up = stage(shot, scene, float(stream(shot.seed, "sun").uniform(0.33, 0.67)))
    painters, film = _painters(set_up), Film(set_up)
    for number in range(shot.frames):
        seconds = float(number / shot.frame_rate)
        light = np.zeros((3, set_up.height, set_up.width), np.float32)
        for painter in painters:
            painter.draw(light, seconds)
        yield film.develop(light, seconds)


def _painters(stage: Stage) -> list[Painter]:
    """From back to front."""
    scene = stage.scene
    painters: list[Painter] = [Sky(stage)]
    if scene.backdrop == "city":
        painters.append(City(stage))
    elif scene.backdrop != "none":
        painters.append(Land(stage))
    painters += [Lighthouse(stage, thing) for thing in scene.things if thing.kind == "lighthouse"]
    if scene.water:
        painters.append(Afloat(stage, Water(stage)))
    flying: dict[str, Callable[[Stage, Thing], Painter]] = {"balloon": Balloons, "bird": Birds, "ball": Balls}
    painters += [flying[thing.kind](stage, thing) for thing in scene.things if thing.kind in flying]
    if scene.weather == "rain":
        painters.append(Rain(stage))
    elif scene.weather == "snow":
        painters.append(Snow(stage))
    return painters
