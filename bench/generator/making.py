"""What is measured, as the bench sees it, and the embedded model as such. Knows the engine; counts nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol

from ... import networks
from ...errors import NetworkUnfit
from ...generator.sketch import sampling
from ...generator.sketch.engine import Engine, Given

if TYPE_CHECKING:
    from numpy.typing import NDArray

STARTS = 3
CORES = 2  # that a clip is timed on
_ONE_CLIP = """
from {package}.generator.sketch.engine import Engine
engine = Engine.load(threads={threads})
engine.make("a large red ball rises over the sea by day, still camera", steps={steps}, guidance={guidance})
"""


def taught_by(card: Mapping[str, Any]) -> int:
    """Read from the model's card how many square clips taught it; without that, none can be called its own."""
    match card.get("clips_taught"):
        case {"square": int(count)} if count > 0 and count is not True:
            return count
    raise NetworkUnfit(
        'the embedded model\'s card.json does not say by how many clips it was taught ("clips_taught": {"square": N})',
        advice="install countermark again, or export the model again: the export counts the clips",
    )


class Maker(Protocol):
    """Makes clips of 25 frames of 128x128; the same for the same seed."""

    @property
    def name(self) -> str:
        """Model and version."""
        ...

    @property
    def steps(self) -> int:
        """How many it takes from noise to a clip."""
        ...

    @property
    def guidance(self) -> float:
        """How strongly words are followed."""
        ...

    @property
    def taught(self) -> int:
        """How many rendered square clips taught it: those of the first numbers."""
        ...

    def text(self, prompt: str, seed: int) -> NDArray[Any]:
        """Make a clip from words."""
        ...

    def image(self, prompt: str, seed: int, first: NDArray[Any]) -> NDArray[Any]:
        """Make one that begins with a picture."""
        ...

    def extend(self, prompt: str, seed: int, begun: NDArray[Any]) -> NDArray[Any]:
        """Make one that begins with nine frames."""
        ...

    def seconds_per_clip(self) -> float:
        """Time one clip by a fresh process, its start included."""
        ...

    def megabytes(self) -> float:
        """Say how large the weights are, as shipped."""
        ...


@dataclass(frozen=True)
class Embedded:
    """The embedded model."""

    engine: Engine
    weights_bytes: int
    version: str
    taught: int
    steps: int = sampling.STEPS
    guidance: float = sampling.GUIDANCE

    @classmethod
    def load(cls) -> Embedded:
        """Open the networks that came with this installation."""
        from ...generator.sketch.graphs import Graphs

        graphs = Graphs.load()
        return cls(Engine(graphs), int(graphs.card["weights_bytes"]), graphs.version, taught_by(graphs.card))

    @property
    def name(self) -> str:
        """Model and version."""
        return f"sketch {self.version}"

    def text(self, prompt: str, seed: int) -> NDArray[Any]:
        """Make a clip from words."""
        return self._make(prompt, seed, None)

    def image(self, prompt: str, seed: int, first: NDArray[Any]) -> NDArray[Any]:
        """Make one that begins with a picture."""
        return self._make(prompt, seed, Given(first=first))

    def extend(self, prompt: str, seed: int, begun: NDArray[Any]) -> NDArray[Any]:
        """Make one that begins with nine frames."""
        return self._make(prompt, seed, Given(begun=begun))

    def _make(self, prompt: str, seed: int, given: Given | None) -> NDArray[Any]:
        return self.engine.make(prompt, seed=seed, steps=self.steps, guidance=self.guidance, given=given)

    def seconds_per_clip(self) -> float:
        """Time one clip by a fresh process on two cores, its start included; the median of a few."""
        import time

        package, threads = __name__.partition(".")[0], min(CORES, networks.processors())
        program = _ONE_CLIP.format(package=package, steps=self.steps, guidance=self.guidance, threads=threads)
        taken = []
        for _ in range(STARTS):
            begun = time.monotonic()
            subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
            taken.append(time.monotonic() - begun)
        return round(median(taken), 2)

    def megabytes(self) -> float:
        """Say how large the weights are, as shipped."""
        return round(self.weights_bytes / 1e6, 2)
