"""Events about checks, for whoever of a tenant wants to hear: laid in the transaction of what they tell.

Knows neither receivers nor how they are told; where a tenant has none, nothing is laid. Holds ids, and no words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from . import packing, secrets

if TYPE_CHECKING:
    from sqlalchemy import Connection


def announce(
    connection: Connection,
    row: packing.Row,
    kind: Literal["check.finished", "check.verdict_changed"],
    at: str,
    body: Mapping[str, Any],
) -> None:
    """Lay an event about a check, within the caller's transaction."""
    from ..store import event_rows, hook_rows

    if not hook_rows.endpoints_of(connection, row["tenant_id"]):
        return
    options = json.loads(row["options"])
    named = {"check": row["id"], "item": options.get("item_id"), "type": options.get("item_type")}
    event = {"id": secrets.new_id("evt"), "tenant_id": row["tenant_id"], "kind": kind, "at": at}
    event_rows.add(connection, {**event, "body": packing.json_of({**named, **body})})
