"""Holds the ledger to itself, and to it what it tells of: records, decisions, versions of policies. Changes nothing.

Decisions are looked up some hundred at a time, beside one walk through the ledger; memory grows with neither, but for
what was taken back and how policies changed.
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
from .recording import TAKES_BACK, Row, ledger_line
from .values import Item

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..store.ledger import Entry

_AT_A_TIME = 500
_Version = tuple[str, str, int]  # tenant, policy, number
_Change = tuple[str, str, int]  # tenant, policy, number of the change


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
        self._undone: tuple[set[str], set[str]] = set(), set()  # as the ledger has it, as the decisions have it
        self._out = [0, 0]  # sums over the ids of those whose effects went out: the same
        self._versions: dict[_Version, tuple[str, str, float, int | None]] = {}  # digest, state, share, former
        self._changes: dict[_Change, tuple[int, str, float, str]] = {}  # number, state, share, who
        self._defaults: dict[tuple[str, str], bool] = {}

    def take(self, connection: Connection, entry: Entry) -> None:
        take = {
            "moderation.decision": self._decision,
            "moderation.effects_out": self._gone_out,
            "moderation.policy": self._policy,
            "moderation.policy_default": self._default,
        }.get(entry.kind)
        if take is None:
            return
        try:
            take(json.loads(entry.body))
        except (ValueError, TypeError, KeyError):
            raise LedgerBroken(f"line {entry.seq} of the ledger is damaged") from None
        if len(self._lines) >= _AT_A_TIME:
            self._hold(connection)

    def end(self, connection: Connection) -> None:
        from ..store import decision_rows

        self._hold(connection)
        if decision_rows.count(connection) != self.decisions:
            raise LedgerBroken("there are decisions that the ledger does not know of")
        for one in self._undone[0] ^ self._undone[1]:
            raise LedgerBroken(f"whether decision {one} was taken back is not as the ledger has it")
        if self._out[0] != self._out[1]:
            raise LedgerBroken("whose effects went out is not as the ledger has it")
        self._hold_policies(connection)

    # Lines -----------------------------------------------------------------------------------------------------------

    def _decision(self, said: Mapping[str, Any]) -> None:
        self._lines[said["id"]] = said
        if said["occasion_key"].startswith(TAKES_BACK):
            self._undone[0].add(said["occasion_key"].removeprefix(TAKES_BACK))

    def _gone_out(self, said: Mapping[str, Any]) -> None:
        self._out[0] += _number(said["id"])

    def _policy(self, said: Mapping[str, Any]) -> None:
        of, told = (said["tenant"], said["policy"]), (said["state"], said["share"])
        name = (*of, said["number"])
        before = self._versions.get(name, ("", "", 0.0, None))
        self._versions[name] = said["digest"], *told, said.get("former", before[3])
        self._changes[*of, said["change"]] = said["number"], *told, said["who"]

    def _default(self, said: Mapping[str, Any]) -> None:
        self._defaults[said["tenant"], said["policy"]] = said["by_default"]

    # Tables ----------------------------------------------------------------------------------------------------------

    def _hold(self, connection: Connection) -> None:
        from ..store import decision_rows

        rows: dict[str, Row] = {row["id"]: row for row in decision_rows.named(connection, list(self._lines))}
        named = decision_rows.submissions_named(connection, {row["submission_id"] for row in rows.values()})
        items = {row["id"]: Item(row["item_id"], row["item_type"]) for row in named}
        for id, said in self._lines.items():
            if id not in rows:
                raise LedgerBroken(f"decision {id} is gone, and the ledger has it")
            row = rows[id]
            if row["submission_id"] not in items or ledger_line(row, items[row["submission_id"]]) != said:
                raise LedgerBroken(f"decision {id} is not as the ledger has it")
            if row["undone_at"] is not None:
                self._undone[1].add(id)
            if row["out_at"] is not None:
                self._out[1] += _number(id)
        self.decisions += len(self._lines)
        self._lines.clear()

    def _hold_policies(self, connection: Connection) -> None:
        from ..store import policy_rows

        for row in policy_rows.every_version(connection):
            words = f"version {row['number']} of policy {row['name']}"
            known = self._versions.pop((row["tenant_id"], row["name"], row["number"]), None)
            if known is None:
                raise LedgerBroken(f"the ledger does not know of {words}")
            digest = hashlib.sha256(row["document"].encode()).hexdigest()
            if known != (digest, row["state"], row["share"], row["former"]):
                raise LedgerBroken(f"{words} is not as the ledger has it")
            self.versions += 1
        for row in policy_rows.every_change(connection):
            told = row["number"], row["state"], row["share"], row["who"]
            if self._changes.pop((row["tenant_id"], row["name"], row["change"]), None) != told:
                raise LedgerBroken(f"change {row['change']} of policy {row['name']} is not as the ledger has it")
        for row in policy_rows.every_policy(connection):
            if row["by_default"] != self._defaults.get((row["tenant_id"], row["name"]), True):
                raise LedgerBroken(f"for whom policy {row['name']} is, is not as the ledger has it")
        for _, policy, number in self._versions:
            raise LedgerBroken(f"version {number} of policy {policy} is gone, and the ledger has it")
        for _, policy, number in self._changes:
            raise LedgerBroken(f"change {number} of policy {policy} is gone, and the ledger has it")


def _number(id: str) -> int:
    """Give a number of an id: sums of them over the same ids are the same, in whatever order."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest(), "big")
