"""Which examiners the detector is made of on this machine: ours, with the head and the other detectors a user chose.

Runs inside the limited child. Knows models, heads and plug-ins by name; looks at nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..evidence import Evidence, FailureDetails, Track
from ..media.facts import Video
from ..media.plan import Plan, View
from ..settings import Settings
from .adapting import adapted
from .examiner import GeneratedExaminer, ManipulatedExaminer
from .looker import Looker
from .model import RELEASE, load, reader
from .plugins import installed
from .plugins.examiner import PluginExaminer

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Asked:
    """What a look is asked with; travels to the child as plain values."""

    home: str
    model: str = RELEASE
    head: str = ""  # the name of an adapted head; empty: none

    @classmethod
    def by(cls, options: Settings, model: str = RELEASE, head: str | None = None) -> Asked:
        """Ask as the settings say, where `head` is None."""
        return cls(str(options.home), model, options.detector_head if head is None else head)

    def to_wire(self) -> dict[str, Any]:
        """As plain values."""
        return {"home": self.home, "model": self.model, "head": self.head}

    @classmethod
    def from_wire(cls, values: dict[str, Any]) -> Asked:
        """Rebuild it in the child."""
        return cls(**values)


@dataclass(frozen=True)
class Panel:
    """The examiners, in the order in which they conclude, and what they are called together."""

    title: str
    examiners: tuple[PluginExaminer | GeneratedExaminer | ManipulatedExaminer, ...]


class _Later:
    """A network that is opened when the first tiles are to be read: most looks at signed files never get there."""

    def __init__(self, model: str) -> None:
        self._model = model

    def read(self, pairs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        return reader(self._model).read(pairs)


class UnavailableExaminer:
    """Stands where the detector would: says why it could not be asked, so that no verdict waits for it."""

    name = GeneratedExaminer.name
    version = GeneratedExaminer.version
    track: Track = "video"

    def __init__(self, why: str) -> None:
        """Keep the reason."""
        self._why = why

    def plan(self, video: Video) -> Plan:
        """Ask for nothing."""
        return Plan()

    def see(self, view: View) -> None:
        """Look at nothing."""

    def conclude(self, video: Video) -> Evidence:
        """Say why."""
        details = FailureDetails(self._why)
        return Evidence(video.digest, self.track, self.name, self.version, "failed", details=details)


def panel(asked: Asked, needless: Callable[[], str] | None = None) -> Panel:
    """Make the examiners; `needless` says why nobody need look, once the file was read."""
    model, home = load(asked.model), Path(asked.home)
    head = adapted.load(home, asked.head) if asked.head else None
    if head is not None:
        adapted.check_model(model, head)
    others = tuple(PluginExaminer(one, needless) for one in installed(home))
    generated = GeneratedExaminer(model, Looker(_Later(asked.model)), needless, head, others)
    title = f"{model.title}, head {head.name}" if head else model.title
    return Panel(title, (*others, generated, ManipulatedExaminer(model, generated)))
