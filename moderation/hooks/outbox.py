"""Events that are owed: laid in the transaction of what they tell, tried until they arrive or are given up.

Order is kept for each subject: an event waits until those before it have arrived, or are given up. A receiver that has
failed for a minute is not waited for: later ones go out then, and the earlier is tried on. Subjects never wait for each
other. Knows what is owed to whom and when; sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ...docket import callbacks, packing, times
from ...docket.desk import Desk
from ...errors import ModerationMissing, ModerationUnfit
from ...settings import Settings
from .endpoints import Endpoints
from .laying import endpoint_of
from .values import Delivery, Endpoint, State

HELD_S = 60.0  # that later events of a subject wait for one that does not arrive
CLAIMED_S = 60.0  # for an attempt that is made at once, and in no queue
FAILING = 2  # attempts at a time at an endpoint to which nothing arrives
LONGEST_S = 24 * 3600.0  # that a receiver may put an attempt off
DISABLED_AFTER_S = 5 * 24 * 3600.0  # in which nothing arrived
KEPT_DAYS = 30.0  # for what is over, to be sent again
_PART = 500  # of what is forgotten, in one transaction


class Outbox:
    """The deliveries that a service owes."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)
        self._endpoints = Endpoints(options, clock=clock)

    # What is to be done -------------------------------------------------------------------------------------------

    def waiting(self) -> tuple[tuple[str, int], ...]:
        """Give the endpoints to which something is due, and how many attempts stand in the queue of each."""
        from ...store import hook_rows

        with self._desk.reading() as connection:
            return () if connection is None else tuple(hook_rows.with_open(connection, self._desk.now()))

    def due(self, endpoint_id: str, most: int) -> tuple[Delivery, ...]:
        """Give what is to be asked for at an endpoint, in order, so that no more than `most` are asked for at a time.

        Of one to which nothing arrives, a few are tried at a time: it takes no room of others.
        """
        from ...store import hook_rows

        now = self._desk.now()
        with self._desk.reading() as connection:
            endpoint = None if connection is None else hook_rows.endpoint(connection, endpoint_id)
            if connection is None or endpoint is None:
                return ()
            most = most if endpoint["failing_since"] is None else min(most, FAILING)
            room = most - hook_rows.asked_of(connection, endpoint_id)
            held_since = times.later(now, seconds=-HELD_S)
            rows = hook_rows.due(connection, endpoint_id, now, held_since, room) if room > 0 else []
        return tuple(Delivery(**row) for row in rows)

    def claim(self, endpoint_id: str, most: int) -> Delivery | None:
        """Give one that is due and that nobody else is at, to be tried at once; None: there is none."""
        taken = (self.asked([one], CLAIMED_S) for one in self.due(endpoint_id, most))
        return next((one[0] for one in taken if one), None)

    def lost(self, endpoint_id: str, limit: int = 100) -> tuple[Delivery, ...]:
        """Give what was asked for long ago, and of which nothing was heard."""
        from ...store import hook_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else hook_rows.lost(connection, endpoint_id, self._desk.now(), limit)
        return tuple(Delivery(**row) for row in rows)

    def asked(self, deliveries: Iterable[Delivery], seconds: float | None = None) -> tuple[Delivery, ...]:
        """Note that attempts are asked for, and give those of which nobody else has noted it or made them.

        seconds: after which they are asked for again, should nothing be heard.
        """
        from ...store import hook_rows

        now, noted = self._desk.now(), []
        again = times.later(now, seconds=callbacks.ASKED_S if seconds is None else seconds)
        with self._desk.changing() as connection:
            for one in sorted(deliveries, key=lambda one: one.id):
                row = hook_rows.one(connection, one.id, lock=True)
                if row is not None and (row["attempts"], row["due_at"]) == (one.attempts, one.due_at):
                    hook_rows.change(connection, one.id, asked_at=now, due_at=again)
                    noted.append(one)
        return tuple(noted)

    # An attempt ---------------------------------------------------------------------------------------------------

    def begin(self, delivery_id: str, attempt: int) -> tuple[Delivery, Endpoint] | None:
        """Note that an attempt begins, and give what to send whom; None: it is needless."""
        from ...store import hook_rows

        with self._desk.changing() as connection:
            row = hook_rows.one(connection, delivery_id, lock=True)
            if row is None or row["due_at"] is None or row["attempts"] + 1 != attempt:
                return None
            now = self._desk.now()
            found = hook_rows.endpoint(connection, row["endpoint_id"])
            if found is None or found["gone"] or found["disabled_at"] is not None:
                over = {"due_at": None, "asked_at": None, "dead_at": now}
                hook_rows.change(connection, delivery_id, **over, failure="the endpoint is disabled")
                return None
            begun_at = row["begun_at"] or now
            hook_rows.change(connection, delivery_id, begun_at=begun_at)
            return Delivery(**(row | {"begun_at": begun_at})), endpoint_of(found)

    def delivered(self, delivery_id: str, *, attempt: int) -> None:
        """Note that it arrived; a second note changes nothing."""
        from ...store import hook_rows

        with self._desk.changing() as connection:
            row = hook_rows.one(connection, delivery_id, lock=True)
            if row is None or row["due_at"] is None or row["attempts"] + 1 != attempt:
                return
            tried = {"attempts": attempt, "tries": row["tries"] + 1, "asked_at": None, "due_at": None}
            hook_rows.change(connection, delivery_id, **tried, delivered_at=self._desk.now(), failure=None)
        self._endpoints.note_arrival(row["endpoint_id"])

    def failed(self, delivery_id: str, why: str, *, attempt: int, wait_s: float = 0.0, gone: bool = False) -> None:
        """Note that it did not arrive: it is tried again later, or given up.

        wait_s: what the receiver asked for. gone: the receiver wants nothing more, and its endpoint is disabled.
        """
        from ...store import hook_rows

        with self._desk.changing() as connection:
            row = hook_rows.one(connection, delivery_id, lock=True)
            if row is None or row["due_at"] is None or row["attempts"] + 1 != attempt:
                return
            now, tries = self._desk.now(), row["tries"] + 1
            due_at = None
            if tries <= len(callbacks.PAUSES_S) and not gone:
                pause = max(callbacks.PAUSES_S[tries - 1], min(wait_s, LONGEST_S))
                due_at = times.later(now, seconds=pause)
            tried = {"attempts": attempt, "tries": tries, "asked_at": None, "due_at": due_at}
            dead_at = now if due_at is None else None
            hook_rows.change(connection, delivery_id, **tried, dead_at=dead_at, failure=packing.text(why))
        failing_s = self._endpoints.note_failure(row["endpoint_id"])
        if gone or failing_s >= DISABLED_AFTER_S:
            days = f"nothing has arrived for {failing_s / 86400:.0f} days; the last try: {why}"
            self._endpoints.disable(row["endpoint_id"], why if gone else days)

    # For whoever looks after it -------------------------------------------------------------------------------------

    def get(self, tenant_id: str, delivery_id: str) -> Delivery:
        """Give one; ModerationMissing where there is none, or not of this tenant."""
        from ...store import hook_rows

        with self._desk.reading() as connection:
            row = None if connection is None else hook_rows.one(connection, delivery_id)
        if row is None or row["tenant_id"] != tenant_id:
            raise ModerationMissing(f"there is no delivery {delivery_id}")
        return Delivery(**row)

    def page(
        self,
        tenant_id: str,
        *,
        endpoint_id: str | None = None,
        state: State | None = None,
        after: tuple[str, str] = ("", ""),
        limit: int = 100,
    ) -> tuple[Delivery, ...]:
        """List deliveries, oldest first, or those in one state; `after`: time and id of the last that was seen."""
        from ...store import hook_rows

        with self._desk.reading() as connection:
            if connection is None:
                return ()
            rows = hook_rows.page(connection, tenant_id, endpoint_id, state, after, limit)
        return tuple(Delivery(**row) for row in rows)

    def replay(
        self, tenant_id: str, endpoint_id: str, *, who: str, delivery_id: str | None = None, since: str | None = None
    ) -> int:
        """Send again what is over, with its id and number: one; else all made since a time; else all given up.

        Says how much that is. What still waits is left as it is.
        """
        from ...store import hook_rows, ledger

        endpoint = self._endpoints.get(tenant_id, endpoint_id)
        if not endpoint.enabled:
            raise ModerationUnfit(f"endpoint {endpoint_id} is disabled", advice="enable it first")
        if since is not None:
            since = _in_our_form(since)
        with self._desk.writing() as connection:
            count = hook_rows.reopen(connection, endpoint_id, self._desk.now(), delivery_id, since)
            if delivery_id is not None and not count:
                raise ModerationUnfit(f"delivery {delivery_id} is not over", advice="wait until it is")
            body: ledger.Body = {"endpoint": endpoint_id, "tenant": tenant_id, "count": count, "by": who}
            ledger.append(connection, "moderation.replay", body)
        return count

    def forget(self) -> int:
        """Take away what is long over; say how much that was."""
        from ...store import hook_rows

        total, before = 0, times.later(self._desk.now(), days=-KEPT_DAYS)
        while True:
            with self._desk.changing() as connection:
                count = hook_rows.forget(connection, before, _PART)
            total += count
            if count < _PART:
                return total


def _in_our_form(at: str) -> str:
    try:
        read = datetime.fromisoformat(at)
        return times.written(read if read.tzinfo else read.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ModerationUnfit(f"{at!r} is no time", advice="say it as 2026-01-02T03:04:05Z") from None
