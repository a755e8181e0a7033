"""A policy's live version brought to past submissions, as a job: page by page, with nobody waiting for it.

It has a queue of its own, of which each worker takes one at a time. How far it came is kept after each page, so that
whoever takes it up goes on there. A job that left the queue without an end is asked for again.
"""

from __future__ import annotations

import logging
from functools import partial

from ..docket.desk import Desk
from ..errors import CountermarkError, RegistryUnavailable
from ..moderation.retroacting import Retroactions, Run
from ..moderation.trying import Trying
from . import queue
from .patience import Stopped, patiently
from .telling import short
from .work import Work, at_work

SERVICE = "service"
MOST_TRIES = 20  # of one; then something is amiss that only a person finds

log = logging.getLogger(__name__)


def retroact(run_id: str) -> None:
    """Go over the past: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "pages"}, _gone_over, work, run_id)


def ask(work: Work) -> None:
    """Have those made that have not ended and are in no queue."""
    from dbos import DBOS

    runs = Retroactions(Desk(work.options))
    going = {queue.retroaction_number(one.id, one.attempt): one for one in runs.going()}
    if not going:
        return
    known = DBOS.list_workflows(workflow_ids=list(going), load_input=False, load_output=False)
    alive = {job.workflow_id for job in known if job.status in (queue.WAITS, queue.UNDER_WAY)}
    for number, one in going.items():
        if number in alive:
            continue
        if one.attempt >= MOST_TRIES:
            runs.end(one.id, "failed", by=SERVICE, why=f"it was broken off {MOST_TRIES} times")
            continue
        work.jobs.enqueue_retroaction(one.id, one.attempt + 1)
        runs.asked(one.id, one.attempt + 1)


def _gone_over(work: Work, run_id: str) -> str:
    runs, trying = Retroactions(Desk(work.options)), Trying(work.options)
    while True:
        if work.draining.is_set():
            raise Stopped
        one = patiently(partial(runs.get, run_id), work.stopping)
        if one.ended_at is not None:
            return one.state
        try:
            over, why = patiently(partial(_page, trying, one), work.stopping), ""
        except RegistryUnavailable:
            raise
        except Exception as error:  # a policy that this program can't read, say; it is said once, not tried for ever
            log.exception("retroaction %s", short(run_id))
            over = True
            why = str(error) if isinstance(error, CountermarkError) else f"unexpected: {type(error).__name__}"
        if over:
            patiently(partial(runs.end, run_id, "failed" if why else "done", by=SERVICE, why=why), work.stopping)


def _page(trying: Trying, one: Run) -> bool:
    """Go over one page, and say whether it was the last."""
    done = trying.retroaction(
        one.tenant_id, one.policy_id, one.id, by=one.asked_by, since=one.since, until=one.until, pages=1
    )
    return done.over
