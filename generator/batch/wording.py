"""What is wrong with a field of a line, in words. Knows the reader's kinds of faults; knows no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

_WANTED = {  # by how the reader's kinds of faults begin
    "string": "a text",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "model": "an object",
    "dict": "an object",
}
_WRITTEN = {"size": 'WIDTHxHEIGHT, such as "640x360"', "fps": 'a number or a fraction, such as 24 or "30000/1001"'}


def said_of(kind: str, place: Sequence[int | str], about: Mapping[str, Any], own: str, fields: Iterable[str]) -> str:
    """Say it of the field at a place; `own`: the reader's words, where there are none of ours.

    >>> said_of("extra_forbidden", ["colour"], {}, "", ["prompt", "size"])
    "no field is called 'colour'; there are prompt, size"
    >>> said_of("float_parsing", ["seconds"], {}, "", [])
    'seconds: it is to be a number'
    """
    where = ".".join(map(str, place))
    if kind == "extra_forbidden":
        known = tuple(fields)
        near = get_close_matches(str(place[-1]), known, 1) if len(place) == 1 else []
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        return f"no field is called {where!r}" + (f"; {advice}" if len(place) == 1 else "")
    if kind == "missing":
        return f"{where}: it is missing"
    if kind == "string_pattern_mismatch":
        return f"{where}: it is to be {_WRITTEN.get(where, own)}"
    if "expected" in about:
        return f"{where}: it is to be one of {about['expected']}"
    wanted = next((words for begins, words in _WANTED.items() if kind.startswith(begins)), None)
    return f"{where}: it is to be {wanted}" if wanted else f"{where}: {own.lower()}"
