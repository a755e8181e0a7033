"""Which examiners the detector is made of on this machine: ours, with the head and the other detectors a user chose.

What the home holds is read before the look, and travels to the limited child as plain values: the child is not told
where the home is, and opens no file of it but the weights of a user's own detectors. Looks at nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from .plugins.described import Installed
from .plugins.examiner import PluginExaminer

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Asked:
    """What a look is asked with; travels to the child as plain values."""

    model: str = RELEASE
    head: adapted.AdaptedHead | None = None
    others: tuple[Installed, ...] = ()  # detectors of the user's own

    @classmethod
    def by(cls, options: Settings, model: str = RELEASE, head: str | None = None) -> Asked:
        """Read what the home holds: the head of that name (None: as the settings say; empty: none), the detectors."""
        name = options.detector_head if head is None else head
        return cls(model, adapted.load(options.home, name) if name else None, installed(options.home))

    def to_wire(self) -> dict[str, Any]:
        """As plain values."""
        head = None if self.head is None else adapted.to_json(self.head)
        return {"model": self.model, "head": head, "others": [one.to_wire() for one in self.others]}

    @classmethod
    def from_wire(cls, values: dict[str, Any]) -> Asked:
        """Rebuild it in the child."""
        head = None if values["head"] is None else adapted.from_json(values["head"])
        return cls(values["model"], head, tuple(Installed.from_wire(one) for one in values["others"]))


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
    model, head = load(asked.model), asked.head
    if head is not None:
        adapted.check_model(model, head)
    others = tuple(PluginExaminer(one, needless) for one in asked.others)
    generated = GeneratedExaminer(model, Looker(_Later(asked.model)), needless, head, others)
    title = f"{model.title}, head {head.name}" if head else model.title
    return Panel(title, (*others, generated, ManipulatedExaminer(model, generated)))
