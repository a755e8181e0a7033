"""The command that measures the embedded model. Knows options and words; measures nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .report import BenchGeneratorItem
from .session import Json, Quiet, Session, Verbose, progress
from .verbs import bench

if TYPE_CHECKING:
    from ..bench.generator.results import GeneratorReport
    from ..bench.generator.run import Asked


@bench.command("generator")
def bench_generator(
    prompts: Annotated[int, typer.Option(min=2, help="New combinations, and as many trained ones.")] = 240,
    seed: Annotated[int, typer.Option(min=0, help="Which prompts are drawn, and what is made of them.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder to write generator.json into.")] = None,
    sheets: Annotated[Path | None, typer.Option(help="Folder to write contact sheets into.")] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read from the embedded model's clips whether they show what was asked for: the gate of its release."""
    from ..bench.generator.run import Asked

    session = Session("bench generator", json, quiet, verbose)
    session.remark(f"making and reading {2 * prompts} clips, a second or more each (docs/generator-bench.md)")
    with session.shield("sketch"), progress("measuring", session) as bar:
        item, words = measured(Asked(prompts, seed, out, sheets), bar)
        session.add(item, words)
    session.end()


def measured(asked: Asked, progress: Callable[[float], None]) -> tuple[BenchGeneratorItem, str]:
    """Measure; give the item and words for it."""
    from ..bench.generator.making import Embedded
    from ..bench.generator.reading import Probe
    from ..bench.generator.run import run_generator

    report, files = run_generator(asked, Embedded.load(), Probe.load(), progress)
    rows = rows_of(report)
    return BenchGeneratorItem(report, tuple(map(str, files))), "\n".join(
        [*rows, *(["written: " + ", ".join(map(str, files))] if files else [])]
    )


def rows_of(report: GeneratorReport) -> list[str]:
    """Say the figures for a terminal."""
    from ..bench.generator.counting import named
    from ..bench.generator.results import BARS

    gate, certainty = report.gate, report.certainty
    parts = [named(part) for part in (gate.probe_ceiling, gate.held_out, gate.trained, gate.shuffled, certainty.chance)]
    rows = ["shares read rightly: of rendered clips (ceiling), of the model's for new combinations (held out) and for"]
    rows += ["trained ones, with another clip's words (shuffled), by guessing (chance); bar: the gate's for held out"]
    rows += [f"{'':12}{'ceiling':9}{'held out':24}{'trained':9}{'shuffled':10}{'chance':8}{'bar'}"]
    for name in [*BARS, *(name for name in parts[0] if name not in BARS)]:
        ceiling, new, known, mixed, chance = (part[name] for part in parts)
        span = getattr(certainty.held_out, name)
        held_out = f"{new:.3f} [{span.low:.3f}, {span.high:.3f}]"
        bar = f"{BARS[name]:.2f}" if name in BARS else ""
        rows.append(f"{name:12}{ceiling:<9.3f}{held_out:24}{known:<9.3f}{mixed:<10.3f}{chance:<8.3f}{bar}")
    near, first, joined, shakes = report.nearness, report.first_frame, report.extended, report.flicker
    rows += [
        f"nearest training clip: {gate.nearest_neighbour_ratio:.3f} of the distance of fresh rendered clips"
        f" ({near.examples} of {near.among} looked through)",
        f"first frame given: {first.mean:.1f} dB (worst tenth {first.worst_decile:.1f}); nine frames given, to go on:"
        f" {joined.joint.mean:.1f} dB where old and new meet (worst tenth {joined.joint.worst_decile:.1f})",
        f"flicker {shakes.generated:.2f} levels, rendered {shakes.rendered:.2f};"
        f" {report.seconds_per_clip:g} s a clip from a cold start; {report.megabytes:g} MB of weights",
        "the gate is met" if report.met else "THE GATE IS NOT MET: " + "; ".join(report.short),
    ]
    return rows
