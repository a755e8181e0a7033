"""Each law held to made findings: a whole file meets it, and one thing broken makes exactly its duties fall."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest

from countermark.disclosure.duties.audit import audit
from countermark.disclosure.duties.profile import read
from countermark.disclosure.duties.subject import Subject, VideoFacts
from countermark.disclosure.machine.aigc import AigcRecord
from countermark.disclosure.visible.wanted import FORMS
from countermark.evidence import (
    ActionDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    Details,
    Evidence,
    Finding,
    IngredientDetails,
    LabelClaim,
    LabelDetails,
    MarkDetails,
    RecordDetails,
    Region,
    Span,
)

DAY = date(2027, 6, 1)  # when all but what comes in 2029 is in force
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
LAWS = ("ca-sb-942", "cn-gb-45438", "eu-ai-act-50", "in-it-rules", "kr-ai-basic")
CREDENTIALS = CredentialDetails(
    "urn:c2pa:1",
    "trusted",
    True,
    signer="Acme",
    claim_generator="Countermark 0.1.0",
    signed_at="2026-11-21T10:00:00Z",
    source_types=(SYNTHETIC,),
    says_synthetic=True,
    actions=(ActionDetails("c2pa.created", SYNTHETIC, "acme-video", "2026-11-21T09:59:00Z"),),
    ingredients=(IngredientDetails("still.png", "inputTo", "urn:c2pa:0"),),
    ai_facts=("provider: Acme", "model: acme-video", "modelVersion: 3", "sound: recorded"),
)
AIGC = Declaration(
    "synthetic", "aigc", "moov/udta/meta/keys AIGC", AigcRecord("1", "0011ACME", "7").to_json(), "0011ACME"
)
IPTC = Declaration("synthetic", "iptc", "XMP Iptc4xmpExt:DigitalSourceType", SYNTHETIC)


@dataclass(frozen=True)
class Made:
    """What the examiners found, before one thing is broken."""

    credentials: CredentialDetails | None
    marked: bool = True
    registered: bool = True
    declared: tuple[Declaration, ...] = (AIGC, IPTC)
    labels: tuple[LabelClaim, ...] = ()
    seen: bool = True
    sounds: int = 1

    def subject(self) -> Subject:
        found: list[Evidence] = [
            _found("credentials", self.credentials),
            _found("watermark", MarkDetails("ab", "open", 1, 1e-9, 0.98) if self.marked else None),
            _found("declarations", DeclarationsDetails(self.declared)),
        ]
        if self.marked and self.registered:
            record = RecordDetails("ab", "live", "fits", "as released", credentials=CREDENTIALS)
            found.append(_found("registry", record))
        for claim in self.labels:
            looked = _found("label", LabelDetails(claim, 0.9, 17), "present" if self.seen else "absent")
            found.append(replace(looked, spans=(claim.span,) if self.seen else ()))
        return Subject(tuple(found), VideoFacts((1280, 720), 8.0, self.sounds, "mp4"))


Break = Callable[[Made], Made]


def whole(law: str) -> Made:
    form = read(law).maker.label
    if not form:
        return Made(CREDENTIALS)
    label = FORMS[form].label
    span = Span(0.0, label.seconds or 8.0)
    claim = LabelClaim(form, label.text, label.icon, Region(0.05, 0.05, 0.3, 0.08), span)
    return Made(replace(CREDENTIALS, labels=(claim,)), labels=(claim,))


def said(**changes: object) -> Break:
    """Have the manifest say something else."""

    def broken(made: Made) -> Made:
        assert made.credentials is not None
        # A mark would lead to a record that says it still: take that one away as well.
        return replace(made, credentials=replace(made.credentials, **changes), registered=False)

    return broken


def stripped(made: Made) -> Made:
    return replace(made, credentials=None)


def unmarked(made: Made) -> Made:
    return replace(made, marked=False)


def undeclared(made: Made) -> Made:
    return replace(made, declared=())


def label_gone(made: Made) -> Made:
    return replace(made, seen=False)


def label(**changes: object) -> Break:
    def broken(made: Made) -> Made:
        (claim,) = made.labels
        other = replace(claim, **changes)
        assert made.credentials is not None
        return replace(made, labels=(other,), credentials=replace(made.credentials, labels=(other,)))

    return broken


def told(law: str, made: Made) -> dict[str, str]:
    return {row.duty: row.outcome for row in audit(made.subject(), read(law), DAY).rows}


@pytest.mark.parametrize("law", LAWS)
def test_a_whole_file_meets_all_that_a_file_can_show(law: str) -> None:
    outcomes = told(law, whole(law))
    shown = {duty.id for duty in read(law).duty if not duty.stays_with_operator}
    assert {duty for duty, outcome in outcomes.items() if outcome == "met"} == shown
    assert {outcome for duty, outcome in outcomes.items() if duty not in shown} <= {"not decidable"}


@pytest.mark.parametrize(
    "law, broken, falls, to",
    [
        ("eu-ai-act-50", said(says_synthetic=False), {"signed-metadata"}, "not met"),
        ("eu-ai-act-50", said(signed_at=None), {"timestamp"}, "not met"),
        ("eu-ai-act-50", unmarked, {"imperceptible-mark"}, "not met"),
        ("eu-ai-act-50", label_gone, {"deep-fake-label"}, "not decidable"),
        ("eu-ai-act-50", said(ai_facts=("sound: synthetic",)), {"sound"}, "not met"),
        ("eu-ai-act-50", said(ai_facts=()), {"sound"}, "not decidable"),
        ("ca-sb-942", said(signer=None, ai_facts=CREDENTIALS.ai_facts[1:]), {"provider"}, "not decidable"),
        (
            "ca-sb-942",
            said(ai_facts=(*CREDENTIALS.ai_facts[:2], "sound: recorded")),
            {"system-version"},
            "not decidable",
        ),
        ("ca-sb-942", said(says_synthetic=False), {"created-or-altered"}, "not decidable"),
        ("ca-sb-942", unmarked, {"hard-to-remove"}, "not met"),
        ("ca-sb-942", said(ai_facts=(*CREDENTIALS.ai_facts[:3], "sound: synthetic")), {"sound"}, "not met"),
        ("cn-gb-45438", label_gone, {"visible-label"}, "not met"),
        ("cn-gb-45438", label(span=Span(0.0, 1.5)), {"visible-label"}, "not met"),
        ("cn-gb-45438", label(span=Span(3.0, 6.0)), {"visible-label"}, "not met"),
        ("cn-gb-45438", label(region=Region(0.05, 0.05, 0.3, 0.04)), {"visible-label"}, "not met"),
        ("cn-gb-45438", label(text="Director's cut"), {"visible-label"}, "not met"),
        ("cn-gb-45438", undeclared, {"aigc-record"}, "not met"),
        ("in-it-rules", label_gone, {"visible-label"}, "not met"),
        ("kr-ai-basic", label_gone, {"label", "realistic-label"}, "not decidable"),
        ("kr-ai-basic", said(ai_facts=("sound: synthetic",)), {"sound"}, "not met"),
    ],
)
def test_one_thing_broken_makes_its_duties_fall(law: str, broken: Break, falls: set[str], to: str) -> None:
    before, after = told(law, whole(law)), told(law, broken(whole(law)))
    fallen = {duty: after[duty] for duty in after if before[duty] == "met" and after[duty] != "met"}
    assert fallen == dict.fromkeys(falls, to)


@pytest.mark.parametrize(
    "law, falls",
    [
        ("eu-ai-act-50", {"signed-metadata": "not met"}),
        ("ca-sb-942", {"standard": "not met"}),
        ("cn-gb-45438", {"visible-label": "not decidable"}),
        ("in-it-rules", {"visible-label": "not decidable"}),
    ],
)
def test_a_strangers_word_meets_no_duty_of_labels_or_sound(law: str, falls: dict[str, str]) -> None:
    before, after = told(law, whole(law)), told(law, said(trust="unknown_signer")(whole(law)))
    fallen = {duty: after[duty] for duty in after if before[duty] == "met" and after[duty] != "met"}
    label = {"deep-fake-label": "not decidable"} if law == "eu-ai-act-50" else {}
    assert fallen == {"sound": "not decidable", **label, **falls}


@pytest.mark.parametrize("name", ["AIGC twice", "Label 2"])
def test_a_wrong_record_is_none(name: str) -> None:
    wrong = {
        "AIGC twice": (AIGC, AIGC),
        "Label 2": (replace(AIGC, says="possibly", value=AigcRecord("2", "0011ACME", "7").to_json()),),
    }[name]
    assert told("cn-gb-45438", replace(whole("cn-gb-45438"), declared=wrong))["aigc-record"] == "not met"


@pytest.mark.parametrize("law", LAWS)
def test_a_platforms_copy_holds_by_its_mark(law: str) -> None:
    """The manifest and the tags are gone; what the record says, the mark still leads to."""
    made = undeclared(stripped(whole(law)))
    rows = {row.duty: row for row in audit(made.subject(), read(law), DAY).rows}
    by_mark = {duty for duty, row in rows.items() if row.outcome == "met" and row.basis == "mark"}
    expected = {
        "eu-ai-act-50": {"signed-metadata", "timestamp", "imperceptible-mark", "inputs-kept", "sound"},
        "ca-sb-942": {duty.id for duty in read("ca-sb-942").duty if not duty.stays_with_operator},
        "cn-gb-45438": {"sound"},
        "in-it-rules": {"metadata", "sound"},
        "kr-ai-basic": {"sound"},
    }
    assert by_mark == expected[law]
    assert rows.get("aigc-record") is None or rows["aigc-record"].outcome == "not met"


@pytest.mark.parametrize("law", LAWS)
def test_a_strangers_file_without_anything_meets_nothing(law: str) -> None:
    bare = Made(None, marked=False, registered=False, declared=())
    outcomes = told(law, bare)
    assert "met" not in outcomes.values()
    assert "not met" in outcomes.values() or law == "kr-ai-basic"


def test_silence_meets_the_duty_on_sound() -> None:
    for law in LAWS:
        assert told(law, replace(whole(law), sounds=0))["sound"] == "met"


def test_on_every_day_the_same_file_is_told_the_same() -> None:
    made = whole("ca-sb-942").subject()
    early = audit(made, read("ca-sb-942"), date(2026, 8, 15))
    late = audit(made, read("ca-sb-942"), date(2026, 10, 1))
    assert [row.outcome for row in early.rows] == [row.outcome for row in late.rows]
    assert [row.in_force for row in early.rows] != [row.in_force for row in late.rows]


def _found(examiner: str, details: Details | None, finding: Finding = "present") -> Evidence:
    return Evidence("00", "video", examiner, "1", finding if details else "absent", details=details)
