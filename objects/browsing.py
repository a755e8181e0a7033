"""Somebody's folder or bucket, read only: what lies in it, and its bytes. Nothing is ever written or changed there.

Names are the owner's: whatever a file system or a bucket takes. Listings come as they are read, never whole.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from .. import outputs
from ..errors import InputMissing, InputUnreadable, ObjectMissing, OverLimit, SettingsInvalid

_PIECE = 1 << 20


@dataclass(frozen=True)
class Listed:
    """Something that lies there."""

    name: str  # below the place that was named
    bytes: int
    tag: str = field(default="", compare=False)  # another one where the bytes are others
    changed: float = field(default=0.0, compare=False)  # seconds since 1970, by the clock there


@dataclass(frozen=True)
class Wanted:
    """An object as somebody told of it."""

    name: str
    tag: str = ""  # that it must have; empty: any
    version: str = ""  # in a bucket that keeps them


class Place(Protocol):
    """A folder or a bucket."""

    url: str
    copies: bool  # whether what is to be at hand is brought into a folder

    def listed(self) -> Iterator[Listed]:
        """Give what lies there, in an order that stays the same."""

    def at_hand(self, name: str, folder: Path) -> Path:
        """Give a file with its bytes: itself, or a copy in `folder`. ObjectMissing where it is gone."""

    def copied(self, wanted: Wanted, folder: Path, most: int) -> Path:
        """Give a copy in `folder`, of so many bytes at most. ObjectMissing where it is gone, or another by now."""


class LocalPlace:
    """A folder of this machine, or one file."""

    copies = False

    def __init__(self, root: Path, *, listed: bool = False) -> None:
        """Take it; InputMissing where there is none, unless it was listed before: then each name in it is missing."""
        if not listed and not root.exists():
            raise InputMissing(f"{root}: there is no such folder")
        self.root = root.resolve()
        self.url = self.root.as_uri()

    def listed(self) -> Iterator[Listed]:
        """Walk it in order; what is hidden, or a link, is left out."""
        if self.root.is_file():
            yield _listed(self.root.name, self.root.stat())
            return
        yield from self._below(self.root, "")

    def _below(self, folder: Path, before: str) -> Iterator[Listed]:
        try:
            found = sorted(os.scandir(folder), key=lambda one: one.name)
        except FileNotFoundError:  # taken away since it was seen
            return
        except OSError as error:
            raise InputUnreadable(f"{folder}: {error.strerror}") from None
        for one in found:
            if one.name.startswith(".") or one.is_symlink():
                continue
            name = f"{before}{one.name}"
            if one.is_dir(follow_symlinks=False):
                yield from self._below(folder / one.name, f"{name}/")
            elif one.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    yield _listed(name, one.stat(follow_symlinks=False))

    def at_hand(self, name: str, folder: Path) -> Path:
        """Give the file itself."""
        path = self.root if self.root.is_file() else self.root / name
        try:
            known = stat.S_ISREG(path.lstat().st_mode)
        except OSError:
            known = False
        if not known:
            raise ObjectMissing(f"{name}: it was listed, and is not there any more")
        return path

    def copied(self, wanted: Wanted, folder: Path, most: int) -> Path:
        """Copy a file, which lies below the folder by way of no link."""
        source = self.at_hand(wanted.name, folder)
        if source.resolve() != source or not source.is_relative_to(self.root):
            raise ObjectMissing(f"{wanted.name}: it lies behind a link, or elsewhere")
        try:
            with source.open("rb") as file:
                found = _listed(wanted.name, os.fstat(file.fileno()))
                path = _copy(wanted, found, iter(partial(file.read, _PIECE), b""), folder, most)
                if _listed(wanted.name, os.fstat(file.fileno())).tag != found.tag:
                    raise ObjectMissing(f"{wanted.name}: it was changed while it was read")
        except OSError as error:
            raise InputUnreadable(f"{wanted.name}: {error.strerror}") from None
        return path


class BucketPlace:
    """A bucket, or what lies in it below a prefix."""

    copies = True

    def __init__(self, url: str) -> None:
        """Take its URL. Nothing is asked yet."""
        from .bucket import Bucket

        self.url = url.rstrip("/")
        self._bucket = Bucket(self.url)

    def listed(self) -> Iterator[Listed]:
        """Ask for it page by page, in the order of names that such stores keep."""
        yield from starmap(Listed, self._bucket.listed())

    def at_hand(self, name: str, folder: Path) -> Path:
        """Bring a copy, which appears whole or not at all."""
        suffix = Path(name).suffix if len(Path(name).suffix) <= 9 else ""
        path = folder / f"object{suffix}"
        chunks = self._bucket.chunks(name, 0, None)
        with outputs.staged(path) as part_name:
            part = part_name(path.suffix)
            with outputs.translated(path), part.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
            outputs.release(part, path, force=True)
        return path

    def copied(self, wanted: Wanted, folder: Path, most: int) -> Path:
        """Bring a copy of what lies there now, or of the version that is wanted."""
        size, tag, chunks = self._bucket.found(wanted.name, wanted.version)
        return _copy(wanted, Listed(wanted.name, size, tag), chunks, folder, most)


def _listed(name: str, status: os.stat_result) -> Listed:
    changed = max(status.st_mtime_ns, status.st_ctime_ns)  # one that is moved here keeps the first of them
    return Listed(name, status.st_size, f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}", changed / 1e9)


def _copy(wanted: Wanted, found: Listed, chunks: Iterator[bytes], folder: Path, most: int) -> Path:
    if wanted.tag and found.tag != wanted.tag:
        raise ObjectMissing(f"{wanted.name}: it was replaced since it was told of")
    suffix = Path(wanted.name).suffix if len(Path(wanted.name).suffix) <= 9 else ""
    path, count = folder / f"object{suffix}", 0
    with outputs.staged(path) as part_name:
        part = part_name(path.suffix)
        with outputs.translated(path), part.open("xb") as file:
            for chunk in chunks:
                count += len(chunk)
                if count > most:
                    raise OverLimit(f"{wanted.name}: more than the {most:,} bytes that are taken in")
                file.write(chunk)
        outputs.release(part, path, force=True)
    return path


def browsed(url: str, *, listed: bool = False) -> Place:
    """Open what a URL, or a path of this machine, names; `listed`: it was there when it was listed."""
    parts = urlsplit(url)
    if parts.scheme in ("s3", "gs", "az") and parts.netloc:
        return BucketPlace(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return LocalPlace(Path(os.fsdecode(unquote_to_bytes(parts.path))), listed=listed)
    if parts.scheme and "://" in url:
        raise SettingsInvalid(
            f"{parts.scheme}: no such place can be scanned",
            advice="name a folder, or s3://, gs:// or az://bucket/prefix",
        )
    return LocalPlace(Path(url), listed=listed)
