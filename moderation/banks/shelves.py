"""The hashes of banks in memory, to look things up in: a shelf a bank, in each process that asks.

A shelf holds what a content looked like when it came in, which never changes; what is new since is read when it is next
asked. Whether a content still stands, and what is thought of it, is asked of the database each time. Distances are
exact: every hash is held to every hash, by instructions that count bits.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from . import vpdq

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

BANK_FRAMES = 4_000_000  # that one bank may have: 160 MB of a process
HELD_FRAMES = 8_000_000  # that a process holds; the bank asked longest ago goes first
_STALE = 1000  # contents taken away since it was read; they cost time, and are never given
_READ = 20_000  # frames that are taken in at a time
_BYTES = 32


class Rows:
    """Hashes of one kind, and whose they are."""

    def __init__(self) -> None:
        """Begin with none."""
        import faiss

        self._index = faiss.IndexBinaryFlat(8 * _BYTES)
        self._numbers: list[NDArray[Any]] = []
        self.sizes: dict[int, int] = {}  # frames of each content that count, by its number

    def __len__(self) -> int:
        """How many hashes there are."""
        return int(self._index.ntotal)

    def add(self, hashes: list[str], numbers: list[int]) -> None:
        """Take in hashes, each with the number of the content that it is of."""
        import numpy as np

        if not hashes:
            return
        self._index.add(_packed(hashes))
        self._numbers.append(np.array(numbers, np.int64))
        for number in numbers:
            self.sizes[number] = self.sizes.get(number, 0) + 1

    def near(self, asked: list[str]) -> NDArray[Any]:
        """Give what is near: rows of (which was asked, number of the content, place of its hash here, distance)."""
        import numpy as np

        if not asked or not len(self):
            return np.zeros((0, 4), np.int64)
        if len(self._numbers) > 1:
            self._numbers = [np.concatenate(self._numbers)]
        ends, distances, places = self._index.range_search(_packed(asked), vpdq.DISTANCE + 1)
        which = np.repeat(np.arange(len(asked)), (ends[1:] - ends[:-1]).astype(np.int64))
        return np.stack([which, self._numbers[0][places], places, distances.astype(np.int64)], axis=1)


class Shelf:
    """What one bank's contents look like."""

    def __init__(self, bank_id: str, removals: int) -> None:
        """Begin with nothing read."""
        self._bank_id, self.removals, self._last = bank_id, removals, 0
        self.pictures, self.videos = Rows(), Rows()
        self.lock = threading.Lock()

    def __len__(self) -> int:
        """How many hashes it holds."""
        return len(self.pictures) + len(self.videos)

    def catch_up(self, connection: Connection, last: int) -> None:
        """Read what came in since, up to a number."""
        from ...store import bank_rows

        if last <= self._last:
            return
        videos: tuple[list[str], list[int]] = ([], [])
        pictures: tuple[list[str], list[int]] = ([], [])
        for number, pdq, frames in bank_rows.hashes(connection, self._bank_id, self._last):
            if pdq is not None:
                pictures[0].append(pdq)
                pictures[1].append(number)
            if frames is not None:
                hashes = [frame.hash for frame in vpdq.usable(vpdq.read(frames))]
                videos[0].extend(hashes)
                videos[1].extend([number] * len(hashes))
            if len(videos[0]) + len(pictures[0]) >= _READ:
                self._take(pictures, videos)
                self._last = number  # what is cut short here goes on from there
        self._take(pictures, videos)
        self._last = last

    def _take(self, pictures: tuple[list[str], list[int]], videos: tuple[list[str], list[int]]) -> None:
        for rows, lists in ((self.pictures, pictures), (self.videos, videos)):
            rows.add(*lists)
            for one in lists:
                one.clear()


class Shelves:
    """The shelves of a process, no more than it has room for; threads share them."""

    def __init__(self, most: int = HELD_FRAMES) -> None:
        """Take how many frames to hold."""
        self._most = most
        self._held: OrderedDict[tuple[str, str], Shelf] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many hashes all of them hold."""
        return sum(map(len, self._held.values()))

    def of(self, url: str, bank: dict[str, Any]) -> Shelf:
        """Give a bank's shelf, which is empty if it was not asked for, or much has left it."""
        key = (url, str(bank["id"]))
        with self._lock:
            found = self._held.get(key)
            if found is None or bank["removals"] - found.removals >= _STALE:
                found = self._held[key] = Shelf(key[1], bank["removals"])
            self._held.move_to_end(key)
            return found

    def make_room(self) -> None:
        """Let go of those asked longest ago, but never of the last."""
        with self._lock:
            while len(self._held) > 1 and len(self) > self._most:
                self._held.popitem(last=False)


def _packed(hashes: list[str]) -> NDArray[Any]:
    import numpy as np

    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, _BYTES)
