"""The command that has a verification service judge: check. And how commands reach such a service."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from ..errors import CountermarkError, ServerRefused, every_error
from .app import app
from .report import ServedItem
from .session import Force, Json, Quiet, ReportTo, Session, Verbose, inputs, one_line, progress

if TYPE_CHECKING:
    from ..api.client import Check, Client, Opened
    from ..verdict import Verdict

Server = Annotated[str, typer.Option("--server", help="Address of the service, such as https://check.example.")]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", help="File (mode 600) with a key of the service; without one: anonymous.")
]
_ADDRESSES = ("http://", "https://")


@app.command()
def check(
    given: Annotated[list[str], typer.Argument(help="Files, patterns, or one URL each.", metavar="IN...")],
    server: Server,
    key_file: KeyFile = None,
    fail_on: Annotated[str, typer.Option(help="Verdicts, by commas, that end with exit code 1.")] = "",
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for each; it goes on there.")] = 3600.0,
    delete: Annotated[bool, typer.Option("--delete", help="Have the service erase the check afterwards.")] = False,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Send video to a verification service and have it judged there; it answers as `verify` does."""
    from ..verdict import Outcome

    wanted = {name.strip() for name in fail_on.split(",") if name.strip()}
    if unknown := wanted - set(get_args(Outcome)):
        raise typer.BadParameter(
            f"no such verdict: {', '.join(sorted(unknown))}; there are {', '.join(get_args(Outcome))}"
        )
    session, names = Session("check", json, quiet, verbose), inputs(given)
    session.report_to(output, names, force)
    with session.shield(server), asking(server, key_file, session) as client:
        for name in names:
            with session.shield(name), _named(name):
                verdict = _judged(client, server, name, timeout, delete, session)
                if verdict.outcome in wanted and not session.exit_code:
                    session.exit_code = 1
    session.end()


@contextmanager
def asking(server: str, key_file: Path | None, session: Session) -> Iterator[Client]:
    """Hold a client of a service, and say when that does not answer; its key stays in a file of its owner's alone."""
    from ..api.client import Client
    from ..private_files import read_private

    key = read_private(key_file).decode("ascii", "replace").strip() if key_file else None

    def say(why: str, seconds: float) -> None:
        if not session.quiet:
            words = f"{server} does not answer ({why}); it is asked again for up to {seconds:.0f} s, Ctrl-C ends that"
            print(one_line(f"countermark: {words}"), file=sys.stderr)

    with Client(server, key, on_away=say) as client:
        yield client


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Put the file's name before what went wrong with it: of several, each must be known."""
    try:
        yield
    except CountermarkError as error:
        said = str(error).removeprefix(f"{name}: ").removeprefix(f"{Path(name).name}: ")
        error.args = (f"{name}: {said}",)
        raise


def _judged(client: Client, server: str, name: str, timeout: float, delete: bool, session: Session) -> Verdict:
    from ..api.client.driving import PREFIX, base_of
    from .judging import words

    opened = _opened(client, name, session)
    page = f"{base_of(server).removesuffix(PREFIX)}c/{opened.id}"
    there = f"checked as {page}" + (f"; to cancel or delete it: manage {opened.manage}" if opened.manage else "")
    try:
        done = _done(client, opened, name, timeout, session)
        if delete:
            client.delete(opened.id, manage=opened.manage)
            there = f"checked as {opened.id} at {server}, and deleted there"
        if done.verdict is None:
            raise _failed(done)
        item = ServedItem(name, done.verdict)
        if not delete:
            item = replace(item, check=opened.id, page=page, manage=opened.manage)
        session.add(item, words(name, done.verdict, session.verbose))
        return done.verdict
    finally:  # whoever laid a check must be able to find it and to end it, whatever came of it
        session.remark(f"  {name}: {there}")


def _opened(client: Client, name: str, session: Session) -> Opened:
    if name.lower().startswith(_ADDRESSES):
        return client.check_url(name)
    from .judging import check_name

    check_name(name)
    with progress(f"sending {Path(name).name}", session) as bar:
        return client.check_file(Path(name), on_progress=bar)


def _done(client: Client, opened: Opened, name: str, timeout: float, session: Session) -> Check:
    with progress(f"checking {name}", session) as bar:
        return client.wait(opened.id, timeout_s=timeout, on_event=lambda event: bar(event.share or 0.0))


def _failed(done: Check) -> CountermarkError:
    """Say why there is no verdict, as `verify` would have said it here."""
    if done.error is None:
        return ServerRefused(f"the check {done.id} was {done.status}", advice="ask for another")
    kind = every_error().get(done.error.type, ServerRefused)
    return kind(done.error.message, advice=done.error.advice)
