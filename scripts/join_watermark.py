"""Lays reports of `countermark bench watermark` side by side, as the project keeps them.

    python -m scripts.join_watermark OUT [OUT ...]

Each OUT is a folder that the bench wrote; its name is that of the folder of clips in the report's command. Writes
`benchmarks/results/watermark.json` and `.md`, and keeps each folder's plots beside them.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS
from countermark.bench.results import wilson_low

Report = dict[str, Any]
SMALL_ROWS = 14  # attacks that are told of smaller clips
QUALITY = {
    "psnr_rgb": "PSNR in RGB, dB",
    "psnr_y": "PSNR in luma, dB",
    "ssim": "SSIM",
    "flicker_rms": "flicker, levels rms",
    "max_delta": "greatest change, levels",
    "bitrate_delta_crf23": "bits at CRF 23, more by",
}
BARS = {
    "psnr_rgb": "median 42, least 40",
    "psnr_y": "median 42, least 40",
    "ssim": "0.99",
    "flicker_rms": "at most 0.5",
    "max_delta": "at most 8",
    "bitrate_delta_crf23": "at most 0.05",
}


def main() -> None:
    """Join."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="+", type=Path)
    reports: dict[str, Report] = {}
    for folder in parser.parse_args().out:
        report: Report = json.loads((folder / "watermark.json").read_text())
        name = report["command"].split("--clips ", 1)[1].split()[0]
        reports[name] = report
        for plot in sorted(folder.glob("*.png")):
            shutil.copyfile(plot, RESULTS / f"watermark-{name}-{plot.name}")
    together = rows_of(reports)
    joined = {"together": together, "folders": reports}
    (RESULTS / "watermark.json").write_text(json.dumps(joined, indent=1) + "\n")
    (RESULTS / "watermark.md").write_text("\n".join(written(reports, together)) + "\n")


def rows_of(reports: dict[str, Report]) -> list[dict[str, Any]]:
    """Add up each attack over the folders."""
    rows = []
    for first in next(iter(reports.values()))["attacks"]:
        each = {
            name: next(r for r in report["attacks"] if r["name"] == first["name"]) for name, report in reports.items()
        }
        n, recovered = (sum(row[what] for row in each.values()) for what in ("n", "recovered"))
        means = [row["bit_accuracy_mean"] for row in each.values() if row["bit_accuracy_mean"] is not None]
        rows.append(
            {
                "name": first["name"],
                "bar": first["bar"],
                "note": first["note"],
                "n": n,
                "recovered": recovered,
                "wilson_low": round(wilson_low(recovered, n), 3),
                "met": None if first["bar"] is None else recovered / n >= first["bar"],
                "bit_accuracy_mean": round(sum(means) / len(means), 3) if means else None,
                "by_folder": {name: f"{row['recovered']}/{row['n']}" for name, row in each.items()},
            }
        )
    return rows


def written(reports: dict[str, Report], together: list[dict[str, Any]]) -> list[str]:
    """Give the lines of the Markdown."""
    lines = ["# The mark, measured", ""]
    for name, report in reports.items():
        machine = report["machine"]
        lines.append(
            f"- `{report['command'].replace(f'--clips {name}', f'--clips DIR/{name}')}`, written on {report['date']}:"
            f" {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}"
        )
    lines += ["", *attacks_of(list(reports), together), "", *quality_of(reports)]
    return lines + ["", *false_accepts_and_speed_of(reports), *peers_of(reports), *small_of(reports)]


def attacks_of(names: list[str], together: list[dict[str, Any]]) -> list[str]:
    """Give the table of attacks, folder by folder."""
    barred = [row for row in together if row["bar"] is not None]
    lines = [
        f"{sum(row['met'] for row in barred)} of {len(barred)} bars are met over all folders. A message counts when"
        " all 64 bits are right. What names no codec ends in x264 CRF 23, preset veryfast. `low` is the low end of the"
        " 95 % Wilson interval; bits are the coded bits right by sign alone, in copies that were read.",
        "",
        "| attack | " + " | ".join(names) + " | bar | met | low | bits |",
        "|---|" + "---|" * (len(names) + 4),
    ]
    for row in together:
        bar, met = "", ""
        if row["bar"] is not None:
            bar = f"{row['bar']:.0%}"
            met = "yes" if row["met"] else f"**{row['recovered'] / row['n'] - row['bar']:+.0%}**"
        counts = " | ".join(row["by_folder"][name] for name in names)
        lines.append(
            f"| {row['name']} | {counts} | {bar} | {met} | {row['wilson_low']} | {row['bit_accuracy_mean'] or ''} |"
        )
    return lines


def quality_of(reports: dict[str, Report]) -> list[str]:
    """Give what marking changes."""
    lines = [
        "## Quality, before any codec",
        "",
        "| | " + " | ".join(f"{name}: min, median, max" for name in reports) + " | bar |",
        "|---|" + "---|" * (len(reports) + 1),
    ]
    for key, words in QUALITY.items():
        values = [report["quality"][key] for report in reports.values()]
        cells = " | ".join(f"{v['min']:.3g}, {v['median']:.4g}, {v['max']:.4g}" for v in values)
        lines.append(f"| {words} | {cells} | {BARS[key]} |")
    return lines


def false_accepts_and_speed_of(reports: dict[str, Report]) -> list[str]:
    """Give what was read where nothing is, and what reading costs."""
    lines = ["## False accepts and speed", ""]
    for name, report in reports.items():
        false, speed = report["false_accepts"], report["speed"]
        lines.append(
            f"- {name}: {false['accepts']} accepts in {false['looks']} looks, each at one file ({false['keys']} keys"
            f" tried in all, {false['decodings']} decodings at most, {false['trials']} trials); worst bound of a look"
            f" {false['bound']:.1e}."
        )
        if speed:
            lines.append(
                f"- {name}, one thread, CPU time, 720p: {speed['embed_fps']:g} frames marked a second; 5 s read in"
                f" {speed['extract_direct_s']:g} s, a miss with the full search in {speed['extract_miss_s']:g} s, of"
                f" which decoding {speed['decode_only_s']:g} s."
            )
    return lines


def small_of(reports: dict[str, Report]) -> list[str]:
    """Give the first attacks on smaller clips."""
    lines: list[str] = []
    for name, report in reports.items():
        small = ", ".join(sorted({clip["name"] for clip in report["clips"] if clip["small"]}))
        if small:
            got = [f"{row['name']} {row['recovered']}/{row['n']}" for row in report["small"][:SMALL_ROWS]]
            lines += ["", f"Smaller clips of {name} ({small}): {'; '.join(got)}."]
    return lines


def peers_of(reports: dict[str, Report]) -> list[str]:
    """Give the comparison with other methods, where one was made."""
    lines: list[str] = []
    for name, report in reports.items():
        if report["peers"]:
            lines += [
                "",
                f"## Beside others: 16 frames of clips of {name}",
                "",
                "| method | attack | exact | bits | PSNR RGB |",
            ]
            lines += ["|---|---|---|---|---|"]
        for row in report["peers"]:
            bits = "" if row["bit_accuracy"] is None else f"{row['bit_accuracy']:.2f}"
            exact = f"{row['exact']}/{row['n']}"
            lines.append(f"| {row['method']} | {row['attack']} | {exact} | {bits} | {row['psnr_rgb']:.1f} |")
    return lines


if __name__ == "__main__":
    main()
