"""One trained detector: its network, its heads and what they were measured to mean. Knows where weights lie.

Knows files of coefficients; knows nothing of pictures. `release` is trained on every clip there was; `fold-0` to
`fold-4` each lack one fifth of the families, and serve to measure what the release is worth on what it never saw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import DetectorUnreadable, NetworkUnfit
from .calibration import Calibration, Head, calibration_from_json, head_from_json
from .looker import Reading
from .pooling import embedding, generated_numbers, manipulated_numbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .network import TileReader

RELEASE = "release"
Target = Literal["generated", "manipulated"]
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Families:
    """Guesses which generator made something, by the nearest of what is known; `unknown` where none is near."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]  # one row a family
    bias: tuple[float, ...]
    least: float  # the share that the best guess must have

    def guess(self, seen: Sequence[float]) -> tuple[str, float]:
        """Give a name and its share of belief."""
        import math

        centred = [value - mean for value, mean in zip(seen, self.mean, strict=True)]
        sums = [
            bias + sum(w * x for w, x in zip(row, centred, strict=True))
            for row, bias in zip(self.weights, self.bias, strict=True)
        ]
        highest = max(sums)
        shares = [math.exp(value - highest) for value in sums]
        best = max(range(len(shares)), key=shares.__getitem__)
        share = shares[best] / sum(shares)
        return (self.names[best] if share >= self.least else UNKNOWN), share


@dataclass(frozen=True)
class Model:
    """All that a verdict needs."""

    name: str
    version: str  # of the coefficients: the start of their hash
    weights: Path
    statistics: Head | None  # over the statistics' numbers; None: they were not fitted
    heads: Mapping[Target, Head]
    calibrations: Mapping[Target, Calibration]
    families: Families | None

    @property
    def title(self) -> str:
        """Its name for people and evidence."""
        return f"countermark-detector {self.name} {self.version}"

    def numbers(self, reading: Reading, target: Target) -> list[float]:
        """Give what a head is asked about."""
        if target == "manipulated":
            return [float(n) for n in manipulated_numbers(reading)]
        return [*(float(n) for n in generated_numbers(reading)), self.measured(reading.statistics)]

    def measured(self, statistics: Sequence[float] | NDArray[np.float32] | None) -> float:
        """Give what the statistics alone say, in log-odds; nothing either way where none were taken."""
        if self.statistics is None or statistics is None:
            return 0.0
        return max(-6.0, min(6.0, self.statistics.log_odds([float(n) for n in statistics])))

    def family(self, reading: Reading) -> tuple[str, float]:
        """Guess the generator's family."""
        return self.families.guess([float(x) for x in embedding(reading)]) if self.families else (UNKNOWN, 0.0)


def place(name: str) -> Path:
    """Find a model's weights: by its name, among what came with this installation; by a path, in that folder."""
    from .network import weights

    if Path(name).name == name:
        return weights(name)
    found = sorted(Path(name).glob("*.safetensors"))
    if len(found) != 1:
        advice = "name a folder that holds the files of one model (NAME.safetensors and those beside it)"
        raise NetworkUnfit(f"{name}: {len(found)} networks lie there", advice=advice)
    return found[0]


@lru_cache(maxsize=8)
def load(name: str = RELEASE) -> Model:
    """Read a model's coefficients; its network is read by `reader`."""
    path = place(name)
    heads = path.with_name(f"{path.stem}.heads.json")
    try:
        return _model(path.stem, path, json.loads(heads.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DetectorUnreadable(f"{heads.name}: {error}") from error


def _model(name: str, path: Path, values: Mapping[str, Any]) -> Model:
    targets: tuple[Target, ...] = ("generated", "manipulated")
    families = values.get("families")
    return Model(
        name=name,
        version=str(values["version"]),
        weights=path,
        statistics=head_from_json(values["statistics"]) if values.get("statistics") else None,
        heads={target: head_from_json(values[target]["head"]) for target in targets},
        calibrations={target: calibration_from_json(values[target]["calibration"]) for target in targets},
        families=Families(
            tuple(families["names"]),
            tuple(families["mean"]),
            tuple(map(tuple, families["weights"])),
            tuple(families["bias"]),
            float(families["least"]),
        )
        if families
        else None,
    )


@lru_cache(maxsize=8)
def reader(name: str = RELEASE) -> TileReader:
    """Open a model's network; it is kept open, since opening costs more than a look."""
    from .network import TileReader

    return TileReader(place(name))
