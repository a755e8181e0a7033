"""A prompt becomes frames. Until a model of our own exists, a procedural renderer draws them, and says so everywhere.

What it makes is algorithmic media: no trained model has any part in it. It knows a few dozen words (`words()`), and
reports every other one.

>>> from countermark.generator import Request, understood
>>> request = Request("a red balloon over misty mountains at dawn", size=(320, 180), seconds=2.0)
>>> request.frames
48
>>> understood("a sunset over the ocaen").warnings
("the procedural renderer does not know 'ocaen'; did you mean ocean?",)
>>> from countermark.generator import render
>>> next(render(request)).shape
(180, 320, 3)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .scene import Request, Scene, Understanding
from .vocabulary import understood, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "MODEL",
    "SOURCE_TYPE",
    "MODEL_VERSION",
    "Request",
    "Scene",
    "Understanding",
    "render",
    "understood",
    "words",
]

# For the manifest: who drew it, and the IPTC digital source type of what no trained model made.
MODEL = "countermark-procedural"
MODEL_VERSION = "1"
SOURCE_TYPE = "algorithmicMedia"


def render(request: Request) -> Iterator[NDArray[np.uint8]]:
    """Give the frames one by one, RGB (H, W, 3) uint8; the same request gives the same frames."""
    from .procedural import render as draw  # numpy waits until there is something to draw

    return draw(request)
