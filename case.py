"""The Evidence of one file, sorted for the rules of the verdict, and said in plain words. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from .evidence import (
    Change,
    ChangesDetails,
    ContainerDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    Evidence,
    FailureDetails,
    Finding,
    IdentityDetails,
    MarkDetails,
    RecordDetails,
    in_words,
    seconds_in,
)
from .evidence.declarations import DISAGREE
from .evidence.text import moment

D = TypeVar("D")
MOST_DECLARED = 4  # that are told one by one
MOST_CHANGES = 5  # that are told one by one; the JSON has all


@dataclass(frozen=True)
class Judgement:
    """The thresholds of a verdict."""

    mark_bound: float = 1e-9  # a mark counts when an unmarked video yields it no more often than this
    detector_fpr: float = 0.05  # a detector counts when it raises false alarms no more often than this

    def __post_init__(self) -> None:
        """Both are rates."""
        if not (0 < self.mark_bound < 1 and 0 < self.detector_fpr < 1):
            raise ValueError("a judgement's thresholds are rates between 0 and 1")


@dataclass(frozen=True)
class Case:
    """The Evidence, sorted for the rules."""

    evidence: tuple[Evidence, ...]
    judgement: Judgement

    def of(self, kind: type[D]) -> list[tuple[Evidence, D]]:
        """Give the evidence with details of one kind."""
        return [(e, e.details) for e in self.evidence if isinstance(e.details, kind)]

    @property
    def credentials(self) -> list[CredentialDetails]:
        """Manifests that this file carries."""
        return [d for _, d in self.of(CredentialDetails)]

    @property
    def intact(self) -> list[CredentialDetails]:
        """Signed, trusted, and the bytes are those that were signed."""
        return [d for d in self.credentials if d.trust == "trusted" and d.content_matches]

    @property
    def marks(self) -> list[MarkDetails]:
        """Marks that count."""
        found = self.of(MarkDetails)
        return [d for e, d in found if e.finding == "present" and d.false_accept_bound <= self.judgement.mark_bound]

    @property
    def records(self) -> list[tuple[Evidence, RecordDetails]]:
        """Each with its evidence, whose spans say for which part of the video it was asked; none: for all of it."""
        return self.of(RecordDetails)

    def fitting(self) -> list[tuple[Evidence, RecordDetails]]:
        """Give the records that stand and fit what is shown; of several editions, those that it is."""
        fits = ((e, r) for e, r in self.records if r.status == "live" and r.fit == "fits")
        return [(e, r) for e, r in fits if not self.edition(r)]

    def compared(self, record: RecordDetails) -> tuple[Evidence, ChangesDetails] | None:
        """Find how it was held to the original of a record, region by region, if it was."""
        held = self.of(ChangesDetails)
        return next(((e, d) for e, d in held if d.against is not None and d.against == record.manifest_id), None)

    def changed(self, record: RecordDetails) -> bool:
        """Say whether this was seen to differ from the original of a record."""
        held = self.compared(record)
        return held is not None and held[0].finding == "present"

    def unchanged(self, record: RecordDetails) -> bool:
        """Say whether this is what someone trusted signed, or what its mark leads to, as far as could be seen."""
        held = self.compared(record)
        whole = record.same_bytes or (held is not None and held[0].finding == "absent")
        vouched = came_back(record) or record.found_by == "mark"
        return whole and vouched and record.status == "live" and record.fit != "differs"

    def edition(self, record: RecordDetails) -> bool:
        """Say whether this only looks like a record, and differs from it, while it is another one unchanged.

        The two are editions of the same content then, with a label and without one, say: none is a change of the other.
        What somebody else registered later makes no edition of what was there before: it may be a changed copy itself.
        """
        held = self.compared(record)
        if record.found_by != "fingerprint" or held is None or held[0].finding != "present":
            return False
        others = (other for _, other in self.records if _may_stand_beside(other, record))
        return any(self.unchanged(other) and self._as_closely(other, held[1]) for other in others)

    def _as_closely(self, record: RecordDetails, seen: ChangesDetails) -> bool:
        """Say whether this was held to a record closely enough to see there what was seen against another one."""
        held = self.compared(record)
        return record.same_bytes or (held is not None and all(_would_see(held[1], seen, one) for one in seen.changes))

    def counting(self, details: ChangesDetails) -> RecordDetails | None:
        """Give the record by whose original a comparison counts, if one does.

        A record that was taken back vouches for none; nor does another edition of what this is unchanged.
        """
        found = (r for _, r in self.records if details.against is not None and r.manifest_id == details.against)
        return next((r for r in found if r.status == "live" and r.fit != "differs" and not self.edition(r)), None)

    @property
    def declared(self) -> list[Declaration]:
        """What the file says of itself without proof."""
        return [one for _, d in self.of(DeclarationsDetails) for one in d.declarations]

    @property
    def contradictory(self) -> bool:
        """Whether it declares both: made by an algorithm, and taken by a camera."""
        said = {one.says for one in self.declared}
        return "captured" in said and bool(said & {"synthetic", "possibly"})

    def marked(self, record: RecordDetails) -> bool:
        """Say whether a mark that counts led to a record."""
        return any(record.payload in (mark.payload, *(o.payload for o in mark.also)) for mark in self.marks)


def comparison_of(evidence: Sequence[Evidence]) -> Evidence | None:
    """Give the comparison with an original that a verdict rests on: one that saw a change, else one that saw none.

    Only one that counts; where none came to an end, the first.
    """
    case = Case(tuple(evidence), Judgement())
    held = [one for one in evidence if one.examiner == "changes" and _counts(case, one)]
    rank: dict[Finding, int] = {"present": 0, "absent": 1}
    return min(held, key=lambda one: rank.get(one.finding, 2), default=None)


def _counts(case: Case, one: Evidence) -> bool:
    details = one.details
    return not isinstance(details, ChangesDetails) or details.against is None or case.counting(details) is not None


def _may_stand_beside(record: RecordDetails, older: RecordDetails) -> bool:
    """Say whether a record is one of the same trusted signer, or was there no later than the other one."""
    one, other = record.credentials, older.credentials
    if one and other and came_back(record) and came_back(older) and one.signer and one.signer == other.signer:
        return True
    at, before = _time(record.recorded_at), _time(older.recorded_at)
    return at is not None and before is not None and at <= before


def _time(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _would_see(held: ChangesDetails, other: ChangesDetails, change: Change) -> bool:
    """Say whether a comparison that saw nothing would have seen a change that another one saw.

    It looked at those seconds, and its least change is neither larger than this one nor of more levels of brightness:
    strength grows with their square.
    """
    slack, span, region = held.smallest_s, change.span, change.region
    if not any(one.start_s - slack <= span.start_s and span.end_s <= one.end_s + slack for one in held.compared):
        return False
    if region is None:
        return True  # it fills the picture, or lies in the order of the pictures
    close = held.smallest_levels <= other.smallest_levels * max(1.0, change.strength) ** 0.5
    return close and held.smallest_share <= region.width * region.height


_EXAMINERS = {  # where its own name says too little
    "detector": "the detector of generated video",
    "detector-changes": "the detector of manipulated parts",
    "changes": "the comparison with the original",
}
TRUST_WORDS = {
    "unknown_signer": "no trust anchor of this machine knows that signer",
    "expired": "the certificate has ended, and no timestamp that counts here says that it signed before",
    "not_yet_valid": "the certificate is not valid yet",
    "revoked": "the certificate was revoked",
}


def called(examiner: str) -> str:
    """Name an examiner to people."""
    return _EXAMINERS.get(examiner, examiner)


def came_back(record: RecordDetails) -> bool:
    """Whether its manifest store came back, signed by someone trusted."""
    return record.credentials is not None and record.credentials.trust == "trusted"


def says_synthetic(record: RecordDetails) -> bool:
    """Whether what came back, signed by someone trusted, calls this synthetic.

    What looks alike may be what it was made from: where a camera's pictures went in, looks alone say nothing of AI.
    """
    if record.credentials is None or not came_back(record) or not record.credentials.says_synthetic:
        return False
    mixed = any(uri.endswith("compositeWithTrainedAlgorithmicMedia") for uri in record.credentials.source_types)
    return record.found_by == "mark" or record.same_bytes or not (mixed or record.credentials.ingredients)


def who(details: CredentialDetails) -> str:
    """Name the signer."""
    name = details.signer or "an unnamed signer"
    return f"{name} (a development identity)" if details.development else name


def codes(details: CredentialDetails) -> str:
    """Give the first codes of what failed."""
    return ", ".join(details.failures[:3]) or "no code given"


def where(evidence: Evidence) -> str:
    """Name the seconds for which a record was asked, where they are not all."""
    return f" from {in_words(evidence.spans)}" if evidence.spans else ""


def recovered_words(case: Case, evidence: Evidence, record: RecordDetails) -> str:
    """Say of what it is a copy, and whether that was changed."""
    assert record.credentials is not None
    what = f"what it shows{where(evidence)}" if evidence.spans else "this"
    when = f"; recorded {moment(record.recorded_at)}" if record.recorded_at else ""
    signed = f"what {who(record.credentials)} signed{when}{_known_to(record)}"
    if record.same_bytes:
        return f"{what} is the very bytes of {signed}"
    seen = _outlook(case.compared(record))
    if record.found_by == "fingerprint":
        return f"by its looks, {what} is a copy of {signed}, or of what that was made from; {seen}"
    return f"{what} is a copy, not the very bytes, of {signed}; {seen}"


def _known_to(record: RecordDetails) -> str:
    return f"; told by {record.resolver}" if record.resolver else ""


def _held_to_original(case: Case) -> list[str]:
    """Say what came of holding it to an original that was named, where no change was seen."""
    said = [
        f"no change seen against the original that was named, {least_words(details)}"
        for evidence, details in case.of(ChangesDetails)
        if details.against is None and evidence.finding == "absent"
    ]
    told = [(e, d) for e, d in case.of(FailureDetails) if e.examiner == "changes"]
    return said + [f"it could not be held to an original: {details.error}" for _, details in told]


def _other_editions(case: Case) -> list[str]:
    """Tell of records that it looks like and differs from, where one fits without a change."""
    said = []
    for _, record in case.records:
        held = case.compared(record)
        if record.status == "live" and held is not None and case.edition(record):
            signer = who(record.credentials) if record.credentials else record.issuer
            said.append(f"{signer} signed another edition of it too, which differs: {change_words(held[1])}")
    return said


def _outlook(compared: tuple[Evidence, ChangesDetails] | None) -> str:
    if compared is None or compared[0].finding not in ("present", "absent"):
        return "whether it was changed was not looked at"
    evidence, details = compared
    if evidence.finding == "present":
        return "changed since"
    return f"no change seen, {least_words(details)}"


def declared_words(case: Case) -> list[str]:
    """Name the fields that say, without proof, that it is or may be synthetic: one of each form first."""
    told = [one for one in case.declared if one.says in ("synthetic", "possibly")]
    if told and any(c.says_synthetic for c in case.intact):
        return [f"{len(told)} unsigned {'field says' if len(told) == 1 else 'fields say'} so too"]
    firsts = {one.form: one for one in reversed(told)}
    ordered = [*(one for one in told if firsts[one.form] is one), *(one for one in told if firsts[one.form] is not one)]
    return _few([_declared(one) for one in ordered])


def _declared(one: Declaration) -> str:
    what = "says so" if one.says == "synthetic" else "says that it may be"
    by = f" (made by {one.generator})" if one.generator and one.generator not in one.value else ""
    return f"{one.field} {what}, unsigned: {one.value}{by}"


def each_declared(case: Case) -> list[str]:
    """Tell what every field says that speaks of how it was made, the first ones in full."""
    return _few([f"{one.field}: {one.value}" for one in case.declared if one.says != "other"])


def _few(said: list[str]) -> list[str]:
    """Give the first, and how many more there are."""
    more = len(said) - MOST_DECLARED
    return said if more <= 0 else [*said[:MOST_DECLARED], f"and {more} fields more"]


def least_words(details: ChangesDetails) -> str:
    """Say how small a change would have been seen."""
    return (
        f"down to {details.smallest_share:.1%} of the frame for {details.smallest_s:.1f} s"
        f" by {details.smallest_levels:.0f} levels of brightness"
    )


def change_words(details: ChangesDetails) -> str:
    """Say where it differs, the plainest first."""
    ordered = sorted(details.changes, key=lambda change: -change.strength)
    said = [_change(change) for change in ordered[:MOST_CHANGES]]
    more = len(ordered) - len(said)
    return "; ".join([*said, *([f"and in {more} more places"] if more else [])])


def _change(change: Change) -> str:
    at = f"at {change.span.start_s:.1f} s" if change.kind == "cut" else f"from {change.span}"
    kinds = {"replaced": "other pictures", "cut": "a part is cut out", "inserted": "pictures were put in"}
    kinds |= {"speed": "it runs at another speed", "region": "a part of the picture"}
    what = kinds[change.kind]
    return f"{what} {at}" + (f" ({change.region})" if change.region else "")


def _marks_together(case: Case) -> list[str]:
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


def _identity(one: IdentityDetails) -> str:
    return f"{one.name or 'someone'}, by an identity that is {one.standing}"


def remarks_on(case: Case) -> tuple[str, ...]:
    """What decides nothing and should still be said."""
    remarks = [*_marks_together(case), *_held_to_original(case), *_other_editions(case)]
    for _, box in case.of(ContainerDetails):
        remarks += [f"the container is odd: {anomaly}" for anomaly in box.anomalies]
    for _, found in case.of(DeclarationsDetails):
        told = [problem for problem in found.problems if not problem.startswith(DISAGREE)]  # the rules say that
        remarks += [f"of its metadata: {problem}" for problem in told]
    if not case.contradictory:
        remarks += [f"{d.field} says captured, unsigned: {d.value}" for d in case.declared if d.says == "captured"]
    recovered = [r.credentials for _, r in case.records if r.credentials]
    for details in recovered:
        if details.trust != "trusted":
            why = TRUST_WORDS.get(details.trust, "it cannot be read, or was changed")
            remarks.append(f"the manifest that came back proves nothing: {why}")
    for details in [*case.credentials, *recovered]:
        if details.development:
            remarks.append("a development identity signed it: trusted where it was made alone, no proof to anyone else")
        remarks += details.remarks
        remarks += [f"its manifest names {_identity(one)}" for one in details.identities]
        if details.ingredient_failures:
            remarks.append(f"an ingredient does not check out: {', '.join(details.ingredient_failures[:3])}")
    return tuple(dict.fromkeys(remarks))
