"""Draws scenes from a few dozen words, by rules alone: no trained model has any part in it, and it says so everywhere.

It knows what `words()` lists, and reports every other word.

>>> from countermark.generator.procedural import Shot, understood
>>> shot = Shot("a red balloon over misty mountains at dawn", size=(320, 180), seconds=2.0)
>>> shot.frames
48
>>> understood("a sunset over the ocaen").warnings
("the procedural renderer does not know 'ocaen'; did you mean ocean?",)
>>> from countermark.generator.procedural import render
>>> next(render(shot)).shape
(180, 320, 3)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .maker import NAME, ORIGIN, Procedural
from .scene import Scene, Shot, Understanding
from .vocabulary import understood, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NAME", "ORIGIN", "Procedural", "Scene", "Shot", "Understanding", "render", "understood", "words"]


def render(shot: Shot) -> Iterator[NDArray[np.uint8]]:
    """Give the frames one by one, RGB (H, W, 3) uint8; the same shot gives the same frames."""
    from .painting import render as draw  # numpy waits until there is something to draw

    return draw(shot)
