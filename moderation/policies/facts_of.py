"""From a verdict and a submission to facts. Knows what each examiner's silence leaves unknown; judges nothing.

What was not looked at, or could not be, is unknown; what was looked at and not found is known to be absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from ...case import Case, Judgement, came_back, comparison_of
from ...evidence import (
    ChangesDetails,
    CredentialDetails,
    DeclarationsDetails,
    DetectorDetails,
    Evidence,
    FailureDetails,
    HumanDetails,
    MarkDetails,
    Region,
    seconds_in,
)
from ...evidence.sources import source_of
from ...verdict import SURENESS, Outcome, Verdict
from ..values import Submission
from .values import UNKNOWN, Facts, Known, Members, OneOf
from .vocabulary import EXAMINERS, fact

D = TypeVar("D")
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)  # in the order in which a verdict prefers them
# What an examiner that came to no end could still have led to.
COULD_LEAD_TO: dict[str, frozenset[Outcome]] = {
    "credentials": frozenset({"conflict", "altered", "ai_generated", "credentials_intact", "declared_ai"}),
    "watermark": frozenset({"conflict", "altered", "ai_generated", "credentials_recovered", "declared_ai"}),
    "registry": frozenset({"conflict", "altered", "ai_generated", "credentials_recovered", "declared_ai"}),
    "fingerprint": frozenset({"altered", "ai_generated", "credentials_recovered", "declared_ai"}),
    "changes": frozenset({"altered"}),
    "declarations": frozenset({"declared_ai"}),
    "detector": frozenset({"likely_ai"}),
    "detector-changes": frozenset({"likely_manipulated"}),
}
# What stands only as long as one that came to no end finds nothing: a mark beside a signature that says nothing of AI,
# a change since, a signature by which what merely looks alike is no longer asked for.
COULD_END: dict[str, frozenset[Outcome]] = {
    "watermark": frozenset({"credentials_intact", "credentials_recovered"}),
    "changes": frozenset({"credentials_recovered"}),
    "credentials": frozenset({"credentials_recovered", "altered"}),
}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_WEAK: frozenset[Outcome] = frozenset({"inconclusive", "no_evidence"})  # come and go with what else is found
_SOUNDS = {"the sound": "sound", "the subtitles": "subtitles", "the pictures": "pictures"}


def facts(
    verdict: Verdict | None,
    submission: Submission,
    *,
    failed: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Facts:
    """Gather what is known.

    verdict: None where the check failed, or has not ended; nothing of the content is known then.
    failed: why the check failed, such as `UnreadableVideo`.
    extra: what others know, such as `bank.NAME.opinion`; raises ValueError for a name that is no fact.
    """
    found: dict[str, Known] = {"tenant": submission.tenant_id, "item.type": submission.item.type_id}
    if verdict is not None or failed is not None:
        found |= {"failed": verdict is None, "failed.reason": failed or "" if verdict is None else ""}
    for name, value in submission.uploader.items():
        if _NAME.fullmatch(name):  # a condition could name no other
            found[f"uploader.{name}"] = plain(value)
    if verdict is not None:
        found |= _of_content(verdict)
    for name, value in (extra or {}).items():
        if fact(name) is None:
            raise ValueError(f"no fact is called {name!r}")
        found[name] = plain(value)
    return Facts({name: value for name, value in found.items() if value is not UNKNOWN})


def plain(value: Any) -> Known:
    """Take a value from elsewhere; what no condition could be held to is unknown.

    >>> plain(None), plain(True), plain(["b", "a"]).has == {"a", "b"}, plain({})
    (UNKNOWN, True, True, UNKNOWN)
    """
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return float(value) if abs(value) < 2**53 else UNKNOWN
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(one, str) for one in value):
        return _known(value)
    return value if isinstance(value, Members | OneOf) else UNKNOWN


def _of_content(verdict: Verdict) -> dict[str, Known]:
    case = Case(verdict.evidence, Judgement())
    left = unfinished(verdict)
    media = verdict.media
    return {
        **_of_outcome(case, verdict, left),
        "not_looked_at": _known((*left, *_said_left_out(verdict))),
        **_of_credentials(case, left),
        **_of_marks(case, left),
        **_of_declarations(case, left),
        **_of_detector(case, "generated", "detector", left),
        **_of_detector(case, "manipulated", "detector-changes", left),
        "person.says": _known(one.says for _, one in case.of(HumanDetails)),
        **_of_changes(case, left),
        "length_s": media.duration_s if media else UNKNOWN,
        "width": float(media.width) if media else UNKNOWN,
        "height": float(media.height) if media else UNKNOWN,
    }


def unfinished(verdict: Verdict) -> frozenset[str]:
    """Name the examiners that failed, came to no end, or were not asked."""
    found: dict[str, list[Evidence]] = {}
    for one in verdict.evidence:
        found.setdefault(one.examiner, []).append(one)
    left = {
        name
        for name, those in found.items()
        if name in COULD_LEAD_TO
        if any(isinstance(one.details, FailureDetails) for one in those) or all(map(_without_end, those))
    }
    needed = (*EXAMINERS[:2], "declarations", "detector", "detector-changes", "fingerprint")
    left |= {name for name in needed if name not in found}
    return frozenset(left)


def _without_end(one: Evidence) -> bool:
    return one.finding == "failed" or (one.finding == "inconclusive" and not isinstance(one.details, DetectorDetails))


def _said_left_out(verdict: Verdict) -> list[str]:
    return [name for words, name in _SOUNDS.items() if any(one.startswith(words) for one in verdict.not_looked_at)]


def _of_outcome(case: Case, verdict: Verdict, left: frozenset[str]) -> dict[str, Known]:
    """Say which outcomes hold for sure, and which could if all had come to an end; the strongest is the outcome."""
    held = frozenset((verdict.outcome, *verdict.also))
    could = frozenset(one for name in left for one in COULD_LEAD_TO[name]) - held
    if not left:
        told: dict[str, Known] = {"outcome": verdict.outcome, "also": _known(verdict.also), "outcomes": _known(held)}
        return told | {"sureness": verdict.sureness, "basis": _known(verdict.basis)}
    sure = held - _could_end(case, left) - _WEAK
    may = sure | could | (held - {"no_evidence"}) | ({"inconclusive"} if sure else _WEAK)
    strongest = min(map(OUTCOMES.index, sure), default=len(OUTCOMES))
    one_of = frozenset(one for one in may if OUTCOMES.index(one) <= strongest)
    settled = len(one_of) == 1
    by_others = left <= {"detector", "detector-changes"} and verdict.outcome not in ("likely_ai", "likely_manipulated")
    return {
        "outcome": verdict.outcome if settled else OneOf(one_of),
        "also": Members(sure - one_of, may - one_of if settled else may),
        "outcomes": Members(sure, may),
        "sureness": verdict.sureness if settled and verdict.sureness == SURENESS[verdict.outcome] else UNKNOWN,
        "basis": _known(verdict.basis) if settled and by_others else UNKNOWN,
    }


def _could_end(case: Case, left: frozenset[str]) -> frozenset[Outcome]:
    """Give the outcomes that may not stand; of looks alone, not even that it is synthetic."""
    ends = frozenset(one for name in left for one in COULD_END.get(name, ()))
    proven = any(one.says_synthetic for one in case.intact) or any(r.found_by == "mark" for _, r in case.fitting())
    return ends if proven or not left & COULD_END.keys() else ends | {"ai_generated"}


def _of_credentials(case: Case, left: frozenset[str]) -> dict[str, Known]:
    carried = [one for one in case.credentials]
    if not carried:
        if "credentials" in left:
            return {}
        none: dict[str, Known] = {"signed": False, "signed.trust": "none", "signed.by": "", "signed.intact": False}
        return none | {"signed.development": False, "signed.sources": _known(())}
    first: CredentialDetails = carried[0]
    codes = (looked.source.code for uri in first.source_types if (looked := source_of(uri)).source)
    return {
        "signed": True,
        "signed.trust": first.trust,
        "signed.by": first.signer or "",
        "signed.intact": UNKNOWN if first.content_matches is None else first.content_matches,
        "signed.development": first.development,
        "signed.sources": _known(codes),
    }


def _of_marks(case: Case, left: frozenset[str]) -> dict[str, Known]:
    marks: list[MarkDetails] = case.marks
    found: dict[str, Known] = {}
    if marks:
        found = {"mark": "present", "mark.key": marks[0].key}
    elif "watermark" not in left:
        found = {"mark": "absent", "mark.key": ""}
    partly = bool(left & {"watermark", "registry", "fingerprint"})
    live = [one for _, one in case.records if one.status == "live"]
    fitting = [one for _, one in case.fitting()]
    signers = (one.credentials.signer for one in fitting if one.credentials and came_back(one))
    return found | {
        "record.status": _known((one.status for _, one in case.records), partly),
        "record.fit": _known((one.fit for one in live), partly),
        "record.issuer": _known((one.issuer for one in fitting if one.issuer), partly),
        "record.signer": _known((one for one in signers if one), partly),
    }


def _of_declarations(case: Case, left: frozenset[str]) -> dict[str, Known]:
    if "declarations" in left and not case.of(DeclarationsDetails):
        return {}
    told = case.declared
    return {
        "declared.says": _known(one.says for one in told),
        "declared.forms": _known(one.form for one in told if one.says in ("synthetic", "possibly")),
        "declared.generator": _known(one.generator for one in told if one.generator),
        "declared.contradictory": case.contradictory,
    }


def _of_detector(case: Case, name: str, examiner: str, left: frozenset[str]) -> dict[str, Known]:
    told = [(e, d) for e, d in case.of(DetectorDetails) if e.examiner == examiner and d.target == name]
    if examiner in left or not told:
        return {}
    evidence, details = told[0]
    found: dict[str, Known] = {
        f"detector.{name}.finding": evidence.finding,
        f"detector.{name}.score": UNKNOWN if evidence.score is None else evidence.score,
        f"detector.{name}.fpr": details.fpr,
    }
    if name == "generated":
        return found | {"detector.generated.family": details.family}
    return found | {
        "detector.manipulated.regions": float(len(evidence.regions)),
        "detector.manipulated.share": _largest(evidence.regions),
        "detector.manipulated.seconds": seconds_in(evidence.spans),
    }


def _of_changes(case: Case, left: frozenset[str]) -> dict[str, Known]:
    held = comparison_of(case.evidence)
    if held is None or not isinstance(held.details, ChangesDetails):
        tried = bool(left & {"registry", "watermark", "fingerprint", "changes"})
        return {} if tried else {"changed.compared": False}
    changes = held.details.changes
    seen = [Region(0, 0, 1, 1) if one.region is None else one.region for one in changes if one.kind not in _IN_TIME]
    return {
        "changed.compared": True,
        "changed": held.finding == "present",
        "changed.kinds": _known(one.kind for one in changes),
        "changed.share": _largest(seen),
        "changed.seconds": seconds_in(tuple(one.span for one in changes)),
    }


_IN_TIME = ("cut", "speed")  # such changes lie in the order of the pictures, not in them


def _largest(regions: Iterable[Region]) -> float:
    return max((min(1.0, one.width * one.height) for one in regions), default=0.0)


def _known(found: Iterable[str], partly: bool = False) -> Members:
    has = frozenset(found)
    return Members(has, None if partly else has)
