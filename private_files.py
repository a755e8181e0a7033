"""Files that are their owner's alone: keys. Knows modes, owners and links; knows nothing of what is in them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from . import outputs
from .errors import UnsafeKeys


def read_private(path: Path) -> bytes:
    """Read a key, after checking that it is a plain file which nobody else can open."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        advice = "the key must be a plain file that you own, with mode 600"
        raise UnsafeKeys(f"{path}: {error.strerror or error}", advice=advice) from None
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise UnsafeKeys(f"{path} is no plain file", advice="put the key itself there")
        if facts.st_uid not in (os.geteuid(), 0):
            raise UnsafeKeys(f"{path} belongs to another user", advice="make a copy that you own, with mode 600")
        if facts.st_mode & 0o077:
            raise UnsafeKeys(f"{path} can be opened by others (mode {stat.S_IMODE(facts.st_mode):03o})")
        return file.read(1 << 16)


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is not there yet, with this mode from its first byte on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def release_private(target: Path, content: bytes, force: bool = False) -> None:
    """Let a key appear under its name, whole; without `force`, of several at once the first alone."""
    with outputs.staged(target) as name:
        part = name(target.suffix)
        with outputs.translated(target):
            write_new(part, content, 0o600)
        outputs.release(part, target, force)
