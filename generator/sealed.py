"""Keeps pictures exactly as they are, and for this home alone: what a kill leaves on the disk is no film that plays.

Each is a PNG, encrypted (AES-GCM) under a key of its file's own, which is made from the home's, and bound to
its place in the file, and to what the file is of; the end is sealed, too. Knows pictures and files; knows nothing of
what is kept, or why.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..errors import CountermarkError, EncodeFailed, InputUnreadable
from ..outputs import settle, translated
from .digests import key_for

if TYPE_CHECKING:
    import numpy as np
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from numpy.typing import NDArray

SUFFIX = ".sealed"
_SALT, _LENGTH = 16, 4  # bytes
_END = b""  # after the last

log = logging.getLogger(__name__)


class SealedWriter:
    """Takes pictures (H, W, 3) uint8, one by one; a block that ends badly leaves no file."""

    def __init__(self, target: Path, home: Path, bound: str) -> None:
        """Take where they go, whose they are, and what they are of: they are read as that alone."""
        self._target, self._home, self._bound = target, home, bound.encode()
        self._frames = 0

    def __enter__(self) -> Self:
        """Open the file."""
        salt = os.urandom(_SALT)
        self._seal = _cipher(self._home, salt)
        with translated(self._target):
            self._file = self._target.open("wb")
            self._file.write(salt)
        return self

    def write(self, picture: NDArray[np.uint8]) -> None:
        """Keep one more."""
        import cv2

        fast = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]  # half the time, a quarter larger
        done, coded = cv2.imencode(".png", picture[..., ::-1], fast)
        if not done:
            raise EncodeFailed(f"frame {self._frames} can't be kept", advice="report it")
        self._put(coded.tobytes())
        self._frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, or remove it."""
        try:
            with translated(self._target), self._file:
                if kind is None:
                    self._put(_END)
        except CountermarkError:
            self._target.unlink(missing_ok=True)
            raise
        if kind is not None:
            self._target.unlink(missing_ok=True)

    def _put(self, content: bytes) -> None:
        sealed = self._seal.encrypt(_nonce(self._frames), content, self._bound)
        with translated(self._target):
            self._file.write(len(sealed).to_bytes(_LENGTH, "big") + sealed)


def read_sealed(path: Path, home: Path, bound: str) -> Iterator[NDArray[np.uint8]]:
    """Give the pictures back, one by one, as they were written; what is not just that is refused."""
    import cv2
    import numpy as np

    for coded in _opened(path, home, bound):
        picture = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None  # it was sealed as a picture
        yield np.ascontiguousarray(picture[..., ::-1], np.uint8)


def count_sealed(path: Path, home: Path, bound: str) -> int:
    """Say how many pictures a file holds, after looking at all of it; one that is not whole is refused."""
    return sum(1 for _ in _opened(path, home, bound))


@dataclass(frozen=True)
class Shelf:
    """What a model keeps for itself on the way, by name, in the folder that it was given."""

    folder: Path
    home: Path

    def put(self, name: str, pictures: Iterable[NDArray[np.uint8]]) -> None:
        """Keep pictures, all or none."""
        part = self.folder / f"{name}.part"
        with SealedWriter(part, self.home, self._bound(name)) as out:
            for picture in pictures:
                out.write(picture)
        settle(part, self._path(name))

    def has(self, name: str) -> bool:
        """Say whether they are there, and whole: what is broken is made again."""
        try:
            return count_sealed(self._path(name), self.home, self._bound(name)) > 0
        except FileNotFoundError:
            return False
        except InputUnreadable as error:
            log.warning("%s; it is made again", error)
            return False

    def pictures(self, name: str) -> Iterator[NDArray[np.uint8]]:
        """Give what was put there."""
        return read_sealed(self._path(name), self.home, self._bound(name))

    def _path(self, name: str) -> Path:
        return self.folder / (name + SUFFIX)

    def _bound(self, name: str) -> str:
        return f"{self.folder.absolute().parent.name}/{name}"  # the request's own folder, wherever that lies


def _opened(path: Path, home: Path, bound: str) -> Iterator[bytes]:
    from cryptography.exceptions import InvalidTag

    advice = "begin again: what is broken is made anew"
    with path.open("rb") as file:
        opener, number = _cipher(home, file.read(_SALT)), 0
        while True:
            length = int.from_bytes(file.read(_LENGTH), "big")
            try:
                coded = opener.decrypt(_nonce(number), file.read(length), bound.encode())
            except (InvalidTag, ValueError):
                raise InputUnreadable(f"{path}: broken, or of another home or place", advice=advice) from None
            if coded == _END:
                break
            yield coded
            number += 1
        if file.read(1):
            raise InputUnreadable(f"{path}: something follows its end", advice=advice)


def _cipher(home: Path, salt: bytes) -> AESGCM:
    """Give what seals and opens one file: its key is used for that alone, so that a frame's number is a fit nonce."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key_for(home, b"frames" + salt))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
