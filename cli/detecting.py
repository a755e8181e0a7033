"""The command that asks the detector alone: detect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..errors import NothingDrawn
from ..outputs import check_output, translated, write_whole
from .app import app
from .report import DetectItem
from .session import Force, Json, Quiet, ReportTo, Session, Verbose, inputs

if TYPE_CHECKING:
    from ..detector.looking import Detected
    from ..detector.outcome import Threshold
    from ..settings import Settings


@dataclass(frozen=True)
class _Drawn:
    """What is to be written beside what is said."""

    html: Path | None
    folder: Path | None
    force: bool

    def check(self, names: Sequence[str]) -> None:
        """Refuse, before any work, what could not be written at its end."""
        sources = [Path(name) for name in names]
        if self.html is not None:
            check_output(self.html, sources, self.force)
        if self.folder is None:
            return
        if not self.folder.is_dir():
            check_output(self.folder, sources, force=False)
            return
        from ..detector.pictures import MOST

        for number in range(1, MOST + 1):
            check_output(self.target(Path(names[0]), number), sources, self.force)

    def target(self, path: Path, number: int) -> Path:
        """Name one picture."""
        return (self.folder or Path()) / f"{path.stem}.heat-{number}.png"

    def write(self, path: Path, detected: Detected, threshold: Threshold, options: Settings) -> tuple[str, ...]:
        """Draw, and write what was asked for; give the files' names."""
        if self.html is None and self.folder is None:
            return ()
        from ..detector.pictures import heat_maps
        from ..detector.report.page import page

        details, written = detected.shown(threshold), list[Path]()
        maps = heat_maps(path, details, options) if details else ()
        if self.html is not None:
            write_whole(self.html, page(path.name, detected, threshold, maps).encode(), self.force)
            written.append(self.html)
        if self.folder is not None:
            if not maps:
                raise NothingDrawn(f"{path.name}: no frame could be judged, so there is no heat to draw")
            with translated(self.folder):
                self.folder.mkdir(exist_ok=True)
            for number, one in enumerate(maps, 1):
                write_whole(self.target(path, number), one.png, self.force)
                written.append(self.target(path, number))
        return tuple(map(str, written))


@app.command()
def detect(
    given: Annotated[list[str], typer.Argument(help="Files, patterns, or one URL each.", metavar="FILE...")],
    threshold: Annotated[
        Literal["high-precision", "high-recall"],
        typer.Option(help="high-precision: few false alarms; high-recall: little missed."),
    ] = "high-precision",
    model: Annotated[str, typer.Option(help="A detector by name, or the folder of another.")] = "release",
    head: Annotated[
        str | None, typer.Option(help="A head of `adapt`, by name; default: as set; an empty name: none.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page for people there.")] = None,
    heat_maps: Annotated[Path | None, typer.Option(help="Draw the frames that say most there, as PNG.")] = None,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Say whether video looks made by a generator or changed, how sure that is, where and when."""
    session, names = Session("detect", json, quiet, verbose), inputs(given)
    if len(names) > 1 and (html or heat_maps):
        raise typer.BadParameter("--html and --heat-maps go with one input")
    if html is not None and html == output:
        raise typer.BadParameter("--html and --output name the same file")
    session.report_to(output, names, force)
    drawn = _Drawn(html, heat_maps, force)
    with session.shield(names[0]):
        drawn.check(names)
    if session.failures:
        session.end()
    for name in names:
        with session.shield(name):
            _say(session, name, (model, head), threshold, drawn)
    session.end()


def _say(session: Session, name: str, asked: tuple[str, str | None], threshold: Threshold, drawn: _Drawn) -> None:
    """Judge one file, say so, and draw it."""
    from ..detector.looking import detect as look
    from ..settings import settings
    from .detect_words import words
    from .judging import at_hand

    options = settings()
    with at_hand(name) as path:
        detected = look(path, options, model=asked[0], head=asked[1])
        files = drawn.write(path, detected, threshold, options)
    outcome = detected.outcome(threshold)
    item = DetectItem(
        name,
        detected.digest,
        outcome,
        threshold,
        detected.model,
        detected.generated,
        detected.manipulated,
        detected.others,
        detected.not_looked_at,
        files,
    )
    session.add(item, words(name, detected, threshold))
