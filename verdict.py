"""What Evidence adds up to. A pure fold: no I/O, no clock, no settings but the Judgement it is given.

`RULES` is the table of verdicts, in order: the first rule that holds gives the outcome, the others that hold stand in
`also`. Absence proves nothing: no rule turns "nothing found" into "authentic".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from .evidence import (
    ContainerDetails,
    CredentialDetails,
    DeclarationDetails,
    DetectorDetails,
    Evidence,
    FailureDetails,
    HumanDetails,
    MarkDetails,
    RecordDetails,
    in_words,
    seconds_in,
)

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
_SURENESS: dict[Outcome, Sureness] = {
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
class Judgement:
    """The thresholds of a verdict."""

    mark_bound: float = 1e-9  # a mark counts when an unmarked video yields it no more often than this
    detector_fpr: float = 0.01  # a detector counts when it raises false alarms no more often than this

    def __post_init__(self) -> None:
        """Both are rates."""
        if not (0 < self.mark_bound < 1 and 0 < self.detector_fpr < 1):
            raise ValueError("a judgement's thresholds are rates between 0 and 1")


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

    @property
    def by(self) -> str:
        """The basis, in words."""
        return " and ".join(BASIS_WORDS[basis] for basis in self.basis)


@dataclass(frozen=True)
class _Held:
    """Why a rule holds: the plain words, and what kinds of proof they rest on."""

    reasons: tuple[str, ...]
    basis: tuple[Basis, ...]


D = TypeVar("D")


@dataclass(frozen=True)
class _Case:
    """The Evidence, sorted for the rules."""

    evidence: tuple[Evidence, ...]
    judgement: Judgement

    def of(self, kind: type[D]) -> list[tuple[Evidence, D]]:
        return [(e, e.details) for e in self.evidence if isinstance(e.details, kind)]

    @property
    def credentials(self) -> list[CredentialDetails]:
        return [d for _, d in self.of(CredentialDetails)]

    @property
    def intact(self) -> list[CredentialDetails]:
        """Signed, trusted, and the bytes are those that were signed."""
        return [d for d in self.credentials if d.trust == "trusted" and d.content_matches]

    @property
    def marks(self) -> list[MarkDetails]:
        found = self.of(MarkDetails)
        return [d for e, d in found if e.finding == "present" and d.false_accept_bound <= self.judgement.mark_bound]

    @property
    def records(self) -> list[tuple[Evidence, RecordDetails]]:
        """Each with its evidence, whose spans say for which part of the video it was asked; none: for all of it."""
        return self.of(RecordDetails)

    def fitting(self) -> list[tuple[Evidence, RecordDetails]]:
        return [(e, r) for e, r in self.records if r.status == "live" and r.fit == "fits"]

    def marked(self, record: RecordDetails) -> bool:
        return any(record.payload in (mark.payload, *(o.payload for o in mark.also)) for mark in self.marks)


def fold(
    subject: str, evidence: Sequence[Evidence], judgement: Judgement, not_looked_at: Sequence[str] = ()
) -> Verdict:
    """Judge: every rule is asked, the first that holds in the order of the table is the outcome."""
    case = _Case(tuple(evidence), judgement)
    held = [(outcome, found) for outcome, rule in RULES if (found := rule(case)) is not None]
    if not held:
        looked = sorted({e.examiner for e in evidence if e.finding == "absent"})
        what = ", ".join(looked) if looked else "nothing could be asked"
        held = [("no_evidence", _Held((f"looked, and found nothing ({what})",), ()))]
    outcome = held[0][0]
    basis = dict.fromkeys(b for _, found in held[:1] for b in found.basis)
    return Verdict(
        subject=subject,
        outcome=outcome,
        also=tuple(other for other, _ in held[1:]),
        meaning=MEANING[outcome],
        sureness=_SURENESS[outcome],
        basis=tuple(basis),
        reasons=tuple(dict.fromkeys(reason for _, found in held for reason in found.reasons)) + _remarks(case),
        not_looked_at=tuple(dict.fromkeys(not_looked_at)),
        evidence=case.evidence,
    )


def _conflict(case: _Case) -> _Held | None:
    # A mark beside its own manifest was damaged, not moved; whoever is not trusted may name any manifest.
    own = {c.manifest_id for c in case.credentials if c.trust == "trusted"}
    reasons = [
        f"the mark {r.payload}{_where(e)} was issued for other content: {r.fit_reason}"
        for e, r in case.records
        if r.status == "live" and r.fit == "differs" and r.manifest_id not in own
    ]
    captured = [c for c in case.intact if c.says_captured and not c.says_synthetic]
    if captured and case.marks:
        reasons.append(f"{_who(captured[0])} signed that a camera took this, and it carries a mark of synthetic video")
    return _Held(tuple(reasons), ("mark",)) if reasons else None


def _altered(case: _Case) -> _Held | None:
    reasons = []
    for evidence, details in case.of(CredentialDetails):
        if evidence.finding != "invalid":
            continue
        if details.trust == "broken" and not details.manifest_id:
            continue  # whatever lies in their place was never read, so that nobody is known to have signed it
        if details.trust == "broken":
            reasons.append(f"the credentials themselves were changed or cannot be read ({_codes(details)})")
        elif not details.content_matches:
            reasons.append(
                f"its bytes are not those that {_who(details)} signed ({_codes(details)}); where is not known"
            )
    return _Held(tuple(reasons), ("signed",)) if reasons else None


def _ai_generated(case: _Case) -> _Held | None:
    reasons: list[str] = []
    basis: list[Basis] = []
    for details in case.intact:
        if details.says_synthetic:
            kinds = ", ".join(uri.rsplit("/", 1)[-1] for uri in details.source_types)
            reasons.append(f"{_who(details)} signed that it is synthetic ({kinds})")
            basis.append("signed")
    for evidence, record in case.fitting():
        if case.marked(record):
            content = "what it shows there" if evidence.spans else "this content"
            mark = f"the mark {record.payload}{_where(evidence)}"
            reasons.append(f"it carries {mark}, issued by {record.issuer} for {content}")
            basis.append("mark")
        elif not (_came_back(record) and record.credentials and record.credentials.says_synthetic):
            continue
        if _came_back(record) and not case.intact:
            reasons.append(_recovered_words(evidence, record))
            basis.append("recovered")
    return _Held(tuple(reasons), tuple(basis)) if reasons else None


def _credentials_intact(case: _Case) -> _Held | None:
    if case.marks or any(c.says_synthetic for c in case.intact):
        return None
    reasons = tuple(f"{_who(c)} signed exactly these bytes, and said nothing of AI" for c in case.intact)
    return _Held(reasons, ("signed",)) if reasons else None


def _credentials_recovered(case: _Case) -> _Held | None:
    reasons = tuple(
        _recovered_words(e, r)
        for e, r in case.fitting()
        if _came_back(r) and not (r.credentials and r.credentials.says_synthetic) and not case.marked(r)
    )
    return _Held(reasons, ("recovered",)) if reasons else None


def _likely(case: _Case, target: str, human: str) -> _Held | None:
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


def _likely_manipulated(case: _Case) -> _Held | None:
    return _likely(case, "manipulated", "manipulated")


def _likely_ai(case: _Case) -> _Held | None:
    return _likely(case, "generated", "synthetic")


def _declared_ai(case: _Case) -> _Held | None:
    reasons: list[str] = []
    declared = [d for _, d in case.of(DeclarationDetails)]
    if declared and all(d.says_synthetic for d in declared):
        reasons += [f"{d.field} says so, unsigned: {d.value}" for d in declared]
    for c in case.credentials:
        if c.says_synthetic and c.content_matches and c.trust not in ("trusted", "broken"):
            reasons.append(f"{_who(c)} signed that it is synthetic, but {_TRUST_WORDS[c.trust]}")
    for e, r in case.records:
        mark = f"it carries the mark {r.payload}{_where(e)}"
        if r.status == "unknown":
            reasons.append(f"{mark}, which no registry that was asked knows")
        elif r.status != "live":
            reasons.append(f"{mark}, whose record is {r.status}: {r.status_reason}")
        elif r.fit == "unclear":
            reasons.append(f"{mark}, but whether that belongs here is unclear: {r.fit_reason}")
    return _Held(tuple(reasons), ("declared",)) if reasons else None


def _inconclusive(case: _Case) -> _Held | None:
    reasons = [f"{e.examiner} could not look: {d.error}" for e, d in case.of(FailureDetails) if e.finding == "failed"]
    for c in case.credentials:
        if c.trust == "broken" and not c.manifest_id:
            reasons.append(f"what lies in the place of credentials cannot be read ({_codes(c)})")
        elif not c.says_synthetic and c.content_matches and c.trust not in ("trusted", "broken"):
            reasons.append(f"{_who(c)} signed exactly these bytes, but {_TRUST_WORDS[c.trust]}")
    if len({d.says_synthetic for _, d in case.of(DeclarationDetails)}) > 1:
        reasons.append("its unsigned declarations disagree with each other")
    cleared = [p for _, p in case.of(HumanDetails) if p.says == "genuine"]
    alarms = [d for e, d in case.of(DetectorDetails) if e.finding == "present"]
    if cleared and alarms:
        reasons.append(f"{cleared[0].who} concluded that it is genuine, against {alarms[0].model}")
    return _Held(tuple(reasons), ()) if reasons else None


Rule = Callable[[_Case], _Held | None]
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

_TRUST_WORDS = {
    "unknown_signer": "no trust anchor of this machine knows that signer",
    "expired": "the certificate had expired, and no timestamp says when it was signed",
    "not_yet_valid": "the certificate is not valid yet",
    "revoked": "the certificate was revoked",
}


def _came_back(record: RecordDetails) -> bool:
    """Whether its manifest store came back, signed by someone trusted."""
    return record.credentials is not None and record.credentials.trust == "trusted"


def _who(details: CredentialDetails) -> str:
    name = details.signer or "an unnamed signer"
    return f"{name} (a development identity)" if details.development else name


def _codes(details: CredentialDetails) -> str:
    return ", ".join(details.failures[:3]) or "no code given"


def _where(evidence: Evidence) -> str:
    """Name the seconds for which a record was asked, where they are not all."""
    return f" from {in_words(evidence.spans)}" if evidence.spans else ""


def _recovered_words(evidence: Evidence, record: RecordDetails) -> str:
    assert record.credentials is not None
    same = "the very bytes" if record.same_bytes else "a copy, not the very bytes,"
    what = f"what it shows{_where(evidence)}" if evidence.spans else "this"
    return f"{what} is {same} of what {_who(record.credentials)} signed; recorded {record.recorded_at}"


def _marks_together(case: _Case) -> list[str]:
    """Say of several marks that they make no whole: each speaks for its own seconds."""
    said = []
    for evidence, mark in case.of(MarkDetails):
        if not mark.also or mark not in case.marks:
            continue
        parts = [(mark.payload, evidence.spans), *((other.payload, other.spans) for other in mark.also)]
        lengths = [seconds_in(spans) for _, spans in parts]
        apart = seconds_in(tuple(span for _, spans in parts for span in spans)) > 1.2 * max(lengths)
        how = (
            "it was put together from several marked videos, and no mark speaks for the whole"
            if apart
            else "it was marked more than once"
        )
        named = ", ".join(f"{payload} from {in_words(spans)}" if spans else payload for payload, spans in parts)
        said.append(f"it carries {len(parts)} marks ({named}): {how}")
    return said


def _remarks(case: _Case) -> tuple[str, ...]:
    """What decides nothing and should still be said."""
    remarks = _marks_together(case)
    for _, box in case.of(ContainerDetails):
        remarks += [f"the container is odd: {anomaly}" for anomaly in box.anomalies]
    recovered = [r.credentials for _, r in case.records if r.credentials]
    for details in recovered:
        if details.trust != "trusted":
            why = _TRUST_WORDS.get(details.trust, "it cannot be read, or was changed")
            remarks.append(f"the manifest that came back proves nothing: {why}")
    for details in [*case.credentials, *recovered]:
        if details.development:
            remarks.append("the signature is by a development identity: it means nothing to anyone else")
        if details.ingredient_failures:
            remarks.append(f"an ingredient does not check out: {', '.join(details.ingredient_failures[:3])}")
    return tuple(dict.fromkeys(remarks))
