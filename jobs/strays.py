"""What was laid in the docket and is in no queue: its asker died between the two. It is asked for again.

Also what has left the queue without an end in the docket, which only a fault of ours can bring about: it is given one.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import cast

from ..docket import CheckError, Lane, Stamps
from ..errors import CheckMissing, CheckUnfit
from . import delivering, queue
from .at_hand import REPORT
from .telling import short
from .work import Work

AFTER = timedelta(minutes=1)  # whoever laid it has long asked by then
_PART, _PARTS = 500, 4  # that one round looks at; the next goes on from there
UNSAID = CheckError("CountermarkError", "the work on it ended without a result", f"send it again; {REPORT}")

log = logging.getLogger(__name__)


class Strays:
    """The search for them, a bounded part of what is open each round; after the last, it begins anew."""

    def __init__(self, work: Work, after: timedelta = AFTER) -> None:
        """Begin with the oldest."""
        self._work, self._after = work, after
        self._places = {"checks": _START, "stamps": _START}

    def bring_back(self) -> None:
        """Ask again for what nobody asked for, and end what has ended."""
        for name in self._places:
            for _ in range(_PARTS):
                part = self._part(name)
                _look_after(self._work, part)
                if len(part) < _PART:
                    break

    def _part(self, name: str) -> Part:
        from ..store import checks, engine, unfinished_rows

        table = checks.checks if name == "checks" else checks.stamps
        before = (datetime.now(UTC) - self._after).isoformat(timespec="microseconds")
        with engine.reading(self._work.options.database_url) as connection:
            if connection is None:
                return []
            found = unfinished_rows.some(connection, table, self._places[name], before, _PART)
        self._places[name] = found[-1][0] if len(found) == _PART else _START
        return [(number, lane) for (_, number), lane in found]


Part = list[tuple[str, str | None]]  # ids, and the lane of those that are checks
_START = ("", "")


def _look_after(work: Work, part: Part) -> None:
    from dbos import DBOS

    if not part:
        return
    numbers = [number for number, _ in part]
    fetches = {queue.fetch_number(number): number for number, lane in part if lane is not None}
    found = DBOS.list_workflows(workflow_ids=[*numbers, *fetches], load_input=False, load_output=False)
    status = {fetches[job.workflow_id]: job.status for job in found if job.workflow_id in fetches}
    status |= {job.workflow_id: job.status for job in found if job.workflow_id not in fetches}
    for number, lane in part:
        if number not in status:
            log.warning("%s was laid and never asked for; it is now", short(number))
            _ask(work, number, lane)
        elif status[number] in queue.ENDED:
            log.error("%s has left the queue without an end", short(number))
            give_up(work, number, UNSAID)


def give_up(work: Work, number: str, error: CheckError) -> None:
    """End a check or a stamp, unless it has its end, or is gone."""
    try:
        if number.startswith("stp_"):
            Stamps(work.options).fail(number, error)
        else:
            work.docket.fail(number, error)
            delivering.owe(work, number)
    except (CheckMissing, CheckUnfit):
        return


def _ask(work: Work, number: str, lane: str | None) -> None:
    if lane is None:
        work.jobs.enqueue_stamp(number)
    else:
        check = work.docket.get(number)
        to_bring = check.url is not None and check.object_key is None
        work.jobs.enqueue_check(number, cast(Lane, lane), bring_for=check.tenant_id if to_bring else None)
