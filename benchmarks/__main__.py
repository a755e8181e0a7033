"""Runs the quick form of every benchmark, each in a process of its own, and prints one table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from .record import RESULTS, SKIPPED

ON_CLIPS = {"provenance", "labels"}
NOT_MEASURING = {"__init__", "__main__", "record", "cost"}


def main() -> int:
    """Give the number of benchmarks that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", help="folder of clips, for those that need one")
    clips = parser.parse_args().clips
    failed = 0
    here = Path(__file__).parent
    names = sorted(p.stem for p in here.glob("*.py") if p.stem not in NOT_MEASURING)
    names += sorted(p.parent.name for p in here.glob("*/__main__.py"))
    rows: list[tuple[str, str, str]] = []
    for name in names:
        command = [sys.executable, "-m", f"benchmarks.{name}", "--quick"]
        if clips and name in ON_CLIPS:
            command += ["--clips", clips]
        done = subprocess.run(command, stdout=subprocess.DEVNULL)
        if done.returncode == SKIPPED:
            rows.append((name, "skipped", "it lacks its clips"))
            continue
        if done.returncode:
            failed += 1
            rows.append((name, "failed", str(done.returncode)))
            continue
        result = json.loads((RESULTS / f"{name}.quick.json").read_text())
        figures = result.get("figures") or {part: result[part] for part in result.get("measured", {})}
        rows += [(name, key, value) for key, value in _flat("", figures)]
    wide = [max(len(row[i]) for row in rows) for i in range(2)]
    for name, key, value in rows:
        print(f"{name:{wide[0]}}  {key:{wide[1]}}  {value}")
    return failed


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [row for key, inner in value.items() for row in _flat(f"{prefix}.{key}" if prefix else str(key), inner)]
    if isinstance(value, list):
        return [(prefix, f"{len(value)} entries")]
    return [(prefix, f"{value:.4g}" if isinstance(value, float) else str(value))]


if __name__ == "__main__":
    sys.exit(min(main(), 100))
