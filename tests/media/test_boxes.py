import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.media.boxes import structure
from countermark.tests import recipes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("boxes")
    for name in ("spoken.mp4", "front.mp4", "matroska.mkv", "web.webm", "old.avi", "loop.gif", "stream.ts"):
        recipes.make(name, made)
    recipes.clip(made / "fragments.mp4", container={"movflags": "frag_keyframe+empty_moov"})
    recipes.clip(made / "quick.mov")
    return made


def changed(source: Path, name: str, content: bytes) -> Path:
    path = source.with_name(name)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "family", "brand"),
    [
        ("spoken.mp4", "isobmff", "isom"),
        ("front.mp4", "isobmff", "isom"),
        ("fragments.mp4", "isobmff", "isom"),
        ("quick.mov", "isobmff", "qt"),
        ("matroska.mkv", "ebml", "matroska"),
        ("web.webm", "ebml", "webm"),
        ("old.avi", "riff", "AVI"),
        ("loop.gif", "gif", None),
        ("stream.ts", "mpegts", None),
    ],
)
def test_sound_files_have_nothing_odd(folder: Path, name: str, family: str, brand: str | None) -> None:
    found = structure(folder / name)
    assert (found.family, found.brand, found.anomalies) == (family, brand, ())


@pytest.mark.parametrize("name", ["spoken.mp4", "matroska.mkv", "old.avi"])
def test_bytes_after_the_end(folder: Path, name: str) -> None:
    path = changed(folder / name, "tail-" + name, (folder / name).read_bytes() + b"\x01secret passenger")
    assert any("17 bytes after the last" in line for line in structure(path).anomalies)


@pytest.mark.parametrize("name", ["front.mp4", "matroska.mkv", "old.avi"])
def test_a_file_cut_short(folder: Path, name: str) -> None:
    path = recipes.cut(folder / name, folder / ("cut-" + name), 0.7)
    assert any("past the end of" in line for line in structure(path).anomalies)


def resized(content: bytes, kind: bytes, change: int) -> bytes:
    at = content.index(kind) - 4
    size = struct.unpack(">I", content[at : at + 4])[0]
    return content[:at] + struct.pack(">I", size + change) + content[at + 4 :]


def test_sizes_that_lie(folder: Path) -> None:
    content = (folder / "front.mp4").read_bytes()
    longer = structure(changed(folder / "front.mp4", "lie1.mp4", resized(content, b"trak", 400))).anomalies
    assert any("'trak'" in line and "its parent 'moov'" in line or "'trak'" in line for line in longer)
    moov = structure(changed(folder / "front.mp4", "lie2.mp4", resized(content, b"moov", -40))).anomalies
    assert any("'moov'" in line for line in moov)
    tiny = structure(changed(folder / "front.mp4", "lie3.mp4", content.replace(b"\0\0\0\x08free", b"\0\0\0\x03free")))
    assert any("fewer bytes than its own header" in line for line in tiny.anomalies)


def test_missing_and_doubled_boxes(folder: Path) -> None:
    content = (folder / "spoken.mp4").read_bytes()
    at = content.index(b"moov") - 4
    moov = content[at : at + struct.unpack(">I", content[at : at + 4])[0]]
    assert any(
        "no 'moov'" in line for line in structure(changed(folder / "spoken.mp4", "m.mp4", content[:at])).anomalies
    )
    twice = structure(changed(folder / "spoken.mp4", "d.mp4", content + moov)).anomalies
    assert "'moov' stands 2 times where one may" in twice
    no_media = content[: content.index(b"mdat") - 4] + moov
    assert any("no 'mdat'" in x for x in structure(changed(folder / "spoken.mp4", "n.mp4", no_media)).anomalies)


def test_samples_outside_the_media_data(folder: Path) -> None:
    content = bytearray((folder / "spoken.mp4").read_bytes())
    at = content.index(b"stco")
    content[at + 12 : at + 16] = struct.pack(">I", 4)  # the first chunk would be read from the file's own header
    found = structure(changed(folder / "spoken.mp4", "elsewhere.mp4", bytes(content))).anomalies
    assert any("lead outside the media data" in line for line in found)


def test_unknown_box_is_said(folder: Path) -> None:
    content = (folder / "spoken.mp4").read_bytes() + struct.pack(">I4s4s", 12, b"zzzz", b"data")
    found = structure(changed(folder / "spoken.mp4", "unknown.mp4", content)).anomalies
    assert any("unknown box 'zzzz'" in line for line in found)


HEADS = [b"", b"\0\0\0\x14ftypisom", b"\x1a\x45\xdf\xa3", b"RIFF\x30\0\0\0AVI ", b"\0\0\0\x10moov", b"GIF89a"]


@settings(max_examples=300, deadline=None)
@given(head=st.sampled_from(HEADS), tail=st.binary(max_size=400))
def test_any_bytes_give_an_answer(tmp_path_factory: pytest.TempPathFactory, head: bytes, tail: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(head + tail)
    assert all("\n" not in line and len(line) < 200 for line in structure(path).anomalies)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_gives_an_answer(folder: Path, data: st.DataObject) -> None:
    content = bytearray((folder / data.draw(st.sampled_from(["front.mp4", "matroska.mkv", "old.avi"]))).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, min(3000, len(content) - 1)))] = data.draw(st.integers(0, 255))
    structure(changed(folder / "any.mp4", "damaged.bin", bytes(content)))
