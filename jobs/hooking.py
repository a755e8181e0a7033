"""Delivering events to the endpoints of webhooks: an attempt is a job, so that one that hangs holds up nothing.

What is owed, when it is due and in which order is the outbox's. An attempt may be made twice where a worker dies
between the answer and its note: the id is the same each time, so that whoever receives it can tell.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from ..errors import CountermarkError
from ..moderation.hooks import Delivery, Endpoint, Outbox
from ..moderation.hooks.osprey import written
from . import coop, queue
from .patience import Stopped, patiently
from .sending import GONE, Sent, send
from .signing import endpoint_secret
from .telling import short
from .work import Work, at_work

ANSWER_S = 15.0  # for whoever is called to answer in
WINDOW = 16  # attempts that are asked for at one endpoint at a time
RUN_S = 20.0  # that one job goes on with what else is due there
UNSAID = "the work on it ended without a result"

log = logging.getLogger(__name__)


def hook(delivery_id: str, attempt: int) -> None:
    """Make one attempt: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "tell"}, _attempted, work, delivery_id, attempt)


def tell_all(work: Work) -> None:
    """Have attempts made at everything that is due; one that left the queue without a note of it has failed."""
    outbox = Outbox(work.options)
    for endpoint_id, in_queue in outbox.waiting():
        if work.draining.is_set():
            return
        if in_queue:
            _look_after(work, outbox, outbox.lost(endpoint_id))
        _ask(work, outbox, outbox.due(endpoint_id, WINDOW))


def give_up(work: Work, number: str) -> None:
    """Note that whoever was to make an attempt died over it, each time."""
    delivery_id, _, attempt = number.rpartition(".")
    Outbox(work.options).failed(delivery_id, "whoever was to deliver it died over it", attempt=int(attempt))


def forget(work: Work) -> None:
    """Let go of deliveries that are long over."""
    if count := Outbox(work.options).forget():
        log.info("%d deliveries are forgotten", count)


def _ask(work: Work, outbox: Outbox, deliveries: Iterable[Delivery]) -> None:
    # Noted first: who goes on with what is due would else send what a job is about to send as well.
    for one in outbox.asked(deliveries):
        work.jobs.enqueue_hook(one.id, one.attempts + 1, one.tenant_id)


def _look_after(work: Work, outbox: Outbox, lost: Iterable[Delivery]) -> None:
    from dbos import DBOS

    numbers = {queue.callback_number(one.id, one.attempts + 1): one for one in lost}
    if not numbers:
        return
    known = DBOS.list_workflows(workflow_ids=list(numbers), load_input=False, load_output=False)
    ended = {job.workflow_id for job in known if job.status in queue.ENDED}
    for number in ended:
        log.error("delivery %s has left the queue without an end", short(number))
        outbox.failed(numbers[number].id, UNSAID, attempt=numbers[number].attempts + 1)
    _ask(work, outbox, (one for number, one in numbers.items() if number not in ended))


def _attempted(work: Work, delivery_id: str, attempt: int) -> None:
    """Make an attempt; where it arrives, go on with what else is due there, which spares each a way through the queue.

    Should this worker die, what it went on with is asked for again, by the queue, after a minute.
    """
    outbox, end = Outbox(work.options), time.monotonic() + RUN_S
    endpoint_id = _tried(work, outbox, delivery_id, attempt)
    while endpoint_id is not None and not work.draining.is_set() and time.monotonic() < end:
        one = outbox.claim(endpoint_id, WINDOW)
        if one is None:
            return
        endpoint_id = _tried(work, outbox, one.id, one.attempts + 1)
    if endpoint_id is not None and not work.draining.is_set():
        _ask(work, outbox, outbox.due(endpoint_id, WINDOW))


def _tried(work: Work, outbox: Outbox, delivery_id: str, attempt: int) -> str | None:
    """Make one attempt, and note what came of it; give the endpoint's id where it arrived."""
    begun = patiently(lambda: outbox.begin(delivery_id, attempt), work.stopping)
    if begun is None:
        return None
    delivery, endpoint = begun
    try:
        sent = _sent(work, delivery, endpoint)
    except CountermarkError as error:  # how this worker is set up; it is tried again
        log.warning("delivery %s, attempt %d: %s", short(delivery_id), attempt, error)
        sent = Sent(f"could not be sent: {error}")
    except Exception as error:  # a fault of ours; the receiver's turn comes again
        log.exception("delivery %s, attempt %d", short(delivery_id), attempt)
        sent = Sent(f"could not be sent: {type(error).__name__}")
    if sent.why is None:
        patiently(lambda: outbox.delivered(delivery_id, attempt=attempt), work.stopping)
        return endpoint.id
    why, wait_s, gone = sent.why, sent.wait_s, sent.status == GONE
    log.info("delivery %s, attempt %d: %s", short(delivery_id), attempt, why)
    patiently(lambda: outbox.failed(delivery_id, why, attempt=attempt, wait_s=wait_s, gone=gone), work.stopping)
    return None


def _sent(work: Work, delivery: Delivery, endpoint: Endpoint) -> Sent:
    if endpoint.way == "kafka":
        from ..moderation.hooks import kafka

        return Sent(kafka.sink(work.options).send(delivery, written(delivery, endpoint.form)))
    if endpoint.way == "coop":
        return coop.send(work.options, delivery, ANSWER_S)
    from ..docket import times

    generations = endpoint.generations(times.written(times.now()))
    keys = [endpoint_secret(work.options, endpoint.id, one) for one in generations]
    return send(work.options, endpoint.url, delivery.id, written(delivery, endpoint.form), keys, ANSWER_S)
