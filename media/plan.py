"""Which frames a reader wants to see, and what it is shown. Several plans are merged into one decode."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..evidence import Evidence, Track
from .facts import Video

if TYPE_CHECKING:  # numpy costs .26 s, and who only asks for a verdict looks at no pixel in this process
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Tile:
    """A rectangle of native pixels of the upright picture."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Plan:
    """What one reader wants to see: when, in which colours, how large."""

    times_s: tuple[float, ...] = ()  # ascending; the frame on show at each; none: the reader needs no pictures
    pixels: Literal["luma", "rgb"] = "luma"
    short_side: int | None = None  # scaled to it, square pixels, upright; None: native size, upright
    tiles: tuple[Tile, ...] = ()  # native rectangles in place of the whole picture

    def __post_init__(self) -> None:
        """Times ascend; tiles are native."""
        if list(self.times_s) != sorted(set(self.times_s)) or (self.times_s and self.times_s[0] < 0):
            raise ValueError("the times of a plan ascend from 0, each once")
        if self.tiles and self.short_side is not None:
            raise ValueError("tiles are cut at native size: no short_side beside them")


@dataclass(frozen=True)
class View:
    """One picture, or one tile of it, as a plan asked for it."""

    seconds: float  # since the start of the video
    pixels: NDArray[Any]  # luma: (H, W) float32 in levels of 8 bits (10-bit video: fractions); rgb: (H, W, 3) uint8
    tile: Tile | None = None

    def __repr__(self) -> str:
        """Shapes, not numbers."""
        return f"View({self.seconds:.3f} s, {self.pixels.dtype}{list(self.pixels.shape)}, tile={self.tile})"


class ContainerExaminer(Protocol):
    """One idea of how to look at a file without its pictures. Works for audio and for what will not decode too."""

    name: str
    version: str
    track: Track

    def examine(self, path: Path, digest: str) -> Evidence:
        """Say what was seen; `digest` is the file's SHA-256, in hexadecimal."""
        ...


class Examiner(Protocol):
    """One idea of how to look at pictures. Made anew for each video, inside the limited child."""

    name: str
    version: str
    track: Track

    def plan(self, video: Video) -> Plan:
        """Say what to show; an empty plan where the container is enough."""
        ...

    def see(self, view: View) -> None:
        """Look at one picture; called in order of time."""
        ...

    def conclude(self, video: Video) -> Evidence:
        """Say what was seen; called once, at the end."""
        ...


def spread(duration_s: float, count: int) -> tuple[float, ...]:
    """Give `count` times, the middles of as many equal parts.

    >>> spread(8.0, 4)
    (1.0, 3.0, 5.0, 7.0)
    """
    return tuple((i + 0.5) * duration_s / count for i in range(count))
