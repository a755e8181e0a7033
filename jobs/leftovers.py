"""What dead workers left on this machine: their folders, with media in them. Knows folders and who lives; no jobs."""

from __future__ import annotations

import fcntl
import logging
import secrets
import shutil
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from .presence import Presence, worker_name

log = logging.getLogger(__name__)


def lived_in(folder: Path) -> IO[bytes]:
    """Mark a folder as in use, for as long as the process that has the file lives and keeps it open.

    Names may be lost for a moment, where the database is begun anew; this is lost with the process alone.
    """
    file = _mark(folder).open("wb")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def clear(presence: Presence, own: Path) -> None:
    """Remove every folder beside a worker's own in which nobody lives, and whose name nobody alive holds."""
    for folder in own.parent.iterdir():
        if folder == own or not folder.is_dir() or _lived_in(folder):
            continue
        name = worker_name(unquote(folder.name))
        if not presence.hold(name):
            continue
        gone = folder.with_name(f"gone-{secrets.token_hex(8)}")
        try:
            # Under a name that nobody takes: a worker of the old one may start the moment that it is let go.
            folder.rename(gone)
            log.warning("removes what worker %s left behind", unquote(folder.name))
        except OSError as error:
            log.warning("what worker %s left behind stays: %s", unquote(folder.name), error.strerror)
        finally:
            presence.let_go(name)
        shutil.rmtree(gone, ignore_errors=True)


def _lived_in(folder: Path) -> bool:
    try:
        with _mark(folder).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # never marked: whose name is held by nobody, goes
    return False


def _mark(folder: Path) -> Path:
    """Give the file beside it, so that the folder itself is empty where there is no media."""
    return folder.with_name(f"{folder.name}.alive")
