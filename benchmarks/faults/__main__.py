"""Scan thousands of objects while workers are killed and the database is begun again; count what is lost or twice.

    python -m benchmarks.faults [--quick]

Objects: words and clips that are cut off, some dozens of real clips of 1 s each of which lies there twice, and two over
which every worker dies. Workers are `countermark worker` processes, killed with -9 and begun again at times that a
fixed seed chooses: one over SQLite, three over PostgreSQL, which is itself ended and begun again on the way. At the end
what was listed is held against the lines of the results, and the hash chain of the ledger is followed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..record import say, write
from .running import Faults, run

FULL = (
    Faults("sqlite", 2000, 16, 2, workers=1, kills=12, apart_s=(8, 16)),
    Faults("postgresql", 2000, 16, 2, workers=3, kills=24, apart_s=(3, 9), restarts=2),
)
QUICK = (
    Faults("sqlite", 100, 3, 1, workers=1, kills=2, apart_s=(4, 7)),
    Faults("postgresql", 100, 3, 1, workers=3, kills=3, apart_s=(2, 5), restarts=1),
)


def main() -> None:
    """Run both, print, and write the JSON; fails where anything is lost, twice, or without a reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 objects and a few kills")
    quick = parser.parse_args().quick
    figures = {}
    for faults in QUICK if quick else FULL:
        say(f"{faults.kind}: {faults.objects} objects, {faults.workers} workers")
        with tempfile.TemporaryDirectory(prefix="countermark-faults-") as folder:
            figures[faults.kind] = run(faults, Path(folder))
    for kind, values in figures.items():
        print(kind, values)
    print(write("faults", figures, quick=quick))
    if any(one[name] for one in figures.values() for name in ("lost", "twice", "unasked", "without_result_or_reason")):
        raise SystemExit("some objects have not exactly one result or reason")


if __name__ == "__main__":
    main()
