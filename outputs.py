"""How files appear: whole or not at all, and never over something else by accident. Knows paths, no content.

Work goes on in a hidden folder beside the target (`.NAME.….part`), so that the last act is a rename on the same disk.
What a run that was killed has left there goes when the same file is made again.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from .errors import (
    CountermarkError,
    DiskFull,
    InputEmpty,
    InputMissing,
    InputNotFile,
    InputUnreadable,
    OutputExists,
    OutputFolderMissing,
    OutputIsInput,
    OutputUnwritable,
)

_STAGED, _LOCK = ".part", "lock"


def check_input(source: Path) -> None:
    """Refuse what is no readable file, before any work."""
    try:
        facts = source.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise InputMissing(f"{source}: no such file") from None
    except (OSError, ValueError) as error:  # a folder that is locked, a name that is too long
        raise InputUnreadable(f"{source}: {getattr(error, 'strerror', None) or error}") from None
    if not stat.S_ISREG(facts.st_mode):
        raise InputNotFile(f"{source}: not a file")
    if not os.access(source, os.R_OK):
        raise InputUnreadable(f"{source}: this user may not read it")
    if facts.st_size == 0:
        raise InputEmpty(f"{source}: the file is empty")


def check_output(target: Path, sources: Iterable[Path], force: bool) -> None:
    """Refuse, before any work, what could not be released at its end, or would replace one of the inputs."""
    with translated(target):
        _check_names(target, sources, force)
    with staged(target):  # permission bits lie to root and on network disks: try it
        pass


def _check_names(target: Path, sources: Iterable[Path], force: bool) -> None:
    if target.exists() and any(source.exists() and target.samefile(source) for source in sources):
        raise OutputIsInput(f"{target}: the output is an input")
    if not target.parent.is_dir():
        raise OutputFolderMissing(f"{target.parent}: no such folder")
    if target.is_dir():
        raise OutputExists(f"{target}: a folder stands under that name", advice="name a file with -o")
    if target.exists() and not force:
        raise OutputExists(f"{target}: something stands under that name")


@contextmanager
def staged(target: Path) -> Iterator[Callable[[str], Path]]:
    """Give names in a hidden folder beside `target`, by suffix; the folder goes at the end, with what is in it.

    What was left of one for the same file, by a process that is no more, goes first.
    """
    front = hidden_name(target)
    for left in target.parent.glob(f"{glob.escape(front)}*{_STAGED}"):
        _remove_unless_held(left)
    with translated(target):
        place = Path(tempfile.mkdtemp(prefix=front, suffix=_STAGED, dir=target.parent))  # its owner's alone
    numbers = count(1)
    try:
        with _held(place, target):
            yield lambda suffix: place / f"{next(numbers)}{suffix}"
    finally:
        shutil.rmtree(place, ignore_errors=True)


def hidden_name(target: Path) -> str:
    """Begin the name of what lies hidden beside a target: as the target's does, for people; as no other's, for us."""
    return f".{target.name[:40]}.{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:8]}-"


@contextmanager
def _held(place: Path, target: Path) -> Iterator[None]:
    """Show that somebody is at work in a folder; the system takes the lock away when the process ends, however it does.

    The lock is had before it has its name: whoever finds it there, and free, knows that its owner is no more.
    """
    with translated(target):
        lock = (place / f"{_LOCK}.new").open("wb")
    with lock:
        with suppress(OSError):  # a disk without locks: nobody can have it, so that nothing here is ever removed
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with translated(target):
            os.rename(lock.name, place / _LOCK)
        yield


def _remove_unless_held(place: Path) -> None:
    with suppress(OSError):  # another user's, or just gone
        handle = os.open(place / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(place, ignore_errors=True)
        finally:
            os.close(handle)


def release(finished: Path, target: Path, force: bool) -> None:
    """Let a finished file appear under its name; without `force`, never over another that came in between."""
    with translated(target):
        if force:
            os.replace(finished, target)
            return
        try:
            os.link(finished, target)  # unlike a rename, it fails where something stands already
        except FileExistsError:
            raise OutputExists(f"{target}: something appeared under that name meanwhile") from None
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS):
                raise
            _rename_new(finished, target)  # a file system without hard links
            return
        with suppress(OSError):  # it is released: what is left of its other name goes with the hidden folder
            finished.unlink()


def settle(part: Path, target: Path) -> None:
    """Give a file of ours its name for good: a power cut after this leaves it there, whole."""
    with translated(target):
        _to_disk(part)
        os.replace(part, target)
        with suppress(OSError):  # not every disk can do that with a folder
            _to_disk(target.parent)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(target: Path, content: bytes, force: bool = True) -> None:
    """Write a small file whole or not at all."""
    if not target.parent.is_dir():
        raise OutputFolderMissing(f"{target.parent}: no such folder")
    with staged(target) as name:
        part = name(target.suffix)
        with translated(target):
            part.write_bytes(content)
        release(part, target, force)


@contextmanager
def translated(target: Path) -> Iterator[None]:
    """Turn what the system says about writing into an error of ours."""
    try:
        yield
    except CountermarkError:
        raise
    except OSError as error:
        kind = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else OutputUnwritable
        raise kind(f"{target}: {error.strerror or error}") from None


def _rename_new(finished: Path, target: Path) -> None:
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        raise OutputExists(f"{target}: something appeared under that name meanwhile") from None
    os.replace(finished, target)
