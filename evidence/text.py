"""Makes the words of strangers harmless before they are shown. Knows texts; not whose they are, nor what they say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

MAX_TEXT = 500
# Addresses of mail; places as a pair of degrees with letters, in the manner of ISO 6709, or as a pair of decimals.
_DEGREES = r"\d{1,3}+(?:[.,]\d{1,12}+)?+[\d°º'\"′″., ]{0,24}+"
_PERSONAL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,200}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}+"
    rf"|(?<![\d.])[+-]?{_DEGREES}[NS]\W{{0,3}}{_DEGREES}[EWO]\b"
    r"|[+-]\d{2,6}+(?:\.\d{1,12}+)?+[+-]\d{3,7}+(?:\.\d{1,12}+)?+/?"
    r"|(?<![\d.])[+-]?\d{1,3}\.\d{3,12}+ ?[,;/ ] ?[+-]?\d{1,3}\.\d{3,12}+"
)


def plain(value: Any, most: int = MAX_TEXT) -> str:
    """Short, and harmless in a terminal, a log and JSON: no control characters, none that turn the direction of text.

    >>> plain("a\\x1b[2J\\u202eb")
    'a\\ufffd[2J\\ufffdb'
    >>> plain("abcdef", 3)
    'abc'
    """
    if value is None or isinstance(value, (dict, list)):
        return ""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value).strip()[:most])


def moment(text: str | None) -> str:
    """Give a time of day as people read it, in UTC; as it is where it is none.

    >>> moment("2026-11-22T12:05:18.123456+01:00")
    '2026-11-22 11:05 UTC'
    """
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return text or ""
    return (at.astimezone(UTC) if at.tzinfo else at).strftime("%Y-%m-%d %H:%M UTC")


def without_places(text: str) -> str:
    """Take out addresses of mail, and coordinates.

    >>> without_places("Jane, jane@x.example, at 48.1N 11.5E")
    'Jane, , at '
    """
    return _PERSONAL.sub("", text)
