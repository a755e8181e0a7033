"""The smallest picture and the shortest clip that can carry a mark, and how strong a mark may be.

Knows sizes and one number; looks at no pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import TooSmall
from ..media.facts import Geometry


@dataclass(frozen=True)
class Floor:
    """What a video needs at least."""

    short_side: int = 128  # of the upright picture, in square pixels
    aspect: float = 5.0  # long side over short side, at most
    frames: int = 8


FLOOR = Floor()
STRONGEST = 1.24  # times the usual strength, whoever asks for it: 40.3 dB in RGB


def hopeless(high: int, wide: int) -> bool:
    """Say whether a picture is so thin that even as a part, or stretched, it shows nothing that could be marked."""
    return max(high, wide) > 4 * FLOOR.aspect * min(high, wide)


def check_room(geometry: Geometry, frames: int | None = None) -> None:
    """Raise TooSmall where a mark would not be carried; `frames` None: not known, and not asked."""
    wide, high = geometry.display_size
    short, long = sorted((wide, high))
    if short < FLOOR.short_side or min(geometry.width, geometry.height) < FLOOR.short_side // 2:
        raise TooSmall(f"a picture of {wide}x{high} cannot carry a mark; it takes {FLOOR.short_side} pixels each way")
    if long > FLOOR.aspect * short:
        raise TooSmall(
            f"a picture of {wide}x{high} is too long and thin for a mark; {FLOOR.aspect:g} to 1 is the limit",
            advice="crop it or add borders first",
        )
    if frames is not None and frames < FLOOR.frames:
        raise TooSmall(
            f"a clip of {frames} frames cannot carry a mark; it needs {FLOOR.frames}", advice="use a longer clip"
        )
