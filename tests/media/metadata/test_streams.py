"""Fields of AVI, WAV, FLV and Ogg; what is not read is said."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from countermark.media.metadata import metadata
from countermark.tests.media.metadata.files import amf, chunk, comments, flv, ogg, riff
from countermark.tests.media.metadata.reading import fields, read
from countermark.tests.recipes import clip


def test_lists_and_chunks_of_avi(tmp_path: Path) -> None:
    content = riff(
        b"AVI ",
        chunk(b"LIST", b"hdrl", chunk(b"avih", b"\0" * 56), chunk(b"LIST", b"strl", chunk(b"strn", b"camera\0"))),
        chunk(b"LIST", b"INFO", chunk(b"ISFT", b"program\0"), chunk(b"INAM", b"odd")),
        chunk(b"_PMX", b"<x/>"),
        chunk(b"LIST", b"movi", chunk(b"strn", b"not a name")),
    )
    assert fields(tmp_path, content) == [
        ("RIFF/hdrl/strl", "strn", b"camera"),
        ("RIFF/INFO", "ISFT", b"program"),
        ("RIFF/INFO", "INAM", b"odd"),
        ("RIFF/_PMX", "XMP", b"<x/>"),
    ]
    more = riff(b"AVIX", chunk(b"LIST", b"INFO", chunk(b"ICMT", b"second")))
    assert fields(tmp_path, content + more)[-1] == ("RIFF/INFO", "ICMT", b"second")
    assert fields(tmp_path, riff(b"WAVE", chunk(b"bext", b"described")))[0][1:] == ("bext", b"described")


def test_script_data_of_flv(tmp_path: Path) -> None:
    said = {"width": 64.0, "encoder": "program", "inner": {"AIGC": "{}"}, "list": ["a", "b"]}
    assert fields(tmp_path, flv(amf("onMetaData") + amf(said), amf("onOther") + amf("x"))) == [
        ("FLV onMetaData", "encoder", b"program"),
        ("FLV onMetaData", "inner/AIGC", b"{}"),
        ("FLV onMetaData", "list", b"a"),
        ("FLV onMetaData", "list", b"b"),
        ("FLV onOther", "", b"x"),
    ]
    broken = read(tmp_path, flv(amf("onMetaData") + amf({"title": "x"})[:-5]))
    assert [field.value for field in broken.fields] == [b"x"] or broken.problems


def test_comments_of_ogg(tmp_path: Path) -> None:
    said = comments(b"\3vorbis", "program", "title=A walk", "AIGC={" + "x" * 70_000 + "}")
    found = fields(tmp_path, ogg(b"\1vorbis" + b"\0" * 23, said, b"\5vorbis"))
    assert [(name, value[:6]) for _, name, value in found] == [
        ("vendor", b"progra"),
        ("title", b"A walk"),
        ("AIGC", b"{xxxxx"),
    ]
    assert len(found[2][2]) == 70_002
    short = ogg(b"OpusHead", comments(b"OpusTags", "program", "a=b")[:-1])
    assert read(tmp_path, short).problems


@pytest.mark.parametrize(("suffix", "codec"), [(".avi", "mpeg4"), (".flv", "flv"), (".webm", "libvpx-vp9")])
def test_what_ffmpeg_writes_is_read(tmp_path: Path, suffix: str, codec: str) -> None:
    path = clip(tmp_path / f"a{suffix}", size=(64, 48), seconds=0.2, codec=codec, metadata={"title": "A walk"})
    found = {field.name.lower(): field.value for field in metadata(path).fields}
    assert b"A walk" in (found.get("title"), found.get("inam"))
    assert any(value.startswith(b"Lavf") for value in found.values())


def test_ogg_of_ffmpeg_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libopus", rate=48000, layout="mono")
        stream.metadata["AIGC"] = "{}"
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.sample_rate, frame.pts = 48000, 0
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux([*stream.encode(frame), *stream.encode(None)])
    assert ("AIGC", b"{}") in {(field.name, field.value) for field in metadata(path).fields}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x47" + b"\0" * 187 + (b"\x47" + b"\0" * 187) * 3, "mpegts"),
        (bytes.fromhex("3026b2758e66cf11") + b"\0" * 64, "asf"),
        (b"\0\0\0\x1cftypavif" + b"\0" * 16, "avif"),
        (b"plain text", "an unknown kind of file"),
        (b"", "an unknown kind of file"),
    ],
)
def test_what_is_not_read_is_said(tmp_path: Path, content: bytes, name: str) -> None:
    found = read(tmp_path, content)
    assert not found.fields and len(found.problems) == 1 and name in found.problems[0]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        metadata(tmp_path / "nowhere")
