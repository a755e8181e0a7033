"""Keeps the evidence for as long as people are to look at it, within the transaction that asks them, or no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...docket import holding
from ...docket.desk import Desk
from ...errors import CheckMissing, CheckUnfit

if TYPE_CHECKING:
    from sqlalchemy import Connection


def hold(
    desk: Desk, connection: Connection, tenant_id: str, check_id: str, reason: Literal["review", "appeal"], of: str
) -> str | None:
    """Hold a check, and give the hold's id; None: it is gone, and people look at what is left."""
    try:
        return holding.place_within(desk, connection, check_id, reason, of, "service", tenant_id).id
    except CheckMissing:
        return None


def lift(desk: Desk, connection: Connection, tenant_id: str, check_id: str, hold_id: str | None, who: str) -> None:
    """Let a hold go, if it is still there."""
    if hold_id is None:
        return
    try:
        holding.lift_within(desk, connection, check_id, hold_id, who, tenant_id)
    except (CheckMissing, CheckUnfit):  # deleted meanwhile, and its holds with it
        return
