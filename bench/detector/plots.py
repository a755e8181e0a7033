"""Draws a report: alarms, what is left when the unsure are passed over, calibration, generators. Knows matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .results import ConditionRow, DetectorReport
from .sums import Judged, rates

COLOURS = ("#6b7a8f", "#2a7f62", "#c8553d", "#7a5ba6")
SQUARE = (5.2, 5.0)


def draw(report: DetectorReport, judged: Mapping[str, Sequence[Judged]]) -> dict[str, Figure]:
    """Give figures by the names of their files."""
    rows = report.conditions
    return {
        "roc.png": _roc(rows, judged),
        "risk-coverage.png": _risk(rows),
        "reliability.png": _reliability(rows),
        "generators.png": _generators(next(row for row in rows if row.name == report.headline)),
    }


def _roc(rows: Sequence[ConditionRow], judged: Mapping[str, Sequence[Judged]]) -> Figure:
    figure, axes = _axes("real clips called synthetic", "synthetic clips called synthetic")
    axes.plot([0, 1], [0, 1], color="#bbbbbb", lw=0.8)
    for row, colour in zip(rows, COLOURS, strict=False):
        false, true = rates(judged[row.name])
        axes.step(false, true, where="post", color=colour, label=f"{row.name}: AUC {row.auc:.3f}")
    axes.legend(loc="lower right", fontsize=8)
    return figure


def _risk(rows: Sequence[ConditionRow]) -> Figure:
    figure, axes = _axes("share of clips that are called, the surest first", "share of them called wrongly")
    for row, colour in zip(rows, COLOURS, strict=False):
        points = row.risk_coverage
        axes.plot([p.coverage for p in points], [p.error for p in points], color=colour, marker=".", label=row.name)
    axes.set_ylim(0, None)
    axes.legend(fontsize=8)
    return figure


def _reliability(rows: Sequence[ConditionRow]) -> Figure:
    figure, axes = _axes("mean score of a tenth of the clips", "share of them that is synthetic")
    axes.plot([0, 1], [0, 1], color="#bbbbbb", lw=0.8)
    for row, colour in zip(rows, COLOURS, strict=False):
        bins = row.reliability
        axes.plot([b.said for b in bins], [b.true for b in bins], color=colour, marker="o", ms=4, label=row.name)
    axes.legend(loc="lower right", fontsize=8)
    return figure


def _generators(row: ConditionRow) -> Figure:
    """Draw a bar for each generator, the hardest at the top; the line is chance."""
    groups = sorted(row.by_group.items(), key=lambda one: one[1].auc)
    figure = Figure(figsize=(7, 1.4 + 0.2 * len(groups)), dpi=120, layout="constrained")
    axes = figure.subplots()
    places = range(len(groups))
    axes.barh(places, [group.auc for _, group in groups], color=COLOURS[1], height=0.7)
    axes.axvline(0.5, color="black", lw=0.8)
    axes.set_yticks(places, [f"{name}  ({group.n})" for name, group in groups], fontsize=7)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xlabel(f"AUC against {row.n_real} real clips, {row.name}")
    return figure


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SQUARE, dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_xlim(0, 1)
    axes.grid(alpha=0.3)
    return figure, axes
