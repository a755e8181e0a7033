"""The command that measures the detector on a table of clips. Knows options and words; measures nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .report import BenchDetectorItem
from .session import Json, Quiet, Session, Verbose, progress
from .verbs import bench

if TYPE_CHECKING:
    from ..bench.detector.results import DetectorReport
    from ..bench.detector.run import Asked


@bench.command("detector")
def bench_detector(
    clips: Annotated[
        Path, typer.Option(help="TSV of clips THAT YOU TRUST: path, label (real or synthetic), group; kind if known.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write into; the same one again goes on where it was stopped.")],
    beside: Annotated[
        list[Path] | None,
        typer.Option(help="TSV of hard negatives, splices or fakes of own decoders: counted by kind; may be repeated."),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="leave-generators-out: by weights that never saw a clip's group; else the released."),
    ] = None,
    conditions: Annotated[
        str | None,
        typer.Option(help="Of as-found, crf23, crf35, half-crf28, grain, gif, by commas; default: the first four."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Two clips a group, two conditions, no baselines.")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: as many as there are cores.")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the re-encoded copies in the folder.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Judge clips of yours as they are and re-encoded alike, beside simpler means: JSON, tables, scores and plots.

    ONLY CLIPS THAT YOU TRUST: they are decoded with your rights, outside the limited process in which verify and stamp
    open files of strangers.
    """
    from ..bench.detector.conditions import CONDITIONS, HARDER
    from ..bench.detector.run import Asked

    known = tuple(one.name for one in (*CONDITIONS, *HARDER))
    wanted = tuple(dict.fromkeys(conditions.split(","))) if conditions else Asked.conditions
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise typer.BadParameter(f"no such condition: {', '.join(unknown)}; there are {', '.join(known)}")
    if protocol not in (None, "leave-generators-out"):
        raise typer.BadParameter(f"no such protocol: {protocol}; there is leave-generators-out")
    session = Session("bench detector", json, quiet, verbose)
    with session.shield(str(clips)), progress("measuring", session) as bar:
        item, words = measured(Asked(clips, out, protocol, wanted, quick, jobs, keep, tuple(beside or ())), bar)
        session.add(item, words)
    session.end()


def measured(asked: Asked, progress: Callable[[float], None]) -> tuple[BenchDetectorItem, str]:
    """Measure; give the item and words for it."""
    from ..bench.detector.ours import Ours
    from ..bench.detector.run import run_detector

    report, files = run_detector(asked, Ours(), progress)
    return BenchDetectorItem(report, tuple(map(str, files))), "\n".join([*_rows(report), _written(files)])


def _rows(report: DetectorReport) -> list[str]:
    """Say the figures for a terminal."""
    rows = [f"{'':12}{'AUC':22}{'generators, worst':20}{'TPR at 5 %':12}{'ECE':7}{'error at 80 %'}"]
    for row in report.conditions:
        tpr = "too few" if row.tpr_at_fpr05 is None else f"{row.tpr_at_fpr05:.3f}"
        auc = f"{row.auc:.3f} [{row.auc_low:.2f}, {row.auc_high:.2f}]"
        by_generator = f"{row.macro_auc:.3f}, {row.worst_quartile_auc:.3f}"
        rows.append(f"{row.name:12}{auc:22}{by_generator:20}{tpr:12}{row.ece:<7.3f}{row.coverage_error_80:.3f}")
    rows += [
        f"{row.condition:12}{'not fitted' if row.auc is None else f'{row.auc:.3f}':22}{row.name}"
        for row in report.baselines
    ]
    for row in report.conditions:
        hard = row.hard_negatives
        if hard.n:
            rows.append(
                f"{row.name}: {hard.called_ai} of {hard.n} hard negatives called AI,"
                f" {hard.called_manipulated} manipulated"
            )
    if report.speed:
        speed = report.speed
        rows.append(
            f"{speed.frames_per_s:g} frames/s; ten seconds of 720p in {speed.ten_seconds_720p_s:g} s,"
            f" {speed.cold_s:g} s cold; {speed.peak_mb:g} MB"
        )
    rows += [f"could not be judged: {what}" for what in report.unreadable]
    return [*rows, *report.remarks]


def _written(files: list[Path]) -> str:
    return "written: " + ", ".join(map(str, files))
