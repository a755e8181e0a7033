"""Events in the form that Osprey's rules engine takes in, for endpoints that want it. No I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .values import Delivery, Form


def written(delivery: Delivery, form: Form) -> bytes:
    """Give an event as its endpoint wants it."""
    body = delivery.body if form == "standard" else json.dumps(action(delivery), separators=(",", ":"))
    return body.encode("utf-8")


def action(delivery: Delivery) -> dict[str, Any]:
    """Give an event as one of Osprey's actions: rules see it as `decision_made`, and its fields under `data`.

    Osprey's ids are whole numbers; this one follows from ours, and is the same each time.
    """
    event: Mapping[str, Any] = json.loads(delivery.body)
    fields = {**event["data"], "subject": event["subject"], "sequence": event["sequence"]}
    return {
        "send_time": event["timestamp"],
        "data": {
            "action_id": str(number_of(delivery.id)),
            "action_name": delivery.kind.replace(".", "_"),
            "data": fields,
        },
    }


def number_of(id: str) -> int:
    """Give the number of an id, of 63 bits.

    >>> 0 <= number_of("dlv_a") < 2**63 and number_of("dlv_a") != number_of("dlv_b")
    True
    """
    return int.from_bytes(hashlib.sha256(id.encode("utf-8")).digest()[:8], "big") >> 1
