"""Fields of PNG, JPEG, GIF, WebP and TIFF."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from countermark.tests.media.metadata.files import blocks, chunk, exif, gif, gif_xmp, jpeg, png, riff, segment
from countermark.tests.media.metadata.reading import fields, read

PARAMETERS = "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7 ä"
COMMENT = b"UNICODE\0" + PARAMETERS.encode("utf-16-le")
EXIF = exif((0x010E, 2, b"A walk\0"), (0x0131, 2, b"Software 1.0\0"), inner=[(0x9286, 7, COMMENT)])
OF_EXIF = [("ImageDescription", b"A walk"), ("Software", b"Software 1.0"), ("UserComment", PARAMETERS.encode())]
PACKET = b'<?xpacket begin=""?><x/>' + bytes(range(1, 256)) + b'<?xpacket end="w"?>'


def test_texts_of_a_png(tmp_path: Path) -> None:
    packed = zlib.compress(b'{"1": {"class_type": "KSampler"}}')
    content = png(
        (b"tEXt", b"parameters\0" + PARAMETERS.encode("latin-1")),
        (b"tEXt", b"Comment\0" + PARAMETERS.encode()),
        (b"zTXt", b"prompt\0\0" + packed),
        (b"iTXt", b"Description\0\0\0en\0Beschreibung\0" + "ä".encode()),
        (b"iTXt", b"workflow\0\1\0\0\0" + packed),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET),
        (b"eXIf", EXIF),
        (b"IDAT", b"tEXtnot one"),
    )
    plain = b'{"1": {"class_type": "KSampler"}}'
    assert fields(tmp_path, content) == [
        ("PNG tEXt", "parameters", PARAMETERS.encode()),
        ("PNG tEXt", "Comment", PARAMETERS.encode()),
        ("PNG zTXt", "prompt", plain),
        ("PNG iTXt", "Description", "ä".encode()),
        ("PNG iTXt", "workflow", plain),
        ("PNG iTXt", "XMP", PACKET),
        *(("PNG eXIf", *one) for one in OF_EXIF),
    ]


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_and_comments_of_a_jpeg(tmp_path: Path, order: str) -> None:
    coded = {"<": "utf-16-le", ">": "utf-16-be"}[order]
    comment = b"UNICODE\0" + PARAMETERS.encode(coded)
    block = exif((0x013B, 2, b"abc"), inner=[(0x9286, 7, comment)], order=order)
    content = jpeg(
        segment(0xE0, b"JFIF\0"),
        segment(0xE1, b"Exif\0\0" + block),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PACKET),
        segment(0xFE, b"made here"),
    )
    assert fields(tmp_path, content) == [
        ("JPEG APP1", "Artist", b"abc"),
        ("JPEG APP1", "UserComment", PARAMETERS.encode()),
        ("JPEG APP1", "XMP", PACKET),
        ("JPEG COM", "comment", b"made here"),
    ]


def test_a_comment_in_ascii(tmp_path: Path) -> None:
    block = exif(inner=[(0x9286, 7, b"ASCII\0\0\0Steps: 20")])
    assert fields(tmp_path, jpeg(segment(0xE1, b"Exif\0\0" + block))) == [("JPEG APP1", "UserComment", b"Steps: 20")]


def extended(offset: int, part: bytes, whole: int) -> bytes:
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + whole.to_bytes(4, "big") + offset.to_bytes(4, "big")
    return segment(0xE1, head + part)


def test_an_extended_packet_is_joined_in_its_order(tmp_path: Path) -> None:
    parts = [extended(0, b"<x:first/>", 20), extended(10, b"<x:second>", 20)]
    for content in (jpeg(*parts), jpeg(*reversed(parts))):
        assert fields(tmp_path, content) == [("JPEG APP1 extended", "XMP", b"<x:first/><x:second>")]
    gap = read(tmp_path, jpeg(parts[0], extended(11, b"x", 20)))
    assert not gap.fields and "gap" in gap.problems[0]


def test_comments_and_xmp_of_a_gif(tmp_path: Path) -> None:
    looped = b"\x21\xff\x0bNETSCAPE2.0" + blocks(b"\1\0\0")
    content = gif(looped, b"\x21\xfe" + blocks(b"long " * 100), b"\x21\xf9" + blocks(b"\0" * 4), gif_xmp(PACKET))
    assert fields(tmp_path, content + b"behind the end") == [
        ("GIF comment", "comment", b"long " * 100),
        ("GIF application", "XMP", PACKET),
    ]


def test_chunks_of_webp_and_a_tiff(tmp_path: Path) -> None:
    content = riff(b"WEBP", chunk(b"VP8L", b"xyz"), chunk(b"EXIF", EXIF), chunk(b"XMP ", PACKET))
    assert fields(tmp_path, content) == [*(("RIFF/EXIF", *one) for one in OF_EXIF), ("RIFF/XMP", "XMP", PACKET)]
    assert fields(tmp_path, EXIF) == [("TIFF", *one) for one in OF_EXIF]
