"""Fields of mp4 and mov, wherever they stand."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from countermark.tests.media.metadata.files import (
    FTYP,
    MDAT,
    XMP_ID,
    box,
    data,
    hdlr,
    ilst,
    keys,
    mp4,
    tagged,
)
from countermark.tests.media.metadata.reading import fields, read
from countermark.tests.recipes import clip

RECORD = '{"Label":"1"}'


@pytest.mark.parametrize("iso", [True, False])
def test_keys_at_every_place_are_told_apart(tmp_path: Path, iso: bool) -> None:
    record = tagged(("AIGC", RECORD), ("title", "a"), iso=iso)
    content = mp4(
        box(b"udta", record),
        record,
        box(b"trak", box(b"mdia", hdlr(b"vide"))),
        box(b"trak", record, box(b"udta", record)),
        after=[record, box(b"udta", record), box(b"moof", record, box(b"traf", record))],
    )
    found = [place for place, name, value in fields(tmp_path, content) if (name, value) == ("AIGC", RECORD.encode())]
    ways = ["moov/udta/meta", "moov/meta", "moov/trak[2]/meta", "moov/trak[2]/udta/meta", "meta", "udta/meta"]
    assert found == [f"{way}/keys" for way in (*ways, "moof/meta", "moof/traf/meta")]


def test_doubles_stay_apart(tmp_path: Path) -> None:
    twice = box(b"meta", hdlr(b"mdta"), keys("AIGC", "AIGC"), ilst((1, b"one"), (2, b"two"), (1, b"three")))
    several = box(b"meta", hdlr(b"mdta"), keys("AIGC"), box(b"ilst", box(b"\0\0\0\1", data(b"four"), data(b"five"))))
    found = fields(tmp_path, mp4(box(b"udta", twice), several))
    assert [value for _, _, value in found] == [b"one", b"two", b"three", b"four", b"five"]
    assert {name for _, name, _ in found} == {"AIGC"}


def test_a_second_table_of_keys_is_read_and_said(tmp_path: Path) -> None:
    content = mp4(box(b"meta", hdlr(b"mdta"), keys("title"), ilst((1, b"a")), keys("AIGC"), ilst((1, RECORD.encode()))))
    found = read(tmp_path, content)
    assert [(field.name, field.value) for field in found.fields] == [("title", b"a"), ("AIGC", RECORD.encode())]
    assert found.problems == ("'keys' stands 2 times in moov/meta",)


def test_atoms_of_itunes_and_its_free_form(tmp_path: Path) -> None:
    own = box(
        b"----", box(b"mean", b"\0" * 4 + b"com.apple.iTunes"), box(b"name", b"\0" * 4 + b"AIGC"), data(RECORD.encode())
    )
    values = box(
        b"ilst",
        box(b"\xa9nam", data("ä".encode())),
        box(b"desc", data("ä".encode("utf-16-be"), 2)),
        own,
        box(b"raw ", b"x"),
    )
    content = mp4(box(b"udta", box(b"meta", b"\0" * 4, hdlr(b"mdir"), values)))
    assert fields(tmp_path, content) == [
        ("moov/udta/meta/ilst", "©nam", "ä".encode()),
        ("moov/udta/meta/ilst", "desc", "ä".encode()),
        ("moov/udta/meta/ilst", "----:com.apple.iTunes:AIGC", RECORD.encode()),
        ("moov/udta/meta/ilst", "raw", b"x"),
    ]


def test_texts_of_user_data(tmp_path: Path) -> None:
    text = struct.pack(">2H", 3, 0x55C4)
    content = mp4(
        box(
            b"udta",
            box(b"\xa9xyz", text + b"+48", text + b"+49"),
            box(b"\xa9too", b"no such form"),
            box(b"titl", b"\0" * 4 + b"\x55\xc4" + b"A walk\0"),
            box(b"AIGC", RECORD.encode()),
            box(b"XMP_", b"<x/>"),
            box(b"uuid", XMP_ID, b"<y/>"),
        )
    )
    assert fields(tmp_path, content) == [
        ("moov/udta", "©xyz", b"+48"),
        ("moov/udta", "©xyz", b"+49"),
        ("moov/udta", "©too", b"no such form"),
        ("moov/udta", "titl", b"A walk"),
        ("moov/udta", "AIGC", RECORD.encode()),
        ("moov/udta/XMP_", "XMP", b"<x/>"),
        ("moov/udta/uuid", "XMP", b"<y/>"),
    ]


def test_xmp_is_found_before_and_behind_the_media_data(tmp_path: Path) -> None:
    long = b"\0\0\0\1uuid" + (16 + 16 + 4).to_bytes(8, "big") + XMP_ID + b"<l/>"
    manifest = box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), b"not metadata")
    other = box(b"uuid", bytes(range(16)), b"other")
    content = mp4(before=[box(b"uuid", XMP_ID, b"<a/>"), manifest], after=[box(b"uuid", XMP_ID, b"<b/>"), long, other])
    assert fields(tmp_path, content) == [
        ("uuid", "XMP", b"<a/>"),
        ("uuid", "XMP", b"<b/>"),
        ("uuid", "XMP", b"<l/>"),
        ("uuid", f"uuid:{bytes(range(16)).hex()}", b"other"),
    ]


def test_keys_of_another_space_say_so(tmp_path: Path) -> None:
    content = mp4(box(b"meta", hdlr(b"mdta"), keys("AIGC", space=b"udta"), ilst((1, b"x"))))
    assert fields(tmp_path, content) == [("moov/meta/keys", "udta:AIGC", b"x")]


def test_values_and_keys_that_do_not_fit(tmp_path: Path) -> None:
    content = mp4(box(b"meta", hdlr(b"mdta"), keys("title", claimed=7), ilst((9, b"past"), (0, b"none"))))
    found = read(tmp_path, content)
    assert [(field.place, field.name, field.value) for field in found.fields] == [
        ("moov/meta/ilst", "#9", b"past"),
        ("moov/meta/ilst", "#0", b"none"),
    ]
    said = " ".join(found.problems)
    assert "claims 7 keys and has 1" in said and "for key 9" in said and "without a value" in said
    lone = read(tmp_path, mp4(box(b"meta", hdlr(b"mdta"), keys("AIGC"))))
    assert lone.fields == () and any("without a value" in line for line in lone.problems)
    fewer = read(tmp_path, mp4(box(b"meta", hdlr(b"mdta"), keys("a", "b", claimed=1), ilst((1, b"x")))))
    assert any("bytes behind its 1 keys" in line for line in fewer.problems)


def test_a_name_can_not_do_harm(tmp_path: Path) -> None:
    found = read(tmp_path, mp4(tagged(("AI\x1b[2J\u202eGC\n", "x"), ("n" * 5000, "y"))))
    assert found.fields[0].name == "AI\\x1b[2J\\u202eGC\\n" and len(found.fields[1].name) == 200


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("flags", ["faststart", "use_metadata_tags", "frag_keyframe+empty_moov", ""])
def test_what_ffmpeg_writes_is_read(tmp_path: Path, suffix: str, flags: str) -> None:
    path = clip(
        tmp_path / f"a{suffix}",
        size=(64, 48),
        seconds=0.2,
        metadata={"title": "A walk", "comment": "here"},
        container={"movflags": flags} if flags else {},
    )
    found = {name: value for _, name, value in fields(tmp_path, path.read_bytes())}
    assert {found.get("title"), found.get("©nam")} == {b"A walk", None}
    assert {found.get("comment"), found.get("©cmt")} == {b"here", None}
    assert found["handler_name"] == b"VideoHandler"


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert fields(tmp_path, FTYP + MDAT) == []
