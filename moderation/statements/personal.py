"""Finds personal data in a text that is to be published. Says of what kind it is, and never what it says.

It rather finds too much than too little: what it takes for a telephone number is said in other words. How a name is
found is `names`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .names import holds

_EMAIL = re.compile(r"[^\W_][\w.+-]{0,80}\s?@\s?[\w-]+(\.[\w-]+)*\.[^\W\d_]{2,}")
_HANDLE = re.compile(r"(?<!\w)@\w+|(?<![\w/.])/?u/\w{3,}|(?<=://)[^/\s]+@")
_LAWS_AND_DATES = re.compile(
    r"\b(?:19|20)\d\d-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?\b|\b\d{1,2}\.\d{1,2}\.(?:19|20)\d\d\b"
    r"|\b(?:19|20)\d\d/\d{1,5}(?:/\d{1,4})?\b|\b\d{1,4}/(?:19|20)\d\d\b|(?<![\d.])(?:0|[1-9]\d{0,2})\.\d+(?![\d.])"
)
_ABROAD = re.compile(r"(?<!\w)(?:\+|00)\(?\d(?:[\s().\-/]{0,3}\d){6,14}(?!\w)")
_PHONE = re.compile(r"(?<![\w.])\(?(?:\+|00)?\(?\d(?:[\s().\-/]{0,3}\d){7,14}(?!\w)")
_ADDRESS = re.compile(r"(?<!\w)[0-9a-f:.]{2,}(?!\w)")
# Facts about uploaders that are many people's: a text may say them.
_COMMON = {
    "age", "badge", "category", "count", "country", "days", "followers", "kind", "language", "level", "locale", "plan",
    "platform", "region", "role", "score", "source", "state", "status", "strikes", "tier", "type", "verified", "views",
}  # fmt: skip


def kind_of(text: str, names: Iterable[str] = ()) -> str | None:
    """Say what kind of personal data a text holds; None: none was seen."""
    plain = _plain(text)
    if _EMAIL.search(plain):
        return "an e-mail address"
    if _HANDLE.search(plain):
        return "a handle"
    if any(_is_address(found[0]) for found in _ADDRESS.finditer(plain)):
        return "an IP address"
    if _ABROAD.search(plain) or _PHONE.search(_LAWS_AND_DATES.sub(" # ", plain)):
        return "a telephone number"
    if any(holds(text, name) for name in set(names)):
        return "a name that the uploader is known by"
    return None


def names_in(uploader: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what a platform says of an uploader that could name them: all but what is known to be many people's."""
    return tuple(dict.fromkeys(_names(uploader)))


def _names(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _names(inner, str(name))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from _names(inner, key)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        if re.split(r"[\W_]", key.casefold())[-1] not in _COMMON:
            yield str(value)


def _plain(text: str) -> str:
    """Undo what hides letters from a search: full width, marks that are not seen, capitals."""
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return shown.casefold()


def _is_address(token: str) -> bool:
    ended = token.rstrip(".:")
    for candidate in (token, ended, ended.rsplit(":", 1)[0]):  # as it is, at the end of a sentence, with a port
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            continue
        return any(letter.isalnum() for letter in candidate)
    return False
