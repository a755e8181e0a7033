"""Holds a statement to the form of the transparency database, before it is laid down. Names the field that is wrong.

Never echoes what a field says: it could be what must not be said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import urlsplit

from ...errors import StatementInvalid
from . import fields, personal
from .values import Statement

_PUID = re.compile(r"[a-zA-Z0-9_-]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def check(statement: Statement, names: Iterable[str] = ()) -> None:
    """Refuse what the database would, and what it must not be told; `names`: what the uploader is known by."""
    for why in (
        *_lacking(statement), *_unknown(statement), *_out_of_place(statement), *_texts(statement), *_dates(statement),
    ):  # fmt: skip
        raise StatementInvalid(why)
    known = tuple(names)
    for name in fields.FREE:
        if (kind := personal.kind_of(getattr(statement, name), known)) is not None:
            raise StatementInvalid(
                f"{name} holds what looks like {kind}: a statement is published, and names nobody",
                advice="say it without, in the policy's rule or in the item's facts",
            )


def _lacking(statement: Statement) -> Iterator[str]:
    needed = [*fields.REQUIRED, *fields.BY_GROUND.get(statement.decision_ground, ())]
    needed += [name for name, (of, value) in fields.GOES_WITH.items() if value in _said(statement, of)]
    for name in needed:
        if not any(part.strip() for part in _said(statement, name)):
            yield f"{name} is missing"
    if not any(getattr(statement, name) for name in fields.ONE_OF):
        yield f"one of {', '.join(fields.ONE_OF)} is needed: it says what was decided"


def _unknown(statement: Statement) -> Iterator[str]:
    for name, allowed in fields.VALUES.items():
        said = _said(statement, name)
        if any(value not in allowed for value in said):
            yield f"{name} says what is not in the database's list"
        if len(set(said)) != len(said):
            yield f"{name} says something twice"


def _out_of_place(statement: Statement) -> Iterator[str]:
    for ground, names in fields.BY_GROUND.items():
        if statement.decision_ground != ground:
            yield from (f"{name} does not go with this ground" for name in names if getattr(statement, name))
    if statement.incompatible_content_illegal and statement.decision_ground != fields.INCOMPATIBLE:
        yield "incompatible_content_illegal does not go with this ground"
    for name, (of, value) in fields.GOES_WITH.items():
        if getattr(statement, name) and value not in _said(statement, of):
            yield f"{name} goes only with {value}"
    if statement.category_specification_other and "KEYWORD_OTHER" not in statement.category_specification:
        yield "category_specification_other goes only with KEYWORD_OTHER"
    if statement.source_identity and statement.source_type == fields.VOLUNTARY:
        yield f"source_identity does not go with {fields.VOLUNTARY}"


def _texts(statement: Statement) -> Iterator[str]:
    for name, most in fields.MOST.items():
        text = getattr(statement, name)
        if len(text) > most:
            yield f"{name} has {len(text)} characters, and may have {most}"
        if _UNFIT.search(text):
            yield f"{name} holds characters that are no text"
    if statement.puid and not _PUID.fullmatch(statement.puid):
        yield "puid may have letters a-z, digits, hyphens and underscores"
    if statement.decision_ground_reference_url and not _is_url(statement.decision_ground_reference_url):
        yield "decision_ground_reference_url is no http or https URL"


def _dates(statement: Statement) -> Iterator[str]:
    first = {"content_date": fields.FIRST_CONTENT, "application_date": fields.FIRST_APPLICATION}
    for name in ("content_date", "application_date", *fields.END_DATES):
        said = getattr(statement, name)
        if not said:
            continue
        if not _is_day(said):
            yield f"{name} is no day written YYYY-MM-DD"
        elif not first.get(name, statement.application_date) <= said <= fields.LAST:
            yield f"{name} lies outside of what the database takes"


def _said(statement: Statement, name: str) -> tuple[str, ...]:
    value = getattr(statement, name)
    return value if isinstance(value, tuple) else (value,) if value else ()


def _is_day(said: str) -> bool:
    try:
        date.fromisoformat(said)
    except ValueError:
        return False
    return _DATE.fullmatch(said) is not None


def _is_url(said: str) -> bool:
    try:
        parts = urlsplit(said)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and said.isascii() and not re.search(r"\s", said)
