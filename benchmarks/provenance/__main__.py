"""Measures the provenance wing whole: signing and reading, lookups, fingerprints, what changed in copies.

Each part can be measured alone (`--only`), since they take from minutes to hours; what was measured before stays in the
result, with its own date. The rules by which each figure is made are in the parts' own docstrings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..record import RESULTS, lacking, measured_on, say
from . import changed, copy_ratio, fingerprint, lookup

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data" / "clips"
Part = Callable[[Path, bool, Path | None], Any]


def main() -> None:
    """Measure the parts that are asked for, and write them into one result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, default=DEFAULT, help="folder of clips with a clips.tsv")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}, by commas")
    parser.add_argument("--keep", type=Path, help="folder for copies and their hashes, used again if it has them")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    asked = parser.parse_args()
    names = [name for name in asked.only.split(",") if name]
    if unknown := set(names) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if not (asked.clips / "clips.tsv").is_file() and {"fingerprint", "changed"} & set(names):
        lacking(f"{asked.clips}: no clips.tsv; name a folder with --clips")
    path = RESULTS / ("provenance.quick.json" if asked.quick else "provenance.json")
    for name in names:
        say(f"measuring {name}")
        figures = PARTS[name](asked.clips, asked.quick, asked.keep)
        result = json.loads(path.read_text()) if path.exists() else {}
        how = {"date": datetime.now(UTC).date().isoformat(), **measured_on()}
        command = f"python -m benchmarks.provenance --only {name}" + (" --quick" if asked.quick else "")
        result = {
            **result,
            name: figures,
            "measured": {**result.get("measured", {}), name: {"command": command, **how}},
        }
        path.write_text(json.dumps(result, indent=1) + "\n")
    print(path)


def _lookups(clips: Path, quick: bool, keep: Path | None) -> list[dict[str, Any]]:
    """By payload and by fingerprint, side by side for each number of records."""
    by_fingerprint = {row["records"]: row for row in fingerprint.measure_lookup(quick)}
    return [{**row, **by_fingerprint.get(row["records"], {})} for row in lookup.measure_payload(quick)]


PARTS: dict[str, Part] = {
    "copy_ratio": lambda clips, quick, keep: copy_ratio.measure(quick),
    "lookup_ms": _lookups,
    "fingerprint": fingerprint.measure,
    "changed": changed.measure,
}


if __name__ == "__main__":
    main()
