"""What is asked of a model: words, pictures, moves, size and length. Knows no model, and opens no file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from ..errors import PromptInvalid

PROMPT_LETTERS = 2000
LONGEST_S = 3600.0
LEAST_SIDE, GREATEST_SIDE = 128, 4096  # below, no mark has room
_SEEDS = 1 << 64


class Feature(StrEnum):
    """Something that a request may ask for, and a model may lack."""

    TEXT = "text"  # a prompt alone
    IMAGE = "image"  # begins with a picture
    LAST_FRAME = "last-frame"  # ends with a picture
    KEYFRAMES = "keyframes"  # passes through pictures at given times
    VIDEO = "video"  # a clip made over
    EXTEND = "extend"  # a clip goes on
    STRENGTH = "strength"  # how far from the clip it may go
    CAMERA = "camera"
    BRUSH = "brush"  # a marked part moves in a given direction
    NEGATIVE = "negative"  # what is not to be seen
    STEPS = "steps"
    GUIDANCE = "guidance"
    SOUND = "sound"  # the model gives sound with the pictures


class Camera(StrEnum):
    """How the camera moves."""

    STILL = "still"
    PAN_LEFT = "pan-left"
    PAN_RIGHT = "pan-right"
    TILT_UP = "tilt-up"
    TILT_DOWN = "tilt-down"
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"
    ORBIT_LEFT = "orbit-left"
    ORBIT_RIGHT = "orbit-right"


class Direction(StrEnum):
    """Where what the brush covers goes."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Keyframe:
    """A picture, and when it is to be seen, in seconds from the beginning."""

    seconds: float
    image: Path


@dataclass(frozen=True)
class Brush:
    """White in the mask's picture moves that way; black stays."""

    mask: Path
    direction: Direction


@dataclass(frozen=True)
class Request:
    """What to make; what is None is left to the model. The same request and seed give the same frames, on one machine.

    >>> sorted(Request("a red ball falls", camera=Camera.PAN_LEFT).needs)
    [<Feature.CAMERA: 'camera'>, <Feature.TEXT: 'text'>]
    """

    prompt: str
    size: tuple[int, int] | None = None  # width, height
    seconds: float | None = None
    frame_rate: Fraction | None = None
    seed: int = 0
    image: Path | None = None
    last_image: Path | None = None
    keyframes: tuple[Keyframe, ...] = ()
    video: Path | None = None
    extend: Path | None = None
    strength: float | None = None
    camera: Camera | None = None
    brush: Brush | None = None
    negative: str | None = None
    steps: int | None = None
    guidance: float | None = None
    sound: bool = False

    def __post_init__(self) -> None:
        """Refuse what no model could make, saying what could."""
        _check_words(self.prompt)
        if self.negative is not None and len(self.negative) > PROMPT_LETTERS:
            raise PromptInvalid(
                f"what is not to be seen has more than {PROMPT_LETTERS} letters", advice="name the main things alone"
            )
        if self.size is not None and self.size != (nearest := tuple(_nearest_side(side) for side in self.size)):
            raise PromptInvalid(
                f"{self.size[0]}x{self.size[1]} cannot be made: sides are even, {LEAST_SIDE} to {GREATEST_SIDE}",
                advice=f"the nearest size is {nearest[0]}x{nearest[1]}",
            )
        if self.seconds is not None and not (math.isfinite(self.seconds) and 0 < self.seconds <= LONGEST_S):
            raise PromptInvalid(
                f"{self.seconds:g} s cannot be made", advice=f"ask for more than 0 s, up to {LONGEST_S:.0f}"
            )
        if self.frame_rate is not None and not 1 <= self.frame_rate <= 240:
            raise PromptInvalid(f"{self.frame_rate} frames per second cannot be made", advice="ask for 1 to 240")
        if not 0 <= self.seed < _SEEDS:
            raise PromptInvalid(f"{self.seed} is no seed", advice="give a whole number from 0 to 2**64 - 1")
        self._check_guides()

    def _check_guides(self) -> None:
        if self.strength is not None and not 0 < self.strength <= 1:
            raise PromptInvalid(f"a strength of {self.strength} is none", advice="give more than 0, up to 1")
        if self.strength is not None and self.video is None:
            raise PromptInvalid("a strength is for a video that is made over", advice="give the video, too")
        if self.video is not None and self.extend is not None:
            raise PromptInvalid("a video is made over or goes on, not both", advice="give one of them")
        if self.steps is not None and not 1 <= self.steps <= 1000:
            raise PromptInvalid(f"{self.steps} steps cannot be taken", advice="ask for 1 to 1000")
        if self.guidance is not None and not (math.isfinite(self.guidance) and 0 <= self.guidance <= 100):
            raise PromptInvalid(f"a guidance of {self.guidance} is none", advice="give 0 to 100")
        for frame in self.keyframes:
            late = self.seconds is not None and frame.seconds > self.seconds
            if not math.isfinite(frame.seconds) or frame.seconds < 0 or late:
                length = LONGEST_S if self.seconds is None else self.seconds
                raise PromptInvalid(
                    f"a keyframe at {frame.seconds:g} s is outside the film",
                    advice=f"the nearest is at {0 if frame.seconds < 0 else length:g} s; give 0 to {length:g}",
                )

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every picture and video that it is made from."""
        ones = (self.image, self.last_image, self.video, self.extend, *(frame.image for frame in self.keyframes))
        return tuple(path for path in ones if path is not None)

    @property
    def needs(self) -> frozenset[Feature]:
        """What a model must be able to do for it."""
        asked = {
            Feature.IMAGE: self.image,
            Feature.LAST_FRAME: self.last_image,
            Feature.KEYFRAMES: self.keyframes,
            Feature.VIDEO: self.video,
            Feature.EXTEND: self.extend,
            Feature.STRENGTH: self.strength,
            Feature.CAMERA: self.camera,
            Feature.BRUSH: self.brush,
            Feature.NEGATIVE: self.negative,
            Feature.STEPS: self.steps,
            Feature.GUIDANCE: self.guidance,
            Feature.SOUND: self.sound,
        }
        found = {
            feature for feature, value in asked.items() if value is not None and value is not False and value != ()
        }
        return frozenset(found if self.inputs else found | {Feature.TEXT})


def _check_words(prompt: str) -> None:
    if not prompt.strip():
        raise PromptInvalid("the prompt is empty", advice="say what is to be seen")
    if len(prompt) > PROMPT_LETTERS:
        raise PromptInvalid(f"the prompt has {len(prompt)} letters, more than {PROMPT_LETTERS}")


def _nearest_side(side: int) -> int:
    return min(max(side - side % 2, LEAST_SIDE), GREATEST_SIDE)
