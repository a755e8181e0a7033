"""Draws a report: recovery by attack with its interval and bar, and quality against recovery. Knows matplotlib."""

from __future__ import annotations

import statistics

from matplotlib.figure import Figure

from .results import AttackRow, WatermarkReport, interval

MET, MISSED, FREE = "#2a7f62", "#c8553d", "#6b7a8f"


def draw(report: WatermarkReport) -> dict[str, Figure]:
    """Give figures by the names of their files."""
    recovery = _recovery(report)
    return {"recovery.svg": recovery, "recovery.png": recovery, "quality.png": _quality(report)}


def _recovery(report: WatermarkReport) -> Figure:
    """Draw a bar for each attack, the first at the top, with its interval; a tick stands where recovery should be."""
    rows = report.attacks
    figure = Figure(figsize=(9, 1.2 + 0.24 * len(rows)), dpi=120, layout="constrained")
    axes = figure.subplots()
    places = range(len(rows))
    ends = [interval(row.recovered, row.n) for row in rows]
    reach = (
        [max(0.0, row.rate - low) for row, (low, _) in zip(rows, ends, strict=True)],
        [max(0.0, high - row.rate) for row, (_, high) in zip(rows, ends, strict=True)],
    )
    axes.barh(places, [row.rate for row in rows], color=[_colour(row) for row in rows], height=0.7)
    axes.errorbar([row.rate for row in rows], places, xerr=reach, fmt="none", ecolor="black", lw=0.8, capsize=2)
    for place, row in zip(places, rows, strict=True):
        if row.bar is not None:
            axes.plot([row.bar, row.bar], [place - 0.45, place + 0.45], color="black", lw=1.6)
    axes.set_yticks(places, [f"{row.name}  {row.recovered}/{row.n}" for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("share of clips whose 64 bits came back, with its 95 % Wilson interval; the tick is the bar")
    axes.set_title(f"Watermark, suite {report.suite}: {sum(not clip.small for clip in report.clips)} clips")
    return figure


def _quality(report: WatermarkReport) -> Figure:
    """Draw a point for each clip: what marking changed, and the share of attacks with a bar that it came through."""
    barred = [row for row in report.attacks if row.bar is not None]
    clips = [clip for clip in report.clips if not clip.small]
    shares = [statistics.mean(clip.name not in row.lost for row in barred) for clip in clips]
    figure = Figure(figsize=(7, 5), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.scatter([clip.psnr_rgb for clip in clips], shares, color=MET, zorder=3)
    for clip, share in zip(clips, shares, strict=True):
        name = clip.name.rsplit("/", 1)[-1]
        axes.annotate(name[:24], (clip.psnr_rgb, share), fontsize=6, xytext=(4, 3), textcoords="offset points")
    axes.set_ylim(-0.02, 1.05)
    axes.set_xlabel("PSNR of the marked frames (RGB, dB)")
    axes.set_ylabel(f"share of {len(barred)} attacks survived")
    axes.grid(alpha=0.3)
    return figure


def _colour(row: AttackRow) -> str:
    return FREE if row.met is None else MET if row.met else MISSED
