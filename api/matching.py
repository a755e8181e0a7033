"""What the resolution API answers: from a binding or a file to manifest ids, and from an id to the manifest.

Knows records and Evidence; knows no HTTP. Only what stands is given out: a record that was revoked or withdrawn, or is
not confirmed yet, matches nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import CountermarkError, LedgerBroken, RegistryUnavailable
from ..evidence import FailureDetails, FingerprintDetails, RecordDetails
from ..media import Looked
from ..provenance import MARK_ALGORITHM, Record, Registry, compare
from ..provenance.reading.stores import one_alone
from ..provenance.resolving.resolvers import payload_of
from ..recover import recover
from ..settings import Settings
from ..verify import look_at, mark_of
from .shapes import Match

MOST_RESULTS = 100
WATERMARKS = (MARK_ALGORITHM,)
_MANIFEST_ID = re.compile(r"(?=[\x21-\x7e]{5,512}$)(?:[^:]+:)?urn:[A-Za-z0-9-]{2,32}:.+")


class Refusal(Exception):
    """What is answered with an error of HTTP, and why."""

    def __init__(self, status: int, detail: str) -> None:
        """Take a status of 4xx or 5xx, and one line for whoever asked."""
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a file: matches by which algorithm, helped by which binding, and how many."""

    most: int
    alg: str | None = None
    hint: str | None = None  # a payload

    def __post_init__(self) -> None:
        """Only what is supported can be wanted."""
        if self.alg is not None and self.alg not in WATERMARKS:
            raise Refusal(400, _unsupported(self.alg))


def payload_in(alg: str, value: str) -> str:
    """Read a binding that was sent."""
    if alg not in WATERMARKS:
        raise Refusal(400, _unsupported(alg))
    try:
        return payload_of(value)
    except ValueError:
        raise Refusal(400, f"a value of {alg} is the eight bytes of its payload, in base64") from None


def by_binding(alg: str, value: str, registry: Registry) -> list[Match]:
    """Find the manifest to which a mark leads."""
    record = registry.by_payload(payload_in(alg, value))
    return [Match(manifestId=record.manifest_id)] if record is not None and _stands(record) else []


def by_content(path: Path, wanted: Wanted, options: Settings) -> list[Match]:
    """Look at a file as `verify` does, in a limited child, and give the manifests of what it shows.

    A mark whose record is of other content was moved there, and leads nowhere. No other resolver is asked: two that
    ask each other would never end.
    """
    options = options.model_copy(update={"resolvers": ""})
    looked = look_at(path, options=options)
    found: dict[str, Match] = {}
    for evidence in recover(looked, options).evidence:
        record = evidence.details
        if evidence.finding == "failed" and isinstance(record, FailureDetails):
            raise RegistryUnavailable(record.error)
        if not isinstance(record, RecordDetails) or record.manifest_id is None:
            continue
        if record.status != "live" or record.fit == "differs" or (wanted.alg and record.found_by != "mark"):
            continue
        by_look = record.found_by == "fingerprint" and evidence.score is not None
        score = round(100 * evidence.score) if by_look and evidence.score is not None else None
        found.setdefault(record.manifest_id, Match(manifestId=record.manifest_id, similarityScore=score))
    if not found and wanted.hint is not None:
        return _hinted(looked, wanted.hint, Registry(options.database_url))
    return list(found.values())[: wanted.most]


def manifest(manifest_id: str, active_only: bool, registry: Registry) -> bytes:
    """Give the manifest store of a record that stands, or the manifest of that id alone."""
    if not _MANIFEST_ID.fullmatch(manifest_id):
        raise Refusal(400, "that is no id of a manifest: one is a URN, as urn:c2pa:…")
    record = registry.by_manifest(manifest_id)
    if record is None or not _stands(record):
        raise Refusal(404, "no manifest of that id is kept here")
    if not active_only:
        return record.manifest_store
    try:
        return one_alone(record.manifest_store, manifest_id)
    except ValueError:
        raise LedgerBroken(f"the store of {manifest_id} holds no such manifest") from None


def readable(registry: Registry) -> bool:
    """Whether the registry answers."""
    try:
        registry.last_position()
    except CountermarkError:
        return False
    return True


def _hinted(looked: Looked, payload: str, registry: Registry) -> list[Match]:
    """Take the asker's word for a mark that could not be read, unless the pictures say otherwise."""
    record = registry.by_payload(payload) if mark_of(looked.evidence) is None else None
    if record is None or not _stands(record):
        return []
    shown = next((e.details for e in looked.evidence if isinstance(e.details, FingerprintDetails)), None)
    if shown and record.fingerprint and compare(shown, record.fingerprint).fit == "differs":
        return []
    return [Match(manifestId=record.manifest_id)]


def _stands(record: Record | None) -> bool:
    return record is not None and record.status == "live"


def _unsupported(alg: str) -> str:
    return f"{alg[:80]!r} is not among /services/supportedAlgorithms"
