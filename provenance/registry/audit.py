"""Holds records and ledger to each other, step by step. Knows no database: an export is checked by the same words."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import LedgerBroken, LedgerCut
from .record import digest, manifest_digest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...store.ledger import Entry

Values = dict[str, Any]
ADDED = {"record.added": "live", "record.reserved": "pending"}  # the status that a record begins with
FOLLOWED = "record.followed"
BRINGS = {*ADDED, FOLLOWED}
CHANGES = {"record.live": "live", "record.withdrawn": "withdrawn", "record.revoked": "revoked"}


@dataclass(frozen=True)
class Head:
    """A line of the ledger as it may be noted, or published, elsewhere: all before it is bound by its hash."""

    line: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read what `str` gave; ValueError otherwise."""
        found = re.fullmatch(r"([0-9a-f]{64}):([1-9][0-9]{0,15})", text.strip())
        if found is None:
            raise ValueError("a head is 64 hexadecimal digits, a colon and the number of lines")
        return cls(int(found[2]), found[1])

    def __str__(self) -> str:
        """In one word."""
        return f"{self.hash}:{self.line}"


@dataclass(frozen=True)
class Checked:
    """What a check of the whole registry went through without finding fault."""

    records: int
    lines: int
    head: str | None  # hash of the ledger's last line

    @property
    def noted(self) -> Head | None:
        """What to note elsewhere, to notice a cut later."""
        return None if self.head is None else Head(self.lines, self.head)


@dataclass(frozen=True)
class Step:
    """A line of the ledger, with what it added."""

    entry: Entry
    facts: Values | None = None
    look: Values | None = None
    manifest: Values | None = None


class Audit:
    """Takes every step in order; LedgerBroken at the first that does not fit, or at the end."""

    def __init__(self, expect: Head | None = None) -> None:
        """Begin before the first line; `expect` is one that was noted elsewhere."""
        self._expect = expect
        self._owed: dict[str, tuple[str, str | None]] = {}  # by manifest: a status that a later line must tell of
        self._records = 0
        self._last: Entry | None = None

    def take(self, step: Step) -> None:
        """Check one line and what it added. The chain itself was checked by whoever read the line."""
        self._last, kind = step.entry, step.entry.kind
        if (step.facts is not None and kind not in ADDED) or (step.manifest is not None and kind not in BRINGS):
            raise LedgerBroken(f"line {step.entry.seq} of the ledger did not add what says so")
        if self._expect is not None and step.entry.seq == self._expect.line and step.entry.hash != self._expect.hash:
            raise LedgerCut(f"line {step.entry.seq} of the ledger is not the one that was noted: it was replaced")
        if not kind.startswith("record."):
            return
        try:
            body = json.loads(step.entry.body)
            self._check(step, body, str(body["manifest_id"]))
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
            raise LedgerBroken(f"line {step.entry.seq} of the ledger, or what it added, is damaged") from None

    def end(self) -> Checked:
        """Check that no record has a status which the ledger never gave it."""
        for subject in self._owed:
            raise LedgerBroken(f"the record of {subject} is not as the ledger has it")
        last = self._last
        if self._expect is not None and self._expect.line > (last.seq if last else 0):
            raise LedgerCut(f"the ledger has {last.seq if last else 0} lines, and {self._expect.line} were noted")
        return Checked(self._records, last.seq if last else 0, last.hash if last else None)

    def _check(self, step: Step, body: Values, subject: str) -> None:
        kind = step.entry.kind
        if kind in ADDED:
            self._records += 1
            if step.facts is None or step.look is None or step.manifest is None:
                raise LedgerBroken(f"the record of {subject} is gone, and the ledger has it")
            of_it = step.manifest["payload"] == step.facts["payload"] and step.manifest["manifest_id"] == subject
            if not of_it or body["digest"] != digest(step.facts, step.look, step.manifest):
                raise LedgerBroken(f"the record of {subject} is not as the ledger has it")
            status = (step.facts["status"], step.facts["status_reason"])
            if status != (ADDED[kind], None):
                self._owed[subject] = status
        elif kind == FOLLOWED:
            if step.manifest is None:
                raise LedgerBroken(f"a manifest that followed {subject} is gone, and the ledger has it")
            if body["digest"] != manifest_digest(step.manifest):
                raise LedgerBroken(f"the manifest that followed {subject} is not as the ledger has it")
        elif subject not in self._owed:
            raise LedgerBroken(f"the record of {subject} is not as line {step.entry.seq} of the ledger has it")
        elif self._owed[subject] == (CHANGES[kind], body["reason"]):
            del self._owed[subject]


def steps(connection: Connection) -> Iterator[Step]:
    """Give every line of a database's ledger, its chain checked, with what the tables say that it added."""
    from ...store import ledger, rows

    added, manifests = rows.all_records(connection), rows.all_manifests(connection)
    record, manifest = next(added, None), next(manifests, None)
    for entry in ledger.entries(connection):
        of_record = record if record is not None and record["position"] == entry.seq else None
        of_manifest = manifest if manifest is not None and manifest["position"] == entry.seq else None
        yield Step(entry, of_record, of_record, of_manifest)
        if of_record is not None:
            record = next(added, None)
        if of_manifest is not None:
            manifest = next(manifests, None)
    if record is not None or manifest is not None:
        left = record or manifest or {}
        raise LedgerBroken(f"the ledger does not know of the record {left['payload']}, or of one of its manifests")
