"""Files that were signed while no timestamp could be had: a list in `home`, kept through crashes. Knows no time.

A line is on the disk before its file appears: a line without a file is seen when it is settled, a file without a line
would never be. So is what a line says of the file that takes the place of the first.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ... import outputs
from ...errors import InputUnreadable

_NAME = "retimestamp.ndjson"


@dataclass(frozen=True)
class Owed:
    """One file that waits for its timestamp."""

    path: str  # absolute, as it was written
    digest: str  # SHA-256 of the file
    manifest_id: str
    since: str
    why: str
    next_digest: str = ""  # of the file that was about to take its place; what the registry must then know of it
    next_manifest_id: str = ""
    next_store: str = field(default="", repr=False)  # base64

    @classmethod
    def from_json(cls, line: str) -> Owed:
        """Rebuild from one line of the list."""
        values = json.loads(line)
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise ValueError("no line of the list")
        return cls(**values)

    def is_of(self, other: Owed) -> bool:
        """Say whether both are of one file, whatever was begun since."""
        return (self.path, self.manifest_id) == (other.path, other.manifest_id)


def add(home: Path, path: Path, digest: str, manifest_id: str, why: str) -> Owed:
    """List a file, before it appears; when this returns, the line is on the disk."""
    one = Owed(str(path.absolute()), digest, manifest_id, datetime.now(UTC).isoformat(timespec="seconds"), why)
    with _locked(home) as file, outputs.translated(file), file.open("a+b") as opened:
        if opened.tell():
            opened.seek(-1, os.SEEK_END)
            broken = opened.read(1) != b"\n"  # whoever wrote last did not come to the end
            opened.write(b"\n" if broken else b"")
        opened.write(json.dumps(asdict(one)).encode() + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    return one


def listing(home: Path) -> tuple[Owed, ...]:
    """Give what waits, the oldest first; a line that was never finished counts for nothing."""
    try:
        lines = (home / _NAME).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputUnreadable(f"{home / _NAME}: {error.strerror or error}") from None
    found = []
    for line in lines:
        try:
            found.append(Owed.from_json(line))
        except (ValueError, TypeError):
            continue
    return tuple(found)


def begin(home: Path, one: Owed, digest: str, manifest_id: str, store: bytes) -> Owed:
    """Note what is about to take a file's place, before it does; give the line as it is now."""
    text = base64.b64encode(store).decode("ascii")
    begun = replace(one, next_digest=digest, next_manifest_id=manifest_id, next_store=text)
    with _locked(home) as file:
        _write(file, [begun if kept.is_of(one) else kept for kept in listing(home)])
    return begun


def remove(home: Path, one: Owed) -> None:
    """Take a file off the list."""
    with _locked(home) as file:
        _write(file, [kept for kept in listing(home) if not kept.is_of(one)])


def _write(file: Path, kept: list[Owed]) -> None:
    outputs.write_whole(file, "".join(json.dumps(asdict(one)) + "\n" for one in kept).encode())


@contextmanager
def _locked(home: Path) -> Iterator[Path]:
    """Let one process at a time write; the lock is a file of its own, since the list is replaced."""
    file = home / _NAME
    with outputs.translated(file):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(lock)
