"""The loop of a listener: waits for room, reads, lays down, acknowledges. What fails meanwhile is tried again.

A batch is acknowledged after each of its arrivals is a check, or a refusal with its reason. Whoever dies before that
has the same batch again, and lays nothing twice. Nothing is read while there is enough to do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..errors import (
    InputMissing,
    InputUnreadable,
    JobsUnavailable,
    ObjectsUnavailable,
    QuotaReached,
    RegistryRefused,
    RegistryUnavailable,
    StreamUnavailable,
)
from .taking import Taking
from .values import Batch, Refused, Source

T = TypeVar("T")
READ_S = 1.0  # for which a source is asked at a time
SAY_S = 10.0
_FIRST_S, _LONGEST_S, _STAY_S = 0.5, 15.0, 0.5
_PASSING = (RegistryUnavailable, JobsUnavailable, QuotaReached)  # until they are over, nothing can be laid down
_AWAY = (StreamUnavailable, ObjectsUnavailable, InputUnreadable, InputMissing, RegistryUnavailable)


@dataclass
class Counts:
    """What a listener has done."""

    taken: int = 0
    again: int = 0
    refused: int = 0

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.taken:,} taken, {self.again:,} had come before, {self.refused:,} refused"


@dataclass
class Listener:
    """Takes what one source brings."""

    source: Source
    taking: Taking
    say: Callable[[str], None]
    stop: threading.Event
    most_waiting: int = 1000  # checks in its lane from which on nothing is read
    at_once: int = 200
    counts: Counts = field(default_factory=Counts)
    _waits_for: str = ""
    _said: tuple[float, str] = (0.0, "")

    def run(self, *, once: bool = False) -> Counts:
        """Listen until it is to stop; `once`: until all that is there was taken, and what is away is an error."""
        pause = _FIRST_S
        try:
            while not self.stop.is_set():
                try:
                    batch = self._read()
                    if batch is not None and not self._laid(batch):
                        break
                    pause = _FIRST_S
                except _AWAY as error:
                    if once or isinstance(error, RegistryRefused):
                        raise
                    self.say(f"{self.source.name}: {error}; tried again in {pause:.0f} s")
                    self._stay(pause)
                    pause = min(2 * pause, _LONGEST_S)
                self._progress()
                if once and batch is None and self.source.dry:
                    break
            left = f", {self.source.left}" if self.source.left else ""
            self.say(f"{self.source.name}: {self.counts.words}{left}")
            return self.counts
        finally:
            self.source.close()

    def _read(self) -> Batch | None:
        room = self._room()
        return self.source.read(READ_S, min(room, self.at_once)) if room else None

    def _room(self) -> int:
        """Wait until there is room in the queue, and give how much; 0 where it is to stop."""
        while not self.stop.is_set():
            try:
                room = self.most_waiting - self.taking.jobs.waiting().get(self.taking.lane, 0)
                why = "enough checks wait"
            except JobsUnavailable as error:
                room, why = 0, str(error)
            if room > 0:
                self._goes_on()
                return room
            self._waits(why)
        return 0

    def _laid(self, batch: Batch) -> bool:
        """Lay a batch down and acknowledge it; False where it is to stop before that can be done."""
        known = self._patiently(lambda: self.taking.known(batch.arrived))
        if known is None:
            return False
        for one in batch.arrived:
            if self.taking.arrived(one).id in known:
                self.counts.again += 1
                continue
            laid = self._patiently(lambda one=one: self.taking.take(one))  # type: ignore[misc]
            if laid is None:
                return False
            if laid.again:
                self.counts.again += 1
            elif isinstance(one, Refused):
                self.counts.refused += 1
                self.say(f"{self.source.name}: {one.key[:200]} is refused: {one.reason}")
            else:
                self.counts.taken += 1
        self._acknowledge(batch)
        return True

    def _acknowledge(self, batch: Batch) -> None:
        """Say that a batch is laid; a source that is away is waited for, unless it is to stop: then it comes again."""
        pause = _FIRST_S
        while True:
            try:
                return self.source.acknowledge(batch)
            except StreamUnavailable as error:
                if self.stop.is_set():
                    return None
                self.say(f"{self.source.name}: {error}; tried again in {pause:.0f} s")
                self._stay(pause)
                pause = min(2 * pause, _LONGEST_S)

    def _patiently(self, attempt: Callable[[], T]) -> T | None:
        """Try until what is away has come back; None where it is to stop before."""
        while True:
            try:
                done = attempt()
                self._goes_on()
                return done
            except RegistryRefused:
                raise
            except _PASSING as error:
                if self.stop.is_set():
                    return None
                self._waits(str(error))

    def _waits(self, why: str) -> None:
        if why != self._waits_for:
            self._waits_for = why
            self.say(f"{self.source.name}: waits: {why}")
        self._stay(_STAY_S)

    def _goes_on(self) -> None:
        if self._waits_for:
            self._waits_for = ""
            self.say(f"{self.source.name}: goes on")

    def _stay(self, seconds: float) -> None:
        """Wait, and keep the place among other listeners."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.stop.wait(min(left, _STAY_S)):
            self.source.idle()

    def _progress(self) -> None:
        at, said = self._said
        if time.monotonic() - at >= SAY_S and said != self.counts.words:
            if said:
                self.say(f"{self.source.name}: {self.counts.words}")
            self._said = (time.monotonic(), self.counts.words)
