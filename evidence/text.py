"""Makes the words of strangers harmless before they are shown. Knows texts; not whose they are, nor what they say."""

from __future__ import annotations

from typing import Any

MAX_TEXT = 500


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
