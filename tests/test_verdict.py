"""The table of verdicts, a case a row: what was seen, and what it must add up to."""

from dataclasses import dataclass, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.evidence import (
    Change,
    ChangesDetails,
    ContainerDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    Details,
    DetectorDetails,
    Evidence,
    FailureDetails,
    Finding,
    HumanDetails,
    MarkDetails,
    MarkGeometry,
    NoMarkDetails,
    OtherMark,
    RecordDetails,
    Region,
    Span,
    evidence_from_json,
)
from countermark.verdict import MEANING, RULES, Judgement, Outcome, fold

SIGNED = CredentialDetails("urn:c2pa:1", "trusted", content_matches=True, signer="Ann")
AI = replace(
    SIGNED,
    says_synthetic=True,
    source_types=("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",),
)
CAMERA = replace(SIGNED, says_captured=True)
MARK = MarkDetails("00000000000000aa", "open", 2, 5e-10, 0.98)
RECORD = RecordDetails("00000000000000aa", "live", "fits", "20 of 24 frames", issuer="Ann", recorded_at="today")
RECOVERED = replace(RECORD, credentials=replace(AI, content_matches=None))
DETECTOR = DetectorDetails("generated", "tiny", fpr=0.005)
OTHER = replace(RECORD, payload="00000000000000bb", issuer="Bea")
JOINED = replace(MARK, also=(OtherMark(OTHER.payload, "open", 0.9, (Span(4, 9),)),))
CROPPED = replace(MARK, geometry=MarkGeometry(scale=1.4, rotation=5, searched=True))
KNOWN = replace(RECOVERED, manifest_id="urn:c2pa:1")
MIXED = replace(
    KNOWN,
    credentials=replace(
        AI,
        content_matches=None,
        source_types=("http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",),
    ),
)
PHOTO = replace(KNOWN, credentials=replace(SIGNED, content_matches=None), found_by="fingerprint")
FACE = Change("region", Span(1, 2), Region(0.1, 0.1, 0.1, 0.1), 3.0)
LEAST = ChangesDetails((), (Span(0, 5),), 0.01, 1.0, 10.0, against=KNOWN.manifest_id)
CHANGED = replace(LEAST, changes=(FACE,))
AIGC = Declaration("synthetic", "aigc", "keys: AIGC: Label", "1")
SAID_CAMERA = Declaration("captured", "iptc", "XMP: DigitalSourceType", "digitalCapture")
SUSPECTED = DeclarationsDetails((replace(AIGC, says="possibly"),))
SAYS_AI, BOTH = DeclarationsDetails((AIGC,)), DeclarationsDetails((AIGC, SAID_CAMERA))


def seen(details: Details, finding: Finding = "present", examiner: str = "x", *spans: Span) -> Evidence:
    return Evidence("ab", "video", examiner, "1", finding, spans=spans, details=details)


def told(details: Details, examiner: str) -> Evidence:
    """Give a score that is no finding."""
    return replace(seen(details, "inconclusive", examiner), score=0.7)


@dataclass(frozen=True)
class Row:
    name: str
    evidence: tuple[Evidence, ...]
    outcome: Outcome
    also: tuple[Outcome, ...] = ()
    basis: tuple[str, ...] | None = None
    says: str = ""


TABLE = [
    Row(
        "what looks like a camera's pictures that AI was added to may be those pictures",
        (seen(replace(MIXED, found_by="fingerprint")),),
        "credentials_recovered",
        (),
        ("recovered",),
        says="or of what that was made from",
    ),
    Row("marked, it is what was made of them", (seen(MARK), seen(MIXED)), "ai_generated", (), ("mark", "recovered")),
    Row(
        "a face swapped in a copy of what was marked",
        (seen(MARK), seen(KNOWN), seen(CHANGED)),
        "altered",
        ("ai_generated",),
        ("recovered",),
        says="a part of the picture from 1.0 to 2.0 s (at the upper left, 1.0 % of it)",
    ),
    Row(
        "a copy in which nothing is seen to be changed",
        (seen(MARK), seen(KNOWN), seen(LEAST, "absent")),
        "ai_generated",
        (),
        ("mark", "recovered"),
        says="no change seen, down to 1.0% of the frame for 1.0 s",
    ),
    Row(
        "a copy of a photographer's video, found by its looks",
        (seen(PHOTO), seen(LEAST, "absent")),
        "credentials_recovered",
        (),
        ("recovered",),
        says="no change seen",
    ),
    Row(
        "and changed", (seen(PHOTO), seen(CHANGED)), "altered", (), ("recovered",), says="differs from what Ann signed"
    ),
    Row(
        "changed since a record that was taken back",
        (seen(MARK), seen(replace(KNOWN, status="revoked")), seen(CHANGED)),
        "declared_ai",
    ),
    Row(
        "other than the original that was named",
        (seen(replace(CHANGED, against=None)),),
        "altered",
        says="the original that was named",
    ),
    Row(
        "bytes and pictures changed",
        (seen(replace(AI, content_matches=False), "invalid"), seen(MARK), seen(KNOWN), seen(CHANGED)),
        "altered",
        ("ai_generated",),
        ("signed", "recovered"),
    ),
    Row(
        "mark moved to other content", (seen(MARK), seen(replace(RECORD, fit="differs"))), "conflict", says="issued for"
    ),
    Row("moved mark on a camera's file", (seen(CAMERA), seen(MARK)), "conflict", says="camera"),
    Row(
        "moved mark, and bytes changed",
        (
            seen(replace(AI, content_matches=False), "invalid"),
            seen(MARK),
            seen(replace(RECORD, fit="differs")),
        ),
        "conflict",
        ("altered",),
    ),
    Row(
        "a mark on other pictures, with its own manifest moved along",
        (
            seen(replace(AI, content_matches=False), "invalid"),
            seen(MARK),
            seen(replace(RECORD, fit="differs", manifest_id=AI.manifest_id)),
        ),
        "conflict",
        ("altered",),
    ),
    Row(
        "someone unknown names the record's manifest",
        (
            seen(replace(SIGNED, trust="unknown_signer")),
            seen(MARK),
            seen(replace(RECORD, fit="differs", manifest_id=SIGNED.manifest_id)),
        ),
        "conflict",
        ("inconclusive",),
    ),
    Row(
        "junk in the place of credentials",
        (seen(replace(SIGNED, trust="broken", manifest_id="", content_matches=False), "invalid"),),
        "inconclusive",
        says="cannot be read",
    ),
    Row(
        "a manifest that came back by a signer unknown here",
        (seen(MARK), seen(replace(RECORD, credentials=replace(AI, trust="unknown_signer")))),
        "ai_generated",
        basis=("mark",),
        says="proves nothing",
    ),
    Row(
        "a broken manifest of a record without a mark",
        (seen(replace(RECORD, credentials=replace(CAMERA, trust="broken"))),),
        "no_evidence",
    ),
    Row("bytes changed", (seen(replace(AI, content_matches=False), "invalid"),), "altered", says="not those"),
    Row("manifest changed", (seen(replace(AI, trust="broken"), "invalid"),), "altered", says="credentials themselves"),
    Row(
        "bytes changed by someone unknown",
        (seen(replace(SIGNED, trust="unknown_signer", content_matches=False), "invalid"),),
        "altered",
    ),
    Row(
        "bytes changed, the mark still fits",
        (seen(replace(AI, content_matches=False), "invalid"), seen(MARK), seen(RECORD)),
        "altered",
        ("ai_generated",),
    ),
    Row("signed as AI", (seen(AI),), "ai_generated", basis=("signed",), says="synthetic: made by generative AI"),
    Row("mark with a record that fits", (seen(MARK), seen(RECORD)), "ai_generated", basis=("mark",)),
    Row("the same, manifest recovered", (seen(MARK), seen(RECOVERED)), "ai_generated", basis=("mark", "recovered")),
    Row("signed, marked, recorded", (seen(AI), seen(MARK), seen(RECOVERED)), "ai_generated", basis=("signed", "mark")),
    Row("signed, nothing of AI", (seen(SIGNED),), "credentials_intact", basis=("signed",)),
    Row("signed by a camera", (seen(CAMERA), seen(NoMarkDetails(("open",), 2, 24), "absent")), "credentials_intact"),
    Row(
        "a camera's record, found without a mark",
        (seen(replace(RECORD, credentials=CAMERA)),),
        "credentials_recovered",
        basis=("recovered",),
    ),
    Row(
        "an AI record, found without a mark",
        (seen(replace(RECORD, credentials=AI)),),
        "ai_generated",
        basis=("recovered",),
    ),
    Row("detector: manipulated", (seen(replace(DETECTOR, target="manipulated")),), "likely_manipulated"),
    Row("detector: generated", (seen(DETECTOR),), "likely_ai", basis=("detector",), says="0.50%"),
    Row("detector: of a user's own", (told(DETECTOR, "detector:mine"),), "no_evidence"),
    Row("detector: undecided", (told(DETECTOR, "detector"),), "inconclusive", says="can neither say"),
    Row("person: synthetic", (seen(HumanDetails("synthetic", "Bo", "hands")),), "likely_ai", basis=("human",)),
    Row("person: manipulated", (seen(HumanDetails("manipulated", "Bo", "edge")),), "likely_manipulated"),
    Row(
        "detector against a person",
        (seen(DETECTOR), seen(HumanDetails("genuine", "Bo", "was there"))),
        "inconclusive",
        says="against tiny",
    ),
    Row("detector too unsure", (seen(replace(DETECTOR, fpr=0.2)),), "no_evidence"),
    Row("detector silent", (seen(DETECTOR, "absent", "detector"),), "no_evidence", says="detector"),
    Row("unsigned declaration", (seen(SAYS_AI),), "declared_ai", basis=("declared",), says="unsigned"),
    Row("unknown signer says AI", (seen(replace(AI, trust="unknown_signer")),), "declared_ai", says="no trust anchor"),
    Row("expired signer says AI", (seen(replace(AI, trust="expired")),), "declared_ai", says="has ended"),
    Row(
        "mark without a record",
        (seen(MARK), seen(replace(RECORD, status="unknown"))),
        "declared_ai",
        says="no registry",
    ),
    Row("mark with a revoked record", (seen(MARK), seen(replace(RECORD, status="revoked"))), "declared_ai"),
    Row("mark whose fit is unclear", (seen(MARK), seen(replace(RECORD, fit="unclear"))), "declared_ai", says="unclear"),
    Row(
        "a mark in a crop of what may be anything",
        (seen(CROPPED), seen(replace(RECOVERED, fit="unclear", fit_reason="cropped to about 0.71"))),
        "declared_ai",
        says="cropped to about 0.71",
    ),
    Row(
        "the same, under a camera's signature",
        (seen(CAMERA), seen(CROPPED), seen(replace(RECOVERED, fit="unclear"))),
        "conflict",
        ("declared_ai",),
    ),
    Row("a mark in a crop that fits", (seen(CROPPED), seen(RECORD)), "ai_generated", basis=("mark",)),
    Row(
        "two marked videos joined, and both fit",
        (
            seen(JOINED, "present", "x", Span(0, 4)),
            seen(RECORD, "present", "x", Span(0, 4)),
            seen(OTHER, "present", "x", Span(4, 9)),
        ),
        "ai_generated",
        basis=("mark",),
        says="no mark speaks for the whole",
    ),
    Row(
        "two marked videos joined, one moved there",
        (
            seen(JOINED, "present", "x", Span(0, 4)),
            seen(RECORD, "present", "x", Span(0, 4)),
            seen(replace(OTHER, fit="differs"), "present", "x", Span(4, 9)),
        ),
        "conflict",
        ("ai_generated",),
        says="00000000000000bb from 4.0 to 9.0 s was issued for other content",
    ),
    Row(
        "a marked part of a longer video",
        (
            seen(MARK, "present", "x", Span(0, 4)),
            seen(replace(RECORD, fit="unclear", fit_reason="only 4.0 of 9.0 s"), "present", "x", Span(0, 4)),
        ),
        "declared_ai",
        says="from 0.0 to 4.0 s, but whether that belongs here is unclear: only 4.0 of 9.0 s",
    ),
    Row(
        "marked a second time",
        (
            seen(replace(JOINED, also=(replace(JOINED.also[0], spans=(Span(0, 9),)),)), "present", "x", Span(0, 9)),
            seen(RECORD),
            seen(OTHER),
        ),
        "ai_generated",
        says="marked more than once",
    ),
    Row(
        "several marks that are not sure enough",
        (seen(replace(JOINED, false_accept_bound=1e-3)),),
        "no_evidence",
    ),
    Row("unknown signer, nothing of AI", (seen(replace(SIGNED, trust="unknown_signer")),), "inconclusive"),
    Row("declarations disagree", (seen(BOTH),), "inconclusive", says="keys: AIGC: Label: 1; XMP"),
    Row("unsigned suspicion", (seen(SUSPECTED),), "declared_ai", says="may be"),
    Row("unsigned claim of a camera", (seen(DeclarationsDetails((SAID_CAMERA,))),), "no_evidence"),
    Row("an examiner failed", (seen(FailureDetails("ValueError: no"), "failed", "watermark"),), "inconclusive"),
    Row(
        "an examiner failed, another proved",
        (seen(AI), seen(FailureDetails("ValueError: no"), "failed", "watermark")),
        "ai_generated",
        ("inconclusive",),
    ),
    Row("a mark that is not sure enough", (seen(replace(MARK, false_accept_bound=1e-3)),), "no_evidence"),
    Row("nothing", (seen(NoMarkDetails(("open",), 2, 24), "absent", "watermark"),), "no_evidence", says="watermark"),
    Row("no examiner at all", (), "no_evidence", says="nothing could be asked"),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_row(row: Row) -> None:
    verdict = fold("ab", row.evidence, Judgement())
    assert verdict.outcome == row.outcome, verdict.reasons
    assert verdict.also == row.also
    if row.basis is not None:
        assert verdict.basis == row.basis
    assert row.says in " ".join(verdict.reasons)
    assert verdict.evidence == row.evidence


def test_every_outcome_has_a_row_a_meaning_and_a_place() -> None:
    outcomes = set(get_args(Outcome))
    assert {row.outcome for row in TABLE} == outcomes
    assert set(MEANING) == outcomes
    assert [name for name, _ in RULES] == [name for name in get_args(Outcome) if name != "no_evidence"]


def test_order_of_evidence_does_not_matter() -> None:
    for row in TABLE:
        forwards = fold("ab", row.evidence, Judgement())
        backwards = fold("ab", row.evidence[::-1], Judgement())
        assert (forwards.outcome, forwards.also) == (backwards.outcome, backwards.also), row.name


PIECES = sorted({e for row in TABLE for e in row.evidence if e.finding in ("absent", "failed")}, key=repr)


@given(st.lists(st.sampled_from(PIECES)))
def test_absence_never_becomes_a_proof(evidence: list[Evidence]) -> None:
    assert fold("ab", evidence, Judgement()).sureness == "unknown"


@given(
    st.lists(
        st.builds(
            lambda mark, record: (seen(mark), seen(record)),
            st.sampled_from([MARK, CROPPED, JOINED]),
            st.builds(
                replace, st.sampled_from([RECORD, RECOVERED, OTHER]), fit=st.sampled_from(["unclear", "differs"])
            ),
        )
    )
)
def test_what_does_not_fit_never_proves(pairs: list[tuple[Evidence, Evidence]]) -> None:
    """Whoever crops, turns or joins to escape `differs` gains no proof of anything."""
    verdict = fold("ab", [piece for pair in pairs for piece in pair], Judgement())
    assert not {"ai_generated", "credentials_recovered"} & {verdict.outcome, *verdict.also}


def test_remarks_do_not_decide() -> None:
    odd = seen(ContainerDetails(("12 bytes after the end",)))
    development = seen(replace(AI, development=True, ingredient_failures=("hash.mismatch",)))
    verdict = fold("ab", (odd, development), Judgement(), ("the sound",))
    assert verdict.outcome == "ai_generated"
    assert [word for word in ("12 bytes", "development identity", "hash.mismatch") if word in str(verdict.reasons)]
    assert verdict.not_looked_at == ("the sound",)


def test_thresholds_are_rates() -> None:
    with pytest.raises(ValueError, match="rates"):
        Judgement(detector_fpr=0)


def test_evidence_survives_json() -> None:
    evidence = tuple(e for row in TABLE for e in row.evidence)
    assert evidence_from_json([e.to_json() for e in evidence]) == evidence


@pytest.mark.parametrize("nonsense", [None, 3, [{}], [{"subject": 1}], {"a": 2}])
def test_nonsense_is_no_evidence(nonsense: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        evidence_from_json(nonsense)
