"""What becomes of a verdict once more is known: what a person found, that a record was revoked, whom we trust by now.

Knows the evidence that was kept, and the registry; opens no media. Decides nothing itself: it folds again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import RegistryUnavailable
from .evidence import ChangesDetails, CredentialDetails, Evidence, FailureDetails, HumanDetails, RecordDetails
from .media import Looked
from .recover import recover
from .settings import Settings
from .verdict import Judgement, Verdict, fold
from .verify import judged, unfinished

if TYPE_CHECKING:
    from .provenance import Record

_RECORDS = {"registry", "resolver"}  # examiners of what marks and looks lead to


def judged_again(verdict: Verdict, added: Evidence | None = None, judgement: Judgement | None = None) -> Verdict:
    """Fold a verdict's evidence anew: with one finding more, or by another judgement.

    What a person found takes the place of what the same person found before; any other finding, that of its examiner.
    """
    if added is None:
        return _folded(verdict, verdict.evidence, judgement)
    if added.subject != verdict.subject:
        raise ValueError(f"a finding on {added.subject} says nothing of {verdict.subject}")
    kept = (one for one in verdict.evidence if not _gives_way(one, added))
    return _folded(verdict, (*kept, added), judgement)


def looked_again(looked: Looked, found: tuple[Evidence, ...], verdict: Verdict, options: Settings) -> Verdict:
    """Judge a second look, and what it led to; what people found before it is in force still."""
    people = tuple(one for one in verdict.evidence if isinstance(one.details, HumanDetails))
    return judged(looked, (*found, *people), options)


def as_it_stands(verdict: Verdict, record: Record) -> Verdict:
    """Fold a verdict that rests on a record anew, if the record was taken back; else give it as it is."""
    if record.status not in ("revoked", "withdrawn"):
        return verdict
    evidence = tuple(_taken_back(one, record) for one in verdict.evidence)
    return verdict if evidence == verdict.evidence else judged_again(replace(verdict, evidence=evidence))


def _taken_back(evidence: Evidence, record: Record) -> Evidence:
    details = evidence.details
    if not isinstance(details, RecordDetails) or details.payload != record.payload or details.resolver is not None:
        return evidence
    return replace(evidence, details=replace(details, status=record.status, status_reason=record.status_reason))


def recovered_again(looked: Looked, verdict: Verdict, options: Settings, judgement: Judgement | None = None) -> Verdict:
    """Look up anew what a file leads to: its record may be revoked by now, or its signer believed.

    looked: what the first look brought. What the second one saw stays, as does what people found; a resolver that is
    silent now is taken at its former word. What a file that was registered byte for byte carries is read anew, from
    the registry. Raises where that can't be read: it changes no verdict.
    """
    of_the_file = {one.examiner for one in looked.evidence}
    shown = tuple(_believed_now(one, options) for one in verdict.evidence if one.examiner in of_the_file)
    found = recover(replace(looked, evidence=shown), options)
    silent = {one.examiner: one.details for one in found.evidence if one.finding == "failed"}
    if isinstance(why := silent.get("registry"), FailureDetails):
        raise RegistryUnavailable(why.error)
    led_to = (one for one in found.evidence if one.examiner not in silent)
    former = (one for one in verdict.evidence if one.examiner not in of_the_file | _RECORDS or one.examiner in silent)
    evidence = (*shown, *led_to, *former)
    held = {one.details.against for one in evidence if isinstance(one.details, ChangesDetails)}
    unheld = (one.manifest_id for one in found.originals if one.manifest_id not in held)
    return _folded(verdict, evidence, judgement, tuple(f"what it changed of {name}" for name in unheld))


def _believed_now(evidence: Evidence, options: Settings) -> Evidence:
    """Read credentials again by whom we trust now, where the registry has exactly their store; what held still does."""
    details = evidence.details
    if not isinstance(details, CredentialDetails) or not details.content_matches or details.place != "embedded":
        return evidence
    from .provenance import Registry, read_store, trust

    record = Registry(options.database_url).by_digest(evidence.subject)
    if record is None or (record.content_digest, record.manifest_id) != (evidence.subject, details.manifest_id):
        return evidence
    read = read_store(record.manifest_store, trust.load(options.home))
    of_the_file = {name: getattr(details, name) for name in ("content_matches", "place", "remarks")}
    return replace(evidence, details=replace(read, **of_the_file))


def _folded(
    verdict: Verdict, evidence: tuple[Evidence, ...], judgement: Judgement | None, unheld: tuple[str, ...] = ()
) -> Verdict:
    """Judge; what was not looked at then is not now, but for what this evidence says of itself."""
    former = unfinished(verdict.evidence)
    missing = (said for said in verdict.not_looked_at if said not in former)
    judgement = judgement or Judgement()
    again = fold(verdict.subject, evidence, judgement, (*missing, *unfinished(evidence), *unheld))
    return replace(again, media=verdict.media)


def _gives_way(old: Evidence, new: Evidence) -> bool:
    if isinstance(new.details, HumanDetails):
        return isinstance(old.details, HumanDetails) and old.details.who == new.details.who
    return old.examiner == new.examiner
