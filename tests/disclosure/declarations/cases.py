"""Made files with every kind of declaration, right and wrong, and what is to be found in each: a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from countermark.evidence.sources import IPTC

from .files import (
    BOMB,
    MANIFEST_BOX,
    avi,
    box,
    chunk,
    gif,
    graph,
    huge,
    info,
    itunes,
    jpeg,
    keyed,
    mp4,
    muxed,
    packet,
    png,
    record,
    source_type,
    user_comment,
    uuid,
    webp,
    with_keys,
    with_xmp,
)

KEYS = "moov/udta/meta/keys: AIGC"
LABEL = f"{KEYS}: Label"
SOURCE = "uuid: XMP: Iptc4xmpExt:DigitalSourceType"
A1111 = "a secret wish\nNegative prompt: none\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Model: sd_xl"
Said = tuple[str, str, str]  # what it says, in which form, in which field


@dataclass(frozen=True)
class Case:
    """One file, and all that is to be found in it."""

    name: str
    make: Callable[[Path], Path]
    said: tuple[Said, ...] = ()
    problems: tuple[str, ...] = ()  # a part of each; no others
    generator: str | None = None  # of the first declaration
    suffix: str = ".mp4"


def aigc(value: str) -> Callable[[Path], Path]:
    return lambda path: with_keys(path, ("AIGC", value))


def xmp(text: str | bytes) -> Callable[[Path], Path]:
    return lambda path: with_xmp(path, text)


def says(what: str, form: str = "aigc", field: str = LABEL) -> tuple[Said, ...]:
    return ((what, form, field),)


MAKER = "001191110102MAD55U9H0F10002"
RECORDS = (
    Case("right", aigc(record()), says("synthetic"), generator=MAKER),
    Case("possibly", aigc(record(Label="2")), says("possibly")),
    Case("suspected", aigc(record(Label="3")), says("possibly")),
    Case(
        "QuickTime's own place",
        lambda path: mp4(path, movie=keyed(("AIGC", record())), brand=b"qt  "),
        says("synthetic", field="moov/meta/keys: AIGC: Label"),
        suffix=".mov",
    ),
    Case("FFmpeg's mp4", lambda path: muxed(path, AIGC=record()), says("synthetic"), generator=MAKER),
    Case("FFmpeg's mov", lambda path: muxed(path, AIGC=record()), says("synthetic"), suffix=".mov"),
    Case(
        "mkv",
        lambda path: muxed(path, AIGC=record()),
        says("synthetic", field="Segment/Tags: AIGC: Label"),
        suffix=".mkv",
    ),
    Case(
        "webm",
        lambda path: muxed(path, AIGC=record()),
        says("synthetic", field="Segment/Tags: AIGC: Label"),
        suffix=".webm",
    ),
    Case(
        "avi",
        lambda path: avi(path, info(AIGC=record())),
        says("synthetic", field="RIFF/INFO: AIGC: Label"),
        suffix=".avi",
    ),
    Case(
        "flv",
        lambda path: muxed(path, AIGC=record()),
        says("synthetic", field="FLV onMetaData: AIGC: Label"),
        suffix=".flv",
    ),
    Case(
        "PNG",
        lambda path: png(path, ("AIGC", record())),
        says("synthetic", field="PNG tEXt: AIGC: Label"),
        suffix=".png",
    ),
    Case("a number for a label", aigc(record(Label=1)), says("synthetic"), ("Label is a number",)),
    Case("a label that is none", aigc(record(Label="4")), says("other"), ('Label is "4"',)),
    Case(
        "cut short", aigc(record().partition("v-0001")[0]), says("synthetic"), ("broken JSON", "ProduceID is missing")
    ),
    Case("no JSON", aigc("yes, all of it"), (), ("broken JSON", "none of the record's fields")),
    Case("empty", aigc(""), (), ("broken JSON", "none of the record's fields")),
    Case("nested", aigc(json.dumps({"AIGC": json.loads(record())})), says("synthetic"), ("nested in an object",)),
    Case("JSON in a string", aigc(json.dumps(record())), says("synthetic"), ("JSON inside a string",)),
    Case(
        "other names",
        aigc(record().replace("ContentProducer", "content_producer")),
        says("synthetic"),
        ('ContentProducer is spelt "content_producer"',),
    ),
    Case(
        "a field twice",
        aigc(record().replace("{", '{"Label":"2",', 1)),
        says("synthetic"),
        ('Label stands twice, as "2" first',),
    ),
    Case(
        "wrong types",
        aigc(record(ContentProducer={"name": "x"}, ProduceID=[1])),
        says("synthetic"),
        (
            "ContentProducer is no text",
            "ProduceID is no text",
            "ContentProducer is missing",
            "ProduceID is missing",
        ),
    ),
    Case("unknown fields", aigc(record(Extra="1")), says("synthetic"), ('unknown field "Extra"',)),
    Case("spaces", aigc(record(ContentProducer="A Studio")), says("synthetic"), ("ContentProducer has other",)),
    Case("not ASCII", aigc(record(ContentProducer="可灵")), says("synthetic"), ("ContentProducer has other",), "可灵"),
    Case("over length", aigc(record(ProduceID="9" * 300)), says("synthetic"), ("ProduceID has more than 128",)),
    Case("far over length", aigc(record(ReservedCode1="9" * 70_000)), (), ("more than 65536 characters",)),
    Case(
        "turned direction",
        aigc(record(ContentProducer="a\u202eb\u0007")),
        says("synthetic"),
        ("ContentProducer has other",),
        "a\ufffdb\ufffd",
    ),
    Case(
        "twice, alike",
        lambda path: with_keys(path, ("AIGC", record()), ("AIGC", record())),
        says("synthetic"),
        ("stands 2 times, where one is asked for; they are alike",),
    ),
    Case(
        "twice, contradicting",
        lambda path: with_keys(path, ("AIGC", record()), ("AIGC", record(Label="3"))),
        (*says("synthetic"), *says("possibly")),
        ("they differ in Label",),
    ),
    Case(
        "in a track",
        lambda path: mp4(path, movie=box(b"trak", box(b"udta", keyed(("AIGC", record()))))),
        says("synthetic", field="moov/trak[1]/udta/meta/keys: AIGC: Label"),
        ("stands in the wrong box",),
    ),
    Case(
        "iTunes's own atom",
        lambda path: mp4(path, movie=box(b"udta", itunes("com.apple.iTunes", "AIGC", record()))),
        says("synthetic", field="moov/udta/meta/ilst: ----:com.apple.iTunes:AIGC: Label"),
        ("belongs into a field named AIGC", "stands in the wrong box"),
    ),
    Case(
        "in a comment",
        lambda path: with_keys(path, ("comment", record())),
        says("synthetic", field="moov/udta/meta/keys: comment: Label"),
        ("belongs into a field named AIGC",),
    ),
)

IN_XMP = packet(f"<TC260:AIGC>{record()}</TC260:AIGC>")
AI_FIELDS = packet(
    "<Iptc4xmpExt:AISystemUsed>Dreamer</Iptc4xmpExt:AISystemUsed>"
    "<Iptc4xmpExt:AISystemVersionUsed>2.1</Iptc4xmpExt:AISystemVersionUsed>"
    "<Iptc4xmpExt:AIPromptInformation>a secret wish</Iptc4xmpExt:AIPromptInformation>"
    "<Iptc4xmpExt:AIPromptWriterName>Jo Bloggs</Iptc4xmpExt:AIPromptWriterName>"
)
TRAINED = source_type("trainedAlgorithmicMedia")
PACKETS = (
    Case("a record", xmp(IN_XMP), says("synthetic", field="uuid: XMP: TC260:AIGC: Label"), generator=MAKER),
    Case(
        "a record in both places",
        lambda path: mp4(path, movie=box(b"udta", keyed(("AIGC", record()))), top=uuid(IN_XMP.encode())),
        (*says("synthetic", field="uuid: XMP: TC260:AIGC: Label"), *says("synthetic")),
        ("stands 2 times, where one is asked for; they are alike",),
    ),
    Case(
        "a record as properties",
        xmp(packet("<TC260:AIGC rdf:parseType='Resource'><TC260:Label>2</TC260:Label></TC260:AIGC>")),
        says("possibly", field="uuid: XMP: TC260:AIGC: Label"),
        ("has the fields as properties", "ContentProducer is missing", "ProduceID is missing"),
    ),
    Case(
        "a record's fields without it",
        xmp(packet(attributes='TC260:Label="1" TC260:ContentProducer="P" TC260:ProduceID="7"')),
        says("synthetic", field="uuid: XMP: TC260: Label"),
        ("stand as properties of their own",),
        "P",
    ),
    Case(
        "a record in another namespace",
        xmp(packet(f"<dc:AIGC>{record()}</dc:AIGC>")),
        says("synthetic", field="uuid: XMP: dc:AIGC: Label"),
        ("is in another namespace",),
    ),
    Case("trained", xmp(TRAINED), says("synthetic", "iptc", SOURCE)),
    Case("by https", xmp(TRAINED.replace("http://cv", "https://cv")), says("synthetic", "iptc", SOURCE)),
    Case("edited", xmp(source_type("compositeWithTrainedAlgorithmicMedia")), says("synthetic", "iptc", SOURCE)),
    Case("captured", xmp(source_type("digitalCapture")), says("captured", "iptc", SOURCE)),
    Case("people's work", xmp(source_type("humanEdits")), says("other", "iptc", SOURCE)),
    Case("a retired code", xmp(source_type("softwareImage")), says("other", "iptc", SOURCE)),
    Case("a bare code", xmp(source_type("algorithmicMedia", "")), says("synthetic", "iptc", SOURCE), ("a bare code",)),
    Case("no code", xmp(source_type("neuralMedia")), says("other", "iptc", SOURCE), ("no code of the vocabulary",)),
    Case("an empty code", xmp(source_type("", "")), (), ("DigitalSourceType is empty",)),
    Case(
        "a reference",
        xmp(
            packet(
                '<Iptc4xmpExt:DigitalSourceType rdf:resource="http://cv.iptc.org/newscodes/digitalsourcetype/print"/>'
            )
        ),
        says("other", "iptc", SOURCE),
    ),
    Case(
        "QuickTime's XMP",
        lambda path: mp4(path, movie=box(b"udta", box(b"XMP_", TRAINED.encode())), brand=b"qt  "),
        says("synthetic", "iptc", "moov/udta/XMP_: XMP: Iptc4xmpExt:DigitalSourceType"),
        suffix=".mov",
    ),
    Case(
        "XMP in avi",
        lambda path: avi(path, chunk(b"_PMX", TRAINED.encode())),
        says("synthetic", "iptc", "RIFF/_PMX: XMP: Iptc4xmpExt:DigitalSourceType"),
        suffix=".avi",
    ),
    Case(
        "XMP in GIF",
        lambda path: gif(path, xmp=TRAINED),
        says("synthetic", "iptc", "GIF application: XMP: Iptc4xmpExt:DigitalSourceType"),
        suffix=".gif",
    ),
    Case(
        "XMP in PNG",
        lambda path: png(path, ("XML:com.adobe.xmp", TRAINED)),
        says("synthetic", "iptc", "PNG iTXt: XMP: Iptc4xmpExt:DigitalSourceType"),
        suffix=".png",
    ),
    Case(
        "XMP in JPEG",
        lambda path: jpeg(path, xmp=TRAINED),
        says("synthetic", "iptc", "JPEG APP1: XMP: Iptc4xmpExt:DigitalSourceType"),
        suffix=".jpg",
    ),
    Case(
        "XMP in WebP",
        lambda path: webp(path, TRAINED),
        says("synthetic", "iptc", "RIFF/XMP: XMP: Iptc4xmpExt:DigitalSourceType"),
        suffix=".webp",
    ),
    Case(
        "a tag in mkv",
        lambda path: muxed(path, DIGITAL_SOURCE_TYPE=f"{IPTC}trainedAlgorithmicMedia"),
        says("synthetic", "iptc", "Segment/Tags: DIGITAL_SOURCE_TYPE"),
        suffix=".mkv",
    ),
    Case(
        "the fields of AI",
        xmp(AI_FIELDS),
        tuple(
            ("synthetic", "iptc", f"uuid: XMP: Iptc4xmpExt:{name}")
            for name in ("AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName")
        ),
        generator="Dreamer 2.1",
    ),
    Case(
        "Google's credit",
        xmp(packet("<photoshop:Credit>Edited with Google AI</photoshop:Credit>")),
        says("synthetic", "xmp", "uuid: XMP: photoshop:Credit"),
        generator="Google AI",
    ),
    Case(
        "a generator's name",
        xmp(packet(attributes='xmp:CreatorTool="Adobe Firefly 3.0" tiff:Model="EOS R5"')),
        says("synthetic", "xmp", "uuid: XMP: xmp:CreatorTool"),
        generator="Adobe Firefly",
    ),
    Case("an entity bomb", xmp(BOMB), (), ("declares a document type, which is refused",)),
    Case("UTF-16", xmp(TRAINED.encode("utf-16")), says("synthetic", "iptc", SOURCE)),
    Case("rubbish around it", xmp(b"\xff\0?" + TRAINED.encode() + b"\0\xff"), says("synthetic", "iptc", SOURCE)),
    Case("cut short", xmp(TRAINED[: TRAINED.index("</rdf:D")]), says("synthetic", "iptc", SOURCE), ("broken XML",)),
    Case(
        "100 MB of XMP",
        lambda path: huge(path, TRAINED.encode(), 100 << 20),
        says("synthetic", "iptc", SOURCE),
        ("longer than what is read",),
    ),
    Case(
        "two that disagree",
        lambda path: mp4(
            path, movie=box(b"udta", keyed(("AIGC", record()))), top=uuid(source_type("digitalCapture").encode())
        ),
        (*says("captured", "iptc", SOURCE), *says("synthetic")),
        (f"fields disagree: {SOURCE} says captured, {LABEL} says synthetic",),
    ),
)

NOVEL = {"prompt": "a secret wish", "steps": 28, "seed": 1, "sampler": "k_euler", "scale": 5, "signed_hash": "x"}
WHOLE = json.dumps({"prompt": json.dumps(graph()), "workflow": {"nodes": [], "links": []}})
OTHERS = (
    Case(
        "ComfyUI in a comment",
        lambda path: muxed(path, comment=WHOLE),
        says("synthetic", "workflow", "Segment/Tags: COMMENT"),
        generator="ComfyUI",
        suffix=".mkv",
    ),
    Case(
        "ComfyUI in mp4",
        lambda path: with_keys(path, ("prompt", json.dumps(graph()))),
        says("synthetic", "workflow", "moov/udta/meta/keys: prompt"),
        generator="ComfyUI",
    ),
    Case(
        "ComfyUI, cut",
        lambda path: with_keys(path, ("comment", WHOLE[:200])),
        says("synthetic", "workflow", "moov/udta/meta/keys: comment"),
        ("cut or damaged",),
        "ComfyUI",
    ),
    Case(
        "A1111 in PNG",
        lambda path: png(path, ("parameters", A1111), packed=True),
        says("synthetic", "workflow", "PNG zTXt: parameters"),
        generator="Stable Diffusion web UI",
        suffix=".png",
    ),
    Case(
        "A1111 in GIF",
        lambda path: gif(path, comment=A1111),
        says("synthetic", "workflow", "GIF comment: comment"),
        suffix=".gif",
    ),
    Case(
        "A1111 in EXIF",
        lambda path: jpeg(path, exif=user_comment(A1111)),
        says("synthetic", "workflow", "JPEG APP1: UserComment"),
        generator="Stable Diffusion web UI",
        suffix=".jpg",
    ),
    Case(
        "NovelAI",
        lambda path: png(path, ("Software", "NovelAI"), ("Comment", json.dumps(NOVEL))),
        (("synthetic", "tag", "PNG tEXt: Software"), ("synthetic", "workflow", "PNG tEXt: Comment")),
        generator="NovelAI",
        suffix=".png",
    ),
    Case(
        "InvokeAI",
        lambda path: png(path, ("invokeai_metadata", json.dumps({"model": {"name": "flux"}, "seed": 1}))),
        says("synthetic", "workflow", "PNG tEXt: invokeai_metadata"),
        generator="InvokeAI",
        suffix=".png",
    ),
    Case(
        "SwarmUI",
        lambda path: png(path, ("parameters", json.dumps({"sui_image_params": {"model": "Flux/flux1"}}))),
        says("synthetic", "workflow", "PNG tEXt: parameters"),
        generator="SwarmUI",
        suffix=".png",
    ),
    Case(
        "a generator's tag",
        lambda path: with_keys(path, ("encoder", "Kling AI 2.1")),
        says("synthetic", "tag", "moov/udta/meta/keys: encoder"),
        generator="Kling",
    ),
    Case(
        "a note",
        lambda path: jpeg(path, comment=b"Made with Google AI"),
        says("synthetic", "tag", "JPEG COM: comment"),
        generator="Google AI",
        suffix=".jpg",
    ),
    Case(
        "a note without a name",
        lambda path: with_keys(path, ("comment", "AI生成")),
        says("synthetic", "tag", "moov/udta/meta/keys: comment"),
    ),
    Case("nothing", lambda path: muxed(path, title="Sunday"), ()),
    Case(
        "a title about AI",
        lambda path: with_keys(
            path,
            ("title", "Is this AI generated? Sora, Kling and Midjourney compared"),
            ("comment", "A talk on AIGC and how ComfyUI works; Steps: 20"),
            ("encoder", "Lavf61.7.100"),
            ("com.apple.quicktime.model", "iPhone 15"),
        ),
        (),
    ),
    Case("a signed file's manifest alone", lambda path: mp4(path, top=uuid(b"signed", MANIFEST_BOX)), ()),
    Case(
        "100 MB of nothing",
        lambda path: huge(path, b"", 100 << 20),
        (),
        ("longer than", "no XMP packet"),
    ),
    Case(
        "no video at all",
        lambda path: path.write_bytes(b"hello") and path,
        (),
        ("is not read",),
        suffix=".txt",
    ),
)
CASES = {
    **{f"record: {case.name}": case for case in RECORDS},
    **{f"XMP: {case.name}": case for case in PACKETS},
    **{f"other: {case.name}": case for case in OTHERS},
}
