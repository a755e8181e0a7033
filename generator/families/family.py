"""What is known of an open model beforehand: its classes in diffusers, what they take, its sizes. Imports no torch.

A family is the models of one maker that are called alike. A way is one pipeline class of it: what of a request that
class takes, and by which arguments.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import prod

from ..request import Feature

PARTS = ("scheduler", "text_encoder*", "tokenizer*", "transformer*", "vae*")  # a star: with any ending
ALWAYS = frozenset({Feature.STEPS, Feature.GUIDANCE})
WORDS = ALWAYS | {Feature.TEXT, Feature.NEGATIVE, Feature.CAMERA}  # a camera's move can be said in words


_BEGINNINGS = frozenset({Feature.IMAGE, Feature.VIDEO, Feature.EXTEND})
_ONE_BEGINNING = frozenset({Feature.IMAGE, Feature.EXTEND})  # what goes on begins with the clip's last frames


class Guide(StrEnum):
    """By what means pictures and clips reach the call."""

    PLAIN = "plain"  # image=, last_image=, video=, each by its name
    CONDITIONS = "conditions"  # LTX: a list of pictures and clips, each with its place
    MASKED = "masked"  # VACE: a clip with holes, and a mask of the holes
    HISTORY = "history"  # video= is what went before, and the call goes on from it
    CAMERA_PATH = "camera-path"  # SANA-WM: a picture, and where the camera is in each frame


_PLACED = (Feature.IMAGE, Feature.LAST_FRAME, Feature.KEYFRAMES)
_CLASHES: dict[Guide, tuple[frozenset[Feature], ...]] = {
    Guide.MASKED: (  # its one clip is the one given, or what is dragged, or is filled with pictures
        *(frozenset({Feature.VIDEO, other}) for other in (*_PLACED, Feature.BRUSH)),
        *(frozenset({Feature.BRUSH, other}) for other in (Feature.LAST_FRAME, Feature.KEYFRAMES, Feature.EXTEND)),
    )
}


@dataclass(frozen=True)
class Names:
    """What the call names its arguments; None: it has no such argument."""

    size: bool = True  # height= and width=
    frames: str | None = "num_frames"
    steps: str = "num_inference_steps"
    guidance: str | None = "guidance_scale"
    negative: str | None = "negative_prompt"
    frame_rate: str | None = None
    whole: bool = False  # the frame rate is a whole number
    with_negative: tuple[tuple[str, object], ...] = ()  # what has to go with what is not to be seen
    without: frozenset[str] = frozenset()  # what other classes take, and this one does not


@dataclass(frozen=True)
class Way:
    """One pipeline class: what it takes, and whose weights it runs on."""

    pipeline: str
    takes: frozenset[Feature]
    weights_of: tuple[str, ...]  # the classes that folders of such weights name
    guide: Guide = Guide.PLAIN
    requires: frozenset[Feature] = frozenset()  # what it can't do without
    overlap: int = 0  # frames of what went before that it is given to go on; 0: it can't go on
    repeats: int = 0  # times that it gives those back at the beginning
    reads: int | None = None  # tokens of a prompt, where it is not as many as its family
    names: Names = Names()
    fixed: tuple[tuple[str, object], ...] = ()  # arguments that are always so

    def fits(self, needs: Set[Feature]) -> bool:
        """Tell whether it can do all of that, and has all that it needs."""
        return needs <= self.takes and not self.wants(needs) and not self.clashes(needs)

    def wants(self, needs: Set[Feature]) -> frozenset[Feature]:
        """Give what it can't do without, and is not among that."""
        begun = Feature.TEXT in self.takes or needs & _BEGINNINGS
        return (self.requires | (frozenset() if begun else {Feature.IMAGE})) - needs

    def clashes(self, needs: Set[Feature]) -> frozenset[Feature]:
        """Give two of that of which one would be left out, if there are such."""
        pairs = (_ONE_BEGINNING, *_CLASHES.get(self.guide, ()))
        return next((pair for pair in pairs if pair <= needs), frozenset())


@dataclass(frozen=True)
class Grid:
    """How many frames one call gives: first + k * step."""

    step: int
    first: int
    usual: int
    most: int

    def nearest(self, frames: int) -> int:
        """Give the nearest number that one call can give."""
        k = max(0, round((frames - self.first) / self.step))
        return min(max(self.first + k * self.step, self.least), self.most)

    def enough(self, frames: int) -> int:
        """Give the least number that one call can give and that is not less; at most `most`."""
        k = max(0, -((self.first - frames) // self.step))
        return min(max(self.first + k * self.step, self.least), self.most)

    @property
    def least(self) -> int:
        """A film has two frames."""
        return self.first if self.first > 1 else self.first + self.step


@dataclass(frozen=True)
class Hub:
    """One set of weights, as its maker publishes it; None is what is not known here. Its page decides, not this."""

    name: str
    gigabytes: float | None = None  # of the files that are read: nothing else on that page
    licence: str | None = None
    size: tuple[int, int] | None = None  # where it differs from its family's
    frame_rate: Fraction | None = None
    usual: int | None = None
    side: int | None = None
    most_pixels: int | None = None
    most: int | None = None  # frames of one call
    steps: int | None = None
    guidance: float | None = None
    adapter: bool = False  # no pipeline by itself
    base: Hub | None = None  # what this adapter moves; its size is that of both
    listed: bool = False  # its size is that of its files; else an estimate, by its classes' parameters

    @property
    def weight(self) -> str:
        """Say how much there is to download."""
        if self.gigabytes is None:
            return "of a size unknown here"
        return f"about {self.gigabytes:g} GB" + ("" if self.listed else ", by estimate")


@dataclass(frozen=True)
class Family:
    """The models of one maker that are called alike."""

    name: str
    title: str
    hubs: tuple[Hub, ...]
    ways: tuple[Way, ...]  # the plainest first: what a request needs is looked for in this order
    grid: Grid
    side: int  # both sides are multiples of it
    size: tuple[int, int]  # width, height, unless asked
    most_pixels: int  # of a frame, as it was trained
    frame_rate: Fraction  # at which its frames look right
    steps: int
    guidance: float
    lattice: tuple[tuple[int, int], tuple[int, int]] | None = None  # least and step of either side, if there are such
    dtype: str = "bfloat16"  # what it was trained or published in, for a GPU
    exact: tuple[str, ...] = ()  # components that want float32 whatever the others have
    decode_bytes: int = 600  # of memory, for each pixel of each frame that the decoder has at once
    at_once: int | None = None  # frames that the decoder has at once; None: all
    tiles: bool = True  # its decoder can work by tiles
    only_tiles: bool = False  # and in no other way
    sound: bool = False
    reads: int | None = None  # tokens of a prompt; None: it takes none
    parts: tuple[str, ...] = PARTS  # folders of its weights that are read
    needs_package: str | None = None  # besides torch and diffusers
    remarks: tuple[str, ...] = ()

    @property
    def features(self) -> frozenset[Feature]:
        """What one of its models or another can do."""
        return frozenset().union(*(way.takes for way in self.ways))

    @property
    def classes(self) -> frozenset[str]:
        """What folders of its weights may name as their class."""
        return frozenset(name for way in self.ways for name in way.weights_of)

    def as_published(self, hub: Hub | None) -> Family:
        """Give it as one set of its weights has it."""
        if hub is None:
            return self
        return replace(
            self,
            size=hub.size or self.size,
            side=hub.side or self.side,
            frame_rate=hub.frame_rate or self.frame_rate,
            grid=replace(self.grid, usual=hub.usual or self.grid.usual, most=hub.most or self.grid.most),
            most_pixels=hub.most_pixels or self.most_pixels,
            steps=hub.steps or self.steps,
            guidance=self.guidance if hub.guidance is None else hub.guidance,
        )

    def ways_of(self, weights_of: str) -> tuple[Way, ...]:
        """What weights of that class can do."""
        return tuple(way for way in self.ways if weights_of in way.weights_of)

    def fitting(self, size: tuple[int, int]) -> tuple[int, int]:
        """Give the nearest size of about that shape that it can make: no larger than it was trained for."""
        shrunk = min(1.0, (self.most_pixels / prod(size)) ** 0.5)
        steps = self.lattice or ((self.side, self.side), (self.side, self.side))
        places = [(length * shrunk - least, least, step) for length, (least, step) in zip(size, steps, strict=True)]
        wide, high = (least + step * max(0, round(over / step)) for over, least, step in places)
        if wide * high > self.most_pixels:
            wide, high = (least + step * max(0, int(over // step)) for over, least, step in places)
        return wide, high
