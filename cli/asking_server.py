"""The command that has a verification service judge: check. And how commands reach such a service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from ..errors import CountermarkError, ServerRefused, every_error
from .app import app
from .report import VerifyItem
from .session import Force, Json, Quiet, ReportTo, Session, Verbose, inputs, progress

if TYPE_CHECKING:
    from ..api.client import Check, Client

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
    from .judging import words

    wanted = {name.strip() for name in fail_on.split(",") if name.strip()}
    if unknown := wanted - set(get_args(Outcome)):
        raise typer.BadParameter(
            f"no such verdict: {', '.join(sorted(unknown))}; there are {', '.join(get_args(Outcome))}"
        )
    session, names = Session("check", json, quiet, verbose), inputs(given)
    session.report_to(output, names, force)
    with session.shield(server), asking(server, key_file) as client:
        for name in names:
            with session.shield(name):
                done = _checked(client, name, timeout, delete, session)
                verdict = done.verdict
                if verdict is None:
                    raise _failed(done)
                session.add(VerifyItem(name, verdict), words(name, verdict, verbose))
                session.remark(f"  checked as {done.id} at {server}" + (", and deleted there" if delete else ""))
                if verdict.outcome in wanted and not session.exit_code:
                    session.exit_code = 1
    session.end()


@contextmanager
def asking(server: str, key_file: Path | None) -> Iterator[Client]:
    """Hold a client of a service; its key stays in a file that is its owner's alone."""
    from ..api.client import Client
    from ..private_files import read_private

    key = read_private(key_file).decode("ascii", "replace").strip() if key_file else None
    with Client(server, key) as client:
        yield client


def _checked(client: Client, name: str, timeout: float, delete: bool, session: Session) -> Check:
    if name.lower().startswith(_ADDRESSES):
        opened = client.check_url(name)
    else:
        from .judging import check_name

        check_name(name)
        with progress(f"sending {Path(name).name}", session) as bar:
            opened = client.check_file(Path(name), on_progress=bar)
    with progress(f"checking {name}", session) as bar:
        done = client.wait(opened.id, timeout_s=timeout, on_event=lambda event: bar(event.share or 0.0))
    if delete:
        client.delete(done.id, manage=opened.manage)
    return done


def _failed(done: Check) -> CountermarkError:
    """Say why there is no verdict, as `verify` would have said it here."""
    if done.error is None:
        return ServerRefused(f"the check {done.id} was {done.status}", advice="ask for another")
    kind = every_error().get(done.error.type, ServerRefused)
    return kind(done.error.message, advice=done.error.advice)
