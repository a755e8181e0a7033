"""The one way in which this product sets up the C2PA library: closed to the network, and trusting what it is told.

And sparing: as it comes, the library keeps half a gigabyte of a file in memory to sign it, and hashes through two
buffers of 256 MiB. `steady` leaves one of these to a reader; a signer who has it hash in pieces needs none.
"""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...keyring import PURPOSES
from ...media.leash import alive
from . import TrustAnchors

if TYPE_CHECKING:
    import c2pa
    from _typeshed import WriteableBuffer

KEPT_MB = 64  # a file that is being signed; a larger one goes through a temporary file
PIECE_KB = 8 << 10  # each is hashed alone: a Merkle tree's leaf
_PIECE = 4 << 20
_OF_THE_PARENT = {"enabled": True, "skip_existing": False, "fetch_scope": "parent"}
_HASHER = "c2pa-hash"  # what the library calls the thread that hashes one buffer while the next one fills


@contextmanager
def context(
    trust: TrustAnchors, signer: c2pa.Signer | None = None, *, pieces: bool = False, clock: str | None = None
) -> Iterator[c2pa.Context]:
    """Hold a Context; a signer given to it is used up. Interruptions are heard after it.

    `clock`: of an update manifest, where it asks for the time of its parent: scheme, host and port.
    `pieces`: bind to the pieces of an mp4's one mdat. With several, the library writes what nobody can verify.
    """
    import c2pa

    # The library ignores names that it does not know: tests hold each of these to its effect.
    settings: dict[str, Any] = {
        "trust": {**trust.settings(), "trust_config": "\n".join(PURPOSES)},
        "verify": {
            "verify_after_reading": True,
            "verify_after_sign": True,
            "verify_after_sign_hash": True,
            "verify_trust": True,
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
        },
        # Identities of the CAWG are not judged here, and judging some of them would ask the network.
        "core": {
            "allowed_network_hosts": [clock] if clock else [],
            "decode_identity_assertions": False,
            "backing_store_memory_threshold_in_mb": KEPT_MB,
            **({"merkle_tree_chunk_size_in_kb": PIECE_KB} if pieces else {}),
        },
        "builder": {
            "thumbnail": {"enabled": False},
            "actions": {
                "auto_created_action": {"enabled": False},
                "auto_opened_action": {"enabled": False},
                "auto_placed_action": {"enabled": False},
                **({"all_actions_included": True} if clock else {}),
            },
            **({"auto_timestamp_assertion": _OF_THE_PARENT} if clock else {}),
        },
    }
    with undisturbed(), c2pa.Context.from_dict(settings, signer) as ground:
        yield ground


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hear interruptions only after it: while the library calls back, Python would drop them, and the work go on."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python raises them in the main thread alone
        return
    heard: list[int] = []
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number in former:
        signal.signal(number, lambda number, frame: heard.append(number))
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler or signal.SIG_DFL)
        if heard:
            signal.raise_signal(heard[0])


def steady(path: Path, tail: bytes = b"") -> io.BufferedReader:
    """Open a file for the library to read, as if `tail` stood at its end: `with steady(path) as stream`."""
    return _SteadyReader(_Longer(path, tail) if tail else io.FileIO(path))


def steady_output(path: Path) -> io.BufferedRandom:
    """Make a file, or empty it, for the library to write and then to read again."""
    return _SteadyRandom(io.FileIO(path, "w+"), _PIECE)


class _Longer(io.RawIOBase):
    """A file that goes on."""

    def __init__(self, path: Path, tail: bytes) -> None:
        """Open it."""
        self._file, self._tail, self._at = io.FileIO(path), tail, 0
        self._length = os.fstat(self._file.fileno()).st_size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        end = self._length + len(self._tail)
        self._at = max(0, {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: end}[whence] + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        into = memoryview(buffer)
        if self._at < self._length:
            self._file.seek(self._at)
            given = self._file.readinto(into[: self._length - self._at]) or 0
        else:
            piece = self._tail[self._at - self._length :][: into.nbytes]
            given = len(piece)
            into[:given] = piece
        self._at += given
        return given

    def close(self) -> None:
        self._file.close()
        super().close()


class _SteadyReader(io.BufferedReader):
    """Fills large buffers bit by bit, and none while the one before is still being hashed."""

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return super().readinto(_portion(memoryview(buffer)))


class _SteadyRandom(io.BufferedRandom):
    """The same, for what is written first."""

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return super().readinto(_portion(memoryview(buffer)))


def _portion(buffer: memoryview) -> memoryview:
    """Give the part of a buffer to fill now: pages that nobody touched yet take no memory."""
    alive()  # hashing a large file on a slow disk is no silence
    while buffer.nbytes > _PIECE and _hashing():
        time.sleep(0.002)
    return buffer[:_PIECE]


def _hashing() -> bool:
    """Look for the library's thread; where the system does not tell (it is Linux that does), there is none."""
    try:
        tasks = os.listdir("/proc/self/task")
    except OSError:
        return False
    return any(_name_of(task) == _HASHER for task in tasks)


def _name_of(task: str) -> str:
    try:
        return Path(f"/proc/self/task/{task}/comm").read_text().strip()
    except OSError:  # it ended meanwhile
        return ""
