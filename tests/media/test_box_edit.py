"""Bytes put into a finished mp4 or mov: what points into the file moves along, and nothing else changes."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from countermark.media import box_edit
from countermark.media.box_edit import insert
from countermark.tests.media.metadata.files import box
from countermark.tests.media.reading import frames_of, luma_of, packets_of
from countermark.tests.recipes import clip

NEW = box(b"uuid", bytes(range(16)) + b"x" * 1000)


def small(path: Path, flags: str) -> Path:
    container = {"movflags": flags} if flags else {}
    return clip(path, size=(64, 48), seconds=0.4, audio=True, keyframes=3, container=container)


def behind_head(path: Path) -> int:
    with path.open("rb") as file:
        return next(start + size for name, start, size in box_edit.top_boxes(file) or [] if name == b"ftyp")


@pytest.mark.parametrize(
    "flags",
    ["faststart", "", "frag_keyframe+empty_moov", "frag_keyframe+empty_moov+omit_tfhd_offset", "dash+delay_moov"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_offsets_of_every_sort_move_along(tmp_path: Path, suffix: str, flags: str) -> None:
    path = small(tmp_path / f"a{suffix}", flags)
    before = packets_of(path, "video"), packets_of(path, "audio"), [luma_of(frame) for frame in frames_of(path)]
    size = path.stat().st_size
    assert insert(path, behind_head(path), NEW) is True
    assert path.stat().st_size == size + len(NEW)
    assert before[:2] == (packets_of(path, "video"), packets_of(path, "audio"))
    assert all((luma_of(frame) == old).all() for frame, old in zip(frames_of(path), before[2], strict=True))
    assert list(tmp_path.iterdir()) == [path]


def test_the_index_of_fragments_leads_to_them_still(tmp_path: Path) -> None:
    path = small(tmp_path / "a.mp4", "frag_keyframe+empty_moov")
    insert(path, behind_head(path), NEW)
    content = path.read_bytes()
    at = content.index(b"tfra")
    assert content[at + 4] == 1
    lengths, count = struct.unpack_from(">2I", content, at + 12)
    step = 16 + sum((lengths >> shift & 3) + 1 for shift in (0, 2, 4))
    places = [struct.unpack_from(">Q", content, at + 20 + n * step + 8)[0] for n in range(count)]
    assert count > 1 and all(content[place + 4 : place + 8] == b"moof" for place in places)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 64,
        box(b"ftyp", b"isom" * 2) + box(b"moov", b"")[:-1],
        box(b"ftyp", b"isom" * 2) + b"\0\0\0\1moov" + (16).to_bytes(8, "big"),
    ],
)
def test_what_can_not_be_followed_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert insert(path, 16, NEW) is False and path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_chunk_offsets_that_would_not_fit_any_more_change_nothing(tmp_path: Path) -> None:
    path = small(tmp_path / "a.mp4", "+faststart")
    content = bytearray(path.read_bytes())
    at = content.index(b"stco")
    struct.pack_into(">I", content, at + 12, 0xFFFFFFF0)
    path.write_bytes(content)
    assert insert(path, behind_head(path), NEW) is False and path.read_bytes() == content
