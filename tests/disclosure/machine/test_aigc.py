import json
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.disclosure.machine.aigc import (
    LABELS,
    MOST_RESERVED,
    MOST_TEXT,
    MOST_VALUE,
    NAMES,
    AigcRecord,
    checked,
    doubts,
    propagated,
    read,
)
from countermark.errors import LabelFieldInvalid

CODE = "001191110000MA00000000" + "10001"
RIGHT = AigcRecord("1", CODE, "urn:c2pa:7", "r1", CODE, "p", "r2")
ALLOWED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "\\")


def test_the_form_in_a_file() -> None:
    assert RIGHT.to_json() == (
        '{"Label":"1","ContentProducer":"00119111000' + CODE[11:] + '","ProduceID":"urn:c2pa:7","ReservedCode1":"r1",'
        '"ContentPropagator":"' + CODE + '","PropagateID":"p","ReservedCode2":"r2"}'
    )
    assert tuple(json.loads(RIGHT.to_json())) == NAMES


VALUES = st.text(ALLOWED, min_size=1, max_size=MOST_VALUE)


@given(st.builds(AigcRecord, st.sampled_from(sorted(LABELS)), VALUES, VALUES, VALUES, VALUES, VALUES, VALUES))
def test_what_may_be_written_is_read_back_without_a_word(record: AigcRecord) -> None:
    assert checked(record) is record
    assert record.to_json().isascii()
    assert (read(record.to_json()).record, read(record.to_json()).problems) == (record, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "4"},
        {"label": ""},
        {"label": "01"},
        {"content_producer": ""},
        {"produce_id": ""},
        {"content_producer": "two words"},
        {"produce_id": "a\nb"},
        {"produce_id": "\u202e7"},
        {"content_producer": "快手"},
        {"reserved_code_1": "back\\slash"},
        {"propagate_id": "x" * (MOST_VALUE + 1)},
        {"reserved_code_2": "x" * (MOST_RESERVED + 1)},
    ],
)
def test_what_may_not_be_written(wrong: dict[str, str]) -> None:
    with pytest.raises(LabelFieldInvalid, match="AIGC record"):
        checked(replace(RIGHT, **wrong))


def test_a_reserved_field_may_hold_json_of_its_maker() -> None:
    signed = replace(RIGHT, reserved_code_1=json.dumps({"Data": {"Type": "DS", "n": [1]}}, separators=(",", ":")))
    assert read(checked(signed).to_json()) == read(signed.to_json())
    assert (read(signed.to_json()).record, read(signed.to_json()).problems) == (signed, ())


OTHERS = "ContentProducer has other characters"
FIELDS = '"Label":"1","ContentProducer":"c","ProduceID":"7"'
PLAIN = AigcRecord("1", "c", "7")


@pytest.mark.parametrize(
    ("text", "record", "problem"),
    [
        ('{"AIGC":{' + FIELDS + "}}", PLAIN, 'nested in an object as "AIGC"'),
        ('{"aigc":"{' + FIELDS.replace('"', '\\"') + '}","x":1}', PLAIN, "JSON inside a string"),
        (json.dumps("{" + FIELDS + "}"), PLAIN, "JSON inside a string"),
        ("[{" + FIELDS + "}]", PLAIN, "nested in a list"),
        ("{" + FIELDS + "}\0\0", PLAIN, "null characters or a byte order mark around it"),
        ("{" + FIELDS.replace('"1"', "1") + "}", PLAIN, "Label is a number, not text"),
        ("{" + FIELDS.replace('"1"', "1.0") + "}", replace(PLAIN, label="1.0"), 'Label is "1.0", not 1, 2 or 3'),
        ("{" + FIELDS.replace('"1"', "true") + "}", replace(PLAIN, label=""), "Label is no text"),
        ("{" + FIELDS.replace('"1"', '"AIGC"') + "}", replace(PLAIN, label="AIGC"), 'Label is "AIGC", not 1, 2 or 3'),
        ("{" + FIELDS.replace("ProduceID", "produce_id") + "}", PLAIN, 'ProduceID is spelt "produce_id"'),
        ("{" + FIELDS.replace('"c"', '""') + "}", replace(PLAIN, content_producer=""), "ContentProducer is missing or"),
        ('{"Label":"1"}', AigcRecord("1"), "ProduceID is missing or empty"),
        ("{" + FIELDS + ',"Extra":{"a":[]}}', PLAIN, 'unknown field "Extra"'),
        ("{" + FIELDS + ',"Label":"1"}', PLAIN, "Label stands twice"),
        ("{" + FIELDS + ',"Label":"2"}', replace(PLAIN, label="2"), 'Label stands twice, as "1" first'),
        ("{" + FIELDS, PLAIN, "broken JSON, read as far as its fields can be told"),
        ("{" + FIELDS + ',"ReservedCode1":"cut', PLAIN, "broken JSON, read as far as its fields can be told"),
        ('{"Label":"1\\q"}', AigcRecord("1\\q"), 'Label is "1\\q", not 1, 2 or 3'),
        (
            "{" + FIELDS.replace('"c"', '"a b"') + "}",
            replace(PLAIN, content_producer="a b"),
            OTHERS,
        ),
        (
            "{" + FIELDS.replace('"c"', '"快手"') + "}",
            replace(PLAIN, content_producer="快手"),
            OTHERS,
        ),
        (
            "{" + FIELDS.replace('"c"', '"a\\u202eb\x07"') + "}",
            replace(PLAIN, content_producer="a\ufffdb\ufffd"),
            OTHERS,
        ),
        (
            "{" + FIELDS.replace('"c"', '"' + "c" * 999 + '"') + "}",
            replace(PLAIN, content_producer="c" * MOST_VALUE),
            "more",
        ),
        ("", None, "broken JSON"),
        ("Label=1", None, "broken JSON"),
        ("null", None, "JSON that is no object"),
        ("[]", None, "JSON that is no object"),
        ("{}", None, "none of the record's fields"),
        ('{"AIGC":{"AIGC":{"AIGC":{"AIGC":{' + FIELDS + "}}}}}", None, "none of the record's fields"),
        ("[" * 9 + "]" * 9, None, "nested more than"),
        ('{"Label":' + "[" * 50_000, None, "nested more than"),
        (" " * (MOST_TEXT + 1), None, "more than 65536 characters"),
    ],
)
def test_every_way_of_being_wrong_is_said(text: str, record: AigcRecord | None, problem: str) -> None:
    found = read(text)
    assert found.record == record
    assert any(problem in line for line in found.problems), found.problems


@settings(max_examples=300)
@given(st.text(st.sampled_from('{}[]":,\\ 1a\0\ufeff') | st.characters(), max_size=80))
def test_any_text_gives_an_answer_that_can_be_shown(text: str) -> None:
    found = read(text)
    assert found.record is not None or found.problems
    assert all(line.isprintable() and len(line) < 200 for line in found.problems)


@pytest.mark.parametrize("text", ['"' * MOST_TEXT, '\\"' * (MOST_TEXT // 2), '"Label":"\\' * 6000, "9" * MOST_TEXT])
def test_no_text_of_the_greatest_length_takes_long(text: str) -> None:
    usual = '{"x":"' + "y" * (MOST_TEXT - 9) + '"}'
    begin = time.perf_counter()
    for _ in range(20):
        read(usual)
    once = (time.perf_counter() - begin) / 20
    begin = time.perf_counter()
    read(text)
    assert time.perf_counter() - begin < 1000 * once


def test_a_producers_words_stay_when_it_is_passed_on() -> None:
    passed = propagated(RIGHT, "0011P", "urn:c2pa:8")
    assert passed == replace(RIGHT, content_propagator="0011P", propagate_id="urn:c2pa:8", reserved_code_2="")
    odd = AigcRecord("AIGC", "an agent", "7")
    assert propagated(odd, "P", "8") == AigcRecord("1", "an agent", "7", "", "P", "8")
    with pytest.raises(LabelFieldInvalid, match="ContentPropagator"):
        propagated(RIGHT, "two words", "8")
    with pytest.raises(LabelFieldInvalid, match="PropagateID"):
        propagated(RIGHT, "P", "")


def test_an_odd_code_is_a_doubt_and_no_error() -> None:
    assert doubts(checked(RIGHT)) == ()
    assert [line.split()[0] for line in doubts(checked(replace(RIGHT, content_producer="my-company")))] == [
        "ContentProducer"
    ]
