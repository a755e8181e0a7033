"""Very many objects that need no decoding: laid, drained and gathered, with the memory of each on the way.

The objects are real files of a line each, no two the same, so that every one is read, has a digest and a row of its
own; their names, lines and digests all go through shards, queue, database and results.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from countermark.scan import Plan
from countermark.scan.results import LINES, TABLE

from ..record import say
from . import landing
from .running import apart, place

SHARD = 1024


def drained(objects: int, folder: Path, kind: str = "postgresql", workers: int = 2) -> dict[str, Any]:
    """Lay so many, drain them, gather the lines, and count them."""
    say(f"{objects} files are made")
    begun = time.monotonic()
    landing.crowd(folder / "landed", objects)
    landed = time.monotonic() - begun
    (folder / "run").mkdir()
    with place(kind, workers, folder / "run") as there:
        shards = there.shards
        scan_id = shards.open(Plan(((folder / "landed").as_uri(),), "digest", shard=SHARD))
        say("they are listed")
        listed = apart(there.options, "list", scan_id, objects)
        say(f"they are looked at, in {listed['shards']} shards")
        scanned = there.drained(shards.standing(scan_id))
        end = time.monotonic() + 60
        while shards.standing(scan_id).state != "done" and time.monotonic() < end:
            time.sleep(0.1)
        state = shards.standing(scan_id).state
        say("their lines are gathered")
        gathered = apart(there.options, "gather", scan_id, folder / "results")
    lines, names = _counted(folder / "results" / LINES)
    return {
        **{"database": kind, "objects": objects, "made_s": round(landed, 1), "state": state},
        **{"lister": listed, "workers": scanned, "gatherer": gathered, "lines": lines, "different_names": names},
        **{"lines_mib": _mib(folder / "results" / LINES), "table_mib": _mib(folder / "results" / TABLE)},
    }


def _counted(path: Path) -> tuple[int, int]:
    """Count lines and their names; a name's hash is enough to tell them apart."""
    lines, names = 0, set[int]()
    with path.open("rb") as file:
        for line in file:
            lines += 1
            names.add(hash(line.partition(b'"name":"')[2].partition(b'"')[0]))
    return lines, len(names)


def _mib(path: Path) -> float | None:
    return round(path.stat().st_size / (1 << 20), 1) if path.exists() else None
