"""One law's duties, as dated data: a TOML file each, read into frozen values, or refused with the line that is wrong.

A new law is a new file beside this module, or anywhere: `--profile ./my-law.toml`. docs/audit.md says how to write one.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError

from ...errors import ProfileInvalid
from .faults import Loc, cut, place, syntax, why
from .rules import Rule, rule_of

ALL = "all"
MOST_BYTES = 1 << 20
_STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Day = Annotated[date, Field(strict=True)]
Machine = Literal["xmp", "tags", "aigc"]
Need = Literal[
    "provider", "certificate", "timestamps", "contact", "public_record", "aigc_producer", "model", "model_version",
    "fonts",
]  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a duty can be read up."""

    __pydantic_config__ = _STRICT
    id: Id
    title: Text
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    seen: Day
    kind: Literal["primary", "secondary"]


@dataclass(frozen=True)
class Maker:
    """What `stamp` does, and what has to be set up, so that what is stamped fulfils the duties."""

    __pydantic_config__ = _STRICT
    label: str = ""  # the visible label's form, as --label takes it; empty: none
    machine: tuple[Machine, ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Duty:
    """One thing that the law asks, in our own words."""

    __pydantic_config__ = _STRICT
    id: Id
    article: Text
    who: Literal["provider", "deployer", "platform", "distributor"]
    says: Text
    since: Day
    sources: tuple[Id, ...]
    check: Annotated[Rule, PlainValidator(rule_of)]
    advice: Text
    until: Day | None = None
    stays_with_operator: bool = False  # no file shows all of it, whatever the check finds

    def in_force(self, on: date) -> bool:
        """Say whether it is to be fulfilled on that day."""
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True)
class About:
    """The head of a profile."""

    __pydantic_config__ = _STRICT
    id: Id
    title: Text
    law: Text
    jurisdiction: Text
    version: Day  # of the file
    in_force: Day
    notes: str = ""


@dataclass(frozen=True)
class Profile:
    """One law."""

    __pydantic_config__ = _STRICT
    profile: About
    source: tuple[Source, ...]
    maker: Maker
    duty: Annotated[tuple[Duty, ...], Field(min_length=1)]

    @property
    def id(self) -> str:
        """Its name."""
        return self.profile.id


def names() -> tuple[str, ...]:
    """Give the names of the profiles that come with the package."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(one.name.removesuffix(".toml") for one in files if one.name.endswith(".toml")))


def chosen(said: str) -> tuple[Profile, ...]:
    """Read the profiles that are named by commas: names, `all`, or paths of TOML files; each once."""
    wanted = [one.strip() for one in said.split(",") if one.strip()]
    if not wanted:
        raise ProfileInvalid(f"no profile is named; there are {_there_are()}")
    each = [name for one in wanted for name in (names() if one == ALL else (one,))]
    found: dict[str, Profile] = {}
    for name in dict.fromkeys(each):
        profile = read(name)
        if profile.id in found:
            raise ProfileInvalid(f"two of the profiles named are called {profile.id!r}")
        found[profile.id] = profile
    return tuple(found.values())


def read(name: str) -> Profile:
    """Read one profile, by its name or by the path of its file."""
    if name in names():
        return parse((resources.files(__package__) / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")
    if not name.endswith(".toml"):
        raise ProfileInvalid(f"no profile is called {name!r}; there are {_there_are()}")
    try:
        with Path(name).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ProfileInvalid(f"{name}: more than {MOST_BYTES >> 20} MiB")
        return parse(content.decode("utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ProfileInvalid(f"{name}: {why}") from None


def parse(text: str, name: str) -> Profile:
    """Read a profile's text; `name` is what errors call it."""
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProfileInvalid(f"{name}, {syntax(text, error)}") from None
    try:
        profile: Profile = TypeAdapter(Profile).validate_python(said)
    except ValidationError as error:
        first = error.errors()[0]
        raise ProfileInvalid(f"{name}, {place(text, first['loc'])}: {why(first)}") from None
    _cross(profile, text, name)
    return profile


def _cross(profile: Profile, text: str, name: str) -> None:
    """Refuse what no single field shows: labels and sources that are not there, doubled names, an end too soon."""
    from ..visible.wanted import FORMS

    def refuse(loc: Loc, what: str) -> None:
        raise ProfileInvalid(f"{name}, {place(text, loc)}: {what}")

    labels = [one.strip() for one in profile.maker.label.split(",")] if profile.maker.label else []
    if unknown := [one for one in labels if one not in FORMS]:
        refuse(("maker", "label"), f"no form of labels is called {cut(unknown[0])!r}; there are {', '.join(FORMS)}")
    sources: set[str] = set()
    for number, source in enumerate(profile.source):
        if source.id in sources:
            refuse(("source", number, "id"), f"a second source is called {source.id!r}")
        sources.add(source.id)
    duties: set[str] = set()
    for number, duty in enumerate(profile.duty):
        if duty.id in duties:
            refuse(("duty", number, "id"), f"a second duty is called {duty.id!r}")
        duties.add(duty.id)
        if missing := [one for one in duty.sources if one not in sources]:
            refuse(("duty", number, "sources"), f"no source is called {missing[0]!r}")
        if duty.until is not None and duty.until < duty.since:
            refuse(("duty", number, "until"), "it ends before it begins")


def _there_are() -> str:
    return f"{', '.join(names()) or 'none'}; or give the path of a file that ends in .toml"
