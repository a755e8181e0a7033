"""What `registry` says to a machine: records, the ledger, what was taken in, what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RecordItem:
    """`registry list` and `registry revoke`: one record, without what is large in it."""

    payload: str
    manifest_id: str
    content_digest: str
    issuer: str | None
    model: str | None
    created_at: str | None
    status: str
    status_reason: str | None
    manifest_bytes: int
    position: int | None = None  # in the list: the next page begins before the last one's
    kind: Literal["record"] = "record"


@dataclass(frozen=True)
class FormerItem:
    """A manifest that an update manifest has taken the place of."""

    manifest_id: str
    content_digest: str


@dataclass(frozen=True)
class RecordWholeItem:
    """`registry show`: all of a record; the manifest store itself is written to a file on request."""

    payload: str
    manifest_id: str
    content_digest: str
    issuer: str | None
    model: str | None
    created_at: str | None
    status: str
    status_reason: str | None
    manifest_bytes: int
    former: tuple[FormerItem, ...]  # oldest first
    earlier_marks: tuple[str, ...]
    fingerprint: str | None  # its algorithm
    fingerprint_hashes: int
    changes_bytes: int
    kind: Literal["record_whole"] = "record_whole"


@dataclass(frozen=True)
class LedgerItem:
    """`ledger verify` and `registry export`: the state of the hash chain."""

    records: int
    lines: int
    head: str | None
    noted: str | None  # what to note elsewhere, and to give to --expect later
    decisions: int | None = None  # that were held to the ledger; an export has none
    policy_versions: int | None = None
    kind: Literal["ledger"] = "ledger"


@dataclass(frozen=True)
class LedgerLineItem:
    """`ledger list`: one line."""

    line: int
    at: str
    about: str  # the kind of what happened
    body: dict[str, str | int | float | bool | None]
    kind: Literal["ledger_line"] = "ledger_line"


@dataclass(frozen=True)
class ImportItem:
    """`registry import`: what was taken in."""

    records: int
    manifests: int
    statuses: int
    already: int
    left_out: int
    kind: Literal["import"] = "import"


@dataclass(frozen=True)
class SettledItem:
    """`registry settle`: a release that was interrupted."""

    manifest_id: str
    status: str
    target: str
    host: str
    reserved_at: str
    kind: Literal["settled"] = "settled"


@dataclass(frozen=True)
class StatsItem:
    """`registry stats`: what is there, counted; what a record does not say counts under an empty name."""

    records: int
    lines: int
    head: str | None
    by_status: dict[str, int]
    by_issuer: dict[str, int]
    by_model: dict[str, int]
    by_month: dict[str, int]
    bytes: dict[str, int]
    kind: Literal["stats"] = "stats"
