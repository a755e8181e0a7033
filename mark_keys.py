"""Private mark keys: makes, keeps, chooses and hands them on. Knows names and files; knows no marks and no pictures.

A key is one file, `home/keys/marks/NAME.json` (0600): its name, when it was made, and 32 random bytes. What was marked
with a key is read with that key alone, so that none is ever replaced or moved: rotating makes a new one and chooses it,
and the old one goes on reading. Which key stamps is the name in `home/keys/marks/in-use`; no such file means the open
key, which is published with the code and has no file.

The scheme is symmetric: whoever holds a key to read with can write marks with it too.
"""

from __future__ import annotations

import json
import logging
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from . import outputs
from .errors import CountermarkError, MarkKeyUnfit, OutputExists, UnknownMarkKey, UnsafeKeys
from .private_files import read_private, release_private

log = logging.getLogger(__name__)

OPEN = "open"
SECRET_BYTES = 32
MOST_READ = 16  # private keys that a look tries: each costs time, and all share one limit of trials
KIND = "countermark mark key"
_IN_USE = "in-use"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")


@dataclass(frozen=True)
class KeptKey:
    """A private mark key, as it is kept and handed on."""

    name: str
    created: str  # ISO 8601, UTC
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyFacts:
    """What a person wants to know of a mark key; never its secret."""

    name: str
    created: str | None  # None: the open key, or one that cannot be read
    state: Literal["in use", "reads"]
    problem: str | None = None


@dataclass(frozen=True)
class Readable:
    """The keys that a look tries, those likeliest to be met first, and in words what is left out."""

    keys: tuple[KeptKey, ...]
    left_out: tuple[str, ...]


def folder(home: Path) -> Path:
    """Where the keys lie."""
    return home / "keys" / "marks"


def make(home: Path, name: str | None = None) -> KeptKey:
    """Make a key; without a name it is called by the day and four random digits. It reads at once, and stamps once
    it is chosen.
    """
    now = datetime.now(UTC)
    given = name if name is not None else f"{now:%Y-%m-%d}-{os.urandom(2).hex()}"
    key = KeptKey(_fit_name(given), now.isoformat(timespec="microseconds"), os.urandom(SECRET_BYTES))
    _keep(home, key)
    log.info("mark key made: %s", key.name)
    return key


def choose(home: Path, name: str) -> None:
    """Let this key stamp from now on; all others go on reading."""
    if name != OPEN:
        load(home, name)
    _make_folder(home)
    outputs.write_whole(folder(home) / _IN_USE, f"{name}\n".encode())
    log.info("mark key in use: %s", name)


def rotate(home: Path, name: str | None = None) -> KeptKey:
    """Make a key and choose it; the one before goes on reading, without end."""
    key = make(home, name)
    choose(home, key.name)
    return key


def chosen(home: Path) -> str:
    """Name the key that stamps."""
    try:
        name = (folder(home) / _IN_USE).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return OPEN
    except OSError as error:
        raise MarkKeyUnfit(f"{folder(home) / _IN_USE}: {error.strerror or error}", advice=_CHOOSE) from None
    return OPEN if name == OPEN else _fit_name(name, advice=_CHOOSE)


def load(home: Path, name: str) -> KeptKey:
    """Read a private key that is kept here."""
    path = _path(home, name)
    if not os.path.lexists(path):
        raise UnknownMarkKey(f"no mark key is called {name} here")
    key = read(path)
    if key.name != name:
        raise MarkKeyUnfit(f"{path} holds the key {key.name}", advice="give the file back the name of its key")
    return key


def read(path: Path) -> KeptKey:
    """Read a key's file, kept or exported; it must be its owner's alone."""
    content = read_private(path)
    try:
        values = json.loads(content)
        key = KeptKey(str(values["name"]), str(values["created"]), bytes.fromhex(values["secret"]))
        datetime.fromisoformat(key.created)
        right_kind = values["kind"] == KIND
    except (ValueError, TypeError, KeyError, RecursionError):  # their messages are dropped: nothing of a key in ours
        raise MarkKeyUnfit(f"{path} is no mark key that can be read") from None
    if not right_kind:
        raise MarkKeyUnfit(f"{path} is no mark key")
    if len(key.secret) != SECRET_BYTES:
        raise MarkKeyUnfit(f"{path} holds a key of {len(key.secret)} bytes, not {SECRET_BYTES}")
    _fit_name(key.name)
    return key


def listing(home: Path) -> tuple[KeyFacts, ...]:
    """Every key by name, the open one first; one that cannot be read says why."""
    in_use = OPEN
    with suppress(MarkKeyUnfit):  # `choose` mends it, and what stamps says it
        in_use = chosen(home)
    found = [KeyFacts(OPEN, None, "in use" if in_use == OPEN else "reads")]
    for name in _names(home):
        state: Literal["in use", "reads"] = "in use" if name == in_use else "reads"
        try:
            found.append(KeyFacts(name, load(home, name).created, state))
        except CountermarkError as error:
            found.append(KeyFacts(name, None, state, f"{error}; {error.advice}"))
    return tuple(found)


def readable(home: Path) -> Readable:
    """Give the private keys to read with: that in use, then the newest. One that is spoilt spoils no other."""
    keys: list[KeptKey] = []
    left_out: list[str] = []
    try:
        names = _names(home)
    except UnsafeKeys as error:
        return Readable((), (f"marks of private keys: {error}",))
    for name in names:
        try:
            keys.append(load(home, name))
        except CountermarkError as error:
            left_out.append(f"marks of the key {name}: {error}")
    in_use = OPEN
    with suppress(MarkKeyUnfit):
        in_use = chosen(home)
    keys.sort(key=lambda key: (key.name == in_use, key.created), reverse=True)
    if spared := [key.name for key in keys[MOST_READ:]]:
        left_out.append(
            f"marks of the oldest mark keys, {', '.join(spared)}: a look tries {MOST_READ} private keys at most"
            " (`countermark keys mark remove` what is no longer met)"
        )
    return Readable(tuple(keys[:MOST_READ]), tuple(left_out))


def export(home: Path, name: str, target: Path, force: bool = False) -> None:
    """Write a key to a file of its own, for someone else to read with; and to write with, since both are one."""
    if name == OPEN:
        raise MarkKeyUnfit("the open key is published with the code", advice="whoever has Countermark reads it already")
    outputs.check_output(target, (), force)
    release_private(target, _written(load(home, name)), force)
    log.warning("mark key %s exported to %s", name, target)


def take_in(home: Path, file: Path, name: str | None = None) -> KeptKey:
    """Keep a key that was exported elsewhere, under its own name or another; it reads at once."""
    given = read(file)
    key = replace(given, name=_fit_name(name if name is not None else given.name))
    for other in readable(home).keys:
        if other.secret == key.secret and other.name != key.name:
            raise OutputExists(f"this key is here already, as {other.name}", advice="use it under that name")
    _keep(home, key)
    log.info("mark key taken in: %s", key.name)
    return key


def remove(home: Path, name: str) -> None:
    """Forget a key for good: what it marked can no longer be read here."""
    path = _path(home, name)
    if not os.path.lexists(path):
        raise UnknownMarkKey(f"no mark key is called {name} here")
    if chosen(home) == name:
        raise MarkKeyUnfit(f"the mark key {name} is in use", advice=_CHOOSE)
    with outputs.translated(path):
        path.unlink()
    log.warning("mark key removed: %s", name)


_CHOOSE = "choose another first: `countermark keys mark use open`, or the name of a key"


def _keep(home: Path, key: KeptKey) -> None:
    _make_folder(home)
    try:
        release_private(_path(home, key.name), _written(key))
    except OutputExists:
        taken = f"a mark key is called {key.name} already"
        raise OutputExists(taken, advice="choose another name: keys are never replaced") from None


def _make_folder(home: Path) -> None:
    with outputs.translated(folder(home)):
        folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
        for place in (folder(home).parent, folder(home)):
            place.chmod(0o700)


def _names(home: Path) -> list[str]:
    try:
        found = os.listdir(folder(home))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnsafeKeys(f"{folder(home)}: {error.strerror or error}", advice="make it a folder of yours") from None
    stems = sorted(name.removesuffix(".json") for name in found if name.endswith(".json"))
    return [stem for stem in stems if _NAME.fullmatch(stem) and stem != OPEN]


def _path(home: Path, name: str) -> Path:
    return folder(home) / f"{_fit_name(name)}.json"


def _written(key: KeptKey) -> bytes:
    values = {"kind": KIND, "name": key.name, "created": key.created, "secret": key.secret.hex()}
    return (json.dumps(values, indent=1) + "\n").encode()


def _fit_name(name: str, advice: str = "use lower-case letters, digits, dots, - and _, 48 at most") -> str:
    """Give back a name that any disk takes and no path can hide in."""
    if name == OPEN:
        raise MarkKeyUnfit("`open` is the name of the published key", advice="choose another name")
    if not _NAME.fullmatch(name):
        raise MarkKeyUnfit(f"{name[:60]!r} is no name for a mark key", advice=advice)
    return name
