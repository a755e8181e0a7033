"""One clip under one condition, in a process of its own: its copy made, judged, and measured by simpler means.

Knows how a piece is done and what it yields, as plain values for the journal; knows no order and no sums.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ...errors import CountermarkError, DiskFull, OutputUnwritable
from .conditions import copy_of, named
from .numbers import numbers_of
from .scoring import Detector, Scorer
from .table import Clip

_SCORERS: dict[str, Scorer] = {}  # of this process, which serves one detector
What = Literal["score", "numbers"]


@dataclass(frozen=True)
class Setting:
    """What all pieces share."""

    detector: Detector
    work: Path  # where copies lie


@dataclass(frozen=True)
class Piece:
    """One clip under one condition."""

    clip: Clip
    digest: str
    condition: str
    model: str
    wanted: tuple[What, ...]

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.clip.name} · {self.condition}"


def do(piece: Piece, setting: Setting) -> dict[str, Any]:
    """Do one piece: an outcome for each thing wanted, or the problem that stood in its way."""
    outcomes: dict[str, Any] = {}
    for what in piece.wanted:
        try:
            path = copy_of(piece.clip.path, piece.digest, named(piece.condition), setting.work)
            outcomes[what] = _judged(path, piece.model, setting) if what == "score" else numbers_of(path)
        except (DiskFull, OutputUnwritable):
            raise  # of this machine, not of this clip
        except CountermarkError as error:
            outcomes[what] = {"problem": str(error)}
        except MemoryError:
            outcomes[what] = {"problem": f"{piece.clip.path.name}: takes more memory than a worker has"}
    return outcomes


def _judged(path: Path, model: str, setting: Setting) -> dict[str, Any]:
    if model not in _SCORERS:
        _SCORERS[model] = setting.detector.scorer(model)
    return asdict(_SCORERS[model](path))
