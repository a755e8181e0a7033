"""How long things are kept. The tenant's own time, else the settings'; who asked may shorten it; enforcement binds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from . import packing, times
from .desk import Desk
from .values import Hold

if TYPE_CHECKING:
    from sqlalchemy import Connection


def clocks(desk: Desk, connection: Connection, row: packing.Row, now: str) -> dict[str, str]:
    """Give until when media and record of a check are kept that is over now."""
    from ..store import check_rows

    media_s, record_days = usual(desk, connection, row["tenant_id"])
    asked = packing.check(row).kept
    media_until = times.later(now, seconds=_shorter(media_s, asked.media_s))
    record_until = times.later(now, days=_shorter(record_days, asked.record_days))
    bound = bound_until(desk, map(packing.hold, check_rows.placed(connection, row["id"])))
    return {"media_until": min(media_until, record_until), "record_until": max(record_until, bound or "")}


def usual(desk: Desk, connection: Connection, tenant_id: str) -> tuple[float, float]:
    """Give for how long a tenant's media is kept, in seconds, and its records, in days."""
    from ..store import check_rows

    service = desk.options.service
    media_s, record_days = check_rows.kept(connection, tenant_id)
    return (
        service.media_kept_s if media_s is None else media_s,
        service.record_kept_days if record_days is None else record_days,
    )


def _shorter(usual: float, asked: float | None) -> float:
    return usual if asked is None else max(0.0, min(usual, asked))


def bound_until(desk: Desk, holds: Iterable[Hold]) -> str | None:
    """Give until when records of enforcement, lifted or not, bind; None: none does."""
    days = desk.options.service.enforcement_kept_days
    lifted = [hold.lifted_at for hold in holds if hold.reason == "enforcement" and hold.lifted_at is not None]
    return times.later(max(lifted), days=days) if lifted else None
