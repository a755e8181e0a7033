"""From a copy back to what was signed: mark -> record -> manifest store.

Knows that a mark proves nothing alone: the record must exist, and its fingerprint must fit what is shown here. Knows
no pixels: what a copy looks like arrives as Evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import LedgerBroken, RegistryUnavailable
from .evidence import Evidence, FailureDetails, Finding, FingerprintDetails, Fit, MarkDetails, RecordDetails
from .media import Looked
from .settings import Settings

if TYPE_CHECKING:
    from .provenance import Record

VERSION = "1"


def recover(looked: Looked, options: Settings) -> tuple[Evidence, ...]:
    """Look up every mark that was read; one Evidence of examiner `registry` to each."""
    marks = [(e, e.details) for e in looked.evidence if isinstance(e.details, MarkDetails) and e.finding == "present"]
    return tuple(_record(looked, mark, options) for _, mark in marks)


def _record(looked: Looked, mark: MarkDetails, options: Settings) -> Evidence:
    from .provenance import Registry, read_store, trust

    def evidence(finding: Finding, details: RecordDetails) -> Evidence:
        return Evidence(looked.digest, "container", "registry", VERSION, finding, details=details)

    try:
        record = Registry(options.database_url).by_payload(mark.payload)
    except (RegistryUnavailable, LedgerBroken) as error:  # the other examiners' word still stands
        failed = FailureDetails(str(error))
        return Evidence(looked.digest, "container", "registry", VERSION, "failed", details=failed)
    if record is None:
        nothing = "there is no record to compare with"
        return evidence("absent", RecordDetails(mark.payload, "unknown", "unclear", nothing))
    fit, why = _fit(looked, record, mark)
    return evidence(
        "present",
        RecordDetails(
            payload=mark.payload,
            status=record.status,
            fit=fit,
            fit_reason=why,
            same_bytes=record.content_digest == looked.digest,
            manifest_id=record.manifest_id,
            issuer=record.issuer,
            model=record.model,
            recorded_at=record.created_at,
            status_reason=record.status_reason,
            credentials=read_store(record.manifest_store, trust.load(options.home)),
        ),
    )


def _fit(looked: Looked, record: Record, mark: MarkDetails) -> tuple[Fit, str]:
    from .provenance import compare

    if record.content_digest == looked.digest:
        return "fits", "byte for byte what was registered"
    shown = [e.details for e in looked.evidence if isinstance(e.details, FingerprintDetails)]
    if not shown or record.fingerprint is None:
        return "unclear", "there is no fingerprint to compare"
    compared = compare(shown[0], record.fingerprint, mirrored=mark.mirrored)
    if compared.fit == "differs" and looked.problems:
        return "unclear", f"{compared.reason}, but {looked.problems[0]}"
    return compared.fit, compared.reason
