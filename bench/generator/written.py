"""Writes what was measured: JSON, and contact sheets. Knows forms; measures nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ...outputs import translated, write_whole
from .results import GeneratorReport
from .sheets import Row, sheets

JSON = "generator.json"


def write_report(
    report: GeneratorReport, out: Path | None, shown: Path | None, rows: Mapping[str, Sequence[Row]]
) -> list[Path]:
    """Write what was asked for, each file whole or not at all."""
    files = []
    for folder in (out, shown):
        if folder is not None:
            with translated(folder):
                folder.mkdir(parents=True, exist_ok=True)
    if out is not None:
        files.append(out / JSON)
        write_whole(out / JSON, (json.dumps(asdict(report), indent=1) + "\n").encode())
    if shown is not None:
        for name, part in rows.items():
            for number, content in enumerate(sheets(part), 1):
                files.append(shown / f"generator-{name}-{number}.jpg")
                write_whole(files[-1], content)
    return files
