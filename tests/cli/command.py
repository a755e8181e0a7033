"""Runs the real command, as a person would, and says what it left behind."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 120


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    def report(self) -> Any:
        return json.loads(self.out)


def arguments(*given: object) -> list[str]:
    return [sys.executable, "-m", "countermark", *map(str, given)]


def environment(home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("COUNTERMARK_") or name == "COUNTERMARK_FILE"
    }
    return {**kept, "COUNTERMARK_HOME": str(home), "COUNTERMARK_DETECTOR": "never"}  # tests about it ask for it


def run(home: Path, *given: object, cwd: Path | None = None, **settings: object) -> Ran:
    """`settings` by their names, as a user would have them in the environment."""
    given_so = {f"COUNTERMARK_{name.upper()}": str(value) for name, value in settings.items()}
    done = subprocess.run(
        arguments(*given),
        capture_output=True,
        text=True,
        env={**environment(home), **given_so},
        timeout=SECONDS,
        cwd=cwd or home,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def snapshot(folder: Path) -> dict[str, str]:
    """Every file under a folder, with its digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
        if path.is_file() or path.is_dir()
    }
