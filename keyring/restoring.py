"""Puts a backup into place, whole or not at all; what it replaces is set aside, never deleted. Knows folders.

While folders change places, what was there lies in `home/.replaced-*`; the last act renames that to `home/set-aside/*`.
A process that dies in between leaves the former name, and whoever takes the lock next puts everything back.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .. import outputs
from ..errors import OutputExists
from ..private_files import write_new
from . import backup, places, use_log

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    files: int
    set_aside: Path | None  # where what was here before lies now
    there_already: bool = False


def restore(home: Path, file: Path, passphrase: bytes, force: bool = False) -> Restored:
    """Bring keys and trust lists back as they were saved; without `force`, only where nothing else is."""
    files = backup.opened(file, passphrase)
    with places.locked(home), outputs.translated(home):
        here = backup.collect(home)
        if here == files:
            return Restored(len(files), None, there_already=True)
        if here and not force:
            raise OutputExists(
                f"there are keys or trust lists in {home} already, and not those of the backup",
                advice="restore into another `home`, or set these aside with --force",
            )
        stage = Path(tempfile.mkdtemp(prefix=".restore-", dir=home))
        try:
            _write(stage, files, home)
            aside = _swap(home, stage)
            if not here:
                shutil.rmtree(aside)  # at most a copy of the log of uses
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    log.warning("keys restored from %s", file)
    return Restored(len(files), aside if here else None)


def _write(stage: Path, files: dict[str, backup.Kept], home: Path) -> None:
    for part in backup.PARTS:
        (stage / part).mkdir(mode=0o700)
    for name, kept in files.items():
        target = stage / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(target, kept.content, 0o600 if kept.private else 0o644)
    if use_log.file(home).is_file():  # it is this machine's, and goes on
        write_new(stage / "keys" / use_log.file(home).name, use_log.file(home).read_bytes(), 0o600)
    for folder, _, _ in os.walk(stage):
        places.sync(Path(folder))


def _swap(home: Path, stage: Path) -> Path:
    done = home / "set-aside"
    done.mkdir(mode=0o700, exist_ok=True)
    replaced = Path(tempfile.mkdtemp(prefix=f"{places.REPLACED}{datetime.now(UTC):%Y-%m-%dT%H%M%S}-", dir=home))
    for part in backup.PARTS:
        if (home / part).exists():
            os.rename(home / part, replaced / part)
        else:
            (replaced / f"no-{part}").touch()
        os.rename(stage / part, home / part)
    places.sync(home)
    aside = done / replaced.name.removeprefix(places.REPLACED)
    os.rename(replaced, aside)
    places.sync(home)
    return aside
