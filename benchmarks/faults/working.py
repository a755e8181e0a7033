"""A `countermark worker` that dies over what is named as poison, at once and past every handler.

python -m benchmarks.faults.working NAME
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from countermark.cli import main
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
    name = sys.argv[1]
    sys.argv[1:] = ["worker", "--quiet", "--name", name]
    main()
