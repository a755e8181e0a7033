"""An append-only ledger, each line bound to the one before by its hash. Knows no meaning of what it holds.

A line's hash covers number, time, kind, body and the previous hash. Whoever changes a line must change all that follow;
whoever noted a later hash elsewhere sees it. Cutting off the end leaves a sound, shorter chain: note `head` elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, desc, insert, select

from ..errors import LedgerBroken
from .schema import ledger

START = "0" * 64

Body = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True)
class Entry:
    """One line."""

    seq: int
    at: str
    kind: str
    body: str  # canonical JSON
    previous: str
    hash: str


def append(connection: Connection, kind: str, body: Body) -> Entry:
    """Add a line, within the caller's transaction (of `engine.writing`): it stands or falls with what it tells of."""
    entry = after(head(connection), datetime.now(UTC).isoformat(timespec="microseconds"), kind, body)
    connection.execute(insert(ledger), vars(entry))
    return entry


def after(last: Entry | None, at: str, kind: str, body: Body) -> Entry:
    """Make the line that comes after another, or the first."""
    seq, previous = (last.seq + 1, last.hash) if last else (1, START)
    return _bound(seq, at, kind, canonical(body), previous)


def head(connection: Connection) -> Entry | None:
    """Give the last line."""
    row = connection.execute(select(ledger).order_by(desc(ledger.c.seq)).limit(1)).first()
    return _entry(row) if row else None


def entries(connection: Connection) -> Iterator[Entry]:
    """Give every line from the first on, checking the chain on the way; LedgerBroken names the line that is wrong."""
    entry: Entry | None = None
    every = select(ledger).order_by(ledger.c.seq)
    for row in connection.execution_options(yield_per=1000).execute(every):
        entry = follow(entry, *row)
        yield entry


def listed(connection: Connection, kind: str, about: str, since: str, before: int | None, limit: int) -> list[Entry]:
    """List lines, the last first: whose kind begins so, that name an id, from a time on, before a line."""
    query = select(ledger).where(ledger.c.kind.startswith(kind, autoescape=True), ledger.c.at >= since)
    if about:
        query = query.where(ledger.c.body.contains(json.dumps(about), autoescape=True))
    if before is not None:
        query = query.where(ledger.c.seq < before)
    return [_entry(row) for row in connection.execute(query.order_by(desc(ledger.c.seq)).limit(limit))]


def follow(before: Entry | None, seq: int, at: str, kind: str, body: str, previous: str, given: str) -> Entry:
    """Give the line that follows another, or the first; LedgerBroken if it does not."""
    expected = before.seq + 1 if before else 1
    if seq != expected:
        raise LedgerBroken(f"line {expected} of the ledger is missing")
    if previous != (before.hash if before else START):
        raise LedgerBroken(f"line {seq} of the ledger does not follow from the one before")
    entry = _bound(seq, at, kind, body, previous)
    if entry.hash != given:
        raise LedgerBroken(f"line {seq} of the ledger was changed")
    return entry


def canonical(body: Body) -> str:
    """One way to write a body: sorted, no spaces, ASCII."""
    return json.dumps(dict(body), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _bound(seq: int, at: str, kind: str, body: str, previous: str) -> Entry:
    line = json.dumps([seq, at, kind, body, previous], separators=(",", ":"))
    return Entry(seq, at, kind, body, previous, hashlib.sha256(line.encode("ascii")).hexdigest())


def _entry(row: Row[tuple[int, str, str, str, str, str]]) -> Entry:
    return Entry(row.seq, row.at, row.kind, row.body, row.previous, row.hash)
