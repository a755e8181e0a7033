"""A folder as the store: one file an object, which nobody but the service's user can open.

What is being written lies in `.parts`, on the same disk, so that an object appears by a rename. A part whose writer is
no more goes at the next write. There is nothing here for a client of object stores to add: it would know neither modes
nor what a full disk is.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .. import outputs
from ..errors import DiskFull, InputUnreadable, ObjectMissing, ObjectsUnavailable, OutputUnwritable

_PARTS = ".parts"
_CHUNK = 1 << 20
_OLD_S = 60.0  # a part that is older, and that nobody holds, has no writer any more
_TRIES = 20
_ROOM = "nothing was kept; free some space where the store lies, then try again"
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)


class Folder:
    """A folder of objects."""

    def __init__(self, root: Path) -> None:
        """Take the folder, and make it if need be."""
        self.root, self._parts = root, root / _PARTS
        with _translated("the folder of media"):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._parts.mkdir(mode=0o700, exist_ok=True)
            os.chmod(root, 0o700)

    def put_file(self, key: str, path: Path, content_type: str | None, take: bool) -> None:
        """Copy a file in, or move it where it is given away."""
        if take and self._moved(key, path):
            return
        try:
            source = path.open("rb")
        except OSError as error:
            raise InputUnreadable(f"{path.name}: {error.strerror}") from None
        with source, self._part(key) as part:
            shutil.copyfileobj(source, part, _CHUNK)
        if take:
            path.unlink(missing_ok=True)

    def put_bytes(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write some bytes."""
        with self._part(key) as part:
            part.write(data)

    def chunks(self, key: str, start: int, end: int | None) -> Iterator[bytes]:
        """Read from a file that stays readable to its end, whoever lets it go meanwhile."""
        with _translated(key):
            handle = os.open(self.root / key, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            file = os.fdopen(handle, "rb") if stat.S_ISREG(os.fstat(handle).st_mode) else None
        if file is None:
            os.close(handle)
            raise ObjectMissing(f"{key} is not there")
        return _read(key, file, start, end)

    def size(self, key: str) -> int | None:
        """Ask the file."""
        try:
            facts = os.lstat(self.root / key)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise ObjectsUnavailable(f"{key}: {error.strerror}") from None
        return facts.st_size if stat.S_ISREG(facts.st_mode) else None

    def move(self, key: str, to: str) -> None:
        """Rename a file."""
        if self.size(key) is None:
            raise ObjectMissing(f"{key} is not there")
        with _translated(to):
            self._settle(self.root / key, to)
        self._without_empty((self.root / key).parent)

    def delete(self, key: str) -> None:
        """Unlink a file."""
        try:
            (self.root / key).unlink()
        except OSError as error:
            if error.errno not in _ABSENT:
                raise ObjectsUnavailable(f"{key}: {error.strerror}") from None
        self._without_empty((self.root / key).parent)

    def delete_all(self, prefix: str) -> int:
        """Remove a folder."""
        top = self.root / prefix
        count = sum(len(files) for _, _, files in os.walk(top))
        with _translated(prefix), suppress(FileNotFoundError, NotADirectoryError):
            shutil.rmtree(top)
        self._without_empty(top.parent)
        return count

    def answers(self) -> None:
        """See that parts can be written, as far as rights say so."""
        if not os.access(self._parts, os.W_OK | os.X_OK):
            raise ObjectsUnavailable("the folder of media can't be written to")

    def presigned(self, method: str, key: str, seconds: int) -> str | None:
        """Have none: nobody but the service serves its folder."""
        return None

    def _moved(self, key: str, path: Path) -> bool:
        """Give a file of the same disk its place; what stays a name of another's file is copied instead."""
        try:
            facts = os.lstat(path)
        except OSError as error:
            raise InputUnreadable(f"{path.name}: {error.strerror}") from None
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1 or facts.st_dev != os.stat(self.root).st_dev:
            return False
        with _translated(key):
            os.chmod(path, 0o600)
            self._settle(path, key)
        return True

    @contextmanager
    def _part(self, key: str) -> Iterator[BinaryIO]:
        """Give a file to write; it becomes the object at the end, and goes if there is none."""
        self._without_old()
        with _translated(key):
            handle, name = tempfile.mkstemp(dir=self._parts)  # mode 600
            try:
                with os.fdopen(handle, "wb") as part:
                    with suppress(OSError):  # a disk without locks: its parts are gone by age alone
                        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    yield part
                    part.flush()
                    self._settle(Path(name), key)
            finally:
                Path(name).unlink(missing_ok=True)

    def _settle(self, part: Path, key: str) -> None:
        target = self.root / key
        for _ in range(_TRIES):  # whoever lets go the last of a folder takes the folder away, perhaps just now
            with suppress(FileNotFoundError, FileExistsError, OutputUnwritable):
                for folder in reversed(target.relative_to(self.root).parents[:-1]):
                    (self.root / folder).mkdir(mode=0o700, exist_ok=True)
                try:
                    return outputs.settle(part, target)
                except DiskFull:
                    raise DiskFull(f"the store of media has no room for {key}", advice=_ROOM) from None
        raise ObjectsUnavailable(f"{key} can't be written")

    def _without_old(self) -> None:
        with suppress(OSError):
            for path in self._parts.iterdir():
                if time.time() - path.lstat().st_mtime > _OLD_S:
                    with path.open("rb") as part:
                        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        path.unlink()

    def _without_empty(self, folder: Path) -> None:
        with suppress(OSError):  # it is not empty, or gone
            while folder.parent != self.root:
                folder.rmdir()
                folder = folder.parent


def _read(key: str, file: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    with file, _translated(key):
        file.seek(start)
        left = None if end is None else end - start
        while chunk := file.read(_CHUNK if left is None else min(_CHUNK, left)):
            if left is not None:
                left -= len(chunk)
            yield chunk


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Say in words of ours what the system says: by keys, since paths are nobody's business."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(f"the store of media has no room for {key}", advice=_ROOM) from None
        if error.errno in _ABSENT:
            raise ObjectMissing(f"{key} is not there") from None
        raise ObjectsUnavailable(f"{key}: {error.strerror or type(error).__name__}") from None
