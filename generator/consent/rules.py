"""What this house makes, refuses, and asks about first: a TOML file, read into frozen values. Knows words, no request.

    names_file = "people.txt"

    [[rule]]
    name = "our mascot"
    action = "refuse"
    reason = "the mascot is drawn by hand"
    words = ["countermarky"]

The rules that come with the package hold as well, unless the file says `default = false`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ...errors import SettingsInvalid
from ...settings import Settings
from .folding import Phrases, fold, words_of

Action = Literal["refuse", "ask"]
Choice = Literal["allow", "ask", "refuse"]
MOST_BYTES = 16 << 20  # of a file of rules, or of names

_ADVICE = "docs/consent.md says how rules are written"
_STRICT = ConfigDict(extra="forbid")
_DEFAULT = "default.toml"
_LIST = "@"  # before the name of a list, among words

Text = Annotated[str, Field(min_length=1, max_length=1000)]
Phrase = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True)
class _Rule:
    """A rule as it is written."""

    __pydantic_config__ = _STRICT
    name: Annotated[str, Field(min_length=1, max_length=80)]
    action: Action
    reason: Text
    words: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    together_with: tuple[Phrase, ...] = ()
    with_people: bool = False


@dataclass(frozen=True)
class _File:
    """A file as it is written."""

    __pydantic_config__ = _STRICT
    default: bool = True
    faces: Choice = "ask"
    names: Choice = "ask"
    names_file: str = ""
    allow: tuple[Phrase, ...] = ()
    lists: dict[str, tuple[Phrase, ...]] = field(default_factory=dict)
    rule: tuple[_Rule, ...] = ()


@dataclass(frozen=True)
class Rule:
    """What holds where certain words stand in a prompt."""

    name: str
    action: Action
    reason: str
    words: Phrases
    together_with: Phrases | None = None  # one of these must stand there too
    with_people: bool = False  # holds only where somebody is named, or has a face in what is given


@dataclass(frozen=True)
class ConsentRules:
    """Everything that is asked before something is made."""

    faces: Choice  # of a face in a picture or a video that is given
    names: Choice  # of a name of the list in a prompt
    people: Phrases  # that list
    allowed: Phrases  # taken out of a prompt before anything is looked for
    rules: tuple[Rule, ...]


def rules_of(options: Settings) -> ConsentRules:
    """Read the rules that the settings name, with those that come with the package."""
    return read(options.consent_rules) if options.consent_rules else default()


def default() -> ConsentRules:
    """Read the rules that come with the package."""
    shipped = _shipped()
    return ConsentRules(shipped.faces, shipped.names, Phrases.of(()), Phrases.of(shipped.allow), _rules(shipped, {}))


def read(path: Path) -> ConsentRules:
    """Read a file of rules, and the list of names beside it."""
    own = _parsed(_text(path), str(path))
    shipped = _shipped() if own.default else _File()
    people = _names(path.parent / own.names_file) if own.names_file else ()
    rules = (*_rules(shipped, {}), *_rules(own, shipped.lists, str(path)))
    allowed = Phrases.of((*shipped.allow, *own.allow))
    return ConsentRules(own.faces, own.names, Phrases.of(people), allowed, rules)


def _rules(file: _File, others: Mapping[str, tuple[str, ...]], name: str = _DEFAULT) -> tuple[Rule, ...]:
    lists = {**others, **file.lists}

    def phrases(given: tuple[str, ...]) -> Phrases:
        unknown = [one for one in given if one.startswith(_LIST) and one[1:] not in lists]
        if unknown:
            raise SettingsInvalid(f"{name}: no list is called {unknown[0][1:]!r}", advice=_ADVICE)
        each = (lists[one[1:]] if one.startswith(_LIST) else (one,) for one in given)
        flat = [phrase for some in each for phrase in some]
        if empty := [one for one in flat if not words_of(fold(one))]:
            raise SettingsInvalid(f"{name}: {empty[0]!r} has no letters in it", advice=_ADVICE)
        return Phrases.of(flat)

    return tuple(
        Rule(
            one.name,
            one.action,
            one.reason,
            phrases(one.words),
            phrases(one.together_with) if one.together_with else None,
            one.with_people,
        )
        for one in file.rule
    )


def _shipped() -> _File:
    return _parsed((resources.files(__package__) / _DEFAULT).read_text(encoding="utf-8"), _DEFAULT)


def _parsed(text: str, name: str) -> _File:
    try:
        file: _File = TypeAdapter(_File).validate_python(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsInvalid(f"{name}: {error}", advice=_ADVICE) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsInvalid(f"{name}, {where}: {first['msg'].lower()}", advice=_ADVICE) from None
    return file


def _names(path: Path) -> tuple[str, ...]:
    """Read names of people, one a line; what stands behind # is a note."""
    lines = (line.partition("#")[0].strip() for line in _text(path).splitlines())
    return tuple(line for line in lines if line)


def _text(path: Path) -> str:
    """Read a file that must be there: rules that can't be read are no rules, and nothing is made."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SettingsInvalid(f"{path}: more than {MOST_BYTES >> 20} MiB", advice=_ADVICE)
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise SettingsInvalid(f"{path}: {why}", advice=_ADVICE) from None
