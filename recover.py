"""From a copy back to what was signed: mark -> record -> manifest store.

Knows that a mark proves nothing alone: the record must exist, and its fingerprint must fit what is shown here. Knows
no pixels: what a copy looks like arrives as Evidence.
"""

from __future__ import annotations

from .evidence import Evidence, FingerprintDetails, MarkDetails, RecordDetails
from .media import Looked
from .settings import Settings

VERSION = "1"


def recover(looked: Looked, options: Settings) -> tuple[Evidence, ...]:
    """Look up every mark that was read; one Evidence of examiner `registry` to each."""
    marks = [(e, e.details) for e in looked.evidence if isinstance(e.details, MarkDetails) and e.finding == "present"]
    return tuple(_record(looked, mark, options) for _, mark in marks)


def _record(looked: Looked, mark: MarkDetails, options: Settings) -> Evidence:
    from .provenance import Registry, compare, read_store, trust

    def evidence(finding: str, details: RecordDetails) -> Evidence:
        return Evidence(looked.digest, "container", "registry", VERSION, finding, details=details)  # type: ignore[arg-type]

    record = Registry(options.database_url).by_payload(mark.payload)
    if record is None:
        details = RecordDetails(mark.payload, "unknown", "unclear", "there is no record to compare with")
        return evidence("absent", details)
    same_bytes = record.content_digest == looked.digest
    fit, why = ("fits", "byte for byte what was registered") if same_bytes else _fit(looked, record.fingerprint, mark)
    return evidence(
        "present",
        RecordDetails(
            payload=mark.payload,
            status=record.status,
            fit=fit,
            fit_reason=why,
            same_bytes=same_bytes,
            manifest_id=record.manifest_id,
            issuer=record.issuer,
            model=record.model,
            recorded_at=record.created_at,
            status_reason=record.status_reason,
            credentials=read_store(record.manifest_store, trust.load(options.home)),
        ),
    )
