"""Hashes of 256 bits and the payloads that they lead to, in files that many processes read. Knows nothing of pictures.

New hashes wait in a short list, which every search goes through whole; when it has grown it is worked into inverted
lists (faiss), whose file is mapped into memory, not read. Both files appear whole or not at all. Of several processes
one writes, and the others go on with what they have: it is a cache, and what could not be kept is only slower.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import outputs
from ...errors import CountermarkError

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

VERSION = 1
NEIGHBOURS, WITHIN = 32, 72  # of each hash; farther ones have nothing to do with it
MOST_RECENT = 2000  # records in the list that is gone through whole
PROBES = 12  # lists that are looked into for each hash: with 8,192 lists, 98 % of the copies still meet their record
MOST_LISTS = 8192
_LEAST_LISTS, _PER_LIST = 64, 250
_ROUNDS, _SAMPLES = 2, 5  # of making lists, and of hashes for each of them
_HASH, _ROW = 32, 40  # bytes: a hash; a hash and a payload
_RECENT = "recent"


class Index:
    """The lists and what is newer, as one process sees them."""

    def __init__(self, folder: Path) -> None:
        """Begin an empty one, which takes the place of what is in the folder once it is saved."""
        self._folder = folder
        self.position, self.payload = 0, ""  # of the last record that is in
        self._recent, self._records = bytearray(), 0
        self._base = ""  # the file of the lists; none: they are in memory alone
        self._lists: Any = None
        self._anew = True

    @classmethod
    def opened(cls, folder: Path) -> Index | None:
        """Open what is there; None where nothing is, or it is damaged."""
        try:
            head, _, recent = (folder / _RECENT).read_bytes().partition(b"\n")
            said = json.loads(head)
            if said["version"] != VERSION or said["sha256"] != hashlib.sha256(recent).hexdigest():
                raise ValueError("it is of another version, or damaged")
            index = cls(folder)
            index.position, index.payload = int(said["position"]), str(said["payload"])
            index._recent, index._records, index._anew = bytearray(recent), int(said["records"]), False
            if said["base"]:
                index._map(str(said["base"]), said["facts"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            log.warning("the index of fingerprints is made anew: %s", error)
            return None
        return index

    def near(self, asked: NDArray[Any]) -> list[str]:
        """Give payloads whose hashes are near to those asked for, (hashes, 4), the nearest first."""
        import faiss
        import numpy as np

        queries = np.ascontiguousarray(asked).view(np.uint8).reshape(len(asked), _HASH)
        searched = [] if self._lists is None else [self._lists]
        if self._recent:
            searched.append(faiss.IndexBinaryIDMap2(faiss.IndexBinaryFlat(8 * _HASH)))
            searched[-1].add_with_ids(*_split(self._recent))
        best: dict[int, int] = {}
        for one in searched if len(queries) else ():
            distances, payloads = one.search(queries, NEIGHBOURS)
            for payload, distance in zip(payloads.ravel().tolist(), distances.ravel().tolist(), strict=True):
                if distance <= min(WITHIN, best.get(payload, WITHIN)):
                    best[payload] = distance
        return [f"{payload % (1 << 64):016x}" for payload in sorted(best, key=lambda one: (best[one], one))]

    def add(self, hashes: NDArray[Any], position: int, payload: str) -> None:
        """Take in one record."""
        import numpy as np

        whose = np.full((len(hashes), 1), int(payload, 16), np.uint64)
        self._recent += np.concatenate([hashes.astype(np.uint64), whose], axis=1).tobytes()
        self._records += 1
        self.position, self.payload = position, payload
        if self._records >= MOST_RECENT:
            self._grow()

    def save(self) -> None:
        """Let what was added appear, unless another process is at it or has more."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._alone() as alone:
                if alone and not self._overtaken():
                    self._write()
        except (OSError, CountermarkError) as error:
            log.warning("the index of fingerprints could not be kept: %s", error)

    def _map(self, name: str, facts: list[int]) -> None:
        """Map the file of the lists, if it is the one that was written."""
        import faiss

        path = self._folder / name
        if path.name != name or [path.stat().st_size, path.stat().st_mtime_ns] != facts:
            raise ValueError("its lists were changed")
        self._lists, self._base = faiss.read_index_binary(str(path), faiss.IO_FLAG_MMAP), name
        self._lists.nprobe = PROBES

    def _grow(self) -> None:
        """Work the newest into the lists; make more lists where there are four times as many as they were made for."""
        import faiss
        import numpy as np

        hashes, payloads = _split(self._recent)
        held = 0 if self._lists is None else self._lists.ntotal
        wanted = max(_LEAST_LISTS, min(MOST_LISTS, (held + len(hashes)) // _PER_LIST))
        if self._lists is None or wanted >= 4 * self._lists.nlist or wanted == MOST_LISTS > self._lists.nlist:
            before = [] if self._lists is None else [_all_of(self._lists)]
            hashes, payloads = (np.concatenate(both) for both in zip(*before, (hashes, payloads), strict=True))
            self._lists = lists_for(hashes, wanted)
        elif self._base:  # what is mapped can't be added to
            self._lists = faiss.read_index_binary(str(self._folder / self._base))
        self._lists.add_with_ids(hashes, payloads)
        self._lists.nprobe = PROBES
        self._base, self._recent, self._records = "", bytearray(), 0

    def _overtaken(self) -> bool:
        """Whether what another process wrote meanwhile is newer, or has put away the lists that this one uses."""
        there = None if self._anew else Index.opened(self._folder)
        return there is not None and (
            there.position >= self.position or (self._base != "" and there._base != self._base)
        )

    def _write(self) -> None:
        import faiss

        if self._lists is not None and not self._base:
            self._base = f"{os.urandom(8).hex()}.lists"
            target = self._folder / self._base
            with outputs.staged(target) as name:
                part = name(target.suffix)
                faiss.write_index_binary(self._lists, str(part))
                outputs.release(part, target, force=True)
        facts = (self._folder / self._base).stat() if self._base else None
        head = {
            "version": VERSION,
            "position": self.position,
            "payload": self.payload,
            "records": self._records,
            "base": self._base,
            "facts": [facts.st_size, facts.st_mtime_ns] if facts else [],
            "sha256": hashlib.sha256(self._recent).hexdigest(),
        }
        outputs.write_whole(self._folder / _RECENT, json.dumps(head).encode() + b"\n" + self._recent)
        for old in self._folder.glob("*.lists"):
            if old.name != self._base:
                old.unlink(missing_ok=True)
        self._anew = False

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Say whether no other process is writing, and keep it so."""
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            yield False
            return
        try:
            yield True
        finally:
            os.close(handle)


def _split(rows: bytes | bytearray) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give hashes, (rows, 32) bytes, and payloads."""
    import numpy as np

    table = np.frombuffer(bytes(rows), np.uint8).reshape(-1, _ROW)
    return np.ascontiguousarray(table[:, :_HASH]), np.ascontiguousarray(table[:, _HASH:]).view(np.int64)[:, 0]


def _all_of(lists: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give back what lists hold."""
    import faiss
    import numpy as np

    held = lists.invlists
    sizes = [held.list_size(number) for number in range(lists.nlist)]
    filled = [number for number, size in enumerate(sizes) if size]
    hashes = [faiss.rev_swig_ptr(held.get_codes(at), sizes[at] * _HASH).reshape(-1, _HASH) for at in filled]
    payloads = [faiss.rev_swig_ptr(held.get_ids(at), sizes[at]) for at in filled]
    return np.concatenate(hashes), np.concatenate(payloads)


def lists_for(hashes: NDArray[Any], count: int) -> Any:
    """Make empty lists whose centres suit hashes such as these."""
    import faiss
    import numpy as np

    lists: Any = faiss.index_binary_factory(8 * _HASH, f"BIVF{count}")
    lists.cp.niter, lists.cp.min_points_per_centroid = _ROUNDS, 1
    sample = np.random.default_rng(0).permutation(len(hashes))[: _SAMPLES * count]
    lists.train(np.ascontiguousarray(hashes[sample]))
    return lists
