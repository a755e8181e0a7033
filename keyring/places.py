"""Where identities lie, and how one takes the place of another. Knows folders and renames; knows no certificate.

    home/keys/signing    the identity in use: chain.pem, key.pem where the key is a file, root.pem of a development one
    home/keys/next       one that takes over at the time in its file `from`
    home/keys/retired/*  what was in use before; nothing is deleted
    home/keys/pending/*  keys whose certificate was asked for and has not come

A new identity always appears as `next`, whole, by one rename. It signs from its hour on, whether or not it was moved to
`signing` yet, so that whatever is stopped, and wherever, some whole identity signs. Whoever writes holds a lock on
home, which the system takes back from a process that dies.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from .. import outputs
from ..errors import NoKeys, OutputExists

log = logging.getLogger(__name__)

FROM = "from"
REPLACED = ".replaced-"  # begins the name of a folder with what a restore is replacing


def folder(home: Path) -> Path:
    """Where the identity lies."""
    return home / "keys" / "signing"


def upcoming(home: Path) -> Path:
    """Where the identity lies that takes over."""
    return home / "keys" / "next"


def retired(home: Path) -> list[Path]:
    """The folders of identities that were in use before, oldest first."""
    return _folders(home / "keys" / "retired")


def pending(home: Path) -> list[Path]:
    """The folders of keys that wait for a certificate, oldest first."""
    return _folders(home / "keys" / "pending")


def active(home: Path) -> Path:
    """Where the identity lies that signs now."""
    starts = takes_over(home)
    return upcoming(home) if starts is not None and starts <= datetime.now(UTC) else folder(home)


def takes_over(home: Path) -> datetime | None:
    """Say when the next identity begins to sign, if there is one."""
    file = upcoming(home) / FROM
    try:
        starts = datetime.fromisoformat(file.read_text(encoding="ascii").strip())
        return starts.astimezone(UTC)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise NoKeys(f"{file}: no time ({error})", advice="write one such as 2027-01-31T00:00:00+00:00") from None


def occupied(target: Path) -> bool:
    """Say whether something stands there."""
    try:
        return any(target.iterdir())
    except OSError:
        return os.path.lexists(target)


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Let one process at a time change what lies in home/keys; clear away what a dead one left half made."""
    keys = home / "keys"
    with outputs.translated(keys):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for unfinished in sorted(home.glob(f"{REPLACED}*")):
                _put_back(home, unfinished)
            keys.mkdir(mode=0o700, exist_ok=True)
            keys.chmod(0o700)
            for left in (*keys.glob(".new-*"), *home.glob(".restore-*")):
                shutil.rmtree(left, ignore_errors=True)
            yield
        finally:
            os.close(handle)


@contextmanager
def workshop(home: Path) -> Iterator[Path]:
    """Give a folder to make an identity in; what is not put into place is gone at the end."""
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=home / "keys"))  # 0700
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def install(home: Path, made: Path, since: datetime | None, *, force: bool, replace: bool = False) -> Path:
    """Put an identity into place, and say where it lies then. The lock must be held.

    `since` in the future lets the one in use sign until then. `replace` sets that one aside, `force` also one that
    waits already.
    """
    starts = since or datetime.now(UTC)
    settle(home)
    later = starts > datetime.now(UTC)
    if not (later or force or replace) and occupied(folder(home)):
        raise taken(folder(home))
    if occupied(upcoming(home)):
        if not force:
            raise taken(upcoming(home))
        retire(upcoming(home))
    (made / FROM).write_text(starts.isoformat(timespec="seconds") + "\n", encoding="ascii")
    sync(made)
    with suppress(OSError):
        upcoming(home).rmdir()  # an empty one may stand there
    os.rename(made, upcoming(home))
    sync(home / "keys")
    settle(home)
    return upcoming(home) if occupied(upcoming(home)) else folder(home)


def settle(home: Path) -> None:
    """Move a next identity whose time has come to where the one in use lies. The lock must be held."""
    starts = takes_over(home)
    if starts is None or starts > datetime.now(UTC):
        return
    if occupied(folder(home)):
        retire(folder(home))
    with suppress(OSError):
        folder(home).rmdir()
    os.rename(upcoming(home), folder(home))
    (folder(home) / FROM).unlink()
    sync(home / "keys")


def retire(target: Path) -> None:
    """Set an identity aside; what it signed stays as valid as it was."""
    aside = target.parent / "retired"
    aside.mkdir(mode=0o700, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-", dir=aside))
    try:
        os.rename(target, place)  # onto an empty folder
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.EISDIR):
            raise
        os.rename(target, place / target.name)  # no folder at all, say a file or a link
    sync(aside)
    log.warning("signing identity moved aside to %s", place)


def sync(place: Path) -> None:
    """Let the names in a folder reach the disk."""
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def half_restored(home: Path) -> bool:
    """Say whether a restore was stopped before its end, and nobody has taken the lock since."""
    return any(home.glob(f"{REPLACED}*"))


def taken(target: Path) -> OutputExists:
    """Say that an identity stands there."""
    return OutputExists(
        f"there is an identity in {target} already",
        advice="use it, or replace it with --force (the old one is kept aside, and stays trusted)",
    )


def _put_back(home: Path, unfinished: Path) -> None:
    """Undo a restore that was stopped half-way; what it had put into place is set aside."""
    for former in sorted(unfinished.iterdir()):
        if former.name.startswith("restored-"):
            continue  # by an undoing that was stopped, too
        name = former.name.removeprefix("no-")
        restored = unfinished / f"restored-{name}"
        if (home / name).exists() and not restored.exists():
            os.rename(home / name, restored)
        if former.name == name:
            os.rename(former, home / name)
        else:
            former.unlink()
    (home / "set-aside").mkdir(mode=0o700, exist_ok=True)
    os.rename(unfinished, home / "set-aside" / unfinished.name.removeprefix(REPLACED))
    sync(home)
    log.warning("a restore that was stopped was undone")


def _folders(place: Path) -> list[Path]:
    try:
        return sorted(entry for entry in place.iterdir() if entry.is_dir() and not entry.is_symlink())
    except OSError:
        return []
