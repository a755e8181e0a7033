"""Heads that were adapted to a generator of the user's: a small file each, `home/heads/NAME.json`, to keep and hand on.

Knows names, files and how a head scores; knows nothing of clips and fitting. A head holds numbers alone. Its score
takes the place of the model's, which is among the numbers that it weighs.

Where a head comes from is not known: whatever is in its file is held to its shape, its bounds and its model's version.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import outputs
from ...errors import CountermarkError, HeadUnfit, OutputExists
from ..calibration import Calibration, Head
from .samples import COLUMNS, look_of, seen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..looker import Reading
    from ..model import Model

KIND = "countermark detector head"
MOST_BYTES = 1 << 16
MOST_REALS = 4096
_LARGEST = 1e4  # of any coefficient
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")


@dataclass(frozen=True)
class Figures:
    """What a head was fitted to, and what it was worth on clips that it was not fitted to."""

    clips: int  # of the new generator
    seconds: float
    reals: int  # real clips, the reference's and the user's
    auc: float  # copies of new clips against copies of real ones, out of fold
    auc_without: float  # of the model alone
    found: float  # share of files and copies of new clips above the head's own default threshold, out of fold
    found_without: float  # above the model's, by the model alone
    false_alarms: float  # share of files and copies of real clips above the same thresholds
    false_alarms_without: float
    known_auc: float  # copies of known generators' clips against copies of real ones, with the head
    known_auc_without: float

    def __post_init__(self) -> None:
        """Counts are positive, shares are shares."""
        shares = [
            getattr(self, name) for name in self.__dataclass_fields__ if name not in ("clips", "seconds", "reals")
        ]
        if self.clips < 1 or self.reals < 1 or not 0 < self.seconds < math.inf:
            raise ValueError("a head is fitted to clips of both kinds")
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("a figure is a share")


@dataclass(frozen=True)
class AdaptedHead:
    """A logistic regression that knows one generator more than its model does."""

    name: str
    made: str  # ISO 8601
    model: str  # for people
    version: str  # of the model's coefficients
    network: str  # of its weights
    head: Head
    reals: tuple[float, ...]  # the highest log-odds that each real clip got, as file or copy, unfitted; ascending
    figures: Figures

    def __post_init__(self) -> None:
        """Refuse what no fitting here could have written."""
        _fit_name(self.name)
        datetime.fromisoformat(self.made)
        numbers = (*self.head.mean, *self.head.weights, self.head.bias, *self.reals)
        if not all(abs(number) <= _LARGEST for number in numbers):
            raise ValueError("a coefficient is no number that fitting gives")
        if not all(1e-9 < scale <= _LARGEST for scale in self.head.scale):
            raise ValueError("a scale is no positive number that fitting gives")
        if not 0 < len(self.reals) <= MOST_REALS or list(self.reals) != sorted(self.reals):
            raise ValueError("the scores of real clips do not ascend")
        if any(len(word) > 80 or not word.isprintable() for word in (self.model, self.version, self.network)):
            raise ValueError("it names its model in no way that is known here")


def log_odds(head: Head, row: NDArray[np.float32]) -> float:
    """Give what a head alone says of a row as COLUMNS names it; what was not measured is as usual."""
    return head.log_odds([m if math.isnan(n) else n for n, m in zip(row.tolist(), head.mean, strict=True)])


def applied(model: Model, head: AdaptedHead, reading: Reading) -> float:
    """Give the log-odds of a Reading by a head, in the place of the model's; `calibration` says what they mean."""
    check_model(model, head)
    return log_odds(head.head, seen(look_of(reading), model).row)


def calibration(model: Model, head: AdaptedHead) -> Calibration:
    """Say what the log-odds of `applied` mean, by the real clips that the head was not fitted to."""
    return recalibrated(model, head.reals)


def recalibrated(model: Model, reals: Sequence[float]) -> Calibration:
    """Give the model's calibration with other scores of real clips, in log-odds."""
    plain = replace(model.calibrations["generated"], temperatures={})
    return replace(plain, reals=tuple(plain.probability(score, "") for score in reals))


def check_model(model: Model, head: AdaptedHead) -> None:
    """Refuse a head that was made for other numbers than this model's."""
    from ..network import read_card

    card = read_card(model.weights)
    if (head.version, head.network) != (model.version, card.version):
        raise HeadUnfit(
            f"the head {head.name} is made for {head.model} {head.version}, and this is {model.name} {model.version}",
            advice="adapt again with this version: `countermark adapt`",
        )
    if head.head.names != COLUMNS:
        raise HeadUnfit(f"the head {head.name} asks for other numbers than {model.name} gives")


# In the home ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeadFacts:
    """A head that is kept here, or why it can't be read."""

    name: str
    head: AdaptedHead | None
    problem: str | None = None


def folder(home: Path) -> Path:
    """Where the heads lie."""
    return home / "heads"


def path_of(home: Path, name: str) -> Path:
    """Give the file of a head."""
    return folder(home) / f"{_fit_name(name)}.json"


def load(home: Path, name: str) -> AdaptedHead:
    """Read a head that is kept here."""
    path = path_of(home, name)
    if not path.is_file():
        raise HeadUnfit(f"no head is called {name} here", advice="see `countermark heads list`")
    head = read(path)
    if head.name != name:
        raise HeadUnfit(f"{path} holds the head {head.name}", advice="give the file back the name of its head")
    return head


def listing(home: Path) -> tuple[HeadFacts, ...]:
    """Every head by name; one that can't be read says why."""
    try:
        found = sorted(name.removesuffix(".json") for name in os.listdir(folder(home)) if name.endswith(".json"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise HeadUnfit(f"{folder(home)}: {error.strerror or error}", advice="make it a folder of yours") from None
    facts = []
    for name in found:
        if not _NAME.fullmatch(name):
            continue
        try:
            facts.append(HeadFacts(name, load(home, name)))
        except CountermarkError as error:
            facts.append(HeadFacts(name, None, f"{error}; {error.advice}"))
    return tuple(facts)


def check_name(home: Path, name: str, force: bool) -> None:
    """Refuse, before any work, a name that could not be given."""
    path = path_of(home, name)
    if path.exists() and not force:
        raise OutputExists(f"a head is called {name} already", advice="choose another name, or replace it with --force")
    with outputs.translated(folder(home)):
        folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    outputs.check_output(path, (), force=True)


def keep(home: Path, head: AdaptedHead, force: bool = False) -> Path:
    """Let a head appear in the home, whole."""
    check_name(home, head.name, force)
    path = path_of(home, head.name)
    outputs.write_whole(path, written(head), force)
    return path


def export(home: Path, name: str, target: Path, force: bool = False) -> AdaptedHead:
    """Write a head to a file, for someone else to use."""
    head = load(home, name)
    outputs.check_output(target, (path_of(home, name),), force)
    outputs.write_whole(target, written(head), force)
    return head


def take_in(home: Path, file: Path, name: str | None = None, force: bool = False) -> AdaptedHead:
    """Keep a head that was exported elsewhere, under its own name or another."""
    outputs.check_input(file)
    head = read(file)
    if name is not None:
        head = replace(head, name=_fit_name(name))
    keep(home, head, force)
    return head


def remove(home: Path, name: str) -> None:
    """Forget a head; one that can't be read goes as well."""
    path = path_of(home, name)
    if not os.path.lexists(path):
        raise HeadUnfit(f"no head is called {name} here", advice="see `countermark heads list`")
    with outputs.translated(path):
        path.unlink()


def read(path: Path) -> AdaptedHead:
    """Read a head's file, kept or exported; believe nothing of it."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise HeadUnfit(f"{path}: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise HeadUnfit(f"{path} is larger than any head")
    try:
        return from_json(json.loads(content, parse_constant=_no_number))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        why = " ".join(str(error).split())[:160]
        raise HeadUnfit(f"{path} is no head that can be read: {why}") from None


def written(head: AdaptedHead) -> bytes:
    """As a file."""
    return (json.dumps(to_json(head), indent=1) + "\n").encode()


def to_json(head: AdaptedHead) -> dict[str, Any]:
    """As plain values."""
    return {"kind": KIND, **asdict(head)}


def from_json(values: Any) -> AdaptedHead:
    """Rebuild a head from plain values of any origin; raises ValueError, TypeError or KeyError on anything else."""
    if not isinstance(values, dict) or values.get("kind") != KIND:
        raise ValueError("it says that it is something else")
    expected = {"kind", *AdaptedHead.__dataclass_fields__}
    if set(values) != expected:
        raise ValueError(f"it lacks or adds {', '.join(sorted(map(str, set(values) ^ expected)))[:80]}")
    head, figures = values["head"], values["figures"]
    columns = {key: tuple(float(number) for number in head[key]) for key in ("mean", "scale", "weights")}
    titles = tuple(_word(title) for title in head["names"])
    return AdaptedHead(
        **{key: _word(values[key]) for key in ("name", "made", "model", "version", "network")},
        head=Head(titles, **columns, bias=float(head["bias"])),
        reals=tuple(float(score) for score in values["reals"]),
        figures=Figures(**_figures(figures)),
    )


def _figures(given: dict[str, Any]) -> dict[str, Any]:
    return {key: (_count if key in ("clips", "reals") else float)(given[key]) for key in set(given)}


def _count(given: object) -> int:
    if not isinstance(given, int):
        raise ValueError("a count is no count")
    return given


def _word(given: object) -> str:
    if not isinstance(given, str) or len(given) > 200:
        raise ValueError("a name is no name")
    return given


def _no_number(given: str) -> float:
    raise ValueError(f"{given} is no number")


def _fit_name(name: str) -> str:
    """Give back a name that any disk takes and no path can hide in."""
    if not _NAME.fullmatch(name):
        advice = "use lower-case letters, digits, dots, - and _, 48 at most"
        raise HeadUnfit(f"{name[:60]!r} is no name for a head", advice=advice)
    return name
