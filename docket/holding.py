"""Holds: a reason to keep a check for longer than its time. While one stands, neither clock takes anything away."""

from __future__ import annotations

from dataclasses import replace

from ..errors import CheckUnfit
from . import packing, retention, secrets
from .desk import Desk
from .opening import taken
from .values import Hold, HoldReason


def place(desk: Desk, check_id: str, reason: HoldReason, note: str, who: str, tenant_id: str | None) -> Hold:
    """Stop both clocks."""
    from ..store import check_rows, checks

    with desk.changing() as connection:
        taken(connection, check_id, tenant_id)
        hold = Hold(secrets.new_id("hld"), reason, packing.text(note), who, desk.now())
        check_rows.add_child(connection, checks.holds, {"check_id": check_id, **vars(hold)})
        return hold


def lift(desk: Desk, check_id: str, hold_id: str, who: str, tenant_id: str | None) -> Hold:
    """Let both clocks go on; what is past its time by now goes with the next sweep."""
    from ..store import check_rows

    with desk.changing() as connection:
        row = taken(connection, check_id, tenant_id)
        holds = {hold.id: hold for hold in map(packing.hold, check_rows.placed(connection, check_id))}
        if hold_id not in holds:
            raise CheckUnfit(f"check {check_id} has no hold {hold_id}", advice="see which holds stand on the check")
        if holds[hold_id].lifted_at is not None:
            return holds[hold_id]
        lifted = replace(holds[hold_id], lifted_at=desk.now(), lifted_by=who)
        check_rows.lift(connection, hold_id, lifted_at=lifted.lifted_at, lifted_by=who)
        bound = retention.bound_until(desk, [lifted])
        if row["record_until"] is not None and bound is not None and bound > row["record_until"]:
            check_rows.change(connection, check_id, record_until=bound)
        return lifted
