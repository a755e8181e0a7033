"""Scan thousands of objects and decide about submissions while everything dies; count what is lost or twice.

    python -m benchmarks.faults [--quick]

A scan goes over clips that can be read (each of its own bytes), copies of them, words and clips that are cut off, and
objects over which every worker dies. Meanwhile others land in a folder that `countermark listen` watches: each becomes
a submission, is decided about by a policy that acts, and a receiver on this machine is told. Workers and listener are
real commands, killed with -9 and begun again at times that a fixed seed chooses: one worker over SQLite, three over
PostgreSQL, which is itself ended and begun again on the way. At the end what landed is held against the lines of the
results, the submissions, the decisions, the ledger and what the receiver heard, and the ledger's chain is followed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..record import say, write
from .landing import Landed
from .running import Faults, amiss, run

SCANNED, SUBMITTED = Landed(clips=240, copies=60, words=1698, poison=2), Landed(clips=90, copies=30, words=40)
FULL = (
    Faults("sqlite", SCANNED, SUBMITTED, workers=1, kills=30, apart_s=(8, 24)),
    Faults("postgresql", SCANNED, SUBMITTED, workers=3, kills=60, apart_s=(3, 12), restarts=2),
)
FEW, FEWER = Landed(clips=6, copies=4, words=89, poison=1), Landed(clips=3, copies=2, words=3)
QUICK = (
    Faults("sqlite", FEW, FEWER, workers=1, kills=2, apart_s=(4, 7)),
    Faults("postgresql", FEW, FEWER, workers=3, kills=3, apart_s=(2, 5), restarts=1),
)


def main() -> None:
    """Run both, print, and write the JSON; fails where anything is lost, twice, or without a reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 objects and a few kills")
    quick = parser.parse_args().quick
    figures = {}
    for faults in QUICK if quick else FULL:
        say(f"{faults.kind}: {faults.scanned.objects} objects, {faults.workers} workers")
        with tempfile.TemporaryDirectory(prefix="countermark-faults-") as folder:
            figures[faults.kind] = run(faults, Path(folder))
    for kind, values in figures.items():
        print(kind, values)
    print(write("faults", figures, quick=quick))
    asked = {faults.kind: faults for faults in (QUICK if quick else FULL)}
    if faulty := {kind: found for kind, values in figures.items() if (found := amiss(values, asked[kind]))}:
        raise SystemExit(f"not everything has exactly one result, reason or decision: {faulty}")


if __name__ == "__main__":
    main()
