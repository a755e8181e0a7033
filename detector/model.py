"""One trained detector: its network, its heads and what they were measured to mean. Knows where weights lie.

Knows files of coefficients; knows nothing of pictures. `release` is trained on every clip there was; `fold-0` to
`fold-4` each lack one fifth of the families, and serve to measure what the release is worth on what it never saw.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import DetectorUnreadable, NetworkUnfit
from .calibration import Calibration, Head, calibration_from_json, head_from_json
from .looker import Reading
from .pooling import GENERATED, MANIPULATED, embedding, generated_numbers, manipulated_numbers
from .statistics import NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .network import TileReader

RELEASE = "release"
Target = Literal["generated", "manipulated"]
UNKNOWN = "unknown"
_ASKED: dict[Target, tuple[str, ...]] = {"generated": (*GENERATED, "statistics"), "manipulated": MANIPULATED}


@dataclass(frozen=True)
class Families:
    """Guesses which generator made something, by the nearest of what is known; `unknown` where none is near."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]  # one row a family
    bias: tuple[float, ...]
    least: float  # the share that the best guess must have

    def __post_init__(self) -> None:
        """Each family has its weights, and these fit what is weighed."""
        if not {len(self.weights), len(self.bias)} == {len(self.names)} or not self.names:
            raise ValueError("a guess of families needs a row of weights and a bias for each")
        if {len(row) for row in self.weights} != {len(self.mean)}:
            raise ValueError("a guess of families needs a mean and a weight for each number that it weighs")
        if not all(math.isfinite(one) for row in (self.mean, self.bias, *self.weights) for one in row):
            raise ValueError("the coefficients of a guess of families are finite")

    def guess(self, seen: Sequence[float]) -> tuple[str, float]:
        """Give a name and its share of belief."""
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
    from .network import names, weights

    if name == RELEASE or name in names():
        return weights(name)
    found = sorted(Path(name).glob("*.safetensors"))
    if len(found) != 1:
        here = Path(name).is_dir()
        why = f"{len(found)} networks lie there" if here else "no such folder, and no network that came is called so"
        there = ", ".join(names()) or RELEASE
        advice = f"name a folder that holds the files of one model (NAME.safetensors and those beside it), or {there}"
        raise NetworkUnfit(f"{name}: {why}", advice=advice)
    return found[0]


@lru_cache(maxsize=8)
def load(name: str = RELEASE) -> Model:
    """Read a model's coefficients; its network is read by `reader`."""
    path = place(name)
    heads = path.with_name(f"{path.stem}.heads.json")
    with _blamed(name, path):
        try:
            return _model(path.stem, path, json.loads(heads.read_text()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"it lacks {error}" if isinstance(error, KeyError) else error
            raise DetectorUnreadable(f"{heads.name}: {what}") from error


def _model(name: str, path: Path, values: Mapping[str, Any]) -> Model:
    from .network import read_card

    measured, guessed = values.get("statistics"), values.get("families")
    families = _families(guessed) if guessed else None
    if families is not None and len(families.mean) != read_card(path).embedding:
        raise ValueError("families are guessed from another number of numbers than the network gives")
    return Model(
        name=name,
        version=str(values["version"]),
        weights=path,
        statistics=_head(measured, NAMES) if measured else None,
        heads={target: _head(values[target]["head"], asked) for target, asked in _ASKED.items()},
        calibrations={target: calibration_from_json(values[target]["calibration"]) for target in _ASKED},
        families=families,
    )


def _head(values: Mapping[str, Any], asked: tuple[str, ...]) -> Head:
    head = head_from_json(values)
    if head.names != asked:
        raise ValueError("a head was fitted to other numbers than are measured here")
    return head


def _families(values: Mapping[str, Any]) -> Families:
    names, mean, bias = (tuple(values[key]) for key in ("names", "mean", "bias"))
    return Families(names, mean, tuple(map(tuple, values["weights"])), bias, float(values["least"]))


@lru_cache(maxsize=8)
def reader(name: str = RELEASE) -> TileReader:
    """Open a model's network; it is kept open, since opening costs more than a look."""
    from .network import TileReader

    path = place(name)
    with _blamed(name, path):
        return TileReader(path)


@contextmanager
def _blamed(name: str, path: Path) -> Iterator[None]:
    """Have errors name the files of a model of the user's own: installing again would mend none of them."""
    from .network import names

    try:
        yield
    except (DetectorUnreadable, NetworkUnfit) as error:
        if name == RELEASE or name in names():
            raise
        advice = f"look at what lies in {path.parent}: the files {path.stem}.* belong together, as they were made"
        raise type(error)(str(error), advice=advice) from error
