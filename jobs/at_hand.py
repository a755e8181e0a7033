"""The media of one check on this machine, for as long as it is worked on. Knows objects and folders; reads no video."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..docket import Check
from ..errors import ObjectMissing
from ..objects import Objects
from ..outputs import translated

REPORT = "report it to whoever runs the service"


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that is its owner's alone, and gone when it is left."""
    with translated(parent):
        folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class AtHand:
    """The media in a private folder, brought there once, when it is first asked for."""

    def __init__(self, objects: Objects, folder: Path) -> None:
        """Bring nothing yet."""
        self._objects, self.folder = objects, folder
        self._path: Path | None = None

    def path(self, check: Check) -> Path:
        """Give the file; ObjectMissing where it is gone, or is not what it was."""
        if self._path is None:
            if check.object_key is None:
                raise ObjectMissing(f"{check.name}: it is not kept any more")
            from ..media.probe import digest_of

            path = self.folder / f"{check.id}{suffix_of(check.name)}"
            self._objects.fetch_to(check.object_key, path)
            if check.content_hash is not None and digest_of(path) != check.content_hash:
                raise ObjectMissing(f"{check.name}: it was changed while it was kept")
            self._path = path
        return self._path

    def adopt(self, path: Path, check: Check) -> Path:
        """Take a file in this folder as the media, so that it need not be brought again."""
        self._path = path.rename(self.folder / f"{check.id}{suffix_of(path.name)}")
        return self._path


def worded(message: str, folder: Path, number: str, name: str) -> str:
    """Say the name that was sent where a message says the one that a file has here.

    >>> worded("/media/a/chk_1.mp4: no pictures", Path("/media/a"), "chk_1", "clip.mp4")
    'clip.mp4: no pictures'
    """
    return message.replace(f"{folder}/", "").replace(f"{number}{suffix_of(name)}", name or "the file")


def suffix_of(name: str) -> str:
    """Give the suffix of a name that somebody sent, if it is short and plain.

    >>> suffix_of("../clip.MP4"), suffix_of("clip.mp4/../../x")
    ('.mp4', '')
    """
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
    return found[0].lower() if found else ""
