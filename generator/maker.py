"""What every model looks like from the door: it plans, and it makes. Knows no model, and no way out.

A maker never writes what a person will keep: it gives frames (or a file that a service made), and the door labels them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from .request import Feature, Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[float], None]  # is told the share done, 0 to 1
Sound = Literal["synthetic", "recorded", "unsaid"]


@dataclass(frozen=True)
class Origin:
    """Who made it, for the manifest."""

    model: str
    version: str | None = None
    provider: str | None = None
    agent: str = "Countermark"  # the software that ran the model
    source_type: str = "trainedAlgorithmicMedia"  # IPTC's word for what a trained model made


@dataclass(frozen=True)
class Running:
    """How a model is to be run, as far as the user says; each room's `open(name, options, running)` is given it."""

    device: str | None = None  # cpu, cuda, cuda:1, mps
    dtype: str | None = None  # float32, float16, bfloat16
    offload: str | None = None  # none, model, group, sequential
    quantise: str | None = None  # none, bitsandbytes:8, bitsandbytes:4
    pickle: str | None = None  # the one pickle file that may be read: PART/FILE
    approve_cost: bool = False  # a service may charge what its plan says


AS_IT_COMES = Running()


@dataclass(frozen=True)
class Plan:
    """What a model will do for a request, before it does it."""

    size: tuple[int, int]  # width, height of what will be written
    frames: int
    frame_rate: Fraction
    how: tuple[tuple[str, str], ...] = ()  # what was chosen, in words: device, dtype, offload, steps, memory, cost ...
    memory_bytes: int | None = None  # what it is expected to take at its peak
    cost: str | None = None  # what a service says that it will charge
    dollars: float | None = None  # that as a number, where it is known
    remarks: tuple[str, ...] = ()  # what will not be quite as asked
    costly: bool = True  # frames are kept on disk until the file is out; False: as fast made again as read

    @property
    def seconds(self) -> float:
        """How long it will be."""
        return float(self.frames / self.frame_rate)


class Kept(Protocol):
    """The first frames of what is asked for, where an earlier try finished them."""

    @property
    def count(self) -> int:
        """How many there are; often none."""
        ...

    def last(self, most: int) -> list[NDArray[np.uint8]]:
        """Give the last of them, in their order: what a model goes on from."""
        ...


@dataclass(frozen=True)
class Frames:
    """Frames as they come, RGB (H, W, 3) uint8, those kept left out; what was asked for twice is the same twice."""

    pictures: Callable[[Kept], Iterator[NDArray[np.uint8]]]
    plan: Plan
    origin: Origin
    changed: tuple[str, ...] = ()  # what was done to the model's own frames: upscaled from, interpolated from ...
    audio: Path | None = None
    sound: Sound = "unsaid"


@dataclass(frozen=True)
class File:
    """A file that a service made, as it came."""

    path: Path
    origin: Origin
    sound: Sound = "unsaid"


class Maker(Protocol):
    """One model, or one service."""

    @property
    def name(self) -> str:
        """What `--model` calls it."""
        ...

    @property
    def features(self) -> frozenset[Feature]:
        """What it can do."""
        ...

    def plan(self, request: Request) -> Plan:
        """Say how it would be made, without making it; what can't be made is refused, naming the nearest that can."""
        ...

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> Frames | File:
        """Make it; `folder` is for what must lie somewhere meanwhile, and is kept for a second try after a kill.

        Where it gives frames, the work waits until they are asked for: an earlier try may have kept them all.
        """
        ...
