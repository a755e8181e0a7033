"""Writes a report down: JSON, a table for people, plots. Knows forms; measures nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from ...outputs import release, staged, translated, write_whole
from .clips import MEASURED
from .results import AttackRow, Quality, Range, WatermarkReport

JSON, TABLE = "watermark.json", "watermark.md"


def write_report(report: WatermarkReport, out: Path) -> list[Path]:
    """Write all forms, each whole or not at all; plots where matplotlib is installed."""
    write_whole(out / JSON, (json.dumps(asdict(report), indent=1) + "\n").encode())
    write_whole(out / TABLE, table(report).encode())
    files = [out / JSON, out / TABLE]
    if find_spec("matplotlib") is None:
        return files
    from .plots import draw

    for name, figure in draw(report).items():
        target = out / name
        with staged(target) as part:
            finished = part(target.suffix)
            with translated(target):
                figure.savefig(finished)
            release(finished, target, force=True)
        files.append(target)
    return files


def table(report: WatermarkReport) -> str:
    """Say everything in Markdown."""
    large, small = ([clip for clip in report.clips if clip.small == kind] for kind in (False, True))
    shrunk = sum(clip.native != clip.size for clip in report.clips)
    lines = [
        f"# The watermark, suite {report.suite}",
        "",
        f"`{report.command}`, examiner {report.examiner}: {len(large)} clips"
        f"{f' and {len(small)} small ones, reported apart' if small else ''}, {report.payloads} payloads of"
        f" {report.payload_bits} bits, the first {report.seconds:g} s of each;"
        f" {shrunk} scaled down to a short side of {MEASURED} or to even sides, the others native.",
        "",
        *_quality(report.quality),
        "",
        *_attacks(report.attacks),
    ]
    if report.small:
        lines += ["", "## Clips with a short side under 480", "", *_attacks(report.small)]
    lines += ["", *_false_accepts(report), *_speed(report), *_peers(report), *_remarks(report, shrunk)]
    return "\n".join(lines) + "\n"


def verdict(row: AttackRow) -> str:
    """Say whether a bar is met, or by how much it is missed.

    >>> verdict(AttackRow("x", "codec", 0.9, 4, 3, 0.3, None, None, 3, 0.1, (), "", 0.0))
    'MISSED by 15.0 %'
    """
    if row.bar is None or row.met is None:
        return "no bar"
    return "met" if row.met else f"MISSED by {100 * (row.bar - row.rate):.1f} %"


def _quality(quality: Quality) -> list[str]:
    rows: list[tuple[str, Range]] = [
        ("PSNR, RGB (dB)", quality.psnr_rgb),
        ("PSNR, luma (dB)", quality.psnr_y),
        ("SSIM, luma", quality.ssim),
        ("flicker, rms levels", quality.flicker_rms),
        ("largest change, levels", quality.max_delta),
        ("bits at x264 CRF 23, more by", quality.bitrate_delta_crf23),
    ]
    lines = ["| quality, before any codec | min | median | max |", "|---|---|---|---|"]
    return lines + [f"| {name} | {r.min:.4g} | {r.median:.4g} | {r.max:.4g} |" for name, r in rows]


def _attacks(rows: tuple[AttackRow, ...]) -> list[str]:
    lines = [
        "| attack | bar | recovered | at least (95 %) | | bits right, mean / least | direct | read, CPU s | kbit/s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        right = f"{row.bit_accuracy_mean:.3f} / {row.bit_accuracy_min:.3f}" if row.recovered else "none read"
        bar = f"{row.bar:.0%}" if row.bar is not None else ""
        name = f"{row.name} ({row.note})" if row.note else row.name
        lines.append(
            f"| {name} | {bar} | {row.recovered}/{row.n} | {row.wilson_low:.0%} | {verdict(row)} | {right} |"
            f" {row.direct} | {row.cpu_s:.2f} | {row.kbit_s:.0f} |"
        )
    met = [row for row in rows if row.bar is not None]
    lines += ["", f"{sum(row.met is True for row in met)} of {len(met)} bars are met."]
    lines += ["Lost clips have no bit accuracy: means and leasts are of those that were read."]
    return lines


def _false_accepts(report: WatermarkReport) -> list[str]:
    found = report.false_accepts
    return [
        f"False accepts: {found.accepts} in {found.looks} looks at unmarked clips, and at copies with a key that marked"
        f" none of them: one file a look, {found.keys} keys tried in all, {found.decodings} decodings at most,"
        f" {found.trials} trials. The chance of one such look is {found.bound:.1e} at most.",
        *(f"- {name}" for name in found.accepted),
    ]


def _speed(report: WatermarkReport) -> list[str]:
    speed = report.speed
    if speed is None:
        return []
    return [
        "",
        f"One thread, CPU time, 720p: {speed.embed_fps:g} frames marked a second; 5 s of video read in"
        f" {speed.extract_direct_s:g} s with a mark and {speed.extract_miss_s:g} s without one, of which decoding"
        f" takes {speed.decode_only_s:g} s.",
    ]


def _peers(report: WatermarkReport) -> list[str]:
    if not report.peers:
        return []
    lines = ["", "## Others, on the same 16 frames", ""]
    lines += ["| method | attack | exact | bits right | PSNR, RGB |", "|---|---|---|---|---|"]
    for row in report.peers:
        right = f"{row.bit_accuracy:.3f}" if row.bit_accuracy is not None else "none read"
        lines.append(f"| {row.method} | {row.attack} | {row.exact}/{row.n} | {right} | {row.psnr_rgb:.1f} |")
    return lines


def _remarks(report: WatermarkReport, shrunk: int) -> list[str]:
    encoders = ", ".join(f"{e.library} ({e.version}, preset {e.preset})" for e in report.encoders)
    lines = ["", f"Encoders: {encoders}. What names no codec ends in x264 CRF 23, preset veryfast."]
    machine, having = report.machine, ", ".join(f"{name} {version}" for name, version in report.versions.items())
    lines += [
        "",
        f"Written on {report.date}: {machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB,"
        f" {machine.system}; {having}.",
    ]
    notes = [*report.remarks, *(f"could not be opened or looked at: {what}" for what in report.unreadable)]
    notes += report.problems
    lines += ["", *(f"- {note}" for note in notes)] if notes else []
    lines += ["", "| clip | native | measured | frames | fps | payload | PSNR, RGB |", "|---|---|---|---|---|---|---|"]
    for clip in report.clips:
        native, size = ("x".join(map(str, size)) for size in (clip.native, clip.size))
        cells = (clip.name, native, size, clip.frames, f"{clip.rate:g}", clip.payload, f"{clip.psnr_rgb:.1f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines
