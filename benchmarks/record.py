"""Writes a result with what it was measured on. Knows no measurement."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

RESULTS = Path(__file__).parent / "results"
SKIPPED = 77  # exit code of a benchmark that lacks its clips
LIBRARIES = ("av", "c2pa-python", "opencv-python-headless", "numpy", "onnxruntime", "pdqhash")


def write(name: str, figures: dict[str, Any], *, quick: bool) -> Path:
    """Write `results/NAME.json`; the quick form has a name of its own and is not kept in the repository."""
    result = {
        "command": f"python -m benchmarks.{name}" + (" --quick" if quick else ""),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {
            "python": platform.python_version(),
            "countermark": version("countermark"),
            **{library: version(library) for library in LIBRARIES},
        },
        "figures": figures,
    }
    path = RESULTS / (f"{name}.quick.json" if quick else f"{name}.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path


def lacking(what: str) -> NoReturn:
    """End a measurement that has nothing to measure on: skipped, not failed."""
    say(what)
    raise SystemExit(SKIPPED)


def say(line: str) -> None:
    """Report progress to whoever waits."""
    print(line, file=sys.stderr, flush=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
