"""What a worker has at hand for every job: settings, docket, objects, a folder, and whether it is to end.

Workflows are functions that DBOS calls by name, in whatever process; they find what they need here.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ..docket import Docket
from ..errors import CountermarkError
from ..objects import Objects
from ..settings import Settings
from .client import Jobs


@dataclass(frozen=True)
class Work:
    """One worker's tools."""

    options: Settings
    docket: Docket
    objects: Objects
    jobs: Jobs
    folder: Path  # of this worker alone; what is in it is nobody's once it is dead
    draining: threading.Event = field(default_factory=threading.Event)  # nothing more is begun
    stopping: threading.Event = field(default_factory=threading.Event)  # and what was begun is left

    def options_of(self, tenant_id: str) -> Settings:
        """Give the settings; a tenant may have a detector's head of its own."""
        from ..accounts import Accounts

        return with_head(self.options, Accounts(self.options).detector_head(tenant_id))


def with_head(options: Settings, head: str | None) -> Settings:
    """Give the settings of whoever has this head of a detector."""
    return options.model_copy(update={"detector_head": head}) if head else options


_at_work: list[Work] = []


def begin(work: Work) -> None:
    """Be this process's worker; DBOS knows one for each process."""
    if _at_work:
        raise CountermarkError("this process has a worker already", advice="stop it first, or start another process")
    _at_work.append(work)


def end() -> None:
    """Be none any more."""
    _at_work.clear()


def at_work() -> Work:
    """Give this process's worker."""
    return _at_work[0]
