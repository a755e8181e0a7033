"""The commands over detectors that a user adds: detectors list, add, remove, calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import app
from .report import DetectorItem
from .session import Json, Quiet, Session, Verbose, one_line, progress

if TYPE_CHECKING:
    from ..bench.detector.table import Clip
    from ..detector.plugins.described import Installed

Name = Annotated[str, typer.Argument(help="As `detectors list` shows it.")]

detectors = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Add detectors of your own, and measure what their scores mean."
)
app.add_typer(detectors, name="detectors")


@detectors.command("list")
def list_(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List the detectors that were added here."""
    from ..detector import plugins
    from ..settings import settings

    session = Session("detectors list", json, quiet, verbose)
    with session.shield():
        home = settings().home
        found = plugins.installed(home)
        for one in found:
            session.add(_item(home, one), f"{one.name}  {_state(one)}")
        if not found:
            session.remark("none but ours; `countermark detectors add` takes one in")
    session.end()


@detectors.command()
def add(
    spec: Annotated[Path, typer.Argument(help="TOML file that describes it (docs/detector-plugins.md).")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take in a detector of yours, after trying it on grey pictures; its file is copied.

    ONLY WHAT YOU TRUST: a Python class is a program, and is tried with your rights.
    """
    from ..detector import plugins
    from ..settings import settings

    session, options = Session("detectors add", json, quiet, verbose), settings()
    with session.shield(str(spec)):
        one = plugins.add(options.home, spec, options.limits)
        said = f"added {one.name}: `detect` and `verify` show what it says from now on"
        then = f"`countermark detectors calibrate {one.name} --clips TSV` measures what that means; only then it counts"
        session.add(_item(options.home, one), f"{said}\n  {then}")
    session.end()


@detectors.command()
def remove(name: Name, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Forget a detector, with its copied file and what was measured of it."""
    from ..detector import plugins
    from ..settings import settings

    session = Session("detectors remove", json, quiet, verbose)
    with session.shield(name):
        plugins.remove(settings().home, name)
        session.remark(f"{name} is gone")
    session.end()


@detectors.command()
def calibrate(
    name: Name,
    clips: Annotated[
        Path, typer.Option(help="TSV of clips whose truth you know: path, label (real or synthetic), group.")
    ],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure what a detector's scores mean, on clips of known truth that it was not trained on."""
    from ..bench.detector.table import read_table
    from ..detector import plugins
    from ..detector.plugins.looking import Known, measured
    from ..settings import settings

    session, options = Session("detectors calibrate", json, quiet, verbose), settings()
    with session.shield(str(clips)), progress(f"measuring {name}", session) as tell:
        table = read_table(clips)
        videos = [Known(clip.path, clip.synthetic, clip.group) for clip in table]
        done = measured(name, videos, options, tell)
        one = plugins.keep_calibration(options.home, done.coefficients)
        remarks = (*(f"left out: {what}" for what in done.left_out), *_alike(table))
        session.add(_item(options.home, one, remarks), "\n  ".join((f"{name}  {_state(one)}", *map(one_line, remarks))))
    session.end()


def _alike(table: tuple[Clip, ...]) -> tuple[str, ...]:
    """Say where real clips share their sources: what was measured is then surer of itself than it may be."""
    reals = [clip.group for clip in table if not clip.synthetic]
    if len(set(reals)) == len(reals):
        return ()
    return (
        f"{len(reals)} real clips come from {len(set(reals))} sources: false alarms are bounded as if each had its own",
    )


def _item(home: Path, one: Installed, remarks: tuple[str, ...] = ()) -> DetectorItem:
    from ..detector import plugins

    known = one.calibration
    return DetectorItem(
        name=one.name,
        file=str(plugins.place(home, one.name)),
        made_of=one.description.kind if one.description else None,
        calibrated=known.version if known else None,
        synthetic=known.synthetic if known else 0,
        real=len(known.reals) if known else 0,
        weight=round(known.weight, 4) if known else 0.0,
        counts=_counts(one),
        problem=one.problem or None,
        remarks=remarks,
    )


def _counts(one: Installed) -> bool:
    from ..detector.plugins.scores import said

    return said(one.name, 0.0, one.calibration).counts


def _state(one: Installed) -> str:
    """Say what it is, and what is known of it."""
    from ..detector.plugins.scores import COUNTED_FROM

    if one.description is None:
        return one_line(one.problem)
    known = one.calibration
    if known is None:
        return f"{one.description.kind}, not calibrated: its score is shown, and does not count"
    measured = f"{one.description.kind}, {one_line(known.version)}, measured on {known.synthetic} synthetic"
    measured += f" and {len(known.reals)} real clips: weight {known.weight:.2f}"
    if _counts(one):
        return f"{measured}; it counts"
    few = f"fewer than {COUNTED_FROM} real clips" if len(known.reals) < COUNTED_FROM else "it tells nothing"
    return f"{measured}; it does not count ({few})"
