"""A job at a service, written down beside what comes of it: a run that was killed goes on waiting, and pays once.

It is written before the order is sent, and again as soon as the service gives the job a name. What was sent, and never
answered, is not sent again by us: only a person can see at the service whether it was taken.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from ...errors import ServiceFailed
from ...outputs import settle, translated
from ..digests import content, keyed
from ..request import Request
from .offer import Task, seconds_of, shape_of
from .waiting import UNSURE

VIDEOS = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".ts", ".gif")


@dataclass(frozen=True)
class Job:
    """What was ordered."""

    service: str
    task: str
    name: str | None = None  # the service's own; None: sent, and no answer yet


@dataclass(frozen=True)
class Place:
    """Where the job of one request lies, and what comes of it."""

    folder: Path
    stem: str  # manifests will name the file by it, so that it is under a key

    @classmethod
    def of(cls, folder: Path, home: Path, service: str, request: Request, task: Task) -> Place:
        """Give the place; another request, or another picture under the same name, has another.

        What was ordered by another model, or by a description as it was before, is not this: a person decides.
        """
        front = f"{service.replace(':', '-')}-{keyed(home, [service, _plain(request)])[:12]}-"
        resolved = [_plain(shape_of(task, request)), seconds_of(task, request)]
        place = cls(folder, front + keyed(home, [task.name, task.model, task.ordered, *resolved])[:8])
        others = [path for path in folder.glob(f"{front}*") if not path.name.startswith(place.stem)]
        if others:
            told = f"{service} was asked for this before, by another model or as its description said then"
            advice = f"put that back to go on with what was ordered; to order anew, delete {others[0]}"
            raise ServiceFailed(told, advice=advice)
        return place

    @property
    def note(self) -> Path:
        """Where the job is written down."""
        return self.folder / f"{self.stem}.job.json"

    def video(self) -> Path | None:
        """Give what came of it, if it came."""
        names = (self.folder / (self.stem + suffix) for suffix in VIDEOS)
        return next((name for name in names if name.is_file()), None)

    def job(self) -> Job | None:
        """Read what was ordered; what was sent and not answered is for a person to look at."""
        try:
            values = json.loads(self.note.read_text(encoding="utf-8"))
            job = Job(**values)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            raise ServiceFailed(f"{self.note}: cannot be read", advice=self._advice()) from None
        if job.name is None:
            raise ServiceFailed(f"{job.service} was asked for this before, and never answered", advice=self._advice())
        return job

    def write(self, job: Job) -> None:
        """Write it down, whole; it is on the disk before the order goes out."""
        part = self.note.with_suffix(".part")
        with translated(self.note):
            part.write_bytes(json.dumps(asdict(job)).encode())
        settle(part, self.note)

    def forget(self) -> None:
        """It came to nothing, or is done."""
        self.note.unlink(missing_ok=True)

    def _advice(self) -> str:
        return f"{UNSURE}; then delete {self.note}"


def _plain(value: Any) -> Any:
    """What a request says, as JSON can hold it; a file by its content."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Path):
        return content(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Fraction) else value
