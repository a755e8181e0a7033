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
_PART = 500
UNSAID = CheckError("CountermarkError", "the work on it ended without a result", f"send it again; {REPORT}")

log = logging.getLogger(__name__)


def bring_back(work: Work, after: timedelta = AFTER) -> None:
    """Ask again for what nobody asked for, and end what has ended."""
    from dbos import DBOS

    from ..store import engine, unfinished_rows

    before = (datetime.now(UTC) - after).isoformat(timespec="microseconds")
    with engine.reading(work.options.database_url) as connection:
        parts = [] if connection is None else list(unfinished_rows.laid_before(connection, before, _PART))
    for part in parts:
        numbers = [number for number, _ in part]
        found = DBOS.list_workflows(workflow_ids=numbers, load_input=False, load_output=False)
        status = {job.workflow_id: job.status for job in found}
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
        work.jobs.enqueue_check(number, cast(Lane, lane))
