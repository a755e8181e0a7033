"""The command that holds files to laws: audit."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..outputs import check_output, write_whole
from .app import app
from .report import AuditItem
from .session import Force, Json, Quiet, Session, Verbose, inputs

if TYPE_CHECKING:
    from ..auditing import Audited
    from ..disclosure.duties.profile import Profile

# How a file is labelled once more: one that is marked is stamped only where that is asked for.
_ANEW = {
    "generate": "the file is made, and is marked: set up what a duty asks for, and make it anew with --force",
    "stamp": "the file is stamped: set up what a duty asks for, and stamp the input anew with --force",
}
_MARKED = "it is marked already: stamp what it was made from, or this file with --remark"


@app.command()
def audit(
    given: Annotated[list[str], typer.Argument(help="Files, patterns, or one URL each.", metavar="FILE...")],
    profile: Annotated[
        str, typer.Option(help="Laws by commas: names, all, or paths of TOML files; default: as the settings say.")
    ] = "",
    on: Annotated[str, typer.Option(help="Day of the audit, such as 2026-12-02; default: today.")] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the JSON report there; - is stdout.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page for people there.")] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Hold video to what laws ask of it: each duty met, not met, or not decidable from the file."""
    from ..disclosure.duties.profile import chosen
    from ..settings import settings
    from .audit_words import page

    day = _day(on)
    session, names = Session("audit", json, quiet, verbose), inputs(given)
    if html is not None and output is not None and html == output:
        raise typer.BadParameter("--html and --output name the same file")
    profiles: tuple[Profile, ...] = ()
    with session.shield(profile):
        profiles = chosen(profile or settings().profile)
    if session.failures:
        session.end()
    session.report_to(output, names, force)
    if html is not None:
        with session.shield(str(html)):
            check_output(html, [Path(name) for name in names], force)
        if session.failures:
            session.end()
    for name in names:
        with session.shield(name):
            hold(session, name, profiles, day)
    if html is not None and session.results:
        with session.shield(str(html)):
            write_whole(html, page([one for one in session.results if isinstance(one, AuditItem)]).encode(), force)
    session.end()


def hold(session: Session, name: str, profiles: tuple[Profile, ...], day: date | None = None) -> None:
    """Audit one file, and say so; a duty in force that is not met ends the run with 1."""
    from ..auditing import audit_file
    from .audit_words import words
    from .judging import at_hand

    with at_hand(name) as path:
        audited = audit_file(path, profiles, on=day)
    item = AuditItem(name, audited.verdict.subject, audited.verdict.outcome, audited.audits)
    session.add(item, "\n".join([words(item), *_anew(session.command, audited)]))
    if audited.failed and not session.exit_code:
        session.exit_code = 1


def _anew(command: str, audited: Audited) -> list[str]:
    """Say how a duty's `stamp it` is followed where the file is stamped."""
    from ..evidence import MarkDetails

    if not audited.failed:
        return []
    if command in _ANEW:
        return [f"  {_ANEW[command]}"]
    found = (one.details for one in audited.verdict.evidence if one.finding == "present")
    return [f"  {_MARKED}"] if any(isinstance(details, MarkDetails) for details in found) else []


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise typer.BadParameter(f"{said!r} is no day; give YEAR-MONTH-DAY, such as 2026-12-02") from None
