"""Callbacks that are owed: laid in the transaction of what they tell, tried until they arrive or are given up.

Knows what is owed to whom and when; sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..settings import Settings
from . import packing, secrets, times
from .desk import Desk
from .opening import read

if TYPE_CHECKING:
    from sqlalchemy import Connection

Kind = Literal["check.finished", "check.verdict_changed"]

# After the first try, the second, and so on; then it is given up. As receivers of Standard Webhooks expect.
PAUSES_S = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
ASKED_S = 600.0  # that an attempt may wait for its turn, until it is asked for again


@dataclass(frozen=True)
class Owed:
    """One callback, and how far it is."""

    id: str  # the same at every try, so that who receives it twice can tell
    check_id: str
    tenant_id: str
    kind: str
    url: str
    body: str  # JSON, exactly as it is sent
    made_at: str
    attempts: int
    due_at: str | None = None  # when it is to be asked for next; None: delivered, or given up
    delivered_at: str | None = None
    failure: str | None = None  # why the last try failed

    @property
    def dead(self) -> bool:
        """Whether it was given up."""
        return self.due_at is None and self.delivered_at is None


class Callbacks:
    """The callbacks that a service owes."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)

    def due(self, now: str | None = None, limit: int = 100) -> tuple[Owed, ...]:
        """Give what is to be tried by now, the longest due first."""
        from ..store import callback_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else callback_rows.due(connection, now or self._desk.now(), limit)
        return tuple(Owed(**row) for row in rows)

    def get(self, callback_id: str) -> Owed | None:
        """Give one; None: it is not there, or its check was deleted."""
        from ..store import callback_rows

        with self._desk.reading() as connection:
            row = None if connection is None else callback_rows.one(connection, callback_id)
        return None if row is None else Owed(**row)

    def of_check(self, check_id: str) -> tuple[Owed, ...]:
        """Give those of one check, oldest first."""
        from ..store import callback_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else callback_rows.of_check(connection, check_id)
        return tuple(Owed(**row) for row in rows)

    def asked(self, owed: Owed) -> None:
        """Note that an attempt was asked for, so that what comes after it in time has its turn as well."""
        from ..store import callback_rows

        with self._desk.changing() as connection:
            row = callback_rows.locked(connection, owed.id)
            if row is not None and (row["attempts"], row["due_at"]) == (owed.attempts, owed.due_at):
                callback_rows.change(connection, owed.id, due_at=times.later(self._desk.now(), seconds=ASKED_S))

    def delivered(self, callback_id: str) -> None:
        """Note that it arrived; a second note changes nothing."""
        from ..store import callback_rows

        with self._desk.changing() as connection:
            row = callback_rows.locked(connection, callback_id)
            if row is not None and row["delivered_at"] is None:
                values = {"delivered_at": self._desk.now(), "due_at": None, "failure": None}
                callback_rows.change(connection, callback_id, attempts=row["attempts"] + 1, **values)

    def failed(self, callback_id: str, why: str, *, attempt: int | None = None) -> Owed | None:
        """Note that it did not arrive: it is tried again later, or given up.

        `attempt` (1 for the first) keeps one try from counting twice, whoever notes it again.
        """
        from ..store import callback_rows

        with self._desk.changing() as connection:
            row = callback_rows.locked(connection, callback_id)
            if row is None or row["due_at"] is None or attempt not in (None, row["attempts"] + 1):
                return None if row is None else Owed(**row)
            tries = row["attempts"] + 1
            due_at = None
            if tries <= len(PAUSES_S):
                due_at = times.later(self._desk.now(), seconds=PAUSES_S[tries - 1])
            callback_rows.change(connection, callback_id, attempts=tries, due_at=due_at, failure=packing.text(why))
            return Owed(**(row | {"attempts": tries, "due_at": due_at, "failure": packing.text(why)}))


def owe(connection: Connection, check_id: str, kind: Kind, at: str) -> None:
    """Lay a callback about a check as it stands now, where somebody asked for one, within the caller's transaction."""
    from ..store import callback_rows

    check = read(connection, check_id)
    if check.callback_url is None:
        return
    data = {
        "id": check.id,
        "status": check.status,
        "outcome": check.outcome,
        "revision": len(check.revisions),
        "content_hash": check.content_hash,
        "external_id": check.external_id,
        "metadata": dict(check.metadata),
        "error": None if check.error is None else vars(check.error),
    }
    callback_rows.add(
        connection,
        {
            "id": secrets.new_id("cbk"),
            "check_id": check.id,
            "tenant_id": check.tenant_id,
            "kind": kind,
            "url": check.callback_url,
            "body": packing.json_of({"type": kind, "timestamp": at, "data": data}),
            "made_at": at,
            "attempts": 0,
            "due_at": at,
        },
    )
