"""What every hosted service looks like from inside: it begins a job, is asked how far it is, and may stop it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..request import Request
from .offer import Shape, Task


@dataclass(frozen=True)
class Working:
    """The job is not done."""

    share: float | None = None  # as far as the service says


@dataclass(frozen=True)
class Made:
    """The job is done: a place to fetch it from, or the file itself."""

    url: str | None = None
    content: bytes | None = None


@dataclass(frozen=True)
class Failed:
    """The service gave up, or refused what was asked."""

    words: str  # its own


@dataclass(frozen=True)
class Wish:
    """What is asked of a service, resolved: nothing is left to its defaults."""

    request: Request
    task: Task
    shape: Shape
    seconds: float


class Refused(Exception):
    """The service answered, and did not do what it was asked."""

    def __init__(self, status: int, words: str, retry_after: str | None = None) -> None:
        """Keep its words as they are; who shows them makes them harmless."""
        super().__init__(status)
        self.status, self.words, self.retry_after = status, words, retry_after


class Service(Protocol):
    """One service, with its key in hand. Whatever it asks, it asks once: being patient is another's business."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see, wherever a message repeats it."""
        ...

    @property
    def home(self) -> str | None:
        """The address of the service where the user gave one: it may lie inside."""
        ...

    def begin(self, wish: Wish) -> str:
        """Ask for a video, and give the job's name."""
        ...

    def look(self, job: str, task: Task) -> Working | Made | Failed:
        """Ask how far it is."""
        ...

    def stop(self, job: str, task: Task) -> bool:
        """Stop it, if the service can; say whether it was asked to."""
        ...
