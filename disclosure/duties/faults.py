"""What is wrong with a profile's file, in words for whoever writes one: what, and on which line or at which key.

Knows how tables are written by hand, and what the readers of TOML and of fields complain of; judges nothing itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

from ...evidence.text import plain

Loc = tuple[int | str, ...]  # where a field stands: a table, which of several, its key

# How complaints of the reader of TOML begin, and what to say instead; the first that fits counts.
_SYNTAX = (
    ("Invalid date", "it is no day that there is"),
    ("Invalid value (at end", "it ends in the middle of a value"),
    ("Invalid value", "what follows the = is no value; a text stands in quotes"),
    ("Expected '='", "a key has no = after it"),
    ("Expected newline", "something follows the value that does not belong there"),
    ("Expected ']", "the name of a table has no closing bracket"),
    ("Unterminated", "a text has no closing quote"),
    ("Illegal character", "a text has no closing quote, or holds what can't be typed"),
    ("Unescaped", "a backslash in a text is written twice"),
    ("Unclosed", "a list or a table in braces is not closed"),
    ("Cannot declare", "there is such a table already"),
    ("Cannot overwrite", "there is such a key already"),
    ("Cannot mutate", "there is such a key already"),
    ("Duplicate", "there is such a key already"),
)
_PATTERNS = {
    "url": "it is no address of a page: it begins with https:// or http://, and has no spaces",
    "id": "it is no short name: up to 80 letters, digits, dots, dashes and underscores, the first a letter or a digit",
}
_KINDS = {
    "missing": "it is missing",
    "unexpected_keyword_argument": "no such key is known",
    "string_type": "it is no text; a text stands in quotes",
    "string_too_short": "it is empty",
    "too_short": "it is empty",
    "tuple_type": "it is no list; a list stands in brackets",
    "dataclass_type": "it is no table",
    "float_type": "it is no number",
    "float_parsing": "it is no number",
    "finite_number": "it is no number",
    "bool_type": "it is true or false, without quotes",
    "bool_parsing": "it is true or false, without quotes",
}
_MOST_SHOWN = 100  # characters of what stands in the file
_DAY = re.compile(r"=\s*(\d{4}-\d{1,2}-\d{1,2})")


def syntax(text: str, error: tomllib.TOMLDecodeError | RecursionError) -> str:
    """Say what is no TOML, and on which line."""
    lines = text.splitlines() or [""]
    if isinstance(error, RecursionError):
        deepest = max(range(len(lines)), key=lambda at: lines[at].count("[") + lines[at].count("{"))
        return f"line {deepest + 1}: tables in tables without end"
    said = str(error)
    found = re.search(r"\(at line (\d+)", said)
    number = int(found[1]) if found else len(lines)
    day = _DAY.search(lines[min(number, len(lines)) - 1])
    if day and not _is_day(day[1]):
        return f"line {number}: {day[1]} is no day; days are written as 2026-08-02"
    return f"line {number}: {next((words for begins, words in _SYNTAX if said.startswith(begins)), 'it is no TOML')}"


def place(text: str, loc: Loc) -> str:
    """Name the key, and the line where it stands or would stand, as tables are written by hand."""
    table = str(loc[0]) if loc else "the file"
    count = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
    keys = [str(part) for part in loc[1:] if isinstance(part, str)]
    key = keys[0] if keys else ""
    said = f"{table} {count + 1}" if len(loc) > 1 and isinstance(loc[1], int) else table
    said = cut(f"{said}, {key}" if key else said)
    heads = re.compile(rf"\s*\[\[?\s*{re.escape(table)}\s*\]")
    stands = re.compile(rf"\s*{re.escape(key)}\s*=")
    seen, header = -1, None
    for number, line in enumerate(text.splitlines(), 1):
        if heads.match(line):
            seen += 1
            header = number if seen == count else header
        elif header is not None and seen == count and key and stands.match(line):
            return f"line {number} ({said})"
    return f"line {header} ({said})" if header else said


def cut(text: str) -> str:
    """Cut what a file's writer wrote to what fits into a line, and make it harmless."""
    return plain(text, _MOST_SHOWN)


def why(first: Mapping[str, Any]) -> str:
    """Say in our words what a reader of fields found wrong with one."""
    kind, given, loc = str(first["type"]), first.get("ctx", {}), first["loc"]
    if kind == "value_error":
        return str(given["error"])
    if kind == "literal_error":
        return f"it is one of these: {str(given['expected']).replace(' or ', ', ')}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(loc[-1]), _PATTERNS["id"])
    if kind == "string_too_long":
        return f"it has more than {given['max_length']} characters"
    if kind == "tuple_type" and len(loc) == 1:
        return f"it is no list of tables; each begins with [[{loc[0]}]]"
    if kind in ("greater_than", "less_than"):
        return f"it is to be {'more' if kind == 'greater_than' else 'less'} than {next(iter(given.values())):g}"
    if kind.startswith("date"):
        return "it is no date; write it without quotes, such as 2026-08-02"
    return _KINDS.get(kind, "it is not what docs/audit.md asks for")


def _is_day(said: str) -> bool:
    try:
        return date.fromisoformat(said) is not None
    except ValueError:
        return False
