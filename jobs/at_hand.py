"""The media of one check on this machine, for as long as it is worked on. Knows objects and folders; reads no video."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..docket import Check
from ..errors import ObjectMissing
from ..evidence import Evidence
from ..objects import Objects
from ..outputs import translated

if TYPE_CHECKING:
    from ..media import Looked

FILE = "the file"
REPORT = "report it to whoever runs the service"


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that is its owner's alone, and gone when it is left."""
    with translated(parent):
        # While the database was away, a worker that began then may have taken it for what a dead one left.
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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

    >>> worded("/media/a/chk_1.mp4: no pictures", Path("/media/a"), "chk_1", "clip.mov")
    'clip.mov: no pictures'
    """
    said = message.replace(f"{folder}/", "")
    return re.sub(rf"{re.escape(number)}(\.[a-z0-9]{{1,8}}\b)?", lambda _: name or FILE, said)


def looked_worded(looked: Looked, path: Path) -> Looked:
    """Say of a look what `seen_worded` says of a finding."""
    evidence = tuple(seen_worded(one, path) for one in looked.evidence)
    return replace(looked, evidence=evidence, problems=tuple(_without(one, path.name) for one in looked.problems))


def seen_worded(found: Evidence, path: Path) -> Evidence:
    """Say "the file" where a finding says the name that it has here.

    Not the name that was sent: it is often a person's own, and verdicts are handed on.
    """
    from ..media.look import finding_from_json, finding_to_json

    plain = finding_to_json(found)
    said = _without(plain, path.name)
    return found if said == plain else finding_from_json(said)


def _without(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value.replace(name, FILE)
    if isinstance(value, list):
        return [_without(one, name) for one in value]
    return {key: _without(one, name) for key, one in value.items()} if isinstance(value, dict) else value


def suffix_of(name: str) -> str:
    """Give the suffix of a name that somebody sent, if it is short and plain.

    >>> suffix_of("../clip.MP4"), suffix_of("clip.mp4/../../x")
    ('.mp4', '')
    """
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
    return found[0].lower() if found else ""
