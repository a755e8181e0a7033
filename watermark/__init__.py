"""An invisible mark of 64 bits in the luma of a video: put in while it is encoded, read from any scaled copy.

The wing knows planes, keys and payloads. It opens no file (`media` does), signs nothing and looks nothing up: what a
payload means, the registry says.

>>> import numpy as np
>>> from countermark.media.facts import Geometry
>>> from countermark.watermark import OPEN_KEY, Embedder, new_payload, read_mark
>>> payload = new_payload()
>>> embed = Embedder(payload, OPEN_KEY, Geometry(320, 240))
>>> luma = np.full((240, 320), 90, np.uint8)
>>> embed(luma, seconds=0.0)
>>> read_mark([luma], OPEN_KEY) == payload
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keys import OPEN_KEY, MarkKey, new_payload
from .room import FLOOR, check_room

if TYPE_CHECKING:
    from .embedder import Embedder
    from .examiner import MarkExaminer

__all__ = [
    "FLOOR",
    "OPEN_KEY",
    "Embedder",
    "MarkExaminer",
    "MarkKey",
    "check_room",
    "new_payload",
]


def __getattr__(name: str) -> Any:
    """Import what looks at pixels, and numpy with it, when it is first asked for."""
    if name == "Embedder":
        from .embedder import Embedder

        return Embedder
    if name == "MarkExaminer":
        from .examiner import MarkExaminer

        return MarkExaminer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
