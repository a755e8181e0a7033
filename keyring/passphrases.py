"""Where passphrases come from: a file that the user named, or a prompt; never the command line. Keeps none on disk."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from ..errors import KeyLocked
from ..private_files import read_private
from ..settings import settings

_FEW = 8  # characters; a shorter one is guessed in no time

_known: dict[str, bytes] = {}  # what this process was told already, so that it asks once
_named: list[Path] = []  # the file that the user named for this run


def name_file(file: Path) -> None:
    """Take every passphrase of this run from a file."""
    _named[:] = [file]


def existing(what: str) -> bytes:
    """Give the passphrase of a thing that has one: from the file of this run or of the environment, or by asking."""
    if what in _known:
        return _known[what]
    if (given := _from_file()) is not None:
        return given
    return _known.setdefault(what, _ask(f"Passphrase of {what}: ", what))


def remember(what: str, passphrase: bytes) -> None:
    """Ask for this one no more in this process."""
    _known[what] = passphrase


def forget(what: str) -> None:
    """Ask again next time: the answer was wrong."""
    _known.pop(what, None)


def new(what: str, file: Path | None = None) -> bytes:
    """Give a passphrase for a thing that is to have one, from `file` or as `existing`; a prompt asks twice."""
    given = _read(file) if file else _from_file()
    if given is None:
        given = _ask(f"New passphrase for {what}: ", what)
        if given != _ask("Once more: ", what):
            raise KeyLocked("the two passphrases differ", advice="try again")
    if len(given) < _FEW:
        raise KeyLocked(f"a passphrase of fewer than {_FEW} characters protects nothing", advice="take a longer one")
    return given


def _from_file() -> bytes | None:
    named = _named[0] if _named else settings().passphrase_file
    return _read(named) if named else None


def _read(file: Path) -> bytes:
    given = read_private(file).removesuffix(b"\n").removesuffix(b"\r")
    if not given:
        raise KeyLocked(f"{file} is empty", advice="write the passphrase into it, on one line")
    return given


def _ask(prompt: str, what: str) -> bytes:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise KeyLocked(f"{what} needs a passphrase, and there is nobody to ask")
    try:
        return getpass.getpass(prompt, sys.stderr).encode()
    except EOFError:
        raise KeyLocked(f"no passphrase was given for {what}") from None
