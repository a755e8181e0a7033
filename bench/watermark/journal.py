"""Keeps what is finished, so that a bench that was stopped goes on. Knows lines of JSON; knows no measurement.

`work.ndjson` grows by a line for each piece. Its key is made of everything that could change the outcome: the clip's
bytes, the attack, the examiner's version, the settings, and the sources and libraries of what marks, attacks and reads.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...outputs import translated
from ..machine import versions

_ROOT = Path(__file__).resolve().parents[2]
_ONLY_TOLD = {"journal.py", "plots.py", "pool.py", "results.py", "run.py", "sums.py", "written.py"}  # change no outcome
_LIBRARIES = ("av", "numpy", "opencv-python-headless", "pillow")


def key_of(**parts: object) -> str:
    """Give the key of a piece; the same parts and the same sources, the same key."""
    whole = {**parts, "sources": sources(_ROOT), "libraries": versions(*_LIBRARIES)}
    said = json.dumps(whole, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


@lru_cache(maxsize=4)
def sources(root: Path) -> str:
    """Digest the code that outcomes depend on: a version that nobody raised must not pass old figures for new."""
    digest = hashlib.sha256()
    made = [path for path in (root / "bench" / "watermark").glob("*.py") if path.name not in _ONLY_TOLD]
    for path in sorted([*made, *(root / "watermark").glob("*.py"), *(root / "media").glob("*.py")]):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


class Journal:
    """The outcomes of a folder, by key."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a line that was cut short is a piece that was not finished."""
        self._path = path
        self.done: dict[str, dict[str, Any]] = {}
        with translated(path):
            content = path.read_bytes() if path.exists() else b""
        self._cut = bool(content) and not content.endswith(b"\n")
        for line in content.splitlines():
            try:
                entry = json.loads(line)
                self.done[entry["key"]] = entry["outcome"]
            except (ValueError, KeyError, TypeError):
                continue

    def add(self, key: str, about: dict[str, Any], outcome: dict[str, Any]) -> None:
        """Write one line down, for good."""
        line = json.dumps({"key": key, **about, "outcome": outcome}).encode() + b"\n"
        with translated(self._path), self._path.open("ab") as file:
            file.write((b"\n" if self._cut else b"") + line)
            file.flush()
            os.fsync(file.fileno())
        self._cut = False
        self.done[key] = outcome
