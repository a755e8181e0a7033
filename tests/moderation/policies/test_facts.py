"""What an examiner's silence leaves unknown, and what looking without finding makes known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.evidence import (
    Change,
    ChangesDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    DetectorDetails,
    Evidence,
    FailureDetails,
    Finding,
    FingerprintDetails,
    HumanDetails,
    MarkDetails,
    NoMarkDetails,
    RecordDetails,
    Region,
    Span,
)
from countermark.evidence.found import Details
from countermark.moderation import Item, Submission
from countermark.moderation.banks import BankMatch, bank_facts
from countermark.moderation.banks.values import OPINIONS
from countermark.moderation.policies import UNKNOWN, Facts, Members, OneOf, default, facts, ruled
from countermark.moderation.policies.logic import answer
from countermark.moderation.policies.values import Compare
from countermark.moderation.policies.vocabulary import FACTS, fact
from countermark.verdict import Judgement, Media, Verdict, fold

SUBJECT = "0" * 64
UPLOAD = Submission(
    "sub1", "ten1", Item("v1", "clip"), "chk1", "2026-01-01T00:00:00Z", SUBJECT,
    {"verified": True, "followers": 12, "tags": ["a"], "odd name": 1, "nested": {"a": 1}},
)  # fmt: skip


def saw(examiner: str, finding: Finding, details: Details | None = None, **more: Any) -> Evidence:
    return Evidence(SUBJECT, "video", examiner, "1", finding, details=details, **more)


def broke(examiner: str, finding: Finding = "failed") -> Evidence:
    return saw(examiner, finding, FailureDetails("it broke"))


LOOK = FingerprintDetails("pdq", (), (), ())
CLEAN = {
    "credentials": saw("credentials", "absent"),
    "watermark": saw("watermark", "absent", NoMarkDetails(("open",), 1, 1)),
    "declarations": saw("declarations", "absent", DeclarationsDetails()),
    "fingerprint": saw("fingerprint", "present", LOOK),
    "detector": saw("detector", "absent", DetectorDetails("generated", "m", 0.6), score=0.1),
    "detector-changes": saw("detector-changes", "absent", DetectorDetails("manipulated", "m", 0.7), score=0.2),
}


def judged(*evidence: Evidence, without: tuple[str, ...] = ()) -> Verdict:
    found = {name: one for name, one in CLEAN.items() if name not in without}
    found |= {one.examiner: one for one in evidence}
    return fold(SUBJECT, tuple(found.values()), Judgement(), ("the sound: no examiner listens to it",))


def of(*evidence: Evidence, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return dict(facts(judged(*evidence, without=without), UPLOAD).values)


def known(*values: str) -> Members:
    return Members(frozenset(values), frozenset(values))


def test_what_was_looked_at_and_not_found_is_known() -> None:
    found = of()
    assert found["outcome"] == "no_evidence" and found["outcomes"] == known("no_evidence")
    assert (found["signed"], found["signed.trust"], found["mark"], found["changed.compared"]) == (
        False, "none", "absent", False,
    )  # fmt: skip
    assert found["record.status"] == found["declared.says"] == found["person.says"] == known()
    assert (found["detector.generated.finding"], found["detector.generated.fpr"]) == ("absent", 0.6)
    assert found["not_looked_at"] == known("sound")
    assert "changed" not in found and "length_s" not in found


def test_of_account_and_upload_only_plain_values_are_facts() -> None:
    found = of()
    told = {name: value for name, value in found.items() if name.startswith(("uploader.", "tenant", "item", "failed"))}
    assert told == {
        "tenant": "ten1",
        "item.type": "clip",
        "failed": False,
        "failed.reason": "",
        "uploader.verified": True,
        "uploader.followers": 12.0,
        "uploader.tags": known("a"),
    }


def test_of_a_check_that_failed_nothing_of_the_content_is_known() -> None:
    found = facts(None, UPLOAD, failed="UnreadableVideo").values
    assert (found["failed"], found["failed.reason"]) == (True, "UnreadableVideo")
    assert not {name for name in found if name in FACTS} - {"failed", "failed.reason", "tenant", "item.type"}
    assert "failed" not in facts(None, UPLOAD).values  # of one that has not ended, not even that


@pytest.mark.parametrize("finding", ["failed", "inconclusive"])
@pytest.mark.parametrize(
    ("examiner", "unknown", "could"),
    [
        ("credentials", ("signed", "signed.trust", "signed.intact"), "credentials_intact"),
        ("watermark", ("mark", "mark.key"), "ai_generated"),
        ("declarations", ("declared.says", "declared.forms"), "declared_ai"),
        ("detector", ("detector.generated.finding", "detector.generated.score", "detector.generated.fpr"), "likely_ai"),
        ("detector-changes", ("detector.manipulated.fpr",), "likely_manipulated"),
    ],
)
def test_who_failed_leaves_unknown_what_they_would_have_said(
    examiner: str, unknown: tuple[str, ...], could: str, finding: Finding
) -> None:
    for found in (of(broke(examiner, finding)), of(without=(examiner,))):  # not asked at all is no better
        assert [name for name in unknown if name in found] == []
        assert could in found["outcomes"].may and could not in found["outcomes"].has
        assert isinstance(found["outcome"], OneOf) and could in found["outcome"].values
        assert examiner in found["not_looked_at"].has


def test_a_registry_that_failed_leaves_records_unknown() -> None:
    found = of(saw("watermark", "present", mark()), broke("registry"))
    assert found["mark"] == "present"
    assert found["record.status"] == Members(frozenset(), None) and "changed.compared" not in found


def mark() -> MarkDetails:
    return MarkDetails("00" * 8, "open", 1, 1e-12, 1.0)


def test_a_proof_stands_whatever_failed_beside_it() -> None:
    signed = CredentialDetails("m1", "trusted", True, signer="News", says_synthetic=True, source_types=(
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",))  # fmt: skip
    unasked = saw("detector", "inconclusive", FailureDetails("not asked, since it is proven"))
    found = of(saw("credentials", "present", signed), unasked)
    assert found["outcome"] == "ai_generated" and found["sureness"] == "proven"
    assert found["outcomes"] == Members(
        frozenset({"ai_generated"}), frozenset({"ai_generated", "likely_ai", "inconclusive"})
    )
    assert (found["signed"], found["signed.by"], found["signed.trust"], found["signed.intact"]) == (
        True, "News", "trusted", True,
    )  # fmt: skip
    assert found["signed.sources"] == known("trainedAlgorithmicMedia")
    ruling = ruled(default("video-platform"), facts(judged(saw("credentials", "present", signed), unasked), UPLOAD))
    assert ruling.effect == "actions" and [one.rule for one in ruling.held] == ["proven-synthetic"]


def test_an_outcome_that_a_stronger_one_could_replace_is_not_settled() -> None:
    alarm = saw("detector", "present", DetectorDetails("generated", "m", 0.005, family="x"), score=0.99)
    assert of(alarm)["outcome"] == "likely_ai"
    found = of(alarm, broke("credentials"))
    assert isinstance(found["outcome"], OneOf) and found["outcome"].values >= {"likely_ai", "ai_generated"}
    assert "likely_ai" in found["outcomes"].has and "sureness" not in found and "basis" not in found
    assert (found["detector.generated.fpr"], found["detector.generated.family"]) == (0.005, "x")
    # What is weaker could not replace it.
    assert of(alarm, broke("declarations"))["outcome"] == "likely_ai"


def test_what_is_found_stands_in_the_facts() -> None:
    parts = DetectorDetails("manipulated", "m", 0.01)
    where = {"spans": (Span(0, 2), Span(1, 3)), "regions": (Region(0, 0, 0.5, 0.5), Region(0, 0, 0.1, 0.1))}
    said = (Declaration("synthetic", "xmp", "f", "v", "Gen"), Declaration("captured", "iptc", "g", "w"))
    found = of(
        saw("detector-changes", "present", parts, score=0.9, **where),
        saw("declarations", "present", DeclarationsDetails(said)),
        saw("human", "present", HumanDetails("manipulated", "person", "seen")),
    )
    assert found["detector.manipulated.regions"] == 2.0 and found["detector.manipulated.seconds"] == 3.0
    assert found["detector.manipulated.share"] == 0.25
    assert found["declared.says"] == known("synthetic", "captured") and found["declared.contradictory"] is True
    assert found["declared.forms"] == known("xmp") and found["declared.generator"] == known("Gen")
    assert found["person.says"] == known("manipulated")


def test_what_changed_since_it_was_signed() -> None:
    record = RecordDetails("00" * 8, "live", "fits", "as shown", manifest_id="m1", issuer="Us")
    changes = (Change("region", Span(1, 2), Region(0, 0, 0.5, 0.2)), Change("cut", Span(3, 3)))
    held = ChangesDetails(changes, (Span(0, 9),), 0.01, 0.5, 8, against="m1")
    found = of(saw("watermark", "present", mark()), saw("registry", "present", record), saw("changes", "present", held))
    assert found["record.status"] == known("live") and found["record.fit"] == known("fits")
    assert found["record.issuer"] == known("Us") and found["record.signer"] == known()
    assert found["changed"] is True and found["changed.kinds"] == known("region", "cut")
    assert (found["changed.share"], found["changed.seconds"]) == (0.1, 1.0)


def test_the_length_is_that_of_the_media() -> None:
    from dataclasses import replace

    verdict = replace(judged(), media=Media(2.5, 64, 48, 25.0))
    found = facts(verdict, UPLOAD).values
    assert (found["length_s"], found["width"], found["height"]) == (2.5, 64.0, 48.0)


def test_others_add_what_they_know_under_names_that_are_facts() -> None:
    match = BankMatch("bnk_1", "KNOWN", False, "bcn_1", 1, "DISPUTED", "", "pdq", 12, 1.0, 1.0, "content:bcn_1")
    found = facts(None, UPLOAD, extra=bank_facts([match], ["OTHER"]))
    assert (found.get("bank.KNOWN.opinion"), found.get("bank.KNOWN.distance")) == ("DISPUTED", 12.0)
    assert (found.get("bank.OTHER.matched"), found.get("bank.OTHER.opinion")) == (False, "none")
    assert found.get("bank.NOT-ASKED.matched") is UNKNOWN
    opinions = fact("bank.KNOWN.opinion")
    assert opinions is not None and set(opinions.values) == {"none", *OPINIONS}
    with pytest.raises(ValueError, match="no fact is called"):
        facts(None, UPLOAD, extra={"banks.news": 1})


def test_whatever_is_known_is_a_fact_that_a_condition_may_name() -> None:
    assert [name for name in of() if fact(name) is None] == []


# Every examiner's answers, and what becomes of the facts when some of them fail ------------------------------------


def credentials(trust: Any, matches: bool, **more: Any) -> CredentialDetails:
    return CredentialDetails("m0", trust, matches, signer="News", **more)


def record(status: Any, fit: Any, signed: CredentialDetails | None = None) -> Evidence:
    return saw("registry", "present", RecordDetails("00" * 8, status, fit, "so", manifest_id="m1", credentials=signed))


def compared(*changes: Change) -> Evidence:
    details = ChangesDetails(changes, (Span(0, 9),), 0.01, 0.5, 8, against="m1")
    return saw("changes", "present" if changes else "absent", details)


def scored(name: str, target: Any, finding: Finding, fpr: float) -> Evidence:
    return saw(name, finding, DetectorDetails(target, "m", fpr), score=0.5)


SYNTHETIC, CAPTURED = Declaration("synthetic", "xmp", "f", "v"), Declaration("captured", "iptc", "g", "w")
THEIRS = credentials("trusted", True, says_synthetic=True)
ANSWERS: dict[str, list[Evidence]] = {
    "credentials": [
        CLEAN["credentials"],
        *(
            saw("credentials", "present", credentials(trust, True, **said))
            for trust in ("trusted", "unknown_signer")
            for said in ({}, {"says_synthetic": True}, {"says_captured": True})
        ),
        saw("credentials", "invalid", credentials("trusted", False)),
    ],
    "watermark": [CLEAN["watermark"], saw("watermark", "present", mark())],
    "registry": [
        *(record(status, fit) for status in ("live", "revoked", "unknown") for fit in ("fits", "differs", "unclear")),
        record("live", "fits", THEIRS),
        record("live", "fits", credentials("trusted", True)),
    ],
    "changes": [compared(), compared(Change("region", Span(1, 2), Region(0, 0, 0.5, 0.2)))],
    "declarations": [
        saw("declarations", "present" if said else "absent", DeclarationsDetails(said))
        for said in ((), (SYNTHETIC,), (CAPTURED,), (SYNTHETIC, CAPTURED))
    ],
    "fingerprint": [CLEAN["fingerprint"]],
    "detector": [
        scored("detector", "generated", finding, fpr)
        for finding, fpr in (("absent", 0.6), ("inconclusive", 0.1), ("present", 0.01))
    ],
    "detector-changes": [
        scored("detector-changes", "manipulated", finding, fpr) for finding, fpr in (("absent", 0.6), ("present", 0.01))
    ],
}
ATOMS = [
    Compare(name, "contains" if known_as.kind == "set" else "is", value)
    for name, known_as in FACTS.items()
    if known_as.kind in ("set", "choice", "flag") and name not in ("not_looked_at", "failed")
    for value in (known_as.values or ((True,) if known_as.kind == "flag" else ("News",)))
] + [Compare(f"detector.{name}.fpr", "at_most", 0.05) for name in ("generated", "manipulated")]


@settings(max_examples=400, deadline=None)
@given(
    st.fixed_dictionaries({name: st.sampled_from(answers) for name, answers in ANSWERS.items()}),
    st.sets(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=3),
)
def test_who_fails_never_turns_an_answer_around(found: dict[str, Evidence], failing: set[str]) -> None:
    def told(failed: set[str]) -> Facts:
        seen = {name: broke(name) if name in failed else one for name, one in found.items()}
        if not isinstance(seen["watermark"].details, MarkDetails):  # nothing led to a record
            seen.pop("registry")
        if not isinstance(details := getattr(seen.get("registry"), "details", None), RecordDetails) or (
            details.status != "live" or details.fit == "differs"
        ):
            seen.pop("changes")  # nor to an original
        return facts(fold(SUBJECT, tuple(seen.values()), Judgement()), UPLOAD)

    whole, less = told(set()), told(failing)
    for atom in ATOMS:
        before, after = answer(atom, less).truth, answer(atom, whole).truth
        assert before is None or before == after, (atom, before, after)
