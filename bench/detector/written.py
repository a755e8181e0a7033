"""Writes a report down: JSON, a table for people, every score, plots. Knows forms; measures nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from ...outputs import release, staged, translated, write_whole
from .results import BaselineRow, ConditionRow, DetectorReport, SourceRow
from .sums import Judged
from .table import PROTOCOL

JSON, TABLE, SCORES = "detector.json", "detector.md", "scores.tsv"
LISTED = 12  # real sources with false alarms


def write_report(report: DetectorReport, judged: Mapping[str, Sequence[Judged]], out: Path) -> list[Path]:
    """Write all forms, each whole or not at all; plots where matplotlib is installed."""
    contents = {JSON: json.dumps(asdict(report), indent=1) + "\n", TABLE: table(report), SCORES: scores(judged)}
    for name, content in contents.items():
        write_whole(out / name, content.encode())
    files = [out / name for name in contents]
    if find_spec("matplotlib") is None:
        return files
    from .plots import draw

    for name, figure in draw(report, judged).items():
        target = out / name
        with staged(target) as part:
            finished = part(target.suffix)
            with translated(target):
                figure.savefig(finished)
            release(finished, target, force=True)
        files.append(target)
    return files


def scores(judged: Mapping[str, Sequence[Judged]]) -> str:
    """Give every clip's score under every condition, as tabs."""
    lines = ["condition\tpath\tlabel\tgroup\tkind\tscore\tmanipulated\toutcome\tquality\tfamily\tby"]
    for condition, clips in judged.items():
        for one in clips:
            clip, scored = one.clip, one.scored
            said = (f"{scored.score:.5f}", f"{scored.manipulated:.5f}", scored.outcome, ",".join(scored.quality))
            lines.append(
                "\t".join((condition, clip.name, clip.label, clip.group, clip.kind, *said, scored.family or "", one.by))
            )
    return "\n".join(lines) + "\n"


def table(report: DetectorReport) -> str:
    """Say everything in Markdown."""
    headline = next(row for row in report.conditions if row.name == report.headline)
    lines = [
        f"# The detector, protocol {report.protocol}",
        "",
        f"`{report.command}`, detector {report.detector}: {headline.n_real} real clips of"
        f" {len(headline.fpr_by_source)} sources, {headline.n_synthetic} synthetic ones of {len(headline.by_group)}"
        " generators. Intervals are of 95 %, sources and generators drawn anew; nothing is scaled but where said.",
        "",
        *conditions(report.conditions),
        "",
        *_declined(report.conditions),
        *_baselines(report.baselines),
        *_by_generator(report),
        *_apart(report.conditions),
        *_outcomes(report.conditions),
        *_false_alarms(report, headline),
        *_hard_negatives(report.conditions, headline),
        *_risk(headline),
        *_speed(report),
        *_remarks(report),
    ]
    return "\n".join(lines) + "\n"


def conditions(rows: Sequence[ConditionRow]) -> list[str]:
    """Give a row for each condition."""
    lines = [
        "| condition | AUC | lost | by generator: mean / worst quarter | TPR at 1 % / 5 % FPR | ECE (classes as many)"
        " | error at 80 % |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lost = "" if row.auc_lost is None else f"{row.auc_lost:+.3f}"
        lines.append(
            f"| {row.name}: {row.words} | {_with_interval(row.auc, row.auc_low, row.auc_high)} | {lost} |"
            f" {row.macro_auc:.3f} / {row.worst_quartile_auc:.3f} | {_or_none(row.tpr_at_fpr01)} /"
            f" {_or_none(row.tpr_at_fpr05)} | {row.ece:.3f} ({row.ece_as_mixed:.3f}) | {row.coverage_error_80:.3f} |"
        )
    return lines


def _declined(rows: Sequence[ConditionRow]) -> list[str]:
    """Say how clips that could not be judged count, and what they cost."""
    lines = [
        f"{row.name}: {row.declined['real']} real and {row.declined['synthetic']} synthetic clips could not be judged,"
        f" and count with a score of one half; AUC without them {_or_none(row.auc_judged)}."
        for row in rows
        if any(row.declined.values())
    ]
    return [*lines, ""] if lines else []


def called(row: SourceRow) -> str:
    """Say what a source's clips are called.

    >>> called(SourceRow(4, 1, 0))
    '1 of 4 called AI, 0 manipulated'
    """
    return f"{row.called_ai} of {row.n} called AI, {row.called_manipulated} manipulated"


def _baselines(rows: Sequence[BaselineRow]) -> list[str]:
    if not rows:
        return []
    names = list(dict.fromkeys(row.condition for row in rows))
    lines = ["## Beside it, on the same clips: AUC", "", f"| | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    for kind in dict.fromkeys(row.name for row in rows):
        found = {row.condition: row for row in rows if row.name == kind}
        cells = [_of(found[name]) if name in found else "" for name in names]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    explained = (
        "Permuted labels: dealt anew to whole groups and fitted to the other folds, the fold judged by the same labels;"
        " the mean and the range of the refits. More than .5 would be a leak across the split. `permuted labels` fits"
        " to all that the detector's score is made of; no network is trained anew."
    )
    return [*lines, "", explained, ""]


def _of(row: BaselineRow) -> str:
    if row.auc is None or row.auc_low is None or row.auc_high is None:
        return "not fitted"
    return _with_interval(row.auc, row.auc_low, row.auc_high)


def _by_generator(report: DetectorReport) -> list[str]:
    names = sorted({name for row in report.conditions for name in row.by_group})
    lines = ["## By generator: AUC against all real clips", ""]
    lines += [f"| generator | clips | {' | '.join(row.name for row in report.conditions)} |"]
    lines += ["|---" * (2 + len(report.conditions)) + "|"]
    for name in names:
        groups = [row.by_group.get(name) for row in report.conditions]
        most = max(group.n for group in groups if group)
        lines.append(f"| {name} | {most} | {' | '.join(f'{g.auc:.3f}' if g else '' for g in groups)} |")
    return [*lines, ""]


def _apart(rows: Sequence[ConditionRow]) -> list[str]:
    names = list(dict.fromkeys(apart.name for row in rows for apart in row.apart))
    lines = ["## Apart: AUC", "", f"| | {' | '.join(row.name for row in rows)} |", "|---" * (1 + len(rows)) + "|"]
    for name in names:
        found = [next((apart for apart in row.apart if apart.name == name), None) for row in rows]
        cells = [
            _with_interval(a.auc, a.auc_low, a.auc_high) + f", {a.n_synthetic}/{a.n_real} {a.against}" if a else ""
            for a in found
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, "", "Behind each, how many clips are synthetic, and how many they are held to.", ""]


def _outcomes(rows: Sequence[ConditionRow]) -> list[str]:
    lines = ["## Outcomes at the default thresholds", ""]
    words = list(next(iter(rows[0].outcomes.values())))
    lines += [f"| | {' | '.join(words)} |", "|---" * (1 + len(words)) + "|"]
    for row in rows:
        for label, counted in row.outcomes.items():
            lines.append(f"| {row.name}, {label} | {' | '.join(str(counted[word]) for word in words)} |")
    flags = [
        f"{row.name}: {', '.join(f'{flag} {n}' for flag, n in row.quality.items())}" for row in rows if row.quality
    ]
    return [*lines, "", *(["Flags of quality: " + "; ".join(flags) + "."] if flags else []), ""]


def _false_alarms(report: DetectorReport, row: ConditionRow) -> list[str]:
    alarmed = {name: source for name, source in row.fpr_by_source.items() if source.fpr}
    n, ai, manipulated = (
        sum(getattr(source, what) for source in row.fpr_by_source.values())
        for what in ("n", "called_ai", "called_manipulated")
    )
    lines = [f"## False alarms by source, {row.name}", ""]
    if report.protocol == PROTOCOL:
        lines += [
            "At the thresholds of each fold's own weights, fitted to the other folds' real clips. The release's are"
            " fitted to all of them, and are others: no rate here, and no outcome above, is measured at those.",
            "",
        ]
    lines += [f"In all: {called(SourceRow(n, ai, manipulated))}."]
    worst = sorted(alarmed.items(), key=lambda one: (-one[1].fpr, one[0]))
    lines += [f"- {name}: {called(source)}" for name, source in worst[:LISTED]]
    left = len(worst) - LISTED
    return [*lines, *([f"- and {left} more in {JSON}"] if left > 0 else []), ""]


def _hard_negatives(rows: Sequence[ConditionRow], headline: ConditionRow) -> list[str]:
    """Count them under every condition, by kind under one, and list them under that."""
    hard = headline.hard_negatives
    if not hard.n:
        return []
    lines = ["## Hard negatives", ""]
    for row in rows:
        n = row.hard_negatives
        lines.append(f"- {row.name}: {called(SourceRow(n.n, n.called_ai, n.called_manipulated))}")
    lines += ["", f"By kind, {headline.name}: "]
    lines[-1] += "; ".join(f"{kind}: {called(row)}" for kind, row in hard.by_kind.items()) + "."
    lines += ["", "| clip | kind | group | outcome | score | by |", "|---|---|---|---|---|---|"]
    lines += [f"| {o.name} | {o.kind} | {o.group} | {o.outcome} | {o.score:.3f} | {o.by} |" for o in hard.clips]
    return [*lines, ""]


def _risk(row: ConditionRow) -> list[str]:
    lines = [f"## Wrong calls among the surest clips, {row.name}", "", "| share of clips | wrong |", "|---|---|"]
    return [*lines, *(f"| {point.coverage:.0%} | {point.error:.3f} |" for point in row.risk_coverage), ""]


def _speed(report: DetectorReport) -> list[str]:
    speed = report.speed
    if speed is None:
        return []
    return [
        f"One process on one core: {speed.frames_per_s:g} frames a second of three tiles each, without decoding;"
        f" ten seconds of 720p judged in {speed.ten_seconds_720p_s:g} s when warm, {speed.cold_s:g} s with the start of"
        f" the process; {speed.peak_mb:g} MB at most.",
        "",
    ]


def _remarks(report: DetectorReport) -> list[str]:
    machine, having = report.machine, ", ".join(f"{name} {version}" for name, version in report.versions.items())
    lines = [
        f"Written on {report.date}: {machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB,"
        f" {machine.system}; {having}. Weights: {', '.join(f'{m} {v}' for m, v in report.models.items())}.",
    ]
    notes = [*report.remarks, *(f"could not be judged: {what}" for what in report.unreadable)]
    return [*lines, *([""] if notes else []), *(f"- {note}" for note in notes)]


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.2f}, {high:.2f}]"


def _or_none(value: float | None) -> str:
    return "too few" if value is None else f"{value:.3f}"
