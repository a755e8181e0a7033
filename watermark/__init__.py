"""An invisible mark of 64 bits in the luma of a video: put in while it is encoded, read from any scaled copy.

The wing knows planes, keys and payloads. It opens no file (`media` does), signs nothing and looks nothing up: what a
payload means, the registry says.

>>> import numpy as np
>>> from countermark.watermark import embed, extract, new_payload
>>> payload = new_payload()
>>> marked = list(embed([np.full((240, 320), 90, np.uint8)] * 8, payload))
>>> extract(marked).payload == payload
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keys import OPEN_KEY, MarkKey, new_payload
from .room import FLOOR, STRONGEST, check_room

if TYPE_CHECKING:
    from .calls import Extraction, embed, extract
    from .embedder import Embedder
    from .examiner import MarkExaminer

__all__ = [
    "FLOOR",
    "OPEN_KEY",
    "STRONGEST",
    "Embedder",
    "Extraction",
    "MarkExaminer",
    "MarkKey",
    "check_room",
    "embed",
    "extract",
    "new_payload",
]

_WITH_PIXELS = {"Embedder": "embedder", "MarkExaminer": "examiner"}


def __getattr__(name: str) -> Any:
    """Import what looks at pixels, and numpy with it, when it is first asked for."""
    from importlib import import_module

    if name in __all__:
        return getattr(import_module(f".{_WITH_PIXELS.get(name, 'calls')}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
