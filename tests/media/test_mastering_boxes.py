import struct
from pathlib import Path

import av
import pytest

from countermark.media import box_edit
from countermark.media.colour import mastering_of
from countermark.media.facts import Mastering
from countermark.media.mastering_boxes import boxes_for, insert_mastering
from countermark.tests.media.reading import frames_of, luma_of, packets_of
from countermark.tests.recipes import HDR10_TAGS, clip

HDR = Mastering(((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), (0.3127, 0.329), (0.005, 1000.0), 1000, 400)


def flat_clip(path: Path, *, front: bool = False) -> Path:
    """10 bits and sound, and no mastering data anywhere in it."""
    return clip(
        path,
        size=(64, 48),
        seconds=0.4,
        codec="libx265",
        pixel_format="yuv420p10le",
        tags=HDR10_TAGS,
        audio=True,
        container={"movflags": "+faststart"} if front else {},
    )


@pytest.mark.parametrize("front", [True, False])
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_boxes_are_read_back_and_nothing_else_moves(tmp_path: Path, suffix: str, front: bool) -> None:
    path = flat_clip(tmp_path / f"a{suffix}", front=front)
    before = packets_of(path, "video"), packets_of(path, "audio"), [luma_of(frame) for frame in frames_of(path)]
    assert mastering_of(frames_of(path)[0]) is None
    assert insert_mastering(path, HDR) is True
    assert before[:2] == (packets_of(path, "video"), packets_of(path, "audio"))
    frames = frames_of(path)
    assert all((luma_of(frame) == old).all() for frame, old in zip(frames, before[2], strict=True))
    found = mastering_of(frames[0])
    assert found is not None and found.primaries is not None and found.luminance is not None
    assert found.max_content_light == 1000 and found.max_frame_average_light == 400
    assert found.luminance == pytest.approx((0.005, 1000.0))
    assert found.primaries[1] == pytest.approx((0.265, 0.69)) and found.white_point == pytest.approx((0.3127, 0.329))
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_there_already_is_not_doubled(tmp_path: Path) -> None:
    path = flat_clip(tmp_path / "a.mp4")
    insert_mastering(path, HDR)
    content = path.read_bytes()
    assert insert_mastering(path, HDR) is False and path.read_bytes() == content


def test_long_chunk_offsets_move_too(tmp_path: Path) -> None:
    path = flat_clip(tmp_path / "a.mp4", front=True)
    content = path.read_bytes()
    at = content.index(b"stco")
    (count,) = struct.unpack_from(">I", content, at + 8)
    assert count >= 1
    before = [p for _, p in packets_of(path, "video")]
    insert_mastering(path, Mastering(max_content_light=1000, max_frame_average_light=400))
    moved = path.read_bytes()
    grown = len(moved) - len(content)
    assert grown == len(boxes_for(Mastering(max_content_light=1, max_frame_average_light=1))[b"clli"])
    old = struct.unpack_from(f">{count}I", content, at + 12)
    new = struct.unpack_from(f">{count}I", moved, moved.index(b"stco") + 12)
    assert new == tuple(offset + grown for offset in old)
    assert [p for _, p in packets_of(path, "video")] == before


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x08moov", b"\0\0\0\x10ftypisom\0\0\0\0", b"\xff" * 64, b"RIFF" * 9])
def test_what_is_no_mp4_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert insert_mastering(path, HDR) is False and path.read_bytes() == content


def test_fragments_are_left_alone(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", size=(64, 48), seconds=0.4, container={"movflags": "frag_keyframe+empty_moov"})
    content = path.read_bytes()
    assert insert_mastering(path, HDR) is False and path.read_bytes() == content


def test_an_interrupted_insertion_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = flat_clip(tmp_path / "a.mp4", front=True)
    content = path.read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(box_edit.os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        insert_mastering(path, HDR)
    assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]
    with av.open(str(path)) as container:
        assert container.streams.video
