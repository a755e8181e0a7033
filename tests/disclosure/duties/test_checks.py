"""What each check says of what examiners saw: met, not met, or not decidable, and on what it rests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from countermark.disclosure.declarations.reading import declared_in
from countermark.disclosure.duties.profile import read
from countermark.disclosure.duties.rules import Ask, Rule, rule_of
from countermark.disclosure.duties.subject import Answer, Basis, Subject, VideoFacts
from countermark.disclosure.machine.aigc import AigcRecord
from countermark.evidence import (
    ActionDetails,
    Declaration,
    Evidence,
    FailureDetails,
    IngredientDetails,
    Region,
    Span,
)
from countermark.media.metadata.fields import Field, Metadata
from tests.disclosure.duties.subjects import (
    CLAIM,
    MADE,
    MARK,
    VIDEO,
    declared,
    evidence,
    gone,
    recorded,
    seen,
    signed,
    subject,
)

BROKEN = signed(trust="broken", content_matches=False, failures=("claimSignature.mismatch",))
UNREAD = evidence("credentials", "failed", FailureDetails("the file can't be read"))


def ask(check: Any, *told: Evidence, video: VideoFacts | None = VIDEO) -> Answer:
    return rule_of(check).answer(subject(*told, video=video))


def outcome(check: Any, *told: Evidence) -> tuple[bool | None, Basis | None]:
    answer = ask(check, *told)
    return answer.met, answer.basis


@pytest.mark.parametrize("check", ["present", "says_synthetic", "id", "provider", "trusted"])
def test_a_manifest_counts_in_the_file_behind_its_mark_and_by_its_looks(check: str) -> None:
    name = f"manifest.{check}"
    assert outcome(name, signed()) == (True, "file")
    assert outcome(name, recorded()) == (True, "mark")
    assert outcome(name, recorded(found_by="fingerprint")) == (True, "looks")
    assert outcome(name, signed(), recorded()) == (True, "file")
    assert outcome(name, BROKEN, recorded()) == (True, "mark"), "what broke in the file, the record still says"
    assert outcome(name, BROKEN) == (False, "file")
    assert outcome(name) == (False, None)
    assert outcome(name, UNREAD) == (None, None)


@pytest.mark.parametrize("changes", [{"fit": "differs"}, {"fit": "unclear"}, {"status": "revoked"}])
def test_a_record_that_does_not_stand_or_fit_counts_for_nothing(changes: dict[str, Any]) -> None:
    assert outcome("manifest.present", recorded(**changes)) == (False, None)
    assert outcome("mark.registered", evidence("watermark", "present", MARK), recorded(**changes)) == (False, "mark")


def test_who_is_trusted() -> None:
    assert ask("manifest.trusted", signed(trust="unknown_signer")).met is False
    assert "expired" in ask("manifest.trusted", signed(trust="expired")).evidence
    ours = ask("manifest.trusted", signed(development=True))
    assert ours.met is False and "which nobody else trusts" in ours.evidence


@pytest.mark.parametrize(
    ("check", "changes", "told"),
    [
        ("provider", {"ai_facts": ("provider: Studio",)}, "provider Studio"),
        ("provider", {}, "no provider is named; the signer is Acme"),
        ("provider", {"signer": None}, None),
        ("system", {"ai_facts": ("modelName: M", "modelVersion: 3")}, "model M"),
        ("system", {"actions": (replace(MADE, agent="Gen"),)}, "the software is Gen"),
        ("system", {"claim_generator": "Gen 2"}, "the claim generator is Gen 2"),
        ("system", {}, None),  # a tool that labels is not the system that made it
        ("system_version", {"ai_facts": ("modelVersion: 3",)}, "version 3"),
        ("system_version", {"claim_generator": "Gen 2"}, "the claim generator is Gen 2"),
        ("system_version", {"claim_generator": "Gen"}, None),
        ("time", {"actions": (replace(MADE, when="2026-05-01T00:00:00Z"),)}, "made at 2026-05-01"),
        ("time", {"signed_at": "2026-05-02T00:00:00Z"}, "signed at 2026-05-02"),
        ("time", {}, None),
        ("timestamped", {"signed_at": "2026-05-02T00:00:00Z"}, "signed at 2026-05-02"),
        ("timestamped", {}, None),
        ("says_synthetic", {"says_synthetic": False}, None),
    ],
)
def test_what_a_manifest_says_and_where_that_is_taken_from(
    check: str, changes: dict[str, Any], told: str | None
) -> None:
    answer = ask(f"manifest.{check}", signed(**changes))
    assert answer.met is (told is not None)
    assert (told or "") in answer.evidence


def test_what_became_of_the_inputs() -> None:
    given = IngredientDetails("a.mp4", "parentOf", "urn:c2pa:0")
    opened = ActionDetails("c2pa.opened")
    kept = ask("manifest.ingredients_kept", signed(actions=(opened,), ingredients=(given,)))
    assert (kept.met, kept.evidence) == (True, "it names 1 inputs, and keeps the credentials of 1")
    assert ask("manifest.ingredients_kept", signed(actions=(opened,))).met is False
    assert ask("manifest.ingredients_kept", signed()).met is None
    assert ask("manifest.ingredients_kept").met is False


def test_marks_and_looks() -> None:
    mark = evidence("watermark", "present", MARK)
    assert outcome("mark.readable", mark) == (True, "mark")
    assert outcome("mark.readable") == (False, None)
    assert ask("mark.readable", evidence("watermark", "failed", FailureDetails("no pictures"))).met is None
    assert outcome("mark.registered", mark, recorded()) == (True, "mark")
    assert ask("mark.registered", mark, evidence("registry", "failed", FailureDetails("down"))).met is None
    assert outcome("fingerprint.registered", recorded(found_by="fingerprint")) == (True, "looks")
    assert ask("fingerprint.registered", signed(), recorded(same_bytes=True)).met is None
    assert ask("fingerprint.registered").met is False


KEYS = "moov/udta/meta/keys: AIGC"
RECORD = Declaration("synthetic", "aigc", f"{KEYS}: Label", '{"Label":"1","ContentProducer":"0011', "0011")


@pytest.mark.parametrize(
    ("rows", "problems", "label", "told"),
    [
        ((RECORD,), (), "1", ""),
        ((RECORD,), ("moov/udta/meta/keys: XMP is cut",), "1", ""),
        ((replace(RECORD, says="possibly"),), (), "", ""),
        ((replace(RECORD, says="possibly"),), (), "1", "does not say that it is synthetic"),
        ((replace(RECORD, says="other"),), (), "", "does not say that it is synthetic"),
        ((RECORD,), (f"{KEYS}: ProduceID is missing or empty",), "1", "ProduceID is missing"),
        ((RECORD,), ("the AIGC record stands 2 times, where one is asked for",), "1", "stands 2 times"),
        ((RECORD, replace(RECORD, field="uuid: TC260: AIGC")), (), "1", "2 AIGC records"),
        ((), (), "1", "no AIGC record"),
        ((), (f"{KEYS}: broken JSON",), "1", "broken JSON"),
    ],
)
def test_chinas_record(rows: tuple[Declaration, ...], problems: tuple[str, ...], label: str, told: str) -> None:
    answer = ask({"check": "declared.aigc", "label": label}, declared(*rows, problems=problems))
    assert answer.met is (not told) and told in answer.evidence


@pytest.mark.parametrize(
    ("rows", "problem", "advice"),
    [
        ((RECORD,), f"{KEYS}: ProduceID is missing or empty", "a stamp keeps what the producer says"),
        ((RECORD,), f"{KEYS}: broken JSON, read as far as its fields can be told", "it writes one whole record"),
        ((RECORD, replace(RECORD, field="uuid: TC260: AIGC")), "the AIGC record stands 2 times", "one whole record"),
        ((replace(RECORD, says="possibly"),), "", "it writes Label 1"),
        ((), f"{KEYS}: broken JSON", "a record of yours goes there"),
    ],
)
def test_what_to_do_about_a_record_that_is_wrong(rows: tuple[Declaration, ...], problem: str, advice: str) -> None:
    answer = ask({"check": "declared.aigc", "label": "1"}, declared(*rows, problems=(problem,) if problem else ()))
    assert answer.met is False and advice in (answer.advice or ""), answer.advice
    assert "encod" not in (answer.advice or ""), "that is for a record that went"
    assert ask("declared.aigc").advice is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"label": "2"}, "does not say that it is synthetic"),
        ({"content_producer": ""}, "ContentProducer is missing"),
        ({"produce_id": ""}, "ProduceID is missing"),
        ({"produce_id": "a b"}, "ProduceID has other characters"),
        ({"reserved_code_1": "x" * 2000}, ""),  # what is long is shown in part, and right all the same
    ],
)
def test_chinas_record_as_it_is_read(changes: dict[str, str], told: str) -> None:
    said = replace(AigcRecord("1", "001191110102MAD55U9H0F10002", "7"), **changes).to_json()
    details = declared_in(Metadata((Field("moov/udta/meta/keys", "AIGC", said.encode()),)))
    answer = ask({"check": "declared.aigc", "label": "1"}, evidence("declarations", "present", details))
    assert answer.met is (not told) and told in answer.evidence
    twice = declared_in(Metadata((Field("moov/udta/meta/keys", "AIGC", said.encode()),) * 2))
    assert ask("declared.aigc", evidence("declarations", "present", twice)).met is False


def test_what_is_declared() -> None:
    iptc = Declaration("synthetic", "iptc", "uuid: DigitalSourceType", "trainedAlgorithmicMedia")
    tag = Declaration("synthetic", "tag", "comment", "made with AI")
    assert outcome("declared.iptc", declared(iptc)) == (True, "file")
    assert outcome("declared.iptc", declared(tag, replace(iptc, says="captured"))) == (False, "file")
    assert outcome("declared.any", declared(tag)) == (True, "file")
    assert outcome("declared.any") == (False, "file")
    assert ask("declared.any", evidence("declarations", "failed", FailureDetails("cut"))).met is None
    assert rule_of("declared.any").answer(Subject(())).met is None, "nobody looked"


LABELLED = signed(labels=(CLAIM,))
WHOLE = replace(CLAIM, span=Span(0, 10))


@pytest.mark.parametrize(
    ("asked", "claim", "short"),
    [
        ({"seconds": 2, "at": "start", "height_share": 0.05, "forms": ["cn"], "words": ["ai生成"]}, CLAIM, ""),
        ({"seconds": 4}, CLAIM, "stands for 3.0 s, where 4 s"),
        ({"at": "start"}, replace(CLAIM, span=Span(1, 4)), "not there at the start"),
        ({"at": "whole"}, CLAIM, "stands for 3.0 of 10.0 s"),
        ({"at": "whole"}, WHOLE, ""),
        ({"seconds": 60}, WHOLE, ""),  # a clip of ten seconds has no sixty
        ({"height_share": 0.08}, CLAIM, "6.0 % of the shorter side, where 8.0 %"),
        ({"height_share": 0.08}, replace(CLAIM, region=Region(0, 0, 0.5, 0.08)), ""),
        ({"forms": ["eu", "own"]}, CLAIM, "has the form cn, where eu or own"),
        ({"words": ["AI generated"]}, CLAIM, "says none of: AI generated"),
    ],
)
def test_what_a_visible_label_has_to_be(asked: dict[str, Any], claim: Any, short: str) -> None:
    answer = ask({"check": "label.visible", **asked}, LABELLED, seen(claim))
    assert answer.met is (not short) and short in answer.evidence


def test_whether_a_visible_label_is_there() -> None:
    small = replace(CLAIM, span=Span(0, 1))
    asked = {"check": "label.visible", "seconds": 2}
    assert "no longer to be seen" in ask(asked, LABELLED, gone()).evidence
    assert ask(asked, LABELLED, gone()).met is False
    copy = ask(asked, recorded(credentials={"labels": (CLAIM,)}), seen())
    assert (copy.met, copy.basis) == (True, "mark"), "only the mark says where to look"
    assert ask(asked, LABELLED, seen(small), gone(), seen()).met is True, "any one label must be all of it"
    unseen = ask(asked, LABELLED, gone(), evidence("label", "inconclusive", FailureDetails("too small")))
    assert unseen.met is None and "too small" in unseen.evidence
    assert ask(asked, LABELLED).met is None, "nobody looked"
    unlabelled = ask(asked, signed())
    assert unlabelled.met is False, "ours name every label that was drawn"
    assert unlabelled.advice == "stamp it with --label eu, without --captions"
    assert ask(asked, signed(claim_generator="Other 1")).met is None
    assert ask(asked).met is None


@pytest.mark.parametrize(
    ("asked", "spans", "short"),
    [
        ({"at": "start"}, [Span(0, 3)], ""),
        ({"at": "start"}, [Span(0.04, 1.2), Span(2, 3)], ""),
        ({"at": "start"}, [Span(0.04, 0.8), Span(2, 3)], "is seen for 0.8 of 10.0 s, less than 1.0"),
        ({"at": "start"}, [Span(0.5, 10)], "not there at the start; it was seen from 0.5 to 10.0 s"),
        ({"seconds": 2}, [Span(0, 1.5), Span(2, 4)], ""),
        ({"seconds": 2}, [Span(0, 1.5), Span(2, 3.5)], "stands for 1.5 s, where 2 s"),
        ({"at": "start", "seconds": 2}, [Span(0, 1.5), Span(2, 9)], "stands for 1.5 s, where 2 s"),
        ({"at": "whole"}, [Span(0, 9.9)], ""),
        ({"at": "whole"}, [Span(0, 4.8), Span(5, 10)], "stands for 4.8 of 10.0 s"),
        ({"at": "any"}, [Span(4, 9)], ""),
        ({"at": "any"}, [Span(0, 0.7)], "is seen for 0.7 of 10.0 s, less than 5.0"),
    ],
)
def test_of_a_visible_label_the_times_count_at_which_it_was_seen(
    asked: dict[str, Any], spans: list[Span], short: str
) -> None:
    answer = ask({"check": "label.visible", **asked}, LABELLED, seen(WHOLE, *spans))
    assert answer.met is (not short) and short in answer.evidence


def test_what_looks_like_several_is_not_judged_by_one_of_them() -> None:
    other = replace(CLAIM, text="AI generated", profile="eu")
    looks = {"found_by": "fingerprint"}
    one = recorded(credentials={"labels": (CLAIM,)}, payload="00" * 8, **looks)
    two = recorded(credentials={"labels": (other,)}, payload="11" * 8, **looks)
    asked = {"check": "label.visible", "words": ["AI生成"]}
    assert ask(asked, one, seen()).met is True
    answer = ask(asked, two, one, seen(other))
    assert answer.met is None and "labels differ" in answer.evidence


STRANGE = {"trust": "unknown_signer", "signer": "Mallory"}


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        (signed(labels=(CLAIM,), **STRANGE), "an unknown signer says so: Mallory: a label was drawn: 'AI生成'"),
        (signed(labels=(CLAIM,), trust="revoked"), "a signer whose certificate does not count says so: Acme"),
        (recorded(credentials={"labels": (CLAIM,), **STRANGE}, resolver="https://other.example"), "an unknown signer"),
    ],
)
def test_what_a_stranger_says_of_labels_meets_nothing(credentials: Evidence, told: str) -> None:
    answer = ask("label.visible", credentials, seen())
    assert answer.met is None and answer.evidence.startswith(told)


def test_what_a_stranger_says_of_sound_meets_nothing() -> None:
    facts = {"ai_facts": ("sound: recorded",)}
    answer = ask("sound.marked", signed(**facts, **STRANGE))
    assert (answer.met, answer.evidence) == (None, "an unknown signer says so: Mallory: the sound is recorded")
    assert answer.advice is not None and "trust add" in answer.advice
    assert ask("sound.marked", recorded(credentials={**facts, **STRANGE})).met is True, "it was registered here"
    assert ask("sound.marked", signed(**facts, **STRANGE), recorded(credentials=facts)).basis == "mark"
    elsewhere = recorded(credentials={**facts, **STRANGE}, resolver="https://other.example")
    assert ask("sound.marked", elsewhere).met is None


@pytest.mark.parametrize(
    "older",
    [
        {"actions": (ActionDetails("c2pa.opened"),)},
        {"ingredients": (IngredientDetails("a.mp4", "parentOf"),)},
        {"earlier": ("0123456789abcdef (key open)",)},
    ],
)
def test_a_label_may_be_older_than_the_credentials_that_name_none(older: dict[str, Any]) -> None:
    answer = ask("label.visible", signed(**older))
    assert answer.met is None and "a label may be older" in answer.evidence
    assert ask("label.visible", signed(labels=(CLAIM,), **older), gone()).met is False
    assert ask("label.visible", signed(ingredients=(IngredientDetails("a.png", "inputTo"),))).met is False


def test_where_a_visible_label_is_said_in_words() -> None:
    answer = ask("label.visible", LABELLED, seen(replace(CLAIM, letters=0.055)))
    assert answer.evidence == (
        f"'AI生成' is to be seen: 0.0 to 3.0 s, {str(CLAIM.region).partition(',')[0]}, "
        "1.8 % of the picture's area; letters 5.5 % of its shorter side"
    )
    brief = replace(VIDEO, duration_s=1.5)
    short = ask(
        {"check": "label.visible", "seconds": 2}, LABELLED, seen(replace(CLAIM, span=Span(0, 1.5))), video=brief
    )
    assert short.met and short.evidence.endswith("; the clip is shorter than 2 s: seen for all of it")
    long = ask({"check": "label.visible", "seconds": 2}, LABELLED, seen())
    assert long.met and "shorter than" not in long.evidence


@pytest.mark.parametrize(
    ("law", "form"), [("cn-gb-45438", "cn"), ("in-it-rules", "in"), ("eu-ai-act-50", "eu"), ("kr-ai-basic", "kr")]
)
def test_which_label_is_to_be_drawn(law: str, form: str) -> None:
    asks = [ask for duty in read(law).duty for ask in _labels(duty.check)]
    assert asks and all(f"--label {form}," in (one.answer(subject(signed())).advice or "") for one in asks)
    own = ask({"check": "label.visible", "words": ["Made by Acme"]}, signed())
    assert own.advice == "stamp it with --label 'Made by Acme', without --captions"


def _labels(rule: Rule) -> list[Ask]:
    inner = [rule] if isinstance(rule, Ask) else [ask for one in rule.of for ask in _labels(one)]
    return [one for one in inner if one.name == "label.visible"]


def test_what_a_drawn_label_adds_to_the_source_types() -> None:
    trained, drawn = str(MADE.source_type), "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation"
    text = ActionDetails("c2pa.addedText", drawn)
    said = ask("manifest.says_synthetic", signed(source_types=(trained, drawn), actions=(MADE, text)))
    assert said.evidence == "it says trainedAlgorithmicMedia, digitalCreation (of the label that was drawn)"
    whole = replace(MADE, source_type=drawn)
    said = ask("manifest.says_synthetic", signed(source_types=(drawn,), actions=(whole, text)))
    assert said.evidence == "it says digitalCreation"


def test_what_stands_elsewhere_is_said_so() -> None:
    for told, begins in (
        ((recorded(),), "not in the file; in the record that the mark leads to: manifest"),
        ((recorded(found_by="fingerprint"),), "not in the file; in the record of what it looks like: manifest"),
        ((BROKEN, recorded()), "the file's own manifest does not hold; in the record that"),
        ((signed(), recorded()), "manifest"),
    ):
        assert ask("manifest.present", *told).evidence.startswith(begins)
    timed = recorded(credentials={"signed_at": "2026-05-02T00:00:00Z"})
    assert ask("manifest.timestamped", signed(), timed).evidence.startswith("not in the file's own manifest; in the")


def test_sound() -> None:
    silent = replace(VIDEO, sounds=0)
    assert ask("sound.marked", signed(), video=silent).met is True
    assert ask("sound.marked", signed(ai_facts=("sound: recorded",))).met is True
    synthetic = ask("sound.marked", recorded(credentials={"ai_facts": ("sound: synthetic",)}))
    assert (synthetic.met, synthetic.basis) == (False, "mark")
    assert ask("sound.marked", signed(ai_facts=("sound: loud",))).met is None
    assert ask("sound.marked", signed()).met is None
    assert ask("sound.marked", signed(), video=None).met is None


def test_public_records_and_what_stays_with_the_operator() -> None:
    page = "https://acme.example/urn:c2pa:1"
    answer = ask("record.public", signed(ai_facts=(f"record: {page}",)))
    assert (answer.met, answer.basis) == (None, "file")
    assert answer.evidence == f"it names a public page ({page}), which no audit opens"
    assert ask("record.public", recorded(credentials={"ai_facts": (f"record: {page}",)})).basis == "mark"
    assert ask("record.public", signed()).evidence == "no public page is named"
    assert ask("record.public").met is None
    linked = {"any": ["manifest.system", {"all": ["manifest.present", "record.public"]}]}
    assert ask(linked, signed(ai_facts=(f"record: {page}",))).met is None, "a link is not yet what it leads to"
    assert ask("operator", signed()).met is None
