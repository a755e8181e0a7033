"""Files on their way into the store, by pieces: each waits in a folder of this machine until it is whole.

Knows bytes and locks; how far each may be gone on from, whoever asks knows, and says so with each piece. Several
processes may share the folder: one at a time writes to a file, and a process that dies lets go of it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from ..errors import CheckUnfit, DiskFull, ObjectMissing, ObjectsUnavailable
from ..settings import Settings
from .objects import Objects

_CHUNK = 1 << 20
_SPARE_SHARE = 20  # uploads leave a twentieth of a disk free at most
_WAIT_S = 0.5  # for whoever is writing to be done
_AGAIN = "begin the upload anew"
_ROOM = "nothing was lost: go on where it stands once there is room"


class Piece:
    """A file that nobody else writes to meanwhile."""

    def __init__(self, file: FileIO, upload_id: str) -> None:
        """Take a file that is locked."""
        self._file, self._upload_id = file, upload_id

    def stand(self, offset: int) -> None:
        """Go on from there; what stands behind it was never counted, and goes. ObjectMissing where less is here."""
        with _translated():
            if os.fstat(self._file.fileno()).st_size < offset:
                raise ObjectMissing(f"upload {self._upload_id} was lost on its way", advice=_AGAIN)
            self._file.truncate(offset)
            self._file.seek(offset)

    def write(self, data: bytes) -> None:
        """Add bytes; they count once they are settled."""
        left = memoryview(data)
        with _translated():
            while left:
                left = left[self._file.write(left) :]

    def settle(self) -> None:
        """Bring them to the disk: a power cut after this leaves them there."""
        with _translated():
            os.fdatasync(self._file.fileno())


class Arriving:
    """The files that are on their way."""

    def __init__(self, options: Settings, objects: Objects) -> None:
        """Take where they wait, and where they go to."""
        self._folder, self._objects = options.home / "uploads", objects
        self._spare = options.service.disk_free_bytes

    def make_room(self, size: int) -> None:
        """Refuse what the disk could not take, and `size` 0 where it is full; nothing is set aside for it."""
        with _translated():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            disk = shutil.disk_usage(self._folder)
            if disk.free < size + min(self._spare, disk.total // _SPARE_SHARE):
                wanted = f"{size:,} bytes" if size else "more bytes"
                raise DiskFull(f"there is no room for {wanted}", advice="try again later, or send a smaller file")

    @contextmanager
    def piece(self, upload_id: str, *, first: bool = False) -> Iterator[Piece]:
        """Give the file to write to, alone; `first`: it is made if it is not there. Where it stands, look up now.

        CheckUnfit while another writes to it.
        """
        with self._locked(upload_id, make=first) as file:
            yield Piece(file, upload_id)

    def deliver(self, upload_id: str, key: str, size: int) -> str:
        """Bring a file that is whole into the store, and give its digest; what was brought already stays."""
        try:
            with self._locked(upload_id) as file:
                if os.fstat(file.fileno()).st_size < size:
                    raise ObjectMissing(f"upload {upload_id} was lost on its way", advice=_AGAIN)
                with _translated():
                    file.truncate(size)
                    digest = _digest(iter(lambda: file.read(_CHUNK), b""))
                self._objects.put_file(key, self._path(upload_id), take=True)
            return digest
        except ObjectMissing:
            if self._objects.size(key) != size:
                raise
            return _digest(self._objects.chunks(key))

    def presigned(self, upload_id: str, seconds: int) -> str | None:
        """Make a URL to which a file can be sent past this machine; None: the store has none."""
        return self._objects.presigned_put(_sent_key(upload_id), seconds)

    def adopt(self, upload_id: str, key: str, size: int) -> None:
        """Take what was sent past this machine, out of its sender's reach.

        CheckUnfit where nothing came, or something of another size, which goes then.
        """
        sent = _sent_key(upload_id)
        came = self._objects.size(sent)
        if came is None and self._objects.size(key) == size:
            return
        if came is None:
            raise CheckUnfit(f"nothing came for upload {upload_id} yet", advice="send the file first, then ask again")
        if came != size:
            self._objects.delete(sent)
            raise CheckUnfit(f"upload {upload_id} was to have {size:,} bytes and has {came:,}", advice=_AGAIN)
        self._objects.move(sent, key)
        if self._objects.size(key) != size:  # it was replaced in between
            self._objects.delete(key)
            raise CheckUnfit(f"upload {upload_id} changed while it was taken in", advice=_AGAIN)

    def drop(self, upload_id: str) -> None:
        """Let go what waits of an upload; what is in the store under its own key stays."""
        with _translated():
            self._path(upload_id).unlink(missing_ok=True)
        self._objects.delete(_sent_key(upload_id))

    def _path(self, upload_id: str) -> Path:
        if not upload_id.replace("_", "").isalnum() or not upload_id.isascii():
            raise ValueError(f"{upload_id[:80]!r} is no id of an upload")
        return self._folder / upload_id

    @contextmanager
    def _locked(self, upload_id: str, make: bool = False) -> Iterator[FileIO]:
        path, flags = self._path(upload_id), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        with _translated():
            if make:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                flags |= os.O_CREAT
            try:
                file = FileIO(os.open(path, flags, 0o600), "r+")  # nothing is left to be written when it closes
            except FileNotFoundError:
                raise ObjectMissing(f"upload {upload_id} does not wait here", advice=_AGAIN) from None
        with file:
            _lock(file, upload_id)
            yield file


def _sent_key(upload_id: str) -> str:
    return f"incoming/{upload_id}"


def _lock(file: FileIO, upload_id: str) -> None:
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                break
        time.sleep(0.05)
    raise CheckUnfit(f"another request brings upload {upload_id}", advice="end it, or wait for it, then go on")


def _digest(chunks: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for chunk in chunks:
        found.update(chunk)
    return found.hexdigest()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull("there is no room left for uploads", advice=_ROOM) from None
        raise ObjectsUnavailable(f"uploads can't be kept: {error.strerror or type(error).__name__}") from None
