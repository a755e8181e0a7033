"""A `countermark worker` that dies over what is named as poison, past every handler, and says what it is at.

python -m benchmarks.faults.working NAME FILE [SECONDS between rounds]

FILE holds what is under way, so that whoever kills the worker can say over what it died.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from countermark.cli import main
from countermark.jobs import checking, hooking, queue, rounds, scanning
from countermark.objects import Listed, Place
from countermark.scan import Cascade, Outcomes, cascade
from countermark.scan.cascade import Known

POISON = "poison"
DIED = 86
WIDTH = 400
_line, _running, _taken = Cascade.line, cascade._Clock.running, checking.Checking.taken


class Noting:
    """Keeps a file that says what each thread is at."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing under way."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._lock, self._at = threading.Lock(), dict[int, str]()
        self._write()

    @contextmanager
    def at(self, what: str) -> Iterator[None]:
        """Say that this thread is at something, and afterwards again what it was at before."""
        thread, before = threading.get_ident(), self._at.get(threading.get_ident(), "")
        self._note(thread, what)
        try:
            yield
        finally:
            self._note(thread, before)

    def around(self, what: str, job: Callable[..., None]) -> Callable[..., None]:
        """Give a job that says so while it is made."""

        @functools.wraps(job)
        def made(*words: Any) -> None:
            with self.at(what):
                job(*words)

        return made

    def _note(self, thread: int, what: str) -> None:
        with self._lock:
            self._at[thread] = what
            self._write()

    def _write(self) -> None:  # at one stroke: whoever reads it after a kill finds the one state or the other
        words = "\n".join(sorted(filter(None, self._at.values())))
        os.pwrite(self._file, words.encode()[:WIDTH].ljust(WIDTH), 0)


def note(noting: Noting) -> None:
    """Have jobs, their steps and looks say that they are under way."""
    scanning.scan = noting.around("scan: between two looks", scanning.scan)
    checking.check = noting.around("check: between two steps", checking.check)
    checking.fetch = noting.around("check: its media", checking.fetch)
    hooking.hook = noting.around("webhook", hooking.hook)

    @contextmanager
    def running(self: Any, stage: Any) -> Iterator[None]:
        with noting.at(f"scan: {stage}"), _running(self, stage):
            yield

    def taken(self: checking.Checking, stage: Any, step: Any) -> Any:
        with noting.at(f"check: {stage}"):
            return _taken(self, stage, step)

    cascade._Clock.running = running  # type: ignore[method-assign]
    checking.Checking.taken = taken  # type: ignore[method-assign]


def line(self: Cascade, place: Place, listed: Listed, folder: Path, known: Known) -> Outcomes:
    """Look at one object, or die over it."""
    if POISON in listed.name:
        os._exit(DIED)
    return _line(self, place, listed, folder, known)


if __name__ == "__main__":
    Cascade.line = line  # type: ignore[method-assign]
    name, file, *seconds = sys.argv[1:]
    note(Noting(Path(file)))
    if seconds:
        rounds.QUICK_S = float(seconds[0])
        queue.POLL_S.update(dict.fromkeys((queue.SCANS, queue.FETCHES, queue.HOOKS), float(seconds[0])))
    sys.argv[1:] = ["worker", "--quiet", "--name", name]
    main()
