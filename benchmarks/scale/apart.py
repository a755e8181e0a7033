"""What is measured in a process of its own: a plain loop, the lister, and the gatherer of results. Says it as JSON.

python -m countermark.benchmarks.scale.apart loop FOLDER TO | list SCAN OBJECTS | gather SCAN FOLDER
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from countermark.docket.desk import Desk
from countermark.objects import browsed, opened
from countermark.scan import Cascade, Outcomes, Plan, Shards, packing
from countermark.scan.results import write
from countermark.scan.sources import found
from countermark.settings import settings

from .watching import peak_mib, usage

SHARES = (0.1, 0.5, 1.0)
T = TypeVar("T")


def loop(folder: Path, to: Any) -> dict[str, Any]:
    """Look at all in a folder, one after the other, as a worker does, without queue, database or store."""
    options, place = settings(), browsed(str(folder))
    plan = Plan((place.url,), to, settled_by=())
    cascade, listed = Cascade(plan, options), [one for _, one in found(plan)]
    known: dict[str, Outcomes] = {}
    lines: list[Outcomes] = []

    def look(number: int) -> Outcomes:
        return cascade.line(place, listed[number], options.home, known.get)  # nothing is brought there

    look(0)  # what is loaded once is no part of it
    begun, used = time.monotonic(), usage(os.getpid()).cpu_s
    for number in range(len(listed)):
        lines.append(look(number))
        packing.written(lines[-1])
        if lines[-1].sha256 is not None and lines[-1].error is None:
            known.setdefault(lines[-1].sha256, lines[-1])
    seconds, cpu = time.monotonic() - begun, usage(os.getpid()).cpu_s - used
    by_look: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        for stage, value in line.seconds.items():
            by_look[stage].append(value)
    return {
        **{"objects": len(lines), "seconds": round(seconds, 3), "cpu_s": round(cpu, 3), "peak_mib": peak_mib()},
        "looks": {
            stage: {"mean_s": round(sum(all_) / len(all_), 4), "median_s": sorted(all_)[len(all_) // 2]}
            for stage, all_ in by_look.items()
        },
    }


def lay(scan_id: str, objects: int) -> dict[str, Any]:
    """List a scan's places, and lay its shards."""
    shards = Shards(Desk(settings()))
    plan = shards.get(scan_id).plan
    peaks: dict[str, float] = {}
    begun = time.monotonic()
    made = shards.lay(scan_id, _peaks(found(plan), objects, peaks))
    return _told(peaks, begun, objects=made.objects, shards=made.shards)


class _Gathered(Shards):
    """Shards whose parts are counted as they are read."""

    def __init__(self, desk: Desk, peaks: dict[str, float], of: int) -> None:
        super().__init__(desk)
        self._peaks, self._of = peaks, of

    def parts(self, scan_id: str) -> Iterator[str]:
        """Give them, and note the memory on the way."""
        yield from _peaks(super().parts(scan_id), self._of, self._peaks)


def gather(scan_id: str, out: Path) -> dict[str, Any]:
    """Write the results of a scan that is done."""
    options, peaks, begun = settings(), dict[str, float](), time.monotonic()
    desk = Desk(options)
    scan = Shards(desk).get(scan_id)
    write(_Gathered(desk, peaks, scan.shards), opened(options), scan, out)
    return _told(peaks, begun, objects=scan.counts.objects, with_tables=peak_mib())


def _peaks(some: Iterable[T], of: int, peaks: dict[str, float]) -> Iterator[T]:
    """Pass on what comes, and note the most memory there was by each share of it."""
    at = {max(1, round(of * share)): f"{share:.0%}" for share in SHARES}
    for number, one in enumerate(some, 1):
        yield one
        if number in at:
            peaks[at[number]] = peak_mib()


def _told(peaks: dict[str, float], begun: float, **more: Any) -> dict[str, Any]:
    return {"seconds": round(time.monotonic() - begun, 2), "peak_mib": peaks, **more}


if __name__ == "__main__":
    what, first, second = sys.argv[1:]
    if what == "loop":
        print(json.dumps(loop(Path(first), second)))
    elif what == "list":
        print(json.dumps(lay(first, int(second))))
    else:
        print(json.dumps(gather(first, Path(second))))
