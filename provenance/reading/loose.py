"""Reads what may have any shape: the words of strangers, parsed from JSON. Knows shapes and lengths, no manifests.

Every text that comes out is short and holds no control characters, whatever went in: it may be shown in a terminal,
a log and JSON as it is.
"""

from __future__ import annotations

from typing import Any

from ...evidence.text import plain

__all__ = ["MAX_DEPTH", "MAX_ITEMS", "codes", "few", "mapping", "mappings", "plain"]

MAX_ITEMS = 50
MAX_DEPTH = 8  # ingredients of ingredients that are followed


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
