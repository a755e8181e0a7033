"""What dead workers left on this machine: their folders, with media in them. Knows folders and who lives; no jobs."""

from __future__ import annotations

import logging
import secrets
import shutil
from pathlib import Path
from urllib.parse import unquote

from .presence import Presence, worker_name

log = logging.getLogger(__name__)


def clear(presence: Presence, own: Path) -> None:
    """Remove every folder beside a worker's own whose name nobody alive holds."""
    for folder in own.parent.iterdir():
        if folder == own or not folder.is_dir():
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
