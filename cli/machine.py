"""The commands about this machine and this installation: config, doctor, version."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from .app import app
from .report import ExitCodeItem, SettingItem, VersionItem
from .session import Json, Quiet, Session, Verbose

config = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at the settings.")
app.add_typer(config, name="config")


@config.command("show")
def show(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List every setting: its value, and where that came from."""
    from ..settings import describe

    session = Session("config show", json, quiet, verbose)
    with session.shield():
        for row in describe(os.environ):
            words = f"{row.name} = {row.value}  ({row.source})"
            session.add(SettingItem(*row), f"{words}  {row.meaning}" if verbose else words)
    session.end()


@app.command()
def doctor(
    profile: Annotated[
        str, typer.Option(metavar="NAME,...", help="Begin with what these laws need: eu-ai-act-50, ..., or all.")
    ] = "",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Say what this machine has, what it lacks, and what to do about that."""
    from .doctor import examine

    session = Session("doctor", json, quiet, verbose)
    with session.shield():
        for check in examine(profile):
            sign = {"good": "ok", "lacking": "--", "broken": "!!"}[check.state]
            advice = f"; {check.advice}" if check.advice else ""
            session.add(check, f"{sign}  {check.name}: {check.found}{advice}")
    session.end()


@app.command()
def version(
    json: Json = False, quiet: Quiet = False, verbose: Annotated[bool, typer.Option("-v", "--verbose")] = False
) -> None:
    """Say which version this is, and with which libraries it works."""
    import platform
    from importlib.metadata import version as installed

    from .. import __version__

    names = ("av", "c2pa-python", "onnxruntime", "opencv-python-headless", "numpy", "cryptography", "SQLAlchemy")
    libraries = tuple((name, installed(name)) for name in names)
    session = Session("version", json, quiet, verbose)
    words = f"countermark {__version__}"
    if verbose:
        words += "".join(f"\n  {name} {number}" for name, number in libraries)
    session.add(VersionItem(__version__, platform.python_version(), libraries), words)
    session.end()


@app.command("exit-codes")
def exit_codes(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List every exit code and what it means."""
    from ..errors import every_error

    rows = {
        0: ("done", ""),
        1: ("a verdict named in --fail-on, or a duty in force that is not met", ""),
        2: ("usage: not a command line of ours", "--help"),
    }
    for error in every_error().values():
        rows[error.exit_code] = ((error.__doc__ or "").splitlines()[0], error.advice)
    session = Session("exit-codes", json, quiet, verbose)
    for code, (meaning, advice) in sorted(rows.items()):
        words = f"{code:4}  {meaning}"
        session.add(ExitCodeItem(code, meaning, advice), f"{words} ({advice})" if verbose and advice else words)
    session.end()
