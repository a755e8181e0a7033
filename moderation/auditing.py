"""Holds the ledger to itself, and to it what it tells of: records, decisions, versions of policies. Changes nothing.

Decisions are looked up some hundred at a time, beside one walk through the ledger; memory does not grow with either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import LedgerBroken
from ..provenance import Checked, Head
from ..provenance.registry.audit import Audit, steps
from .recording import Row, ledger_line

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..store.ledger import Entry

_AT_A_TIME = 500
_PolicyVersion = tuple[str, str, int]  # tenant, policy, number


@dataclass(frozen=True)
class Audited:
    """What a walk through the ledger found in order."""

    checked: Checked
    decisions: int
    policy_versions: int


def audit(database_url: str, expect: Head | None = None) -> Audited:
    """Walk the ledger; LedgerBroken names the first thing that is not as it says, LedgerCut a noted line it lacks."""
    from ..store import engine

    records, moderation = Audit(expect), _Moderation()
    with engine.reading(database_url) as connection:
        if connection is not None:
            for step in steps(connection):
                records.take(step)
                moderation.take(connection, step.entry)
            moderation.end(connection)
    return Audited(records.end(), moderation.decisions, moderation.versions)


def lines(
    database_url: str, *, kind: str = "", about: str = "", since: str = "", before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Give lines of the ledger, the last first: of a kind, that name an id, from a time on."""
    from ..store import engine, ledger

    with engine.reading(database_url) as connection:
        return [] if connection is None else ledger.listed(connection, kind, about, since, before, limit)


class _Moderation:
    """Decisions and versions of policies, as the ledger tells of them."""

    def __init__(self) -> None:
        self.decisions = self.versions = 0
        self._lines: dict[str, Mapping[str, Any]] = {}  # of decisions that are not looked up yet
        self._policies: dict[_PolicyVersion, tuple[str, str, float]] = {}  # digest, state and share, by the last line

    def take(self, connection: Connection, entry: Entry) -> None:
        if entry.kind not in ("moderation.decision", "moderation.policy"):
            return
        try:
            said = json.loads(entry.body)
            if entry.kind == "moderation.decision":
                self._lines[said["id"]] = said
            else:
                name = said["tenant"], said["policy"], said["number"]
                self._policies[name] = said["digest"], said["state"], said["share"]
        except (ValueError, TypeError, KeyError):
            raise LedgerBroken(f"line {entry.seq} of the ledger is damaged") from None
        if len(self._lines) >= _AT_A_TIME:
            self._hold(connection)

    def end(self, connection: Connection) -> None:
        from ..store import decision_rows

        self._hold(connection)
        if decision_rows.count(connection) != self.decisions:
            raise LedgerBroken("there are decisions that the ledger does not know of")
        self._hold_policies(connection)

    def _hold(self, connection: Connection) -> None:
        from ..store import decision_rows

        rows: dict[str, Row] = {row["id"]: row for row in decision_rows.named(connection, list(self._lines))}
        for id, said in self._lines.items():
            if id not in rows:
                raise LedgerBroken(f"decision {id} is gone, and the ledger has it")
            if ledger_line(rows[id]) != said:
                raise LedgerBroken(f"decision {id} is not as the ledger has it")
        self.decisions += len(self._lines)
        self._lines.clear()

    def _hold_policies(self, connection: Connection) -> None:
        from ..store import policy_rows

        for row in policy_rows.every_version(connection):
            words = f"version {row['number']} of policy {row['name']}"
            known = self._policies.pop((row["tenant_id"], row["name"], row["number"]), None)
            if known is None:
                raise LedgerBroken(f"the ledger does not know of {words}")
            digest = hashlib.sha256(row["document"].encode()).hexdigest()
            if known != (digest, row["state"], row["share"]):
                raise LedgerBroken(f"{words} is not as the ledger has it")
            self.versions += 1
        for _, policy, number in self._policies:
            raise LedgerBroken(f"version {number} of policy {policy} is gone, and the ledger has it")
