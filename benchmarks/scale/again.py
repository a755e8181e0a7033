"""What it takes to come to past checks again where nothing is looked at: a policy's new version, one worker."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from countermark.docket.desk import Desk
from countermark.jobs.rescans import Plan, Rescans
from countermark.moderation.shelf import Shelf
from countermark.store import engine
from countermark.tests.jobs.rooms import TENANT, Room, small

from ..record import say
from .running import PACE_S, Place
from .watching import watching

LIMIT_S = 3600.0
_BY = "person:benchmark"
_POLICY = """
policy: house
title: House
norm: Say so.
undo_s: 0
unknown: {{queue: unsure}}
rules:
  - id: unseen
    why: No person has called it genuine.
    when: {{not: {{person.says: {{contains: genuine}}}}}}
    then: [{action}]
    state: LIVE
"""


def rescanned(there: Place, checks: int, folder: Path) -> dict[str, Any]:
    """Have so many decided, bring another version of the policy, and rescan."""
    room, clip = Room(there.options), small(folder)
    _live(room, "block")
    for number in range(checks):
        room.asked(clip, item_id=str(number), item_type="video")
    _until(lambda: _decisions(there) == checks)
    _live(room, "demote")
    rescans = Rescans(Desk(there.options))
    with watching(there.groups) as watch:
        begun, rescan_id = time.monotonic(), rescans.open(Plan("policy"))
        _until(lambda: rescans.standing(rescan_id).state == "done")
        seconds, cpu, busy = time.monotonic() - begun, watch.cpu_s(), watch.busy()
    made = rescans.get(rescan_id)
    say(f"  {made.changed} of {made.looked} are decided otherwise")
    return {
        **{"workers": len(there.workers), "checks": made.looked, "changed": made.changed, "failed": made.failed},
        **{"seconds": round(seconds, 2), "checks_per_s": round(made.looked / seconds, 2)},
        **{
            "cpu_ms_a_check": {name: round(1000 * value / checks, 2) for name, value in cpu.items() if name != "others"}
        },
        **{"cores_busy": round(busy, 2)},
    }


def _live(room: Room, action: str) -> None:
    shelf = Shelf(room.options)
    version = shelf.add(TENANT, "house", _POLICY.format(action=action), by=_BY)
    shelf.set_state(TENANT, "house", version.number, "LIVE", by=_BY)


def _decisions(there: Place) -> int:
    with engine.reading(there.options.database_url) as connection:
        found = None if connection is None else connection.exec_driver_sql("SELECT count(*) FROM decisions").scalar()
    return int(found or 0)


def _until(true: Any) -> None:
    end = time.monotonic() + LIMIT_S
    while not true():
        if time.monotonic() > end:
            raise SystemExit("it takes too long: the rescan, or what comes before it")
        time.sleep(PACE_S)
