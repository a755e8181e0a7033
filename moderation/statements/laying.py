"""Statements that are laid down: one of each decision, kept until the transparency database has it. Sends nothing.

What is laid down, sent or refused is a line of the ledger in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...docket import packing, times
from ...docket.desk import Desk
from ...errors import ModerationMissing, ModerationUnfit
from ...settings import Settings
from ..values import Decision
from .checking import check
from .personal import names_in
from .values import Kept, State, Statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

TAKEN_S = 600.0  # that a sender may take over what it took, until another may
PAUSES_S = (60.0, 300.0, 1800.0, 7200.0, 21600.0)  # between attempts; after the last, as long again each time
MOST_WAITED_S = 24 * 3600.0
_MOST_ANSWER = 4000  # letters of what is kept of an answer


@dataclass(frozen=True)
class Outcome:
    """What came of sending one statement."""

    decision_id: str
    taken: bool = False
    refused: bool = False
    failure: str = ""  # neither: it is tried again
    answer: dict[str, Any] | None = None
    wait_s: float | None = None  # as the database asked


class Statements:
    """The statements of a service."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)

    def lay(self, decision: Decision, statement: Statement) -> Kept:
        """Lay a decision's statement down; the same again changes nothing, and another is refused."""
        with self._desk.writing() as connection:
            return laid(connection, decision, statement, self._desk.now())

    def lack(self, decision: Decision, why: str) -> None:
        """Note that a decision's statement can't be made, and what it lacks; one that is laid down already stays."""
        from ...store import ledger, statement_rows

        with self._desk.writing() as connection:
            if statement_rows.one(connection, decision.id) is not None:
                return
            digest = hashlib.sha256(b"{}").hexdigest()
            kept = Kept(decision.id, decision.tenant_id, decision.id, digest, "{}", "lacking", self._desk.now())
            statement_rows.add(connection, {**vars(kept), "failure": packing.text(why)[:_MOST_ANSWER]})
            ledger.append(
                connection, "moderation.statement_lacking", {"decision": decision.id, "tenant": decision.tenant_id}
            )

    def get(self, decision_id: str, tenant_id: str) -> Kept:
        """Give the statement of a tenant's decision."""
        from ...store import statement_rows

        with self._desk.reading() as connection:
            row = None if connection is None else statement_rows.one(connection, decision_id)
        if row is None or row["tenant_id"] != tenant_id:
            raise ModerationMissing("there is no statement of such a decision")
        return Kept(**row)

    def of_tenant(
        self, tenant_id: str, *, state: State | None = None, after: tuple[str, str] | None = None, limit: int = 100
    ) -> tuple[Kept, ...]:
        """Give a tenant's, or those in one state, oldest first; `after`: time and decision of the last one seen."""
        from ...store import statement_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else statement_rows.of_tenant(connection, tenant_id, state, after, limit)
        return tuple(Kept(**row) for row in rows)

    def take(self, limit: int) -> tuple[Kept, ...]:
        """Give what is due, and keep other senders from it for a while."""
        from ...store import statement_rows

        now = self._desk.now()
        until = times.later(now, seconds=TAKEN_S)
        with self._desk.changing() as connection:
            rows = statement_rows.due(connection, now, limit)
            for row in rows:
                statement_rows.change(connection, row["decision_id"], due_at=until)
        return tuple(Kept(**(row | {"due_at": until})) for row in rows)

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Note what came of sending; what is sent or refused already stays as it is."""
        from ...store import statement_rows

        by_id = {outcome.decision_id: outcome for outcome in outcomes}
        if not by_id:
            return
        settled = any(outcome.taken or outcome.refused for outcome in by_id.values())
        with self._desk.writing() if settled else self._desk.changing() as connection:
            for row in statement_rows.locked(connection, list(by_id)):
                if row["state"] == "waiting":
                    self._note_one(connection, row, by_id[row["decision_id"]])

    def _note_one(self, connection: Connection, row: dict[str, Any], outcome: Outcome) -> None:
        from ...store import ledger, statement_rows

        now, attempts = self._desk.now(), row["attempts"] + 1
        values: dict[str, Any] = {"attempts": attempts, "failure": None, "due_at": None}
        if outcome.answer is not None:
            values["answer"] = _bounded(outcome.answer)
        if outcome.taken:
            values |= {"state": "sent", "sent_at": now}
        elif outcome.refused:
            values |= {"state": "refused", "failure": packing.text(outcome.failure)[:_MOST_ANSWER]}
        else:
            pause = PAUSES_S[min(attempts, len(PAUSES_S)) - 1]
            wait = pause if outcome.wait_s is None else min(max(pause, outcome.wait_s), MOST_WAITED_S)
            values |= {
                "due_at": times.later(now, seconds=wait),
                "failure": packing.text(outcome.failure)[:_MOST_ANSWER],
            }
        statement_rows.change(connection, row["decision_id"], **values)
        if outcome.taken or outcome.refused:
            kind = "moderation.statement_sent" if outcome.taken else "moderation.statement_refused"
            body = {"decision": row["decision_id"], "tenant": row["tenant_id"], "digest": row["digest"]}
            ledger.append(connection, kind, body)


def laid(connection: Connection, decision: Decision, statement: Statement, at: str) -> Kept:
    """Lay a statement down within the caller's transaction, which may write to the ledger."""
    from ...store import ledger, statement_rows

    if statement.puid != decision.id:
        raise ModerationUnfit("a statement bears the id of its decision", advice="build it from that decision")
    check(statement, names_in(decision.submission.uploader))
    body = json.dumps(statement.body(), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(body.encode("ascii")).hexdigest()
    there = statement_rows.one(connection, decision.id)
    if there is not None:
        if there["digest"] != digest:
            raise ModerationUnfit("another statement of this decision is laid down already")
        return Kept(**there)
    kept = Kept(decision.id, decision.tenant_id, statement.puid, digest, body, "waiting", at, due_at=at)
    statement_rows.add(connection, dict(vars(kept)))
    line = {"decision": kept.decision_id, "tenant": kept.tenant_id, "digest": digest}
    ledger.append(connection, "moderation.statement_laid", line)
    return kept


def _bounded(answer: dict[str, Any]) -> str:
    written = json.dumps(answer, separators=(",", ":"))
    return written if len(written) <= _MOST_ANSWER else json.dumps({"cut": written[: _MOST_ANSWER // 2]})
