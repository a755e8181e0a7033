"""What a picture shows, as values: the shot, the scene read from it, and what was not understood. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ...errors import PromptInvalid

Backdrop = Literal["none", "hills", "mountains", "forest", "desert", "city"]
Light = Literal["day", "sunset", "sunrise", "dusk", "night", "overcast"]
Weather = Literal["dry", "rain", "snow"]
Move = Literal["drift", "pan_left", "pan_right", "zoom_in", "zoom_out", "handheld", "still"]
Kind = Literal["boat", "balloon", "bird", "ball", "lighthouse"]
Rgb = tuple[float, float, float]

LEAST_SIDE, GREATEST_SIDE = 128, 4096


@dataclass(frozen=True)
class Thing:
    """Something that moves through the scene."""

    kind: Kind
    colour: Rgb | None = None  # None: its usual one
    count: int = 1


@dataclass(frozen=True)
class Scene:
    """Everything the renderer needs to know besides size, length and seed."""

    backdrop: Backdrop = "none"
    water: bool = True
    light: Light = "day"
    cover: float = 0.5  # share of the sky behind clouds
    weather: Weather = "dry"
    mist: float = 0.0
    waves: float = 1.0  # .35 a calm lake, 1 a breeze, 1.8 a storm
    aurora: bool = False
    moon: bool = False
    things: tuple[Thing, ...] = ()
    move: Move = "drift"
    pace: float = 1.0

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        if not (0 <= self.cover <= 1 and 0 <= self.mist <= 1 and self.waves > 0 and self.pace > 0):
            raise ValueError(f"no scene: {self}")


@dataclass(frozen=True)
class Unknown:
    """A word that the vocabulary lacks, and the nearest ones that it has."""

    word: str
    nearest: tuple[str, ...]

    def __str__(self) -> str:
        """One line for a person."""
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return f"the procedural renderer does not know {self.word!r}{hint}"


@dataclass(frozen=True)
class Understanding:
    """What was made of a prompt."""

    scene: Scene
    known: tuple[str, ...]
    unknown: tuple[Unknown, ...]
    fallback: bool = False  # no word said what to show: the default scene it is

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each thing that will not be as asked."""
        lines = [str(word) for word in self.unknown]
        if self.fallback:
            lines.append("the procedural renderer knows no picture that the prompt names; it shows the sea by day")
        return tuple(lines)


@dataclass(frozen=True)
class Shot:
    """What to render, all of it chosen. The same shot gives the same frames (on the same numpy and OpenCV).

    >>> Shot("a sunset over the sea", seconds=2.0).frames
    48
    """

    prompt: str
    size: tuple[int, int] = (854, 480)  # width, height
    seconds: float = 5.0
    frame_rate: Fraction = Fraction(24)
    seed: int = 0
    move: Move | None = None  # of the camera, whatever the prompt says

    def __post_init__(self) -> None:
        """Refuse a size that cannot be rendered, saying which could."""
        if self.size != (nearest := tuple(_nearest_side(side) for side in self.size)):
            raise PromptInvalid(
                f"{self.size[0]}x{self.size[1]} cannot be rendered: sides are even, {LEAST_SIDE} to {GREATEST_SIDE}",
                advice=f"the nearest size is {nearest[0]}x{nearest[1]}",
            )

    @property
    def frames(self) -> int:
        """How many pictures that makes."""
        return max(1, round(self.seconds * self.frame_rate))


def _nearest_side(side: int) -> int:
    return min(max(side - side % 2, LEAST_SIDE), GREATEST_SIDE)
