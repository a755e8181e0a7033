"""Reads what may have any shape: the words of strangers, parsed from JSON. Knows shapes and lengths, no manifests.

Every text that comes out is short and holds no control characters, whatever went in: it may be shown in a terminal,
a log and JSON as it is.
"""

from __future__ import annotations

from typing import Any

MAX_TEXT = 500
MAX_ITEMS = 50


def plain(value: Any) -> str:
    """Short, and harmless in a terminal, a log and JSON.

    >>> plain("a\\x1b[2J\\u202eb")
    'a\\ufffd[2J\\ufffdb'
    """
    if value is None or isinstance(value, (dict, list)):
        return ""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value).strip()[:MAX_TEXT])


def mapping(value: Any) -> dict[str, Any]:
    """The value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none of what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def few(texts: list[str]) -> tuple[str, ...]:
    """Each once, empty ones left out, and no more than are worth reading."""
    return tuple(dict.fromkeys(text for text in texts if text))[:MAX_ITEMS]


def codes(statuses: Any) -> list[str]:
    """The codes of a validator's statuses."""
    return [plain(status.get("code")) for status in mappings(statuses)]
