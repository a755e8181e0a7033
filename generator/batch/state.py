"""Which outputs of a file of requests are finished, so that a run that was stopped goes on where it was.

One file lies beside the outputs (`PROMPTS.begun`): a line for each request that was begun, with its digest under a
key of the home, so that a folder that is handed on tells nothing of prompts. A request is finished where the registry
knows the very bytes that stand under its name: no kill falls between file and note.
"""

from __future__ import annotations

import json
from pathlib import Path

from ...outputs import translated
from ...settings import Settings
from ..digests import content, keyed

_MOST_BYTES = 256 << 20


class State:
    """What was begun in one folder, for one file of requests."""

    def __init__(self, prompts: Path, folder: Path, home: Path) -> None:
        """Read what earlier runs noted; a last line that was cut short is none."""
        self._home = home
        self.path = folder / f"{prompts.name}.begun"
        self._begun: dict[str, tuple[str, str | None]] = {}
        if not self.path.is_file() or self.path.stat().st_size > _MOST_BYTES:
            return
        for line in self.path.read_bytes().split(b"\n"):
            try:
                said = json.loads(line)
                self._begun[said["output"]] = (said["request"], said["replaces"])
            except (ValueError, TypeError, KeyError, RecursionError):
                continue

    def begin(self, output: Path, digest: str) -> None:
        """Note that a request is begun, and what of another stands in its place."""
        said = {"output": output.name, "request": keyed(self._home, digest), "replaces": digest_of(output)}
        with translated(self.path), self.path.open("ab") as file:
            file.write(b"\n" + json.dumps(said).encode())  # a line cut short by a kill ends with this one's beginning

    def finished(self, output: Path, digest: str, options: Settings) -> bool:
        """Say whether a file stands there that was made and registered for this very request."""
        if output.name not in self._begun:
            return False
        request, replaces = self._begun[output.name]
        if request != keyed(self._home, digest):
            return False
        found = digest_of(output)
        if found is None or found == replaces:
            return False
        from ...provenance import Registry

        record = Registry(options.database_url).by_digest(found)
        return record is not None and record.status == "live"


def digest_of(path: Path) -> str | None:
    """Give the SHA-256 of a file, or None where there is none."""
    try:
        return content(path)
    except OSError:
        return None
