"""How files appear: whole or not at all, and never over something else by accident. Knows paths, no content.

Work goes on in a hidden folder beside the target (`.NAME.….part`), so that the last act is a rename on the same disk.
"""

from __future__ import annotations

import errno
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
    """Give names in a hidden folder beside `target`, by suffix; the folder goes at the end, with what is in it."""
    with translated(target):
        place = Path(tempfile.mkdtemp(prefix=f".{target.stem[:40]}.", suffix=".part", dir=target.parent))
    numbers = count(1)
    try:
        yield lambda suffix: place / f"{next(numbers)}{suffix}"
    finally:
        shutil.rmtree(place, ignore_errors=True)


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
        kind = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else OutputUnwritable
        raise kind(f"{target}: {error.strerror or error}") from None


def _rename_new(finished: Path, target: Path) -> None:
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        raise OutputExists(f"{target}: something appeared under that name meanwhile") from None
    os.replace(finished, target)
