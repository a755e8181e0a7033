"""Pictures that are laid over a video's own, and when. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Overlay:
    """One picture with transparency, and the place and time where it lies over the upright picture."""

    picture: NDArray[np.uint8]  # (height, width, 4), RGBA, straight alpha, in pixels of the upright picture
    x: int  # of its upper left corner
    y: int
    start_s: float
    end_s: float | None  # None: to the end
    fade_s: float = 0.0  # in and out; what is there at the first picture, or to the last, does not fade there

    def __post_init__(self) -> None:
        """Refuse what has no place or no time."""
        shape, kind = self.picture.shape, self.picture.dtype
        if len(shape) != 3 or shape[2] != 4 or 0 in shape or kind != "uint8":
            raise ValueError(f"no RGBA picture: {shape} of {kind}")
        if self.x < 0 or self.y < 0 or self.start_s < 0 or self.fade_s < 0:
            raise ValueError(f"no place or time: {self.x}, {self.y}, {self.start_s} s, fading for {self.fade_s} s")
        if self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError(f"no time: {self.start_s} to {self.end_s} s")
