"""What the watermark's bench yields: values, and the sums over them. Opens no file; light, since reports import it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ..machine import Machine
from ..results import wilson_low


@dataclass(frozen=True)
class Range:
    """One quantity over the clips."""

    min: float
    median: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Range:
        """Take the extremes and the middle, with five digits.

        >>> Range.of([3.0, 1.0, 2.5])
        Range(min=1.0, median=2.5, max=3.0)
        """
        return cls(*(float(f"{value:.5g}") for value in (min(values), statistics.median(values), max(values))))


@dataclass(frozen=True)
class Quality:
    """What marking changes, before any codec; `bitrate_delta_crf23` alone is after one."""

    psnr_rgb: Range  # dB, of the mean squared error of all frames
    psnr_y: Range
    ssim: Range  # of luma; the mean of all frames
    flicker_rms: Range  # levels: how the change itself changes from frame to frame
    max_delta: Range  # levels of luma
    bitrate_delta_crf23: Range  # share by which the marked frames take more than the same ones unmarked


@dataclass(frozen=True)
class ClipFacts:
    """One clip as it was measured."""

    name: str
    native: tuple[int, int]
    size: tuple[int, int]  # other than `native`: scaled down
    frames: int
    rate: float
    payload: str
    psnr_rgb: float
    small: bool  # reported apart


@dataclass(frozen=True)
class AttackRow:
    """One attack over the clips. Lost clips have no bit accuracy, and are left out of its mean and least."""

    name: str
    kind: str
    bar: float | None
    n: int
    recovered: int
    wilson_low: float
    bit_accuracy_mean: float | None
    bit_accuracy_min: float | None
    direct: int  # of those recovered: without a search for crops and turns
    cpu_s: float  # mean of reading one copy, decoding included
    lost: tuple[str, ...]
    encoded: str  # the last step's encoder and settings
    kbit_s: float  # mean of what was written
    note: str = ""

    @property
    def rate(self) -> float:
        """Share recovered."""
        return self.recovered / self.n if self.n else 0.0

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        return None if self.bar is None else self.rate >= self.bar


@dataclass(frozen=True)
class FalseAccepts:
    """Looks at unmarked clips, and at attacked copies with a key that marked none of them.

    A look may try many keys; it decodes the few alignments that stand out among those of all its keys.
    """

    trials: int  # comparisons of a check
    looks: int  # files, each time one was looked at
    keys: int  # of all looks together
    decodings: int  # at most: each makes a trial of every candidate on its list, 32 or more
    accepts: int
    bound: float  # the worst chance, of one look, that noise yields a mark
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Speed:
    """CPU time on one thread, 720p made in code; the clips last 5 s."""

    embed_fps: float
    extract_direct_s: float
    extract_miss_s: float
    decode_only_s: float


@dataclass(frozen=True)
class PeerRow:
    """One method under one attack: 32 bits for each peer, and ours, read from the same 16 frames."""

    method: str
    attack: str
    n: int
    exact: int  # messages without a wrong bit
    bit_accuracy: float | None  # by vote over the frames; ours: mean of the coded bits where a mark was read
    psnr_rgb: float  # median over the clips, before any codec


@dataclass(frozen=True)
class EncoderFacts:
    """One encoder library."""

    name: str
    library: str
    version: str
    preset: str


@dataclass(frozen=True)
class WatermarkReport:
    """Everything that was measured."""

    suite: str
    examiner: str  # version of the mark's examiner
    command: str
    seconds: float  # of each clip, at most
    clips: tuple[ClipFacts, ...]
    payloads: int
    payload_bits: int
    quality: Quality
    attacks: tuple[AttackRow, ...]
    small: tuple[AttackRow, ...]  # the same for clips with a short side under 480
    false_accepts: FalseAccepts
    speed: Speed | None
    peers: tuple[PeerRow, ...]
    encoders: tuple[EncoderFacts, ...]
    unreadable: tuple[str, ...]  # files of the folder that could not be opened or looked at
    problems: tuple[str, ...]  # attacks that could not be made or read: they count as lost
    remarks: tuple[str, ...]
    machine: Machine  # where the report was written, as are the versions and the date
    versions: dict[str, str]
    date: str


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Give both ends of the Wilson interval of a rate."""
    return wilson_low(hits, trials), 1 - wilson_low(trials - hits, trials) if trials else 1.0
