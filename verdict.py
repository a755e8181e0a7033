"""What Evidence adds up to. A pure fold: no I/O, no clock, no settings but the Judgement it is given.

`RULES` is the table of verdicts, in order: the first rule that holds gives the outcome, the others that hold stand in
`also`. Absence proves nothing: no rule turns "nothing found" into "authentic".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from .case import (
    TRUST_WORDS,
    Case,
    Judgement,
    called,
    came_back,
    change_words,
    codes,
    declared_words,
    each_declared,
    recovered_words,
    remarks_on,
    says_synthetic,
    where,
    who,
)
from .evidence import (
    ChangesDetails,
    CredentialDetails,
    DetectorDetails,
    Evidence,
    FailureDetails,
    HumanDetails,
)
from .evidence.sources import source_of

__all__ = ["MEANING", "RULES", "Basis", "Judgement", "Media", "Outcome", "Sureness", "Verdict", "fold"]

Outcome = Literal[
    "conflict",
    "altered",
    "ai_generated",
    "credentials_intact",
    "credentials_recovered",
    "likely_manipulated",
    "likely_ai",
    "declared_ai",
    "inconclusive",
    "no_evidence",
]
Basis = Literal["signed", "recovered", "mark", "declared", "detector", "human"]
Sureness = Literal["proven", "likely", "claimed", "unknown"]

MEANING: dict[Outcome, str] = {
    "conflict": "Two proofs disagree: one of them was moved here from elsewhere.",
    "altered": "This file differs from what was signed.",
    "ai_generated": "Synthetic: made or changed by AI or another algorithm.",
    "credentials_intact": "Signed by someone this machine trusts, and unchanged since.",
    "credentials_recovered": "A copy of something that was signed; its credentials were found again.",
    "likely_manipulated": "Probably manipulated, by a detector that can be wrong.",
    "likely_ai": "Probably made by AI, by a detector that can be wrong.",
    "declared_ai": "Someone says that it is synthetic, without proof.",
    "inconclusive": "It could not be judged.",
    "no_evidence": "Nothing was found, which proves nothing: neither that it is real nor that it is not.",
}
BASIS_WORDS: dict[Basis, str] = {
    "signed": "its signature",
    "recovered": "its recovered credentials",
    "mark": "its mark",
    "declared": "a declaration",
    "detector": "a detector",
    "human": "a person",
}
SURENESS: dict[Outcome, Sureness] = {
    "conflict": "proven",
    "altered": "proven",
    "ai_generated": "proven",
    "credentials_intact": "proven",
    "credentials_recovered": "proven",
    "likely_manipulated": "likely",
    "likely_ai": "likely",
    "declared_ai": "claimed",
    "inconclusive": "unknown",
    "no_evidence": "unknown",
}


@dataclass(frozen=True)
class Media:
    """The video that was judged, as it was opened. Nothing is judged by it."""

    duration_s: float
    width: int  # as shown: upright, in square pixels
    height: int
    frame_rate: float  # the average where it varies
    variable_rate: bool = False


@dataclass(frozen=True)
class Verdict:
    """What was found, what it means, how sure it is, on what basis, and what was not looked at."""

    subject: str
    outcome: Outcome
    also: tuple[Outcome, ...]
    meaning: str
    sureness: Sureness
    basis: tuple[Basis, ...]
    reasons: tuple[str, ...]
    not_looked_at: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    media: Media | None = None  # None: no pictures could be shown, or it is of a version that did not keep it

    @property
    def by(self) -> str:
        """The basis, in words."""
        return " and ".join(BASIS_WORDS[basis] for basis in self.basis)


@dataclass(frozen=True)
class _Held:
    """Why a rule holds: the plain words, and what kinds of proof they rest on."""

    reasons: tuple[str, ...]
    basis: tuple[Basis, ...]
    sureness: Sureness | None = None  # None: that of the outcome


def fold(
    subject: str, evidence: Sequence[Evidence], judgement: Judgement, not_looked_at: Sequence[str] = ()
) -> Verdict:
    """Judge: every rule is asked, the first that holds in the order of the table is the outcome."""
    case = Case(tuple(evidence), judgement)
    held = [(outcome, found) for outcome, rule in RULES if (found := rule(case)) is not None]
    if not held:
        looked = sorted({called(e.examiner) for e in evidence if e.finding == "absent"})
        what = ", ".join(looked) if looked else "nothing could be asked"
        held = [("no_evidence", _Held((f"looked, and found nothing ({what})",), ()))]
    outcome = held[0][0]
    basis = dict.fromkeys(b for _, found in held[:1] for b in found.basis)
    return Verdict(
        subject=subject,
        outcome=outcome,
        also=tuple(other for other, _ in held[1:]),
        meaning=MEANING[outcome],
        sureness=held[0][1].sureness or SURENESS[outcome],
        basis=tuple(basis),
        reasons=tuple(dict.fromkeys(reason for _, found in held for reason in found.reasons)) + remarks_on(case),
        not_looked_at=tuple(dict.fromkeys(not_looked_at)),
        evidence=case.evidence,
    )


def _conflict(case: Case) -> _Held | None:
    # Also where its own manifest lies beside it: who moves a mark can move a manifest too.
    reasons = [
        f"the mark {r.payload}{where(e)} was issued for other content: {r.fit_reason}"
        for e, r in case.records
        if r.status == "live" and r.fit == "differs"
    ]
    captured = [c for c in case.intact if c.says_captured and not c.says_synthetic]
    if captured and case.marks:
        reasons.append(f"{who(captured[0])} signed that a camera took this, and it carries a mark of synthetic video")
    return _Held(tuple(reasons), ("mark",)) if reasons else None


def _altered(case: Case) -> _Held | None:
    proven: list[str] = []
    seen, by_record = _changes(case)
    for evidence, details in case.of(CredentialDetails):
        if evidence.finding != "invalid":
            continue
        if details.trust == "broken" and not details.manifest_id:
            continue  # whatever lies in their place was never read, so that nobody is known to have signed it
        if details.trust == "broken":
            proven.append(f"the credentials themselves were changed or cannot be read ({codes(details)})")
        elif not details.content_matches:
            at = "" if seen else "; where is not known"
            proven.append(f"its bytes are not those that {who(details)} signed ({codes(details)}){at}")
    if not proven and not seen:
        return None
    basis: tuple[Basis, ...] = (*(("signed",) if proven else ()), *(("recovered",) if seen and by_record else ()))
    return _Held((*proven, *seen), basis, None if proven else "likely")  # what is seen rests on statistics


def _changes(case: Case) -> tuple[list[str], bool]:
    """Say what differs from an original that stands, and whether one is a record's."""
    said, by_record = [], False
    for evidence, details in case.of(ChangesDetails):
        if evidence.finding != "present":
            continue
        if details.against is None:
            said.append(f"it differs from the original that was named: {change_words(details)}")
            continue
        record = case.counting(details)
        if record is not None:
            signer = who(record.credentials) if record.credentials else record.issuer
            said.append(f"it differs from what {signer} signed: {change_words(details)}")
            by_record = True
    return said, by_record


def _ai_generated(case: Case) -> _Held | None:
    reasons: list[str] = []
    basis: list[Basis] = []
    by_looks = True  # alone: two videos that look alike may be two
    for details in case.intact:
        if details.says_synthetic:
            reasons.append(f"{who(details)} signed that it is synthetic{_kinds(details)}")
            basis.append("signed")
            by_looks = False
    for evidence, record in case.fitting():
        if case.marked(record):
            content = "what it shows there" if evidence.spans else "this content"
            mark = f"the mark {record.payload}{where(evidence)}"
            reasons.append(f"it carries {mark}, issued by {record.issuer} for {content}")
            basis.append("mark")
        elif not says_synthetic(record):
            continue
        by_looks = by_looks and record.found_by == "fingerprint" and not record.same_bytes
        if came_back(record) and not case.intact:
            reasons.append(recovered_words(case, evidence, record))
            basis.append("recovered")
    return _Held(tuple(reasons), tuple(basis), "likely" if by_looks else None) if reasons else None


def _kinds(details: CredentialDetails) -> str:
    """Name what was signed of how it was made, where that is known."""
    sources = [looked.source for uri in details.source_types if not (looked := source_of(uri)).problems]
    names = dict.fromkeys(one.name for one in sources if one is not None and one.says == "synthetic")
    return f": {', '.join(names)}" if names else ""


def _credentials_intact(case: Case) -> _Held | None:
    if case.marks or any(c.says_synthetic for c in case.intact):
        return None
    reasons = tuple(f"{who(c)} signed exactly these bytes, and said nothing of AI" for c in case.intact)
    return _Held(reasons, ("signed",)) if reasons else None


def _credentials_recovered(case: Case) -> _Held | None:
    found = [
        (e, r)
        for e, r in case.fitting()
        if came_back(r) and not says_synthetic(r) and not case.marked(r)
        if not case.changed(r)
    ]
    if not found:
        return None
    by_looks = all(r.found_by == "fingerprint" and not r.same_bytes for _, r in found)
    reasons = tuple(recovered_words(case, e, r) for e, r in found)
    return _Held(reasons, ("recovered",), "likely" if by_looks else None)


def _likely(case: Case, target: str, human: str) -> _Held | None:
    reasons: list[str] = []
    basis: list[Basis] = []
    for _, person in case.of(HumanDetails):
        if person.says == human:
            reasons.append(f"{person.who} looked and concluded: {person.says} ({person.why})")
            basis.append("human")
    cleared = any(person.says == "genuine" for _, person in case.of(HumanDetails))
    for evidence, detector in case.of(DetectorDetails):
        counts = evidence.finding == "present" and detector.fpr <= case.judgement.detector_fpr
        if detector.target == target and counts and not cleared:
            reasons.append(f"{detector.model} says so, with at most {detector.fpr:.2%} false alarms at this score")
            basis.append("detector")
    return _Held(tuple(reasons), tuple(basis)) if reasons else None


def _likely_manipulated(case: Case) -> _Held | None:
    return _likely(case, "manipulated", "manipulated")


def _likely_ai(case: Case) -> _Held | None:
    return _likely(case, "generated", "synthetic")


def _declared_ai(case: Case) -> _Held | None:
    reasons: list[str] = []
    if not case.contradictory:
        reasons += declared_words(case)
    for c in case.credentials:
        if c.says_synthetic and c.content_matches and c.trust not in ("trusted", "broken"):
            reasons.append(f"{who(c)} signed that it is synthetic, but {TRUST_WORDS[c.trust]}")
    known = {r.payload for _, r in case.records if r.status != "unknown"}
    for e, r in case.records:
        mark = (
            f"it carries the mark {r.payload}{where(e)}" if r.found_by == "mark" else "it looks like what is registered"
        )
        if r.status == "unknown":
            if r.payload in known:
                continue  # to another registry
            reasons.append(f"{mark}, which no registry that was asked knows")
        elif r.status == "pending":
            reasons.append(f"{mark}, whose release was begun and not yet confirmed")
        elif r.status != "live":
            reasons.append(f"{mark}, whose record is {r.status}: {r.status_reason}")
        elif r.fit == "unclear":
            reasons.append(f"{mark}, but whether that belongs here is unclear: {r.fit_reason}")
    return _Held(tuple(reasons), ("declared",)) if reasons else None


def _inconclusive(case: Case) -> _Held | None:
    untold = [(e, d) for e, d in case.of(FailureDetails) if e.finding == "inconclusive"]
    failed = [(called(e.examiner), d) for e, d in case.of(FailureDetails) if e.finding == "failed"]
    reasons = [f"{name} could not look: {details.error}" for name, details in failed]
    reasons += [f"its credentials are {d.error}" for _, d in untold if d.error.startswith("unsupported")]
    told = [e for e in case.evidence if e.examiner != "container" and e.finding in ("present", "absent", "invalid")]
    if untold and not told:
        reasons += [f"{e.examiner}: {d.error}" for e, d in untold]
    for c in case.credentials:
        if c.trust == "broken" and not c.manifest_id:
            reasons.append(f"what lies in the place of credentials cannot be read ({codes(c)})")
        elif not c.says_synthetic and c.content_matches and c.trust not in ("trusted", "broken"):
            reasons.append(f"{who(c)} signed exactly these bytes, but {TRUST_WORDS[c.trust]}")
    if case.contradictory:
        reasons.append(f"its unsigned declarations disagree with each other: {'; '.join(each_declared(case))}")
    for e, d in case.of(DetectorDetails):
        of_a_user = ":" in e.examiner  # what it says counts within the detector's finding, or not at all
        if e.finding == "inconclusive" and e.score is not None and not of_a_user:
            what = "whether it was made by AI" if d.target == "generated" else "whether parts of it were changed"
            reasons.append(
                f"{d.model} can neither say {what} nor leave it: as many as {d.fpr:.0%} of real videos score so"
            )
    cleared = [p for _, p in case.of(HumanDetails) if p.says == "genuine"]
    alarms = [d for e, d in case.of(DetectorDetails) if e.finding == "present"]
    if cleared and alarms:
        reasons.append(f"{cleared[0].who} concluded that it is genuine, against {alarms[0].model}")
    return _Held(tuple(reasons), ()) if reasons else None


Rule = Callable[[Case], _Held | None]
RULES: tuple[tuple[Outcome, Rule], ...] = (
    ("conflict", _conflict),
    ("altered", _altered),
    ("ai_generated", _ai_generated),
    ("credentials_intact", _credentials_intact),
    ("credentials_recovered", _credentials_recovered),
    ("likely_manipulated", _likely_manipulated),
    ("likely_ai", _likely_ai),
    ("declared_ai", _declared_ai),
    ("inconclusive", _inconclusive),
)
