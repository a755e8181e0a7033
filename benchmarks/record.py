"""Writes a result with what it was measured on. Knows no measurement."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from countermark.bench.machine import this_machine, versions

RESULTS = Path(__file__).parent / "results"
SKIPPED = 77  # exit code of a benchmark that lacks its clips
LIBRARIES = ("av", "c2pa-python", "opencv-python-headless", "numpy", "onnxruntime", "pdqhash", "faiss-cpu")


def write(name: str, figures: dict[str, Any], *, quick: bool) -> Path:
    """Write `results/NAME.json`; the quick form has a name of its own and is not kept in the repository."""
    command = f"python -m benchmarks.{name}" + (" --quick" if quick else "")
    result = {"command": command, "date": datetime.now(UTC).date().isoformat(), **measured_on(), "figures": figures}
    path = RESULTS / (f"{name}.quick.json" if quick else f"{name}.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path


def measured_on() -> dict[str, Any]:
    """Say what this is measured on."""
    libraries = {"python": platform.python_version(), **versions("countermark", *LIBRARIES)}
    return {"machine": asdict(this_machine()), "versions": libraries}


def lacking(what: str) -> NoReturn:
    """End a measurement that has nothing to measure on: skipped, not failed."""
    say(what)
    raise SystemExit(SKIPPED)


def say(line: str) -> None:
    """Report progress to whoever waits."""
    print(line, file=sys.stderr, flush=True)
