"""What becomes of a verdict once more is known: what a person found, that a record was revoked, whom we trust by now.

Knows the evidence that was kept, and the registry; opens no media. Decides nothing itself: it folds again.
"""

from __future__ import annotations

from dataclasses import replace

from .errors import RegistryUnavailable
from .evidence import ChangesDetails, Evidence, FailureDetails, HumanDetails
from .media import Looked
from .recover import recover
from .settings import Settings
from .verdict import Judgement, Verdict, fold
from .verify import unfinished

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


def recovered_again(looked: Looked, verdict: Verdict, options: Settings, judgement: Judgement | None = None) -> Verdict:
    """Look up anew what a file leads to: its record may be revoked by now, or its signer believed.

    looked: what the first look brought. What the second one saw stays, as does what people found; a resolver that is
    silent now is taken at its former word. Raises where the registry can't be read: that changes no verdict.
    """
    of_the_file = {one.examiner for one in looked.evidence}
    shown = tuple(one for one in verdict.evidence if one.examiner in of_the_file)
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


def _folded(
    verdict: Verdict, evidence: tuple[Evidence, ...], judgement: Judgement | None, unheld: tuple[str, ...] = ()
) -> Verdict:
    """Judge; what was not looked at then is not now, but for what this evidence says of itself."""
    former = unfinished(verdict.evidence)
    missing = (said for said in verdict.not_looked_at if said not in former)
    judgement = judgement or Judgement()
    return fold(verdict.subject, evidence, judgement, (*missing, *unfinished(evidence), *unheld))


def _gives_way(old: Evidence, new: Evidence) -> bool:
    if isinstance(new.details, HumanDetails):
        return isinstance(old.details, HumanDetails) and old.details.who == new.details.who
    return old.examiner == new.examiner
