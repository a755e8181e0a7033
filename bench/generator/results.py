"""What the generator's bench yields: values. Opens no file; light, since reports import it."""

from __future__ import annotations

from dataclasses import dataclass

from ..machine import Machine

BARS = {"colour": 0.90, "background": 0.90, "camera": 0.90, "shape": 0.80, "motion": 0.80}
CLEAR_DB = 25.0  # a picture that was given and comes back
ENOUGH = 200  # held-out prompts: fewer meet no gate


@dataclass(frozen=True)
class Shares:
    """How often the probe reads what was asked for, by attribute."""

    colour: float
    background: float
    camera: float
    shape: float
    motion: float
    size: float
    number: float
    light: float
    weather: float
    clips: int


@dataclass(frozen=True)
class Interval:
    """95 % (Wilson) of a share."""

    low: float
    high: float


@dataclass(frozen=True)
class Intervals:
    """Of every share."""

    colour: Interval
    background: Interval
    camera: Interval
    shape: Interval
    motion: Interval
    size: Interval
    number: Interval
    light: Interval
    weather: Interval


@dataclass(frozen=True)
class Gate:
    """What a release of the model is held to."""

    probe_ceiling: Shares  # the same prompts, rendered by program
    held_out: Shares  # combinations that were never trained
    trained: Shares
    shuffled: Shares  # the held-out clips, each held to another clip's prompt
    nearest_neighbour_ratio: float
    i2v_psnr: float  # dB, of the first frame; mean over clips
    extend_psnr: float  # dB, of the frame where the given part ends; mean over clips


@dataclass(frozen=True)
class Certainty:
    """How far the shares can be trusted, and what chance alone would give."""

    probe_ceiling: Intervals
    held_out: Intervals
    trained: Intervals
    shuffled: Intervals
    chance: Shares  # the same answers and the same prompts, in no order


@dataclass(frozen=True)
class Nearness:
    """How near clips are to the nearest clip that the model was taught: medians of distances, 0 to 1."""

    generated: float
    rendered: float  # fresh clips of the same prompts
    closest: float  # the least distance of a generated clip
    closest_rendered: float
    examples: int  # training clips that were looked through: for each prompt those that share most with it
    among: int


@dataclass(frozen=True)
class Kept:
    """What comes back of pictures that were given: PSNR in dB."""

    mean: float
    worst_decile: float
    clips: int


@dataclass(frozen=True)
class Joined:
    """A clip that goes on from nine frames."""

    joint: Kept  # the last given frame
    given: Kept  # all nine
    step: float  # dB between the joint as given and the first new frame; mean
    step_rendered: float  # the same in the clip as it was rendered


@dataclass(frozen=True)
class Flicker:
    """Mean second difference in time, in levels of 255: what shakes, not what moves on."""

    generated: float
    rendered: float  # the same prompts
    ratio: float


@dataclass(frozen=True)
class GeneratorReport:
    """Everything that was measured."""

    command: str
    model: str
    probe: str
    seed: int
    prompts: int
    steps: int
    guidance: float
    gate: Gate
    met: bool  # whether every bar of the gate is, on enough prompts
    short: tuple[str, ...]  # what is not, by how much
    certainty: Certainty
    nearness: Nearness
    first_frame: Kept
    extended: Joined
    flicker: Flicker
    seconds_per_clip: (
        float  # of a fresh process on two cores, its start included; median of three: no upscaling, no label
    )
    megabytes: float  # of the weights, as shipped
    minutes: float  # that this took
    machine: Machine
    versions: dict[str, str]
    date: str
