"""A worker: takes jobs from the queue and makes them, until it is told to stop, or dies. One for each process.

It holds its name while it lives, so that others know when what it was at is theirs to take up. Told to stop, it begins
nothing more, ends what it can in the time it is given, and hands back the rest.
"""

from __future__ import annotations

import logging
import shutil
import socket
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import IO
from urllib.parse import quote

from ..docket import Docket
from ..errors import CountermarkError, SettingsInvalid
from ..objects import opened
from ..outputs import translated
from ..settings import Settings
from . import (
    again,
    checking,
    delivering,
    hooking,
    leftovers,
    queue,
    rescanning,
    retroacting,
    rounds,
    scanning,
    shadowing,
    stamping,
    work,
)
from .client import Jobs
from .presence import Presence, presence, worker_name

NAME_S = 20.0  # for the server to notice that a worker of the same name is dead
STOP_S = 20.0
_LEAVE_S = 5.0  # for what was told to leave off

log = logging.getLogger(__name__)


class Worker:
    """Makes checks, stamps and deliveries; goes the rounds."""

    def __init__(
        self, options: Settings, *, name: str | None = None, takes: Collection[str] = (), fleet: str = ""
    ) -> None:
        """Begin nothing yet. Unless given, the name is that of the settings, or of this host.

        takes: from which queues; none: from all. fleet: of scans, it makes those that were asked for by this name.
        """
        self._options = options
        self._queues = queue.taken_by(takes, fleet)
        self.name = name or options.service.executor or socket.gethostname()
        self._presence: Presence | None = None
        self._work: work.Work | None = None
        self._alive: IO[bytes] | None = None
        self._rounds: tuple[rounds.Rounds, ...] = ()

    def start(self) -> None:
        """Begin to take jobs, first of all those that a worker of this name left."""
        from dbos import DBOS

        folder = self._options.home / "work" / quote(self.name, safe="")
        objects = opened(self._options)
        tools = work.Work(self._options, Docket(self._options, objects=objects), objects, Jobs(self._options), folder)
        work.begin(tools)
        try:
            held = self._presence = presence(self._options)
            self._take_name(held)
            shutil.rmtree(folder, ignore_errors=True)  # of a worker of this name that is dead
            with translated(folder):
                folder.mkdir(mode=0o700, parents=True)
                self._alive = leftovers.lived_in(folder)
            leftovers.clear(held, folder)
            with queue.reporting(self._options.jobs_url):
                queue.engine_of_jobs(self._options, self.name, self._queues)
                _declare()
                DBOS.launch()
                queue.listen(self._options, self._queues)
        except BaseException:
            self._close()
            raise
        self._work = tools
        self._rounds = (
            rounds.own(held, self.name),
            rounds.quick(tools, held, self.name),
            rounds.following(tools, held),
            rounds.slow(tools, held),
        )
        for one in self._rounds:
            one.start()
        log.info("worker %s takes jobs", self.name)

    def stop(self, timeout: float = STOP_S) -> None:
        """Begin nothing more, wait so long for what is under way, and hand back what is not done."""
        from dbos import DBOS

        tools = self._work
        if tools is None:
            return
        tools.draining.set()
        for one in self._rounds:
            one.stop()
        try:
            _wait(timeout)
        finally:  # whoever interrupts this waits no longer
            tools.stopping.set()
            _wait(_LEAVE_S)
            DBOS.destroy()  # else this process could take again what it has just handed back
            with suppress(CountermarkError):
                tools.jobs.give_back(self.name)
            self._close()
            log.info("worker %s has stopped", self.name)

    def __enter__(self) -> Worker:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    def _take_name(self, held: Presence) -> None:
        """Hold the name. One who died a moment ago may seem to have it still."""
        end = time.monotonic() + NAME_S
        while not held.hold(worker_name(self.name)):
            if time.monotonic() > end:
                raise SettingsInvalid(
                    f"a worker called {self.name!r} is at work already",
                    advice="give each worker a name of its own: `service.executor`",
                )
            time.sleep(0.2)

    def _close(self) -> None:
        from dbos import DBOS

        DBOS.destroy()
        if self._presence is not None:
            self._presence.close()
        if self._work is not None:
            self._work.jobs.close()
            shutil.rmtree(self._work.folder, ignore_errors=True)
        if self._alive is not None:
            self._alive.close()  # the file stays: to remove it could take another's of the same name
        self._work, self._presence, self._alive = None, None, None
        work.end()


@lru_cache(maxsize=1)
def _declare() -> None:
    """Tell DBOS which functions the names in the queue mean; it remembers them for this process."""
    from dbos import DBOS

    jobs: dict[str, Callable[..., None]] = {
        **{"check": checking.check, "fetch": checking.fetch, "rejudge": again.rejudge},
        **{"stamp": stamping.stamp, "callback": delivering.callback, "scan": scanning.scan, "hook": hooking.hook},
        **{"retroact": retroacting.retroact, "rescan": rescanning.rescan, "shadow": shadowing.shadow},
    }
    for name, function in jobs.items():
        DBOS.workflow(name=name, max_recovery_attempts=queue.TRIES - 1)(function)


def _wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    while queue.under_way() and time.monotonic() < end:
        time.sleep(0.05)
