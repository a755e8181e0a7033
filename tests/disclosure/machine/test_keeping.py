import json
import time
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from countermark.disclosure.declarations.reading import declared_in
from countermark.disclosure.declarations.xmp import DC, IPTC_EXT, PHOTOSHOP, TC260, TIFF, XMP_BASIC, Property
from countermark.disclosure.machine.aigc import AigcRecord
from countermark.disclosure.machine.keeping import MOST_NAMED, MOST_TAG_BYTES, MOST_TAGS, Kept, kept_from
from countermark.disclosure.machine.xmp import packet
from countermark.media.metadata import Field, Keep, Metadata

RECORD = AigcRecord("1", "001191110000MA0000000010001", "id-7", "r")
SOURCE = Property(
    IPTC_EXT, "DigitalSourceType", "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
)
CAPTURED = Property(IPTC_EXT, "DigitalSourceType", "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")
SYSTEM = Property(IPTC_EXT, "AISystemUsed", "a model")
VERSION = Property(IPTC_EXT, "AISystemVersionUsed", "3")
PROMPT = Property(IPTC_EXT, "AIPromptInformation", "a boat")
WRITER = Property(IPTC_EXT, "AIPromptWriterName", "Ada Example")
CREDIT = Property(PHOTOSHOP, "Credit", "Made with Google AI")
NODES = {"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}}}
COMFY = json.dumps({"prompt": json.dumps(NODES)}).encode()
LINES = b"a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Model: sd15"
KEYS = "moov/udta/meta/keys"
PERSONAL = (
    Field("moov/udta", "©xyz", b"+48.2+016.4/"),
    Field(KEYS, "com.apple.quicktime.location.ISO6709", b"+48.2+016.4/"),
    Field(KEYS, "com.apple.quicktime.model", b"Phone 9"),
    Field(KEYS, "author", b"Ada Example"),
    Field("EXIF", "Artist", b"Ada Example"),
)


def kept(*fields: Field, keep: Keep = "labels") -> Kept:
    return kept_from(Metadata(fields), keep)


def xmp(*properties: Property) -> Field:
    return Field("uuid", "XMP", packet(properties))


@pytest.mark.parametrize(
    ("field", "tag"),
    [
        (Field(KEYS, "comment", COMFY), ("comment", COMFY.decode())),
        (Field("Segment/Tags", "PROMPT", json.dumps(NODES).encode()), ("PROMPT", json.dumps(NODES))),
        (Field("PNG tEXt", "parameters", LINES), ("parameters", LINES.decode())),
        (Field("EXIF", "UserComment", LINES.decode().encode("utf-16")), ("UserComment", LINES.decode())),
        (Field("moov/udta", "©too", b"Kling AI 2.1"), ("generator", "Kling AI 2.1")),
        (Field("Segment/Info", "WritingApp", b"ComfyUI"), ("generator", "ComfyUI")),
        (Field("moov/trak[1]/mdia/hdlr", "handler_name", b"Hailuo AI"), ("tool", "Hailuo AI")),
        (Field("moov/udta/meta/ilst", "----:com.apple.iTunes:software", b"Midjourney"), ("software", "Midjourney")),
        (Field(KEYS, "DIGITAL_SOURCE_TYPE", SOURCE.texts[0].encode()), ("DIGITAL_SOURCE_TYPE", SOURCE.texts[0])),
        (Field(KEYS, "AI_SYSTEM_USED", b"a model"), ("AI_SYSTEM_USED", "a model")),
    ],
)
def test_a_label_in_a_tag_is_kept_word_by_word(field: Field, tag: tuple[str, str]) -> None:
    found = kept(field, *PERSONAL)
    assert (found.tags, found.xmp, found.aigc) == ((tag,), (), None)
    assert len(found.named) == 1 and found.named[0].startswith(f"{field.place}: {field.name}")
    again = declared_in(Metadata((Field(KEYS, tag[0], tag[1].encode()),)))
    assert [one.says for one in again.declarations] == ["synthetic"], "what is kept is still read"


@pytest.mark.parametrize(
    "field",
    [
        Field(KEYS, "AIGC", RECORD.to_json().encode()),
        Field("Segment/Tags", "AIGC", RECORD.to_json().encode()),
        Field("RIFF/INFO", "AIGC", RECORD.to_json().encode()),
        Field("EXIF", "UserComment", b'{"AIGC":' + RECORD.to_json().encode() + b"}"),
        xmp(Property(TC260, "AIGC", RECORD.to_json())),
        xmp(
            Property(TC260, "Label", "1"),
            Property(TC260, "ContentProducer", RECORD.content_producer),
            Property(TC260, "ProduceID", "id-7"),
            Property(TC260, "ReservedCode1", "r"),
        ),
    ],
)
def test_chinas_record_is_kept_from_wherever_it_stood(field: Field) -> None:
    for keep in ("labels", "all"):
        found = kept(*PERSONAL, field, keep=keep)
        assert (found.aigc, found.xmp) == (RECORD, ())
        assert len(found.named) == 1 and RECORD.content_producer in found.named[0]


def test_a_record_in_a_comment_leaves_it() -> None:
    assert kept(Field(KEYS, "comment", RECORD.to_json().encode())).tags == (("comment", ""),)


def test_of_two_records_the_first_that_can_be_read_is_kept_and_all_are_named() -> None:
    other = AigcRecord("2", "another", "id-8")
    fields = [Field(KEYS, "AIGC", text) for text in (b"broken", other.to_json().encode(), RECORD.to_json().encode())]
    found = kept(*fields)
    assert found.aigc == other
    assert [("another" in line, RECORD.content_producer in line, "not kept" in line) for line in found.named] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_a_packet_is_reduced_to_what_declares() -> None:
    rest = (
        Property(DC, "creator", ("Ada Example",)),
        Property(TIFF, "Model", "Phone 9"),
        Property(XMP_BASIC, "CreatorTool", "An editor 3"),
        Property("http://ns.adobe.com/exif/1.0/", "GPSLatitude", "48,12N"),
    )
    tool = Property(TIFF, "Software", "NovelAI")
    given = (rest[0], SOURCE, SYSTEM, rest[1], VERSION, PROMPT, WRITER, rest[2], CREDIT, tool, rest[3])
    assert kept(xmp(*given)).xmp == (SOURCE, SYSTEM, VERSION, PROMPT, CREDIT, tool)
    assert kept(xmp(*given), keep="all").xmp == given
    assert kept(xmp(*given), keep="none") == Kept()
    assert "Ada" not in " ".join(kept(xmp(*given)).named)


def test_what_declares_a_camera_is_no_ai_label_but_is_named() -> None:
    found = kept(xmp(CAPTURED), Field(KEYS, "DIGITAL_SOURCE_TYPE", CAPTURED.texts[0].encode()))
    assert (found.xmp, found.tags) == ((), ())
    assert [line.endswith("digitalCapture") for line in found.named] == [True, True]


def test_personal_metadata_is_not_kept() -> None:
    assert kept(*PERSONAL, Field("EXIF", "XP", b"\x00\xff" * 50)) == Kept()


def test_none_keeps_nothing_and_names_nothing() -> None:
    assert kept(xmp(SOURCE), keep="none") == Kept()
    assert kept(Field(KEYS, "AIGC", RECORD.to_json().encode()), keep="none") == Kept(dropped_record=True)


def test_who_passed_a_record_on_before_is_named() -> None:
    """We write ourselves into that field."""
    passed = replace(RECORD, content_propagator="001191110000MA01ABCD1X00002", propagate_id="77")
    found = kept(Field(KEYS, "AIGC", passed.to_json().encode()))
    assert any("001191110000MA01ABCD1X00002" in line for line in found.named)


def test_what_is_kept_is_bounded() -> None:
    many = [Field(KEYS, f"note{number}", LINES) for number in range(200)]
    assert len(kept(*many).tags) == MOST_TAGS
    long = b'{"x":"' + b"y" * ((1 << 20) - 2000) + b'",' + json.dumps(NODES).encode()[1:]
    found = kept(*(Field(KEYS, f"note{number}", long) for number in range(4)))
    assert 1 <= len(found.tags) <= 2
    assert sum(len(text) for _, text in found.tags) <= MOST_TAG_BYTES
    assert [line for line in found.named if line.endswith("not kept")]
    cut = kept(Field(KEYS, "comment", COMFY[:80] + COMFY, cut=True))
    assert cut.tags == ()
    assert len(kept(*(Field(f"place{n}", "software", b"NovelAI") for n in range(300))).named) <= MOST_NAMED


def test_ever_more_fields_do_not_take_ever_longer() -> None:
    """256 fields are all that the reader of fields gives; each is as slow as a record can be."""
    slow = Field(KEYS, "AIGC", b'{"Label":' + b"[1," * 7 + b"1," * 30_000)
    begin = time.perf_counter()
    kept(*[slow] * 16)
    few = time.perf_counter() - begin
    begin = time.perf_counter()
    kept(*[slow] * 256)
    assert time.perf_counter() - begin < 8 * few


def test_of_ever_more_packets_the_first_count() -> None:
    packet_of_many = xmp(*(Property(IPTC_EXT, f"P{n}", "x") for n in range(600)), SYSTEM)
    found = kept(packet_of_many, packet_of_many, xmp(SOURCE))
    assert found.xmp == (SYSTEM,)
    assert [line for line in found.named if "more than 1000 properties" in line]


def test_it_travels_as_json() -> None:
    found = kept(Field(KEYS, "AIGC", RECORD.to_json().encode()), xmp(SOURCE, SYSTEM), Field(KEYS, "comment", COMFY))
    adapter = TypeAdapter(Kept)
    assert adapter.validate_json(adapter.dump_json(found)) == found
    assert "sd15" not in repr(found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": [["a", "1"], ["A", "2"]]},
        {"tags": [["a\n", "1"]]},
        {"tags": [["a", "\u0000"]]},
        {"tags": [[f"t{n}", ""] for n in range(MOST_TAGS + 1)]},
        {"named": ["a\u202eb"]},
        {"named": ["x" * 999]},
        {"named": ["x"] * (MOST_NAMED + 1)},
    ],
)
def test_a_child_can_not_answer_anything(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="kept tag|named"):
        TypeAdapter(Kept).validate_json(json.dumps(wrong))
