"""Bytes that mean harm: every answer is bounded, and none is an exception."""

from __future__ import annotations

import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countermark.media.metadata import Metadata, metadata
from countermark.media.metadata.fields import MOST_VALUE_BYTES
from countermark.media.metadata.gathering import MOST_BYTES, MOST_FIELDS
from countermark.tests.media.metadata.files import (
    FTYP,
    XMP_ID,
    amf,
    blocks,
    box,
    chunk,
    comments,
    data,
    element,
    exif,
    flv,
    gif,
    gif_xmp,
    hdlr,
    ilst,
    jpeg,
    keys,
    mkv,
    mp4,
    ogg,
    png,
    riff,
    segment,
    simple,
    tagged,
    tags,
)
from countermark.tests.media.metadata.reading import read

MEBI = 1 << 20
XMP = b"http://ns.adobe.com/xap/1.0/\0<x/>"
SMALL: dict[str, bytes] = {
    "mp4": mp4(
        box(b"udta", tagged(("AIGC", "{}"), ("title", "x")), box(b"\xa9too", b"\0\3\0\0abc")), tagged(("a", "b"))
    ),
    "itunes": mp4(box(b"udta", box(b"meta", hdlr(b"mdir"), box(b"ilst", box(b"----", box(b"mean", b"\0" * 5)))))),
    "mkv": mkv(element(0x1549A966, element(0x7BA9, b"t")), tags(simple("AIGC", b"{}", simple("b", b"c")), track=1)),
    "avi": riff(b"AVI ", chunk(b"LIST", b"INFO", chunk(b"ISFT", b"abc")), chunk(b"_PMX", b"<x/>")),
    "webp": riff(b"WEBP", chunk(b"EXIF", exif((0x010E, 2, b"abcdef"), inner=[(0x9286, 7, b"UNICODE\0abcd")]))),
    "png": png((b"zTXt", b"a\0\0" + zlib.compress(b"b")), (b"iTXt", b"c\0\1\0\0\0" + zlib.compress(b"d"))),
    "jpeg": jpeg(segment(0xE1, XMP), segment(0xE1, b"Exif\0\0" + exif((0x0131, 2, b"abcdef"))), segment(0xFE, b"c")),
    "gif": gif(b"\x21\xfe" + blocks(b"comment"), gif_xmp(b"<x/>")),
    "flv": flv(amf("onMetaData") + amf({"a": "b", "c": {"d": ["e", 1]}})),
    "ogg": ogg(b"OpusHead", comments(b"OpusTags", "v", "a=b"), b"x"),
}


def bounded(found: Metadata) -> bool:
    fields, lines = found.fields, found.problems
    return (
        len(fields) <= MOST_FIELDS
        and sum(len(field.value) for field in fields) <= MOST_BYTES
        and all(len(field.value) <= MOST_VALUE_BYTES and field.name.isprintable() for field in fields)
        and all(field.place.isprintable() and len(field.place) < 500 for field in fields)
        and len(lines) <= 32
        and all(line.isprintable() and len(line) < 600 for line in lines)
    )


def test_every_small_file_has_something_to_lose(tmp_path: Path) -> None:
    for name, content in SMALL.items():
        found = read(tmp_path, content)
        assert bounded(found) and (name == "itunes" or found.fields), name


@pytest.mark.parametrize("name", SMALL)
def test_a_cut_anywhere_gives_an_answer(tmp_path: Path, name: str) -> None:
    content = SMALL[name]
    for at in range(len(content)):
        found = read(tmp_path, content[:at])
        assert bounded(found), (at, found)


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4))
def test_damage_anywhere_gives_an_answer(tmp_path: Path, name: str, damage: list[tuple[int, bytes]]) -> None:
    content = bytearray(SMALL[name])
    for at, new in damage:
        at %= len(content)
        content[at : at + len(new)] = new
    assert bounded(read(tmp_path, bytes(content)))


# Much of it ----------------------------------------------------------------------------------------------------------


def large_tags() -> bytes:
    entry = simple("AIGC", b"x" * MEBI)
    return mkv(tags(*[entry] * 100))


LARGE: dict[str, Callable[[], bytes]] = {
    "one value in mp4": lambda: mp4(tagged(("AIGC", "x" * (100 * MEBI)))),
    "many values in mp4": lambda: mp4(*[tagged(("AIGC", "x" * MEBI))] * 100),
    "many tags in mkv": large_tags,
    "many boxes in mp4": lambda: mp4(box(b"udta", box(b"abcd") * (100 * MEBI // 8))),
    "many fragments in mp4": lambda: FTYP + box(b"moof", box(b"traf")) * (100 * MEBI // 16),
    "many keys in mp4": lambda: mp4(box(b"meta", hdlr(b"mdta"), keys(*["k"] * 3_000_000), ilst((1, b"x")))),
    "many elements in mkv": lambda: mkv(element(0xEC) * (100 * MEBI // 9)),
    "many chunks in avi": lambda: riff(b"AVI ", chunk(b"JUNK") * (100 * MEBI // 8)),
    "an XMP packet in mp4": lambda: mp4(before=[box(b"uuid", XMP_ID, b"<" * (100 * MEBI))]),
    "comments in gif": lambda: gif(b"\x21\xfe" + (b"\xff" + b"c" * 255) * (100 * MEBI // 256) + b"\0"),
    "texts in png": lambda: png(*[(b"tEXt", b"a\0" + b"x" * MEBI)] * 100),
    "bombs in png": lambda: png(*[(b"zTXt", b"a\0\0" + zlib.compress(bytes(50 * MEBI)))] * 100),
    "segments in jpeg": lambda: jpeg(*[segment(0xE1, XMP + b"x" * 65_000)] * 1600),
    "comments in ogg": lambda: ogg(b"OpusHead", comments(b"OpusTags", "v", *["a=b"] * 100_000), b"x"),
    "script data in flv": lambda: flv(*[amf("onMetaData") + amf(["x"] * 100_000)] * 20),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_hundred_megabytes_of_metadata_cost_little(tmp_path: Path, name: str) -> None:
    path = tmp_path / "large"
    path.write_bytes(LARGE[name]())
    started = time.process_time()
    found = metadata(path)
    took = time.process_time() - started
    path.unlink()
    assert bounded(found)
    assert found.problems or any(field.cut for field in found.fields)
    started = time.process_time()
    zlib.crc32(bytes(100 * MEBI))
    assert took < 60 * (time.process_time() - started)


@pytest.mark.parametrize("name", ["one value in mp4", "many values in mp4", "bombs in png", "segments in jpeg"])
def test_no_more_is_held_than_is_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / "large"
    path.write_bytes(LARGE[name]())
    tracemalloc.start()
    metadata(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    path.unlink()
    assert most < MOST_BYTES + 8 * MEBI


# What is claimed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 7, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("kind", [b"moov", b"udta", b"meta", b"uuid", b"keys", b"ilst", b"data", b"\0\0\0\1"])
def test_boxes_that_claim_anything(tmp_path: Path, kind: bytes, size: int) -> None:
    content = bytearray(SMALL["mp4"] + box(b"uuid", b"x" * 40))
    at = content.index(kind, 20) - 4
    struct.pack_into(">I", content, at, size)
    assert bounded(read(tmp_path, bytes(content)))


@pytest.mark.parametrize("size", [0, 15, 1 << 62, 1 << 63, (1 << 64) - 1])
def test_boxes_that_claim_very_much(tmp_path: Path, size: int) -> None:
    for kind in (b"moov", b"udta", b"uuid", b"meta", b"mdat"):
        huge = b"\0\0\0\1" + kind + size.to_bytes(8, "big") + SMALL["mp4"]
        for content in (FTYP + huge, mp4(huge), mp4(box(b"udta", huge))):
            assert bounded(read(tmp_path, content))


def test_elements_that_claim_very_much(tmp_path: Path) -> None:
    for size in (b"\x01" + b"\xff" * 6 + b"\xfe", b"\x01" + b"\xff" * 7, b"\xff"):
        for kind in (0x18538067, 0x1254C367, 0x7373, 0x67C8, 0x1F43B675):
            raw = kind.to_bytes((kind.bit_length() + 7) // 8, "big")
            content = SMALL["mkv"].replace(raw, raw + size, 1)
            assert bounded(read(tmp_path, content))


def test_nesting_has_an_end(tmp_path: Path) -> None:
    deep = tagged(("AIGC", "{}"))
    tag, part = simple("deepest", b"x"), chunk(b"ISFT", b"x")
    for number in range(1000):
        deep = box((b"udta", b"trak", b"meta")[number % 3], b"", deep)
        tag, part = simple("n", b"", tag), chunk(b"LIST", b"INFO", part)
    for content in (mp4(deep), mkv(tags(tag)), riff(b"AVI ", part), flv(amf("on") + b"\x0a\0\0\0\1" * 1000)):
        found = read(tmp_path, content)
        assert bounded(found)
        assert any("deep" in line or "sort" in line for line in found.problems), found


def test_a_bomb_is_cut(tmp_path: Path) -> None:
    bomb = zlib.compress(b"A" * (64 * MEBI), 9)
    (field,) = read(tmp_path, png((b"zTXt", b"parameters\0\0" + bomb))).fields
    assert field.cut and field.value == b"A" * MOST_VALUE_BYTES
    (broken,) = read(tmp_path, png((b"zTXt", b"parameters\0\0" + b"no such thing"))).fields
    assert broken.cut and broken.value == b""


def test_what_goes_over_a_bound_says_so(tmp_path: Path) -> None:
    found = read(tmp_path, mp4(tagged(*((f"k{number}", "v") for number in range(300)))))
    assert len(found.fields) == MOST_FIELDS and any("256 fields" in line for line in found.problems)
    for length in (MOST_VALUE_BYTES + 1, MOST_BYTES + 1):  # one long field leaves room for others
        found = read(tmp_path, mp4(tagged(("AIGC", "x" * length))))
        assert [(field.cut, len(field.value)) for field in found.fields] == [(True, MOST_VALUE_BYTES)]
        assert found.problems == ()
    found = read(tmp_path, mp4(*[tagged(("AIGC", "x" * MOST_VALUE_BYTES))] * 20))
    assert sum(field.cut for field in found.fields) == 4 and any("16 MiB" in line for line in found.problems)


def test_what_is_shown_of_a_field_is_its_size(tmp_path: Path) -> None:
    (field,) = read(tmp_path, mp4(tagged(("location", "+48.1+011.5/")))).fields
    assert "48.1" not in repr(field) and "12 bytes" in repr(field)


def test_a_value_of_sixteen_bits_that_is_none(tmp_path: Path) -> None:
    content = mp4(box(b"meta", hdlr(b"mdta"), keys("a"), box(b"ilst", box(b"\0\0\0\1", data(b"\xd8\0\xd8", 2)))))
    found = read(tmp_path, content)
    assert bounded(found) and found.fields[0].value
