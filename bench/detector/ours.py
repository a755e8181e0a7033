"""Our own detector, as the bench asks it: the examiners that verify uses, over one decode, in this process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .scoring import Scored
from .table import read_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...detector.looker import Reading
    from ...detector.model import Model
    from ...evidence import Evidence

DIGITS = 4


@dataclass(frozen=True)
class OurScorer:
    """One of our sets of weights."""

    model: str

    @property
    def version(self) -> str:
        """Name the coefficients and the network's file."""
        from ...detector.model import load
        from ...detector.network import read_card

        model = load(self.model)
        return f"{model.version}-{read_card(model.weights).version}"

    def __call__(self, path: Path) -> Scored:
        """Judge one file."""
        from ...detector.examiner import GeneratedExaminer, ManipulatedExaminer
        from ...detector.looker import Looker
        from ...detector.model import load, reader
        from ...media import look
        from ...settings import Limits

        begun = time.perf_counter()
        model = load(self.model)
        first = GeneratedExaminer(model, Looker(reader(self.model)))
        second = ManipulatedExaminer(model, first)
        found = {one.examiner: one for one in look(path, (), [first, second], Limits()).evidence}
        spent = time.perf_counter() - begun
        return scored(found[first.name], found[second.name], spent, _numbers(model, first.reading))

    def read_tiles(self, pairs: NDArray[Any]) -> object:
        """Run the network alone."""
        from ...detector.model import reader

        return reader(self.model).read(pairs)


@dataclass(frozen=True)
class Ours:
    """The detector that is installed with the package."""

    name: str = "countermark-detector"

    def scorer(self, model: str) -> OurScorer:
        """Give one set of weights."""
        return OurScorer(model)

    def folds(self) -> dict[str, int]:
        """Read those that the weights were made by."""
        return read_folds(files("countermark.detector") / "weights" / "folds.json")


def _numbers(model: Model, reading: Reading | None) -> tuple[float, ...]:
    """Give all that the score is made of: what the network saw, and every statistic."""
    if reading is None or not reading.frames or reading.statistics is None:
        return ()
    return tuple(round(float(n), DIGITS) for n in (*model.numbers(reading, "generated"), *reading.statistics))


def scored(generated: Evidence, manipulated: Evidence, seconds: float, numbers: tuple[float, ...] = ()) -> Scored:
    """Sum up both findings; what could not be judged counts as undecided, and says why among its flags."""
    from ...detector.outcome import outcome
    from ...evidence import DetectorDetails, FailureDetails

    details = generated.details
    if not isinstance(details, DetectorDetails) or generated.score is None:
        why = details.error if isinstance(details, FailureDetails) else "it was not judged"
        return Scored(0.5, 0.5, "inconclusive", (why,), None, seconds, judged=False)
    called, family = outcome(generated, manipulated), details.family or None
    return Scored(generated.score, manipulated.score or 0.0, called, details.quality, family, seconds, numbers=numbers)
