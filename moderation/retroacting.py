"""Retroactions that were asked for: one of a policy at a time, and how far each has come. Does none of their work.

How far one is, `trying` keeps; here stand who asked, and how it ended. Asking and ending have lines in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from ..docket import cursors, idempotency
from ..docket.desk import Desk
from ..docket.packing import text as fit
from ..docket.secrets import new_id
from ..errors import ModerationMissing, ModerationUnfit
from .shelf import one_shelved
from .trying import progress

if TYPE_CHECKING:
    from sqlalchemy import Connection

End = Literal["done", "failed", "cancelled"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One retroaction as it stands."""

    id: str
    tenant_id: str
    policy_id: str
    since: str  # of submissions that it goes over
    until: str
    asked_by: str
    asked_at: str
    attempt: int  # how often it was asked of the queue
    state: State
    looked: int  # submissions so far
    changed: int  # decisions that it brought so far
    ended_at: str | None
    why: str  # where it failed


@dataclass(frozen=True)
class Runs:
    """Some of a policy, the last asked first, and where the list goes on."""

    runs: tuple[Run, ...]
    next: str | None


class Retroactions:
    """The retroactions of all tenants; threads and workers may share the database."""

    def __init__(self, desk: Desk) -> None:
        """Take a desk; nothing is opened before it is asked."""
        self._desk = desk

    def ask(
        self,
        tenant_id: str,
        policy_id: str,
        *,
        by: str,
        since: str = "",
        until: str | None = None,
        claim: idempotency.Claim | None = None,
    ) -> Run:
        """Write down that one is wanted; ModerationUnfit where one of the policy goes on, or no version is live."""
        from ..store import ledger, retroaction_rows

        with self._desk.writing() as connection:
            if one_shelved(connection, tenant_id, policy_id).live is None:
                raise ModerationUnfit(f"no version of {policy_id} is live", advice="bring one live first")
            before = retroaction_rows.going_of(connection, tenant_id, policy_id)
            if before is not None:
                advice = "look at that one; it can be cancelled"
                raise ModerationUnfit(f"retroaction {before['id']} of {policy_id} goes on", advice=advice)
            now, id = self._desk.now(), new_id("ret")
            idempotency.take(connection, claim, id, now)
            row: Row = {
                **{"id": id, "tenant_id": tenant_id, "name": policy_id, "since": since, "until": until or now},
                **{"asked_by": fit(by), "asked_at": now, "attempt": 0, "ended_at": None, "ended": None, "why": ""},
            }
            retroaction_rows.add(connection, row)
            body = {"retroaction": id, "tenant": tenant_id, "policy": policy_id, "who": row["asked_by"]}
            ledger.append(connection, "moderation.retroaction_asked", body)
            return _run(connection, row)

    def get(self, id: str, tenant_id: str | None = None) -> Run:
        """Give one as it stands."""
        from ..store import retroaction_rows

        with self._desk.reading() as connection:
            row = None if connection is None else retroaction_rows.one(connection, id)
            if connection is None:
                raise _missing(id)
            return _run(connection, _known(row, id, tenant_id))

    def listed(self, tenant_id: str, policy_id: str, cursor: str | None = None, limit: int = 50) -> Runs:
        """Give those of a policy."""
        from ..store import retroaction_rows

        before, limit = cursors.place(cursor), cursors.within(limit)
        with self._desk.reading() as connection:
            if connection is None:
                raise ModerationMissing(f"there is no policy {policy_id}")
            one_shelved(connection, tenant_id, policy_id)
            rows = retroaction_rows.listed(connection, tenant_id, policy_id, limit + 1, before)
            runs = tuple(_run(connection, row) for row in rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        return Runs(runs, None if last is None else cursors.after({"created_at": last["asked_at"], "id": last["id"]}))

    def going(self, limit: int = 100) -> tuple[Run, ...]:
        """Give those that have not ended, the first asked first."""
        from ..store import retroaction_rows

        with self._desk.reading() as connection:
            if connection is None:
                return ()
            return tuple(_run(connection, row) for row in retroaction_rows.going(connection, limit))

    def asked(self, id: str, attempt: int) -> None:
        """Note that the queue was asked for it, the so-many-eth time."""
        from ..store import retroaction_rows

        with self._desk.changing() as connection:
            retroaction_rows.change(connection, id, attempt=attempt)

    def end(self, id: str, end: End, *, by: str, why: str = "", tenant_id: str | None = None) -> Run:
        """Note how one ended; one that has ended already stays as it is."""
        from ..store import ledger, retroaction_rows

        with self._desk.writing() as connection:
            row = _known(retroaction_rows.locked(connection, id), id, tenant_id)
            if row["ended_at"] is None:
                values = {"ended_at": self._desk.now(), "ended": end, "why": fit(why)}
                retroaction_rows.change(connection, id, **values)
                row |= values
                body = {"retroaction": id, "tenant": row["tenant_id"], "policy": row["name"], "ended": end}
                ledger.append(connection, "moderation.retroaction_ended", {**body, "who": fit(by)})
            return _run(connection, row)


def _run(connection: Connection, row: Row) -> Run:
    names = ("id", "tenant_id", "since", "until", "asked_by", "asked_at", "attempt", "ended_at", "why")
    looked, changed = progress(connection, row["tenant_id"], row["name"], row["id"])
    state = row["ended"] or ("running" if looked else "waiting")
    plain = {name: row[name] for name in names}
    return Run(**plain, policy_id=row["name"], state=cast(State, state), looked=looked, changed=changed)


def _known(row: Row | None, id: str, tenant_id: str | None) -> Row:
    if row is None or tenant_id not in (None, row["tenant_id"]):
        raise _missing(id)
    return row


def _missing(id: str) -> ModerationMissing:
    return ModerationMissing(f"there is no retroaction {id}")
