"""What tests of scans stand on: lines, a folder of objects, scans on either database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from countermark.docket.desk import Desk
from countermark.objects import Objects, opened
from countermark.scan import Outcomes, Plan, Scan, Shards
from countermark.scan.sources import found
from countermark.settings import Settings


def line(name: str, **more: Any) -> Outcomes:
    """Make a line of an object that nothing was looked at but its bytes."""
    return Outcomes(**{"url": "file:///a", "name": name, "bytes": 5, "stage": "digest", "seconds": {}, **more})


def words(folder: Path, count: int) -> Path:
    """Lay objects that are looked at in no time, and are no video."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number:04}.txt").write_text(f"some words, number {number}\n")
    return folder


@dataclass(frozen=True)
class Room:
    """Scans of one database."""

    options: Settings

    @cached_property
    def shards(self) -> Shards:
        return Shards(Desk(self.options))

    @cached_property
    def objects(self) -> Objects:
        return opened(self.options)

    def laid(self, *places: Path, **plan: Any) -> Scan:
        """Lay a scan of folders."""
        made = Plan(tuple(place.as_uri() for place in places), **plan)
        return self.shards.lay(self.shards.open(made), found(made))
