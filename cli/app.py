"""The command line's entry: its groups, its exit codes, and what an interruption leaves (nothing)."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from .. import __version__
from ..errors import CountermarkError, Interrupted
from .session import say_error

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # rich help costs .26 s
    pretty_exceptions_enable=False,
    help="Every synthetic video says so: mark what you make, prove what you marked, judge what you did not make.",
    epilog="Exit codes: 0 done, 1 a verdict named in --fail-on, 2 usage, 10 and up one for each class of error"
    " (`countermark exit-codes`).",
)


def _version(asked: bool) -> None:
    if asked:
        print(f"countermark {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that belong to no command."""


def run() -> NoReturn:
    """Run the command line; an error of ours is one line with advice and its own exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)
    except CountermarkError as error:
        say_error(error)
        code = error.exit_code
    except KeyboardInterrupt:
        code = Interrupted.exit_code
    except typer.TyperException as error:  # usage: an unknown option, a missing argument
        show = getattr(error, "show", None)
        if show is not None:
            show()
        code = getattr(error, "exit_code", 2)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    if code == Interrupted.exit_code:
        say_error(Interrupted("stopped"))
    raise SystemExit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
