"""The command that judges: verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer

from ..outputs import check_output, write_whole
from .app import app
from .report import VerifyItem
from .session import Force, Json, Quiet, ReportTo, Session, Verbose, inputs


@app.command()
def verify(
    given: Annotated[list[str], typer.Argument(help="Files, patterns, or one URL each.", metavar="IN...")],
    fail_on: Annotated[str, typer.Option(help="Verdicts, by commas, that end with exit code 1.")] = "",
    against: Annotated[Path | None, typer.Option(help="An original to hold it to, region by region.")] = None,
    heat_map: Annotated[Path | None, typer.Option(help="Draw there, as PNG, where it differs.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="Its manifest store, where that is a file of its own.")] = None,
    fragments: Annotated[
        list[str] | None, typer.Option(help="Fragments that follow an init segment, or a pattern of them.")
    ] = None,
    remote: Annotated[bool, typer.Option("--remote", help="Fetch a manifest that lies elsewhere.")] = False,
    crjson: Annotated[bool, typer.Option("--crjson", help="Give the conformance program's form instead.")] = False,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Judge video from anywhere: what is proven, what is likely, what is unknown, and why."""
    from ..verdict import Outcome
    from .judging import Beside, judged, words
    from .judging import heat_map as draw

    wanted = {name.strip() for name in fail_on.split(",") if name.strip()}
    if unknown := wanted - set(get_args(Outcome)):
        raise typer.BadParameter(
            f"no such verdict: {', '.join(sorted(unknown))}; there are {', '.join(get_args(Outcome))}"
        )
    session, names = Session("verify", json, quiet, verbose), inputs(given)
    if len(names) > 1 and (heat_map or manifest or fragments or crjson):
        raise typer.BadParameter("--heat-map, --manifest, --fragments and --crjson go with one input")
    beside = Beside(manifest, tuple(fragments or ()), against, remote)
    if crjson:
        _write_form(session, names[0], beside, output, force)
    session.report_to(output, names, force)
    if heat_map is not None:
        with session.shield(str(heat_map)):
            check_output(heat_map, [Path(name) for name in names], force)
        if session.failures:
            session.end()
    for name in names:
        with session.shield(name):
            verdict = judged(name, beside)
            session.add(VerifyItem(name, verdict), words(name, verdict, verbose))
            if verdict.outcome in wanted and not session.exit_code:
                session.exit_code = 1
            if heat_map is not None:
                draw(verdict, heat_map, force)
    session.end()


def _write_form(session: Session, name: str, beside: Any, output: Path | None, force: bool) -> NoReturn:
    """Write crJSON where it was asked for; it is no report of ours, and stands alone."""
    from ..provenance.reading.crjson import crjson_of
    from ..settings import settings
    from .judging import at_hand

    with session.shield(name), at_hand(name) as path:
        form = crjson_of(path, settings(), beside.given()) + "\n"
        if output is None or str(output) == "-":
            print(form, end="")
        else:
            check_output(output, [path], force)
            write_whole(output, form.encode(), force)
    raise SystemExit(session.exit_code)
