"""From a copy back to what was signed: mark -> record -> manifest store.

Knows that a mark proves nothing alone: the record must exist, and its fingerprint must fit what is shown here. Where
marks lie in parts of a video, each speaks for its own part, and what fits must cover most of the video before any of it
counts: a few seconds that fit must not carry the rest. Knows no pixels: what a copy looks like arrives as Evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from .comparing import Original
from .errors import LedgerBroken, RegistryUnavailable
from .evidence import (
    CredentialDetails,
    Evidence,
    FailureDetails,
    FingerprintDetails,
    Fit,
    MarkDetails,
    MarkGeometry,
    Match,
    RecordDetails,
    Span,
    in_words,
    seconds_in,
)
from .fitting import fit_of
from .media import Looked
from .settings import Settings

if TYPE_CHECKING:
    from .provenance import Comparison, Record

VERSION = "2"
WHOLE = 0.9  # of a video: a mark read in so much of it is taken to be in all of it
COVERS = 0.7  # of a video that must fit, as of the frames of a fingerprint
MOST_ALIKE = 4  # records that are told of where no mark leads to any
MOST_ORIGINALS = 4  # that a copy is held to, each by decoding it once more


@dataclass(frozen=True)
class _Lead:
    """A mark to look up."""

    payload: str
    geometry: MarkGeometry | None
    spans: tuple[Span, ...]  # none: in the whole video
    alone: bool  # no other mark lies in the same video


@dataclass(frozen=True)
class _Found:
    """What became of a lead, the seconds that fit its record, and what they can be held to."""

    evidence: Evidence
    lead: _Lead | None
    fitting: tuple[Span, ...] = ()
    original: Original | None = None


@dataclass(frozen=True)
class Recovered:
    """What a copy led back to."""

    evidence: tuple[Evidence, ...]
    originals: tuple[Original, ...] = ()  # that a second look may hold it to, region by region


def recover(looked: Looked, options: Settings) -> Recovered:
    """Look up every mark that was read; one Evidence of examiner `registry` to each, with spans where it is a part.

    What no mark leads back is looked up by what it shows; what this registry does not know, resolvers are asked.
    """
    length = looked.video.duration_s if looked.video else 0.0
    found = [_looked_up(looked, lead, options, Span(0.0, length)) for lead in _leads(looked, length)]
    fitting = tuple(span for one in found for span in one.fitting)
    if seconds_in(fitting) < COVERS * length:
        found = [replace(one, evidence=_of_a_part(one, fitting, length)) for one in found]
    abroad = [evidence for one in found for evidence in _asked_abroad(looked, one, options)]
    if not fitting and not signed_as_is(looked):
        found += _looking_like(looked, options, {one.lead.payload for one in found if one.lead})
    originals = () if signed_as_is(looked) else tuple(one.original for one in found if one.original)
    return Recovered((*(one.evidence for one in found), *abroad), originals[:MOST_ORIGINALS])


def signed_as_is(looked: Looked) -> bool:
    """Say whether someone trusted signed exactly these bytes: whatever they were made from, they are an own work."""
    held = (e.details for e in looked.evidence if isinstance(e.details, CredentialDetails))
    return any(d.trust == "trusted" and d.content_matches for d in held)


def _asked_abroad(looked: Looked, found: _Found, options: Settings) -> tuple[Evidence, ...]:
    """Ask the resolvers of the settings about a mark that no record here is of."""
    details, spans = found.evidence.details, found.evidence.spans
    if not isinstance(details, RecordDetails) or details.status != "unknown" or not options.resolvers:
        return ()
    from .provenance.resolving import resolvers

    shown, lead = _shown(looked), found.lead
    fits = None
    if shown is not None and lead is not None and not spans:  # of a part, only what covers the rest could vouch
        fits = partial(_fits_abroad, shown, lead.geometry)
    return resolvers.evidence_of(details.payload, looked.digest, options, spans, fits)


def _fits_abroad(
    shown: FingerprintDetails, geometry: MarkGeometry | None, original: FingerprintDetails
) -> tuple[Fit, str]:
    held = fit_of(shown, original, geometry)
    return held.fit, held.reason


def _looking_like(looked: Looked, options: Settings, led_to: set[str]) -> list[_Found]:
    """Look up what the pictures show, where no mark led to what fits; what marks led to was held to it already."""
    from .provenance import Comparison, Registry
    from .provenance.fingerprint import lookup

    shown, registry = _shown(looked), Registry(options.database_url)
    if shown is None or looked.video is None:
        return []
    empty = Evidence(looked.digest, "container", "registry", VERSION, "present")
    try:
        alike = lookup.find(registry, options.home, shown, MOST_ALIKE)
        records = [(one, registry.by_payload(one.payload)) for one in alike.candidates]
    except (RegistryUnavailable, LedgerBroken) as error:
        return [_Found(replace(empty, finding="failed", details=FailureDetails(str(error))), None)]
    found = []
    if alike.behind:
        why = "records that the index of fingerprints has not taken in yet; each look takes in some: look again"
        found.append(_Found(replace(empty, finding="inconclusive", details=FailureDetails(why)), None))
    for one, record in records:
        if record is None or record.payload in led_to:
            continue
        why = f"it looks like it for {in_words(tuple(match.copy for match in one.segments))}"
        details = _details(looked, record, options, Comparison("fits", why, segments=one.segments), "fingerprint")
        lead = _Lead(one.payload, None, (), True)
        original = _original(record, details, lead) if record.status == "live" else None
        found.append(_Found(replace(empty, score=one.score, details=details), lead, original=original))
    return found


def _shown(looked: Looked) -> FingerprintDetails | None:
    return next((e.details for e in looked.evidence if isinstance(e.details, FingerprintDetails)), None)


def _leads(looked: Looked, length: float) -> list[_Lead]:
    leads: dict[str, _Lead] = {}
    for evidence in looked.evidence:
        mark = evidence.details
        if evidence.finding != "present" or not isinstance(mark, MarkDetails):
            continue
        rows = [(mark.payload, mark.geometry, evidence.spans), *((o.payload, o.geometry, o.spans) for o in mark.also)]
        for payload, geometry, spans in rows:
            partial = bool(spans) and seconds_in(spans) < WHOLE * length
            leads.setdefault(payload, _Lead(payload, geometry, spans if partial else (), not mark.also))
    return list(leads.values())


def _looked_up(looked: Looked, lead: _Lead, options: Settings, whole: Span) -> _Found:
    from .provenance import Registry

    empty = Evidence(looked.digest, "container", "registry", VERSION, "absent", spans=lead.spans)
    try:
        record = Registry(options.database_url).by_payload(lead.payload)
    except (RegistryUnavailable, LedgerBroken) as error:  # the other examiners' word still stands
        return _Found(replace(empty, finding="failed", details=FailureDetails(str(error))), lead)
    if record is None:
        nothing = "there is no record to compare with"
        unknown = RecordDetails(lead.payload, "unknown", "unclear", nothing)
        return _Found(replace(empty, details=unknown), lead)
    held, fitting = _fit(looked, record, lead, whole)
    details = _details(looked, record, options, held)
    spans = () if details.same_bytes or fitting == (whole,) else lead.spans
    stands = details.status == "live"
    found = replace(empty, finding="present", spans=spans, details=details)
    # A few of its seconds in something longer are no copy of it, and differ in what is around them.
    original = _original(record, details, lead) if stands and not spans else None
    return _Found(found, lead, fitting if stands else (), original)


def _details(
    looked: Looked,
    record: Record,
    options: Settings,
    held: Comparison,
    found_by: Literal["mark", "fingerprint"] = "mark",
) -> RecordDetails:
    from .provenance import read_store, trust

    same_bytes = record.has_bytes(looked.digest)
    return RecordDetails(
        payload=record.payload,
        status="live" if record.status == "pending" and same_bytes else record.status,
        fit=held.fit,
        fit_reason=held.reason,
        same_bytes=same_bytes,
        manifest_id=record.manifest_id,
        issuer=record.issuer,
        model=record.model,
        recorded_at=record.created_at,
        status_reason=record.status_reason,
        credentials=read_store(record.manifest_store, trust.load(options.home)),
        found_by=found_by,
        segments=held.segments,
    )


def _original(record: Record, details: RecordDetails, lead: _Lead) -> Original | None:
    """Give what the whole copy can be held to; the very bytes need no second look, and other content none either."""
    if record.changes is None or details.same_bytes or details.fit == "differs" or not lead.alone:
        return None
    return Original(record.changes, details.manifest_id, lead.geometry, details.segments)


def _fit(looked: Looked, record: Record, lead: _Lead, whole: Span) -> tuple[Comparison, tuple[Span, ...]]:
    """Say whether a record fits, why, and in which seconds."""
    from .provenance import Comparison

    if record.has_bytes(looked.digest):
        return Comparison("fits", "byte for byte what was registered", segments=(Match(whole, whole),)), (whole,)
    shown = _shown(looked)
    if shown is None or record.fingerprint is None:
        return Comparison("unclear", "there is no fingerprint to compare"), ()
    if lead.alone or not lead.spans:  # the mark may be legible in parts alone of what is a copy as a whole
        held = fit_of(shown, record.fingerprint, lead.geometry)
        if held.fit == "fits":
            return held, (whole,)
    if lead.spans:
        held = fit_of(shown, record.fingerprint, lead.geometry, lead.spans)
        if held.fit == "fits":
            return held, lead.spans
    if held.fit == "differs" and looked.problems:
        return replace(held, fit="unclear", reason=f"{held.reason}, but {looked.problems[0]}"), ()
    return held, ()


def _of_a_part(found: _Found, fitting: tuple[Span, ...], length: float) -> Evidence:
    """Take back a fit that holds for a part of a video, most of which nothing vouches for."""
    details = found.evidence.details
    if not found.fitting or not isinstance(details, RecordDetails):
        return found.evidence
    share = f"{seconds_in(fitting):.1f} of {length:.1f} s" if length else "a part"
    why = f"{in_words(found.fitting)} fit ({details.fit_reason}), but only {share} carry a mark that fits"
    return replace(found.evidence, details=replace(details, fit="unclear", fit_reason=why))
