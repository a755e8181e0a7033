"""A detector that is no network: what is steep from pixel to pixel counts as generated. It judges real files."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from countermark.bench.detector.conditions import opening
from countermark.bench.detector.scoring import Scored

SHARP = 3.0  # levels


@dataclass(frozen=True)
class Steepness:
    model: str

    @property
    def version(self) -> str:
        return f"steepness of {self.model}"

    def __call__(self, path: Path) -> Scored:
        begun = time.perf_counter()
        pictures = np.stack([picture for _, picture in opening(path)])
        score = float(1 / (1 + np.exp(SHARP - self.read_tiles(pictures[None]))))
        outcome = "likely_ai" if score > 0.9 else "no_evidence" if score < 0.5 else "inconclusive"
        small = ("small",) if min(pictures.shape[1:3]) < 128 else ()
        spent = time.perf_counter() - begun
        return Scored(score, 1 - score, outcome, small, None, spent, numbers=(self.read_tiles(pictures[None]), score))

    def read_tiles(self, pairs: Any) -> float:
        return float(np.abs(np.diff(pairs[..., 1].astype(np.float32), axis=-1)).mean())


@dataclass(frozen=True)
class Highpass:
    name: str = "steepness"
    held_out: tuple[tuple[str, int], ...] = ()

    def scorer(self, model: str) -> Steepness:
        return Steepness(model)

    def folds(self) -> dict[str, int]:
        return dict(self.held_out)
