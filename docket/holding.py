"""Holds: a reason to keep a check for longer than its time. While one stands, neither clock takes anything away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import CheckUnfit
from . import packing, retention, secrets, times
from .desk import Desk
from .opening import taken
from .values import Hold, HoldReason

if TYPE_CHECKING:
    from sqlalchemy import Connection


def place(desk: Desk, check_id: str, reason: HoldReason, note: str, who: str, tenant_id: str | None) -> Hold:
    """Stop both clocks."""
    with desk.changing() as connection:
        return place_within(desk, connection, check_id, reason, note, who, tenant_id)


def place_within(
    desk: Desk,
    connection: Connection,
    check_id: str,
    reason: HoldReason,
    note: str,
    who: str,
    tenant_id: str | None,
) -> Hold:
    """Stop both clocks, within the transaction of what it is for."""
    from ..store import check_rows, checks

    row = taken(connection, check_id, tenant_id)
    hold = Hold(secrets.new_id("hld"), reason, packing.text(note), who, desk.now())
    if row["held_at"] is None:
        check_rows.change(connection, check_id, held_at=hold.placed_at)
    check_rows.add_child(connection, checks.holds, {"check_id": check_id, **vars(hold)})
    return hold


def lift(desk: Desk, check_id: str, hold_id: str, who: str, tenant_id: str | None) -> Hold:
    """Let both clocks go on from where they stood, if it was the last that stood."""
    with desk.changing() as connection:
        return lift_within(desk, connection, check_id, hold_id, who, tenant_id)


def lift_within(
    desk: Desk, connection: Connection, check_id: str, hold_id: str, who: str, tenant_id: str | None
) -> Hold:
    """Let both clocks go on, within the transaction of what ends the hold."""
    from ..store import check_rows

    row = taken(connection, check_id, tenant_id)
    holds = {hold.id: hold for hold in map(packing.hold, check_rows.placed(connection, check_id))}
    if hold_id not in holds:
        raise CheckUnfit(f"check {check_id} has no hold {hold_id}", advice="see which holds stand on the check")
    if holds[hold_id].lifted_at is not None:
        return holds[hold_id]
    lifted = replace(holds[hold_id], lifted_at=desk.now(), lifted_by=who)
    check_rows.lift(connection, hold_id, lifted_at=lifted.lifted_at, lifted_by=who)
    if not check_rows.is_held(connection, check_id):
        row = {**row, **_gone_on(row, str(lifted.lifted_at))}
        check_rows.change(connection, check_id, **{name: row[name] for name in _CLOCKS})
    bound = retention.bound_until(desk, [lifted])
    if row["record_until"] is not None and bound is not None and bound > row["record_until"]:
        check_rows.change(connection, check_id, record_until=bound)
    return lifted


_CLOCKS = ("held_at", "media_until", "record_until")


def _gone_on(row: packing.Row, now: str) -> dict[str, str | None]:
    """Give the clocks as they go on: later by as long as they stood. They run from the result on, not before."""
    if row["finished_at"] is None or row["held_at"] is None:
        return {"held_at": None}
    stood_s = times.between(max(row["held_at"], row["finished_at"]), now)
    media_until = row["media_until"] if row["media_gone_at"] else times.later(row["media_until"], seconds=stood_s)
    return {
        "held_at": None,
        "media_until": media_until,
        "record_until": times.later(row["record_until"], seconds=stood_s),
    }
