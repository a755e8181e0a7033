"""A look that comes to no end, in a real limited child: for tests that end it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from countermark.media import isolation
from countermark.settings import Settings


def looked_at(path: Path, options: Settings, *, report: Callable[[Any], None]) -> Any:
    """Stand in for the look: a child that works on for a minute, and says who it is."""
    pids = path.parent.parent / "pids"
    return isolation.run(
        asleep, path, limits=options.limits, on_progress=lambda pid: pids.open("a").write(f"{pid}\n") and None
    )


def asleep(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: work on, with signs of life."""
    report(os.getpid())
    for _ in range(600):
        isolation.alive()
        time.sleep(0.1)


def pids(folder: Path) -> list[int]:
    """Give the children that were at it."""
    file = folder / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def lives(pid: int) -> bool:
    """Whether a process is still there."""
    return Path(f"/proc/{pid}").exists()
