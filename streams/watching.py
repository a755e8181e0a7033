"""A folder or a bucket that is looked at again and again: what is new in it, or has other bytes than before, arrives.

What was taken before is asked of the database, page by page, so that no clock and no order of names decides, and a
watch that begins anew goes on where the last one ended. A file of a folder arrives once nobody has changed it for a
while; an object of a bucket appears whole by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from ..objects import Listed, Place
from .messages import of_object
from .values import Allowed, Arrival, Batch, Refused, Stored

_PAGE = 500  # names that are asked of at once
_SLICE_S = 1.0  # after which a look is interrupted, so that whoever reads hears of a stop
Known = Callable[[Iterable[Arrival | Refused]], Iterable[Arrival | Refused]]  # leaves out what was taken before


class Watch:
    """One place."""

    def __init__(
        self, place: Place, name: str, allowed: Allowed, new: Known, *, every_s: float = 10.0, settled_s: float = 5.0
    ) -> None:
        """Look at nothing yet. `new` leaves out what was taken before."""
        self._place, self._name, self._allowed, self._new = place, name, allowed, new
        self._every_s, self._settled_s = every_s, settled_s
        self._listing: Iterator[Listed] | None = None
        self._found: list[Arrival | Refused] = []
        self._ended_at: float | None = None
        self._growing: Mapping[str, tuple[str, float]] = {}  # by name: how it was, and since when
        self._grown: dict[str, tuple[str, float]] = {}

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def dry(self) -> bool:
        """Whether a look has come to its end, and all that it found was given."""
        return self._ended_at is not None and self._listing is None and not self._found

    @property
    def left(self) -> str:
        """How many files have changed a moment ago, and wait until they stand still."""
        return f"{len(self._growing):,} too fresh (--settled {self._settled_s:g})" if self._growing else ""

    def read(self, wait_s: float, most: int) -> Batch | None:
        """Go on with a look, or begin the next when its time has come."""
        if not self._found and self._listing is None and self._ended_at is not None:
            left = self._ended_at + self._every_s - time.monotonic()
            if left > 0:
                time.sleep(min(left, wait_s))
                return None
        self._look(most)
        if not self._found:
            return None
        given, self._found = self._found[:most], self._found[most:]
        return Batch(tuple(given), given[-1].key)

    def acknowledge(self, batch: Batch) -> None:
        """Nothing is to be noted: what was laid is known by itself."""

    def idle(self) -> None:
        """Nobody else takes its place."""

    def close(self) -> None:
        """Leave off."""
        self._listing, self._found = None, []

    def _look(self, most: int) -> None:
        """List on, until there is enough; a listing that fails begins anew the next time."""
        until = time.monotonic() + _SLICE_S
        if self._listing is None and len(self._found) < most:
            self._listing, self._grown = self._place.listed(), {}
        while self._listing is not None and len(self._found) < most and time.monotonic() < until:
            try:
                page = list(islice(self._listing, _PAGE))
            except BaseException:
                self._listing = None
                raise
            if len(page) < _PAGE:
                self._listing, self._ended_at = None, time.monotonic()
            self._found += self._new([self._arrival(one) for one in page if self._settled(one)])
        if self._listing is None:
            self._growing = self._grown

    def _settled(self, one: Listed) -> bool:
        """Whether a file is whole, as far as can be seen: unchanged for a while, by its clock or by two looks."""
        if self._place.copies or time.time() - one.changed >= self._settled_s:
            return True
        now = time.monotonic()
        tag, since = self._growing.get(one.name, (one.tag, now))
        since = since if tag == one.tag else now
        self._grown[one.name] = (one.tag, since)
        return now - since >= self._settled_s

    def _arrival(self, one: Listed) -> Arrival | Refused:
        key = f"{one.name}/{one.tag}@{one.changed:.3f}"  # the same bytes may come back after others
        if not one.name.isprintable():  # also what a file system has that is no text
            return Refused(key.encode("utf-8", "backslashreplace").decode(), "its name can't be shown as text")
        return of_object(key, Stored(self._place.url, one.name, one.tag), self._allowed)
