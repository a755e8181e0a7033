"""A check of a platform's item is a submission, about which something is to be decided once the check is over.

That it is owed stands in the transaction of what it is owed for, so that nobody who dies loses it. Decides nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from . import packing

if TYPE_CHECKING:
    from sqlalchemy import Connection


def submission_of(check_id: str) -> str:
    """Give the id of what is submitted with a check: always the same, and the check's can't be found by it.

    >>> submission_of("chk_a") == submission_of("chk_a") != submission_of("chk_b")
    True
    """
    digest = hashlib.sha256(check_id.encode("utf-8", "replace")).digest()
    return f"sub_{base64.b32encode(digest).decode('ascii').lower()[:26]}"


def submit(connection: Connection, row: packing.Row) -> None:
    """Write down that a new check is of an item, where it is."""
    from ..store import decision_rows

    if not _of_item(row):
        return
    options = json.loads(row["options"])
    decision_rows.submit(
        connection,
        {
            "id": submission_of(row["id"]),
            "tenant_id": row["tenant_id"],
            "item_id": packing.text(options["item_id"]),
            "item_type": packing.text(options["item_type"]),
            "of_check": row["id"],
            "at": row["created_at"],
            "uploader": packing.json_of(options["metadata"]),
        },
    )


def to_decide(connection: Connection, row: packing.Row, at: str) -> None:
    """Note that something is to be decided: there is a result, or another one."""
    from ..store import decision_rows

    if _of_item(row):
        decision_rows.change_submission(connection, row["id"], decide_at=at)


def forget_uploader(connection: Connection, row: packing.Row) -> None:
    """Let go of what the platform said of account and upload; what was decided stays, and else nothing does."""
    from ..store import decision_rows

    if _of_item(row):
        decision_rows.change_submission(connection, row["id"], uploader="{}", decide_at=None)
        decision_rows.drop_undecided(connection, row["id"])


def _of_item(row: packing.Row) -> bool:
    options = json.loads(row["options"])
    return options.get("item_id") is not None and options.get("item_type") is not None
