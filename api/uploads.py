"""How much the resolution API takes in, and how many at once. `intake` takes it in."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from .matching import Refusal


@dataclass(frozen=True)
class Bounds:
    """What one service takes in."""

    upload_bytes: int = 1 << 30
    upload_s: float = 300.0  # for sending a file, or for fetching one
    uploads: int = 8  # at once: taken in, waiting or looked at
    looks: int = 2  # at once
    look_cpu_s: int = 120
    value_letters: int = 2048  # of a binding in a URL
    text_bytes: int = 1 << 20  # of JSON


class Intakes:
    """Counts who is being served."""

    def __init__(self, bounds: Bounds) -> None:
        """Take the bounds."""
        self.bounds, self._here = bounds, 0
        self._looks = asyncio.Semaphore(bounds.looks)

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """Give a folder for one file; it goes away with all that is in it."""
        if self._here >= self.bounds.uploads:
            raise Refusal(503, "too many files are being looked at; try again")
        self._here += 1
        try:
            with tempfile.TemporaryDirectory(prefix="countermark-") as name:
                yield Path(name)
        finally:
            self._here -= 1

    @asynccontextmanager
    async def look(self) -> AsyncIterator[None]:
        """Wait until one more may be looked at."""
        async with self._looks:
            yield
