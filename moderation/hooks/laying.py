"""Laying events: a delivery for each endpoint that wants one, numbered, within the transaction of what is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ...docket import times
from ...docket.secrets import new_id
from ...errors import ModerationUnfit
from ..values import Decision
from .forms import standard, subject_of
from .values import KINDS, Endpoint, Form, Kind, Way

if TYPE_CHECKING:
    from sqlalchemy import Connection


def emit(connection: Connection, tenant_id: str, subject: str, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Lay an event for everybody of a tenant who wants it, within the caller's transaction; give the deliveries' ids.

    subject: what is kept in order, such as an item's key.
    """
    from ...store import hook_rows

    if kind not in KINDS:
        raise ModerationUnfit(f"there are no events {kind!r}", advice=f"say one of: {', '.join(KINDS)}")
    found = (endpoint_of(row) for row in hook_rows.endpoints_of(connection, tenant_id))
    at = times.written(times.now())
    # By id, so that no two transactions wait for each other's numbers.
    wanting = sorted((one for one in found if one.wants(kind)), key=lambda one: one.id)
    return tuple(owed_to(connection, one, subject_of(subject), kind, body, at) for one in wanting)


def emit_with(
    connection: Connection, tenant_id: str, subject: str, kind: Kind, body: Mapping[str, Any], decision: Decision | None
) -> None:
    """Lay an event that goes out with a decision's effects, and is taken back with it; without a decision, at once."""
    from ...store import event_rows, hook_rows

    if decision is None:
        emit(connection, tenant_id, subject, kind, body)
    elif hook_rows.endpoints_of(connection, tenant_id):
        event = {"id": new_id("evt"), "tenant_id": tenant_id, "kind": kind, "at": decision.effective_at}
        event |= {"subject": subject_of(subject), "of_decision": decision.id}
        event_rows.add(connection, {**event, "body": json.dumps(body, separators=(",", ":"))})


def endpoint_of(row: Mapping[str, Any]) -> Endpoint:
    """Read an endpoint."""
    plain = {name: value for name, value in row.items() if name not in ("gone", "kinds", "way", "form")}
    way, form = cast(Way, row["way"]), cast(Form, row["form"])
    return Endpoint(**plain, way=way, form=form, kinds=tuple(json.loads(row["kinds"])))


def owed_to(
    connection: Connection, endpoint: Endpoint, subject: str, kind: str, body: Mapping[str, Any], at: str
) -> str:
    """Lay one event for one endpoint, within the caller's transaction; give the delivery's id."""
    from ...store import hook_rows

    sequence = hook_rows.next_number(connection, endpoint.id, subject)
    delivery_id = new_id("dlv")
    hook_rows.add(
        connection,
        {
            "id": delivery_id,
            "endpoint_id": endpoint.id,
            "tenant_id": endpoint.tenant_id,
            "subject": subject,
            "sequence": sequence,
            "kind": kind,
            "body": standard(kind, at, body, subject, sequence),
            "made_at": at,
            "attempts": 0,
            "tries": 0,
            "due_at": at,
        },
    )
    return delivery_id
