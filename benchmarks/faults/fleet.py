"""The processes of a fault run: workers and a listener, killed past every handler and begun again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from countermark.settings import Settings

from .working import DIED

LISTENER = "listener"


@dataclass
class Fleet:
    """Processes by name, each begun again whenever it is no more."""

    options: Settings
    folder: Path
    listener: list[str]  # the words of its command
    round_s: float | None = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    again: dict[str, float] = field(default_factory=dict)  # when one that was killed is begun again
    counts: Counter[str] = field(default_factory=Counter)
    killed_at: Counter[str] = field(default_factory=Counter)  # what was under way

    def begin(self, name: str) -> None:
        """Begin one."""
        environment = {
            **os.environ,
            "COUNTERMARK_HOME": str(self.options.home),
            "COUNTERMARK_DATABASE": self.options.database_url,
            "COUNTERMARK_DETECTOR": self.options.detector,
            "COUNTERMARK_SERVICE__UNSAFE_PRIVATE_ADDRESSES": "true",  # the receiver is on this machine
            "OMP_NUM_THREADS": "1",
        }
        words = ["countermark", *self.listener]
        if name != LISTENER:
            words = ["countermark.benchmarks.faults.working", name, str(self._at(name))]
            words += [] if self.round_s is None else [str(self.round_s)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *words], env=environment, stdout=log, stderr=log
            )

    def kill(self, name: str, again_in: float) -> None:
        """Kill one past every handler, and note what it was at."""
        self.processes[name].kill()
        self.processes[name].wait()
        self.again[name] = time.monotonic() + again_in
        self.counts["kills"] += 1
        at = self._at(name)
        under_way = at.read_text().split("\n") if at.exists() else [name]
        self.killed_at.update(
            filter(None, map(str.strip, under_way)) if any(map(str.strip, under_way)) else ["nothing"]
        )

    def alive(self) -> list[str]:
        """Give the names of those that run."""
        return sorted(name for name, process in self.processes.items() if process.poll() is None)

    def look_after(self) -> None:
        """Begin those again that are no more."""
        for name, process in list(self.processes.items()):
            if process.poll() is None or time.monotonic() < self.again.get(name, 0.0):
                continue
            if name not in self.again:
                self.counts["died over poison" if process.returncode == DIED else "ended otherwise"] += 1
            self.again.pop(name, None)
            self.begin(name)
            self.counts["restarts"] += 1

    def end(self) -> None:
        """End all that run."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _at(self, name: str) -> Path:
        return self.folder / f"{name}.at"


@contextmanager
def running(fleet: Fleet, workers: int) -> Iterator[Fleet]:
    """Begin a listener and workers, and end them all."""
    try:
        for name in (LISTENER, *(f"worker-{number}" for number in range(workers))):
            fleet.begin(name)
        yield fleet
    finally:
        fleet.end()
