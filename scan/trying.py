"""What a scan will cost, by some of its objects that are looked at before. Keeps nothing of what it sees."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from ..objects import browsed
from ..settings import Settings
from .cascade import Cascade
from .shards import Shards
from .values import Scan


def tried(shards: Shards, made: Scan, options: Settings, most: int) -> tuple[float, int]:
    """Look at no more than so many objects, spread over the shards; give the seconds that took, and how many."""
    wanted = sorted({(2 * number + 1) * made.shards // (2 * most) for number in range(most)}) if made.shards else []
    cascade, seconds, count = Cascade(made.plan, options), 0.0, 0
    warm = True
    for number in wanted:
        url, objects = shards.objects(made.id, number)
        listed = objects[len(objects) // 2]
        for _ in range(2 if warm else 1):  # what is loaded once counts for none
            with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
                begun = time.monotonic()
                cascade.line(browsed(url), listed, Path(folder), lambda digest: None)
                took = time.monotonic() - begun
        warm = False
        seconds, count = seconds + took, count + 1
    return seconds, count
