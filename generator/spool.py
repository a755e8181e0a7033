"""Keeps the frames of a costly generation until its file is out: a kill in the middle costs one chunk, not the film.

They lie without loss, encrypted for this home, in a hidden folder beside the target (`.NAME.….kept`), named by a digest
of what was asked for: the same request finds it again, another one begins anew. Knows frames and files; knows no model,
and releases nothing.
"""

from __future__ import annotations

import fcntl
import glob
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CountermarkError, DiskFull, InputUnreadable, OutputUnwritable, ServiceFailed
from ..outputs import hidden_name, settle, translated, write_whole
from .maker import Frames, Plan
from .sealed import SUFFIX, SealedWriter, count_sealed, read_sealed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 16  # frames: what a kill may cost, beside those that the model has not given yet
_WHOLE, _PART, _LOCK, _WORK, _PAID = "whole", "part", "lock", "work", "paid"
_KEPT_BYTES = 2.0  # a pixel, without loss: 1.4 to 1.9 where it was measured
_FILE_BYTES = 0.8  # a pixel: a guess of the file, unsigned and signed
_SPARE_BYTES = 64 << 20
_TWICE = "{}: something else was ordered for this name, by another request or with another home's key, and is paid for"
_NOT_TWICE = "make that again, just as it was asked for; or name another file with -o; or give it up: delete {}"

log = logging.getLogger(__name__)


class Nothing:
    """No frame is kept: all are to be made."""

    count = 0

    def last(self, most: int) -> list[NDArray[np.uint8]]:
        """Give none."""
        return []


@dataclass(frozen=True)
class _Chunk:
    """Frames that follow each other, in a file that is named by them."""

    path: Path
    home: Path
    begins: int
    ends: int

    @property
    def bound(self) -> str:
        return _bound(self.path.parent, self.begins)

    def whole(self) -> bool:
        """Look at all of it: a power cut, or a disk, may have broken it."""
        try:
            return count_sealed(self.path, self.home, self.bound) == self.ends - self.begins
        except InputUnreadable:
            return False

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        return read_sealed(self.path, self.home, self.bound)


@dataclass(frozen=True)
class _Finished:
    """What earlier tries finished, as it lay there when this one began."""

    chunks: tuple[_Chunk, ...]
    count: int

    def last(self, most: int) -> list[NDArray[np.uint8]]:
        found: list[NDArray[np.uint8]] = []
        for chunk in reversed(self.chunks):
            if len(found) >= most:
                break
            found = [*chunk.pictures(), *found]
        return found[-most:] if most else []


class Spool:
    """The frames of one request, as far as they are made."""

    def __init__(self, place: Path, home: Path, paid_before: tuple[Path, ...] = ()) -> None:
        """Take the folder. `paid_before`: what other requests hold, for good.

        What an earlier try left half written goes, and so does what follows a chunk that is broken now.
        """
        self.place, self.work, self.home, self.paid_before = place, place / _WORK, home, paid_before
        self.work.mkdir(exist_ok=True)
        known = {chunk.path for chunk in takewhile(_Chunk.whole, self._finished().chunks)}
        for stray in place.glob(f"*{SUFFIX}"):
            if stray not in known:
                log.log(logging.WARNING if stray.stem != _PART else logging.DEBUG, "%s is made again", stray)
                stray.unlink()
        self.found = self._finished().count  # that an earlier try finished

    @property
    def empty(self) -> bool:
        """Whether nothing here is worth a second try."""
        return not self._finished().count and not any(self.work.iterdir())

    def pictures(self, frames: Frames) -> Iterator[NDArray[np.uint8]]:
        """Give all frames: those that are kept, and then the others as they are made, each kept on the way."""
        kept = self._finished()
        for chunk in kept.chunks:
            yield from chunk.pictures()
        if self._is_whole(kept.count):
            return
        made, count = frames.pictures(kept), kept.count
        while (first := next(made, None)) is not None:
            part = self.place / f"{_PART}{SUFFIX}"
            with SealedWriter(part, self.home, _bound(self.place, count)) as out:
                begins = count
                for picture in chain((first,), islice(made, CHUNK - 1)):
                    out.write(picture)
                    count += 1
                    yield picture
            settle(part, self.place / f"{begins:07d}-{count:07d}{SUFFIX}")
        write_whole(self.place / _WHOLE, b"%d" % count)

    def _is_whole(self, count: int) -> bool:
        """Say whether so many are all of them: a model may give fewer than it planned."""
        with suppress(FileNotFoundError):
            return (self.place / _WHOLE).read_bytes() == b"%d" % count
        return False

    def _finished(self) -> _Finished:
        """Find the chunks that follow each other from the first frame on."""
        chunks: list[_Chunk] = []
        count = 0
        for path in sorted(self.place.glob(f"[0-9]*{SUFFIX}")):
            begins, _, ends = path.stem.partition("-")
            if begins.isdecimal() and ends.isdecimal() and int(begins) == count < int(ends):
                chunks.append(_Chunk(path, self.home, count, int(ends)))
                count = int(ends)
        return _Finished(tuple(chunks), count)


def _bound(place: Path, begins: int) -> str:
    """Say what frames are of: a request for one file, and from where on in its film."""
    return f"{place.name}/{begins}"


@contextmanager
def spooled(target: Path, digest: str, home: Path, *, paid: bool = False) -> Iterator[Spool]:
    """Hold the spool of a request; it goes when the block ends well, and when it ends badly with nothing in it.

    With it goes what other requests for the same file have left: that file is out. What was `paid` for stays: it may
    be a job that a service works on, and nobody else could find it again. Nothing is ordered beside it.
    """
    others = tuple(target.parent.glob(f"{glob.escape(hidden_name(target))}{'[0-9a-f]' * 16}.kept"))
    place = target.with_name(f"{hidden_name(target)}{digest[:16]}.kept")
    paid_before = tuple(other for other in others if other != place and _is_paid(other))
    if paid and paid_before and not _is_paid(place):
        raise ServiceFailed(_TWICE.format(target), advice=_NOT_TWICE.format(paid_before[0]))
    with translated(target):
        place.mkdir(mode=0o700, exist_ok=True)  # what lies in it bears no label yet
    with _locked(place, target):
        if paid:
            (place / _PAID).touch()
        with translated(target):
            spool = Spool(place, home, paid_before)
        try:
            yield spool
        except BaseException:
            if spool.empty:
                shutil.rmtree(place, ignore_errors=True)
            raise
        shutil.rmtree(place, ignore_errors=True)
    for other in others:
        if other != place and other not in spool.paid_before:
            with suppress(CountermarkError, OSError), _locked(other, target):
                shutil.rmtree(other, ignore_errors=True)


def _is_paid(place: Path) -> bool:
    """Say whether a folder holds a service's job, or what came of it."""
    return (place / _PAID).exists() and any((place / _WORK).glob("*"))


def check_disk(target: Path, plan: Plan) -> None:
    """Refuse what the disk has no room for, before anything is made."""
    pixels = plan.size[0] * plan.size[1] * plan.frames
    needed = round(pixels * (_FILE_BYTES + (_KEPT_BYTES if plan.costly else 0))) + _SPARE_BYTES
    with translated(target):
        free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise DiskFull(
            f"{target.parent}: {free >> 20} MiB are free, and this may take {needed >> 20} MiB while it is made",
            advice="make room, write to another disk with -o, or ask for less",
        )


@contextmanager
def _locked(place: Path, target: Path) -> Iterator[None]:
    """Let one process at a time work on a folder."""
    with (place / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputUnwritable(
                f"{target}: another run is making it", advice="let that one end, or name another file"
            ) from None
        yield
