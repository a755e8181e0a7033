"""Where a page of a list ended, as a text that is given back to ask for the next."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..errors import CheckUnfit

MOST_LISTED = 200


def after(row: Mapping[str, Any]) -> str:
    """Give the cursor of what comes after a row: its time and its id, so that new rows move nothing."""
    return base64.urlsafe_b64encode(f"{row['created_at']} {row['id']}".encode("ascii")).decode("ascii").rstrip("=")


def place(cursor: str | None) -> tuple[str, str] | None:
    """Give the time and the id that a cursor means; None: the list begins."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        text = ""
    at, blank, id = text.partition(" ")
    if not blank or not text.isprintable():
        raise CheckUnfit("the cursor is none that this service gave", advice="begin the list again, without a cursor")
    return at, id


def within(limit: int) -> int:
    """Give how many are listed where somebody asks for so many."""
    return max(1, min(limit, MOST_LISTED))
