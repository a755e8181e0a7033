"""What the bench asks of a detector. Knows no network: who measures another detector writes a class like these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUTCOMES = ("likely_ai", "likely_manipulated", "no_evidence", "inconclusive")


@dataclass(frozen=True)
class Scored:
    """What a detector says of one file."""

    score: float  # calibrated: how probable it is that a generator made it
    manipulated: float  # the same, of a part of it
    outcome: str  # one of OUTCOMES, at the default thresholds
    quality: tuple[str, ...] = ()  # flags
    family: str | None = None  # of generators; None: unknown
    seconds: float = 0.0  # it took
    judged: bool = True  # no: it declined, and its score is one half
    numbers: tuple[float, ...] = ()  # what the score was made of, for a control that fits to them; empty: unsaid

    def __post_init__(self) -> None:
        """Scores are probabilities, outcomes are known."""
        if not (0 <= self.score <= 1 and 0 <= self.manipulated <= 1):
            raise ValueError(f"no probabilities: {self.score}, {self.manipulated}")
        if self.outcome not in OUTCOMES:
            raise ValueError(f"no such outcome: {self.outcome}")


class Scorer(Protocol):
    """One set of weights. It is sent to other processes, so that it must be picklable before it has loaded anything."""

    @property
    def version(self) -> str:
        """Say which weights these are: other weights, another version."""
        ...

    def __call__(self, path: Path) -> Scored:
        """Judge one file."""
        ...

    def read_tiles(self, pairs: NDArray[Any]) -> object:
        """Judge pairs of tiles, uint8 (N, 2, 128, 128, 3) RGB: what is timed without decoding."""
        ...


class Detector(Protocol):
    """What is measured: a name, and a scorer for each set of weights. Picklable too."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def scorer(self, model: str) -> Scorer:
        """Give the scorer of `release` or `fold-K`."""
        ...

    def folds(self) -> dict[str, int]:
        """Say which fold's weights never saw a group."""
        ...
