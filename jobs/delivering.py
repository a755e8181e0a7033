"""Delivering callbacks: one signed request for each attempt, and a note of what came of it.

What is owed, and when it is due, is the docket's. An attempt is a job of its own, so that one that hangs holds up
nothing, and no two workers make the same one. It may be made twice all the same, where a worker dies between the
answer and its note: the callback's id is the same each time, so that whoever receives it can tell.
"""

from __future__ import annotations

import logging

from ..docket import Callbacks
from . import queue
from .patience import Stopped, patiently
from .sending import send
from .signing import callback_secret
from .work import Work, at_work

ANSWER_S = 15.0  # for whoever is called to answer in
UNSAID = "the work on it ended without a result"

log = logging.getLogger(__name__)


def callback(callback_id: str, attempt: int) -> None:
    """Make one attempt: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "deliver"}, _attempted, work, callback_id, attempt)


def owe(work: Work, check_id: str) -> None:
    """Have the first attempts made at what a check owes, without waiting for the next round."""
    for owed in Callbacks(work.options).of_check(check_id):
        if owed.attempts == 0 and owed.due_at is not None:
            work.jobs.enqueue_callback(owed.id, 1, owed.tenant_id)


def owe_all(work: Work) -> None:
    """Have an attempt made at everything that is due; one that left the queue without a note of it has failed."""
    from dbos import DBOS

    callbacks = Callbacks(work.options)
    due = {queue.callback_number(owed.id, owed.attempts + 1): owed for owed in callbacks.due()}
    if not due:
        return
    known = DBOS.list_workflows(workflow_ids=list(due), load_input=False, load_output=False)
    ended = {job.workflow_id for job in known if job.status in queue.ENDED}
    for number, owed in due.items():
        if number in ended:
            log.error("callback %s has left the queue without an end", number)
            callbacks.failed(owed.id, UNSAID, attempt=owed.attempts + 1)
        else:
            work.jobs.enqueue_callback(owed.id, owed.attempts + 1, owed.tenant_id)
            callbacks.asked(owed)


def _attempted(work: Work, callback_id: str, attempt: int) -> str:
    callbacks = Callbacks(work.options)
    owed = patiently(lambda: callbacks.get(callback_id), work.stopping)
    if owed is None or owed.due_at is None or owed.attempts + 1 != attempt:
        return "needless"
    try:
        keys = [callback_secret(work.options, owed.tenant_id)]
        why = send(work.options, owed.url, owed.id, owed.body.encode("utf-8"), keys, ANSWER_S).why
    except Exception as error:  # a fault of ours, or of how we are set up; the receiver's turn comes again
        log.exception("callback %s, attempt %d", callback_id, attempt)
        why = f"could not be sent: {type(error).__name__}"
    if why is None:
        patiently(lambda: callbacks.delivered(callback_id), work.stopping)
        return "delivered"
    log.info("callback %s, attempt %d: %s", callback_id, attempt, why)
    patiently(lambda: callbacks.failed(callback_id, why, attempt=attempt), work.stopping)
    return "failed"
