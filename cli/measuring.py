"""Runs a benchmark on a user's clips, with an identity and a registry that are gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from .. import keyring
from ..bench.chain import Copy, run_chain
from ..settings import settings
from .report import BenchItem


def measured(
    clips: Path, count: int, scale: float, crf: float, progress: Callable[[float], None]
) -> tuple[BenchItem, str]:
    """Measure the chain; give the item and words for it."""
    with tempfile.TemporaryDirectory(prefix="countermark-") as home:
        options = settings().model_copy(update={"home": Path(home), "database": None})
        keyring.init_development(options.home)
        report = run_chain(clips, count, options, Copy(scale, crf), progress)
    rows = [
        f"{'back' if result.recovered else 'LOST' if result.stamped else 'refused':8}"
        f"{result.size[0]:5}x{result.size[1]:<5}{result.seconds:6.1f} s  {result.clip}"
        + (f": {result.refused or result.outcome}" if not result.recovered else "")
        for result in report.results
    ]
    rows.append(
        f"{report.recovered} of {report.clips} clips came back ({report.copy}; at least {report.recovered_low:.0%}"
        f" at 95 % confidence); {report.stamped} were stamped; {report.false_accepts} false accepts in unmarked clips"
    )
    return BenchItem(report), "\n".join(rows)
