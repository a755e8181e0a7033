"""The commands that look at the mark alone, show the whole chain, or measure: watermark, demo, bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import app
from .report import ExtractItem
from .session import Force, Inputs, Json, Quiet, ReportTo, Session, Verbose, inputs, progress

watermark = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at the invisible mark alone.")
bench = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure on clips of your own.")
app.add_typer(watermark, name="watermark")
app.add_typer(bench, name="bench")


@watermark.command()
def extract(
    given: Inputs,
    key_file: Annotated[
        Path | None, typer.Option(help="Read with this exported key as well, without keeping it.")
    ] = None,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the marks: payload, key, where in time and how in the picture they lie, and how sure that is."""
    from .extracting import extracted, readers

    session, names = Session("watermark extract", json, quiet, verbose), inputs(given)
    session.report_to(output, names, force)
    with session.shield(str(key_file) if key_file else None):
        keys, left_out = readers(key_file)
        for words in left_out:
            session.remark(f"not looked for: {words}")
        for name in names:
            with session.shield(name):
                evidence, words = extracted(name, keys)
                session.add(ExtractItem(name, evidence), words)
    session.end()


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder to write.")] = Path("demo"),
    prompt: Annotated[
        str, typer.Option(help="What to show.")
    ] = "a large yellow ball rises over the hills at sunset, still camera",
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run the whole chain once: generate, mark, sign, strip, recover, verify."""
    from .demo import run_demo

    session = Session("demo", json, quiet, verbose)
    run_demo(folder, prompt, force, session)
    session.end()


@bench.command("chain")
def bench_chain(
    clips: Annotated[Path, typer.Option(help="Folder of clips; they are only read.")],
    count: Annotated[int, typer.Option(min=1, help="How many, chosen by the digests of their names.")] = 24,
    scale: Annotated[float, typer.Option(min=0.1, max=2.0, help="Of the copy's width and height.")] = 0.75,
    crf: Annotated[float, typer.Option(min=0, max=51, help="Of the copy, x264.")] = 28.0,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Stamp clips of yours, copy them as a platform does, and count what comes back."""
    from .measuring import measured

    session = Session("bench chain", json, quiet, verbose)
    session.report_to(output, [], force)
    with session.shield(str(clips)), progress("measuring", session) as bar:
        item, words = measured(clips, count, scale, crf, bar)
        session.add(item, words)
    session.end()


@bench.command("watermark")
def bench_watermark(
    clips: Annotated[Path, typer.Option(help="Folder of clips THAT YOU TRUST, without marks; they are only read.")],
    out: Annotated[Path, typer.Option(help="Folder to write into; the same one again goes on where it was stopped.")],
    suite: Annotated[str, typer.Option(help="quick (minutes) or full (hours).")] = "quick",
    count: Annotated[int | None, typer.Option(min=1, help="How many clips; default: 4 or 12, by suite.")] = None,
    skip: Annotated[int, typer.Option(min=0, help="Pass over the first so many that would be chosen.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: as many as there are cores.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Mark clips of yours, attack them in many ways, and count what is read: JSON, a table and plots in the folder.

    ONLY CLIPS THAT YOU TRUST: every clip of the folder is decoded with your rights, outside the limited process in
    which verify and stamp open files of strangers.
    """
    from ..bench.watermark.run import SUITES, Asked
    from .measuring import measured_mark

    if suite not in SUITES:
        raise typer.BadParameter(f"no such suite: {suite}; there are {', '.join(SUITES)}")
    session = Session("bench watermark", json, quiet, verbose)
    with session.shield(str(clips)), progress("measuring", session) as bar:
        item, words = measured_mark(Asked(clips, out, SUITES[suite], count, skip, workers), bar)
        session.add(item, words)
    session.end()
