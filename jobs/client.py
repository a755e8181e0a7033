"""The asking end of the queue: a check is to be made, or to end. Opens no worker; each call is short, or an error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ..docket import Lane
from ..errors import JobsUnavailable
from ..settings import Settings
from . import queue, standing

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

T = TypeVar("T")


class Jobs:
    """Asks for work. What was asked for stands in the queue's database; asking twice changes nothing."""

    def __init__(self, options: Settings) -> None:
        """Connect to nothing yet."""
        self._options = options
        self._made: DBOSClient | None = None
        self._guard = threading.Lock()

    def enqueue_check(self, check_id: str, lane: Lane, *, bring_for: str | None = None) -> None:
        """Have a check made; live ones come before bulk ones.

        bring_for: the tenant whose URL it is of, where its media is to be brought first.
        """
        if bring_for is None:
            self._enqueue(queue.check_order(check_id, lane), check_id)
        else:
            self._enqueue(queue.fetch_order(check_id, lane, bring_for), check_id, lane)

    def enqueue_again(self, check_id: str, who: str, number: str, lane: Lane) -> None:
        """Have a check judged anew, on an occasion that has a number of its own."""
        self._enqueue(queue.again_order(check_id, number, lane), check_id, who)

    def enqueue_stamp(self, stamp_id: str) -> None:
        """Have a film labelled."""
        self._enqueue(queue.stamp_order(stamp_id), stamp_id)

    def enqueue_callback(self, callback_id: str, attempt: int, tenant_id: str) -> None:
        """Have one attempt made at a delivery."""
        self._enqueue(queue.callback_order(callback_id, attempt, tenant_id), callback_id, attempt)

    def enqueue_hook(self, delivery_id: str, attempt: int, tenant_id: str) -> None:
        """Have one attempt made to tell an endpoint of an event."""
        self._enqueue(queue.hook_order(delivery_id, attempt, tenant_id), delivery_id, attempt)

    def enqueue_shard(self, scan_id: str, number: int, attempt: int, fleet: str = "") -> None:
        """Have a shard of a scan made, by a fleet of workers, or by all."""
        self._enqueue(queue.shard_order(scan_id, number, attempt, fleet), scan_id, number)

    def enqueue_rescan(self, rescan_id: str, shard: int) -> None:
        """Have a rescan come to the checks of a shard."""
        self._enqueue(queue.rescan_order(rescan_id, shard), rescan_id, shard)

    def enqueue_shadow(self, check_id: str, shadow: str, occasion: str) -> None:
        """Have a shadow look at what was checked."""
        self._enqueue(queue.shadow_order(check_id, occasion), check_id, shadow)

    def enqueue_retroaction(self, run_id: str, attempt: int) -> None:
        """Have a policy brought to the past."""
        self._enqueue(queue.retroaction_order(run_id, attempt), run_id)

    def cancel_check(self, check_id: str) -> None:
        """Take a check out of the queue. One that is being made sees in the docket that it is to end, and clears up."""

        def cancel(client: DBOSClient) -> None:
            numbers = [check_id, queue.fetch_number(check_id)]
            for job in client.list_workflows(workflow_ids=numbers, status=queue.WAITS, load_input=False):
                client.cancel_workflow(job.workflow_id)

        self._asked(cancel)

    def waiting(self) -> dict[str, int]:
        """Count what waits: `live` and `bulk` checks, `stamps`, `callbacks`."""
        return self._asked(queue.counted)

    def oldest(self) -> dict[str, float]:
        """Give the seconds that the oldest waits, by the same names."""
        return self._asked(standing.oldest)

    def workers(self) -> int:
        """Count the workers that are alive."""
        return self._asked(standing.workers)

    def ready(self) -> bool:
        """Whether the queue can be reached."""
        try:
            self._asked(lambda client: client.check_connection())
        except JobsUnavailable:
            return False
        return True

    def give_back(self, name: str) -> None:
        """Put what a worker has not done back into the queue, once it takes nothing more."""
        self._asked(lambda client: queue.give_back(client, name))

    def close(self) -> None:
        """Let go of connections; a later call makes new ones."""
        with self._guard:
            if self._made is not None:
                self._made.destroy()
                self._made = None

    def _enqueue(self, order: EnqueueOptions, *about: str | int) -> None:
        self._asked(lambda client: client.enqueue(order, *about))

    def _asked(self, ask: Callable[[DBOSClient], T]) -> T:
        with self._guard:
            if self._made is None:
                self._made = queue.client(self._options)
            client = self._made
        with queue.reporting(self._options.jobs_url):
            return ask(client)
