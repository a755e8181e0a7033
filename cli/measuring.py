"""Runs benchmarks on a user's clips. The chain's identity and registry are gone afterwards; the mark needs none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from .. import keyring
from ..bench.chain import Copy, run_chain
from ..bench.watermark.run import Asked, run_watermark
from ..bench.watermark.written import verdict
from ..settings import settings
from .report import BenchItem, BenchWatermarkItem


def measured(
    clips: Path, count: int, scale: float, crf: float, progress: Callable[[float], None]
) -> tuple[BenchItem, str]:
    """Measure the chain; give the item and words for it."""
    with tempfile.TemporaryDirectory(prefix="countermark-") as home:
        options = settings().model_copy(update={"home": Path(home), "database": None, "signer": "file", "tsa": None})
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


def measured_mark(asked: Asked, progress: Callable[[float], None]) -> tuple[BenchWatermarkItem, str]:
    """Measure the watermark; give the item and words for it."""
    report, files = run_watermark(asked, progress)
    rows = [
        f"{row.recovered:4} of {row.n:<4}{f'{row.bar:.0%}' if row.bar else '':6}{verdict(row):18}{row.name}"
        for row in report.attacks
    ]
    quality, found = report.quality, report.false_accepts
    rows.append(
        f"PSNR {quality.psnr_rgb.median:.1f} dB (RGB, median; least {quality.psnr_rgb.min:.1f}),"
        f" SSIM {quality.ssim.median:.4f}, {quality.bitrate_delta_crf23.median:+.1%} bits at CRF 23;"
        f" {found.accepts} false accepts in {found.looks} looks"
    )
    rows += [f"could not be opened, and was passed over: {what}" for what in report.unreadable]
    rows += [f"counted as lost: {what}" for what in report.problems]
    rows += [*report.remarks, "written: " + ", ".join(map(str, files))]
    return BenchWatermarkItem(report, tuple(map(str, files))), "\n".join(rows)
