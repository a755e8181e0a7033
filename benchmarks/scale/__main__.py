"""Measure scans: by number of workers, by look, what the queue takes, by size of shard, rescans, and a million objects.

    python -m benchmarks.scale [--quick] [--only PART ...] [--clips N] [--objects N]

Each part is written as soon as it is there, beside those of earlier runs: a run that was broken off goes on with
`--only`. On two quiet cores about half an hour: workers 8 min, stages 3, engine 6, shards 4, rescans 5, million 10.
Afterwards `python -m benchmarks.scale.sizing` brings the figures into docs/operations.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..record import say
from . import million, parts, written


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few clips, and 5,000 objects in place of a million")
    parser.add_argument("--only", nargs="+", choices=written.PARTS, default=written.PARTS, metavar="PART")
    parser.add_argument("--clips", type=int, help="that a scan looks at; of each kind, a quarter for each look")
    parser.add_argument("--objects", type=int, help="in place of a million")
    asked = parser.parse_args()
    size = parts.QUICK if asked.quick else parts.FULL
    if asked.clips:
        size = replace(size, clips=asked.clips, each=max(1, asked.clips // 4))
    words = f" --clips {asked.clips}" if asked.clips else ""
    words += f" --objects {asked.objects}" if asked.objects else ""
    for name, measure in measures(size, asked.objects or size.million).items():
        if name not in asked.only:
            continue
        say(name)
        with tempfile.TemporaryDirectory(prefix="countermark-scale-") as folder:
            figures = measure(Path(folder))
            print(name, figures, flush=True)
            print(written.part(name, figures, quick=asked.quick, words=words), flush=True)


def measures(size: parts.Size, objects: int) -> dict[str, Callable[[Path], dict[str, Any]]]:
    """Give what measures each part."""
    return {
        "workers": partial(parts.by_workers, size),
        "stages": partial(parts.by_look, size),
        "engine": partial(parts.by_engine, size),
        "shards": partial(parts.by_shard, size),
        "rescans": partial(parts.by_rescan, size),
        "million": partial(million.drained, objects),
    }


if __name__ == "__main__":
    main()
