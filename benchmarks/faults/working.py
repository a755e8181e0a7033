"""A `countermark worker` that dies over what is named as poison, at once and past every handler.

python -m benchmarks.faults.working NAME [SECONDS between rounds]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from countermark.cli import main
from countermark.jobs import queue, rounds
from countermark.objects import Listed, Place
from countermark.scan import Cascade, Outcomes
from countermark.scan.cascade import Known

POISON = "poison"
DIED = 86
_line = Cascade.line


def line(self: Cascade, place: Place, listed: Listed, folder: Path, known: Known) -> Outcomes:
    """Look at one object, or die over it."""
    if POISON in listed.name:
        os._exit(DIED)
    return _line(self, place, listed, folder, known)


if __name__ == "__main__":
    Cascade.line = line  # type: ignore[method-assign]
    name, *seconds = sys.argv[1:]
    if seconds:
        rounds.QUICK_S = queue.POLL_S[queue.SCANS] = float(seconds[0])
    sys.argv[1:] = ["worker", "--quiet", "--name", name]
    main()
