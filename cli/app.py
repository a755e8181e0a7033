"""The command line's entry: its groups, its exit codes, and what an interruption leaves (nothing)."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from .. import __version__
from ..errors import CountermarkError, DiskFull, Interrupted, OutputUnwritable
from .session import say_error

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # rich help costs .26 s
    pretty_exceptions_enable=False,
    help="Every synthetic video says so: mark what you make, prove what you marked, judge what you did not make.",
    epilog="Exit codes: 0 done, 1 a verdict named in --fail-on or a duty that is not met, 2 usage, 10 and up one for"
    " each class of error (`countermark exit-codes`).",
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


LATER_S = 0.5


def run() -> NoReturn:
    """Run the command line; an error of ours is one line with advice and its own exit code."""
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGALRM,
    ):  # a closed terminal, too, leaves nothing behind
        signal.signal(number, _interrupt)
    sys.unraisablehook = _unraisable
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
    except OSError as error:  # standard output on a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        kind = DiskFull if error.errno == errno.ENOSPC else OutputUnwritable
        say_error(kind(f"{error.filename or 'standard output'}: {error.strerror or error}"))
        code = kind.exit_code
    except Exception as error:  # a fault of ours; its traceback is in the log of -v
        if signal.getitimer(signal.ITIMER_REAL)[1]:  # or what an interruption became in a library that was imported
            _ended(Interrupted.exit_code)
        logging.getLogger(__name__).exception("unexpected")
        said = CountermarkError(f"unexpected: {type(error).__name__}: {error}", advice="run it with -v, and report it")
        say_error(said)
        code = said.exit_code
    _ended(code)


def _ended(code: int) -> NoReturn:
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    if code == Interrupted.exit_code:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one more while Python ends would replace the exit code
        say_error(Interrupted("stopped"))
    raise SystemExit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise it; and again while nobody heeds it: imports and libraries' calls back may drop an interruption."""
    signal.setitimer(signal.ITIMER_REAL, LATER_S, LATER_S)
    error = sys.exc_info()[1] if number == signal.SIGALRM else None
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return  # it is being heeded
        error = error.__context__
    raise KeyboardInterrupt


def _unraisable(dropped: sys.UnraisableHookArgs) -> None:
    """Say nothing of an interruption that was dropped: it comes again."""
    if not issubclass(dropped.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
