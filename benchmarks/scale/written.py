"""Writes the parts of the result into one file, each as soon as it is there; the file is whole at every moment."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..record import RESULTS, measured_on

PARTS = ("workers", "stages", "engine", "shards", "rescans", "million")


def part(name: str, figures: dict[str, Any], *, quick: bool, words: str = "", folder: Path = RESULTS) -> Path:
    """Put a part beside those that are there, with its command, what it was measured on, and when."""
    path = folder / ("scale.quick.json" if quick else "scale.json")
    result: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    now = datetime.now(UTC)
    load = round(os.getloadavg()[2], 1)  # of others too: a machine that is not quiet says so
    command = "python -m benchmarks.scale" + (" --quick" if quick else "")
    asked = f"{command} --only {name}{words}"
    said = {"command": asked, "at": now.isoformat(timespec="seconds"), "load_of_15_min": load, **measured_on()}
    measured, there = {**result.get("measured", {}), name: said}, {**result.get("figures", {}), name: figures}
    result = {
        "command": command,
        "date": now.date().isoformat(),
        "measured": {one: measured[one] for one in PARTS if one in measured},
        "figures": {one: there[one] for one in PARTS if one in there},
    }
    path.parent.mkdir(exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(json.dumps(result, indent=1) + "\n")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return path
