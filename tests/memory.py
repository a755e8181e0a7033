"""Folders in memory, where there is such a place: to wait until a disk is sure costs tests most of their time.

For tests of what is written, and not of whether it is still there after the machine lost its power.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = Path("/dev/shm")
ENOUGH = 256 << 20  # bytes that are free; containers may come with less


@contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder, and take it away again."""
    there = SHARED.is_dir() and shutil.disk_usage(SHARED).free > ENOUGH
    made = Path(tempfile.mkdtemp(prefix="countermark-", dir=SHARED if there else None))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
