import json
import time
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from countermark.disclosure.declarations.reading import declared_in
from countermark.disclosure.declarations.xmp import DC, IPTC_EXT, PHOTOSHOP, RDF, TC260, TIFF, XMP_BASIC, Property
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
    other = AigcRecord("2", "elsewhere", "id-8")
    fields = [Field(KEYS, "AIGC", text) for text in (b"broken", other.to_json().encode(), RECORD.to_json().encode())]
    found = kept(*fields)
    assert found.aigc == other
    assert [("elsewhere" in line, RECORD.content_producer in line, "not kept" in line) for line in found.named] == [
        (False, False, True),
        (True, False, False),
        (False, True, True),
    ]
    assert found.carriers == ("", "aigc", "")


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
    labels = (SOURCE, SYSTEM, VERSION, PROMPT, CREDIT, tool)
    assert kept(xmp(*given), keep="none") == Kept(dropped=kept(xmp(*labels)).named)
    assert "Ada" not in " ".join(kept(xmp(*given)).named)


def test_what_declares_a_camera_is_no_ai_label_but_is_named() -> None:
    found = kept(xmp(CAPTURED), Field(KEYS, "DIGITAL_SOURCE_TYPE", CAPTURED.texts[0].encode()))
    assert (found.xmp, found.tags) == ((), ())
    assert [line.endswith("digitalCapture; not kept: no label of AI") for line in found.named] == [True, True]
    assert found.carriers == ("", "")


def test_personal_metadata_is_not_kept() -> None:
    assert kept(*PERSONAL, Field("EXIF", "XP", b"\x00\xff" * 50)) == Kept()


def test_none_keeps_nothing_and_tells_which_labels_of_ai_are_dropped() -> None:
    assert kept(*PERSONAL, xmp(CAPTURED, WRITER), keep="none") == Kept()
    found = kept(xmp(SOURCE), Field(KEYS, "comment", LINES), keep="none")
    assert found == Kept(dropped=found.dropped) and len(found.dropped) == 2 and not found.dropped_record
    assert kept(Field(KEYS, "AIGC", RECORD.to_json().encode()), keep="none").dropped_record


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
    assert [line for line in found.named if line.endswith("not kept: too much")]
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


# What is of a person in a label ---------------------------------------------------------------------------------------

OWNER = "Jane Owner, jane@x.example, at home 48.1N 11.5E"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (Field(KEYS, "comment", f"Made with Kling AI by {OWNER}".encode()), "Made with Kling AI"),
        (Field("moov/udta", "©cmt", f"made with FLUX.1 dev by {OWNER}".encode()), "made with FLUX.1 dev"),
        (Field(KEYS, "description", f"由豆包AI生成, {OWNER}".encode()), "由豆包AI生成"),
        (Field(KEYS, "software", b"Kling AI 2.1 (Jane Owner, jane@x.example)"), "Kling AI 2.1"),
        (Field(KEYS, "AI_SYSTEM_USED", b"a model, jane@x.example, +48.137+011.575/"), "a model, ,"),
        (Field(KEYS, "AI_SYSTEM_USED", "a model 48°8'13\"N 11°34'31\"E 48.1370, 11.5750".encode()), "a model"),
        (
            Field(KEYS, "comment", b'{"uid":"Jane Owner","product":"lv","aigc_info":{"aigc_label_type": 1}}'),
            '{"product":"lv","aigc_info":{"aigc_label_type":1}}',
        ),
    ],
)
def test_of_a_note_only_the_words_that_declare_are_kept(field: Field, words: str) -> None:
    found = kept(field)
    assert [text for _, text in found.tags] == [words]
    assert not any(one in line for line in found.named for one in ("Jane", "jane", "48", "11.5")), found.named
    tag = found.tags[0][0]
    assert declared_in(Metadata((Field(KEYS, tag, words.encode()),))).declarations, "what is kept is still read"
    assert kept(field, keep="all").tags[0][1] == field.value.decode()


def test_of_a_property_with_several_values_those_that_declare_are_kept() -> None:
    many = Property(DC, "description", (f"Made with Google AI by {OWNER}", OWNER))
    found = kept(xmp(replace(many, namespace=PHOTOSHOP)))
    assert found.xmp == (Property(PHOTOSHOP, "description", ("Made with Google AI",)),)
    assert "Jane" not in "".join(found.named)


@pytest.mark.parametrize(
    "value",
    [
        f"<rdf:Description><rdf:value>{SOURCE.texts[0]}</rdf:value><dc:creator>Ada</dc:creator></rdf:Description>",
        f"<rdf:Description dc:creator='Ada Example'><rdf:value>{SOURCE.texts[0]}</rdf:value></rdf:Description>",
    ],
)
def test_what_qualifies_a_value_does_not_take_it_along(value: str) -> None:
    text = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description xmlns:dc="{DC}" xmlns:i='
        f'"{IPTC_EXT}"><i:DigitalSourceType>{value}</i:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>'
    )
    for keep in ("labels", "all"):
        found = kept(Field("uuid", "XMP", text.encode()), keep=keep)
        assert found.xmp == (SOURCE,) and SOURCE.texts[0].encode() in packet(found.xmp)
        assert found.carriers == ("xmp Iptc4xmpExt:DigitalSourceType",)


def test_each_line_says_why_something_is_not_kept() -> None:
    fields = [
        Field(KEYS, "software", b"NovelAI"),
        Field("moov/udta", "software", b"Midjourney"),
        Field(KEYS, "AI_PROMPT_WRITER_NAME", b"Ada Example"),
        Field(KEYS, "a\u00e9", b'{"1":' + json.dumps(NODES["1"]).encode() + b"}"),
    ]
    found = kept(*fields)
    tails = [line.partition("; not kept: ")[2] for line in found.named]
    assert tails == ["", "another of its name stands before it", "it names a person", "its name is none for a tag"]
    assert found.carriers == ("tag software", "", "", "")


# Whatever comes ------------------------------------------------------------------------------------------------------


PIECES = ["\n", " ", ",", ", ", '"', "{", "}", "\\", "1", "Steps: 1\n", '"Label" ', "a.", "<a:"]


def seconds(name: str, text: str) -> float:
    if name == "XMP":
        value = packet((Property(PHOTOSHOP, "Credit", text), Property(TC260, "AIGC", text)))
    else:
        value = text.encode()
    metadata = Metadata((Field("moov/udta", name, value),))
    begin = time.process_time()
    declared_in(metadata)
    kept_from(metadata, "labels")
    return time.process_time() - begin


@pytest.mark.parametrize("name", ["comment", "AIGC", "parameters", "dream", "encoder", "AI_SYSTEM_USED", "XMP"])
def test_a_field_of_anything_costs_about_what_its_length_does(name: str) -> None:
    """Eight times as long may take some eight times as much; a square would take 64 times."""
    size = 1 << (18 if name == "XMP" else 20)
    few = sum(seconds(name, "a" + piece * (size // 8 // len(piece))) for piece in PIECES)
    assert sum(seconds(name, "a" + piece * (size // len(piece))) for piece in PIECES) < 24 * few + 0.1
