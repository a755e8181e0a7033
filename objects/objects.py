"""What a store of media does, whichever it is. Checks keys; leaves the bytes to a folder or a bucket."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from .. import outputs
from ..errors import DiskFull, ObjectMissing, ObjectsUnavailable, OverLimit, SettingsInvalid
from ..settings import Settings

log = logging.getLogger(__name__)

_TRIES, _AGAIN_S = 3, 1.0  # of a store that is tried
MOST_READ = 64 << 20  # bytes of what is read into memory whole
# A key is a path of plain names. None begins with a dot: neither "." nor "..", nor what a folder hides.
_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(rf"{_NAME}(?:/{_NAME}){{0,7}}")


class Store(Protocol):
    """Where bytes lie; keys were checked."""

    def put_file(self, key: str, path: Path, content_type: str | None, take: bool) -> None:
        """Take in a file, whole or not at all; `take`: the file itself is given away."""

    def put_bytes(self, key: str, data: bytes, content_type: str | None) -> None:
        """Take in some bytes."""

    def chunks(self, key: str, start: int, end: int | None) -> Iterator[bytes]:
        """Give bytes as they come; what is not there is said at once, not at the first of them."""

    def size(self, key: str) -> int | None:
        """Say how many bytes there are; None: there is no such object."""

    def move(self, key: str, to: str) -> None:
        """Give an object another key."""

    def delete(self, key: str) -> None:
        """Let one go, if it is there."""

    def delete_all(self, prefix: str) -> int:
        """Let go what lies below a key; say how many there were."""

    def answers(self) -> None:
        """Raise ObjectsUnavailable where it does not."""

    def presigned(self, method: str, key: str, seconds: int) -> str | None:
        """Make a URL that does one thing for a time."""


class Objects:
    """A store of media."""

    def __init__(self, store: Store) -> None:
        """Take where the bytes lie; see `opened`."""
        self._store = store

    def put_file(self, key: str, path: Path, content_type: str | None = None, *, take: bool = False) -> None:
        """Put a file in, whole or not at all, within bounded memory; what was there under the key is replaced.

        take: the file is given away. Where the store is a folder of the same disk, nothing is copied.
        """
        self._store.put_file(_checked(key), path, content_type, take)

    def put_bytes(self, key: str, data: bytes, content_type: str | None = None) -> None:
        """Put some bytes in."""
        self._store.put_bytes(_checked(key), data, content_type)

    def fetch_to(self, key: str, path: Path) -> int:
        """Write an object to a file, which appears whole or not at all; give its bytes."""
        chunks, count = self.chunks(key), 0
        with outputs.staged(path) as name:
            part = name(path.suffix)
            with outputs.translated(path), part.open("xb") as file:
                for chunk in chunks:
                    count += file.write(chunk)
            outputs.release(part, path, force=True)
        return count

    def read(self, key: str, most: int = MOST_READ) -> bytes:
        """Give an object whole, if it is small."""
        found, count = [], 0
        for chunk in self.chunks(key):
            count += len(chunk)
            if count > most:
                raise OverLimit(f"{key}: more than the {most:,} bytes that are read at once")
            found.append(chunk)
        return b"".join(found)

    def chunks(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` up to `end`, which is not among them, as they come."""
        if start < 0 or (end is not None and end < start):
            raise ValueError(f"no bytes lie from {start} to {end}")
        return self._store.chunks(_checked(key), start, end)

    def size(self, key: str) -> int | None:
        """Say how many bytes an object has; None: it is not there."""
        return self._store.size(_checked(key))

    def move(self, key: str, to: str) -> None:
        """Give an object another key, where what was there is replaced. Its bytes do not come by here."""
        self._store.move(_checked(key), _checked(to))

    def delete(self, key: str) -> None:
        """Let an object go. That it is gone already is no error."""
        self._store.delete(_checked(key))

    def delete_all(self, prefix: str) -> int:
        """Let go all that lies below `prefix/`; say how many there were."""
        return self._store.delete_all(_checked(prefix.removesuffix("/")))

    def presigned_put(self, key: str, seconds: int) -> str | None:
        """Make a URL to which whoever has it may send this object, for a time; None: this store has none."""
        return self._store.presigned("PUT", _checked(key), seconds)

    def tried(self) -> None:
        """Put a small object in, read it, let it go; raises what keeps the store from that.

        Some tries are made, since it may be away for a moment. That a disk is full is no reason: what is due must go.
        """
        for left in reversed(range(_TRIES)):
            try:
                return self._try()
            except ObjectsUnavailable:
                if not left:
                    raise
                time.sleep(_AGAIN_S)

    def _try(self) -> None:
        key, said = f"health/{secrets.token_hex(8)}", b"put, read, let go"
        try:
            self.put_bytes(key, said)
            try:
                if self.read(key) != said:
                    raise ObjectsUnavailable("the store of media gives back other bytes than it was given")
            finally:
                self.delete(key)
        except DiskFull as error:
            log.warning("%s; %s", error, error.advice)
        except ObjectMissing:
            raise ObjectsUnavailable("the store of media does not give back what it was given") from None

    def readable(self) -> bool:
        """Whether the store answers."""
        try:
            self._store.answers()
        except ObjectsUnavailable:
            return False
        return True


def opened(options: Settings) -> Objects:
    """Open the store that the settings name; a folder is made where it is not there yet."""
    url = options.objects_url
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise SettingsInvalid("service.objects: a folder is named as file:///…, with its whole path")
        from .folder import Folder

        return Objects(Folder(Path(unquote(parts.path))))
    if parts.scheme in ("s3", "gs", "az") and parts.netloc:
        from .bucket import Bucket

        return Objects(Bucket(url))
    raise SettingsInvalid(f"service.objects: {parts.scheme or 'no'} store; use file:///…, s3://…, gs://… or az://…")


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key[:80]!r} is no key of an object")
    return key
