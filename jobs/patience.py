"""Trying again what fails for reasons of our own: a database or a store that is away for a while. Knows only time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from ..errors import DiskFull, JobsUnavailable, ObjectsUnavailable, RegistryRefused, RegistryUnavailable
from .telling import short

T = TypeVar("T")
_NOTHING_ELSE = (RegistryUnavailable, JobsUnavailable)  # without them a failure could not be noted either
_PASSING = (RegistryUnavailable, ObjectsUnavailable, JobsUnavailable, DiskFull)
PATIENCE_S = 900.0  # for a store or a disk to come back; no file waits longer for its result than that
_FIRST_S, _LONGEST_S = 0.5, 5.0

log = logging.getLogger(__name__)


class Stopped(BaseException):
    """This process ends: what was begun is left as it is, for whoever takes it up. No `except Exception` holds it."""


def meanwhile(work: Callable[[], T], still_wanted: Callable[[], None]) -> T:
    """Wait for work that can't be ended, and ask twice a second whether to go on; what that raises leaves it behind."""
    done: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="meanwhile", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.5)
        still_wanted()
    if failed:
        raise failed[0]
    return done[0]


def patiently(attempt: Callable[[], T], stopping: threading.Event) -> T:
    """Try until it works, or fails for another reason, or the time is over; for a database, as long as it takes."""
    pause, end = _FIRST_S, time.monotonic() + PATIENCE_S
    while True:
        if stopping.is_set():
            raise Stopped
        try:
            return attempt()
        except RegistryRefused:
            raise
        except _PASSING as error:
            if time.monotonic() > end and not isinstance(error, _NOTHING_ELSE):
                raise
            log.warning("tried again in %.1f s: %s", pause, short(error))
        if stopping.wait(pause):
            raise Stopped
        pause = min(2 * pause, _LONGEST_S)
