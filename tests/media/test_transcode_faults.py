"""Sources that are broken or odd, and outputs that cannot be."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from numpy.typing import NDArray

from countermark.errors import EncodeFailed, NoPictures, OutputFolderMissing, UnreadableVideo
from countermark.media.codecs import EncodeSettings
from countermark.media.transcode import remux, transcode
from countermark.tests.media.reading import packets_of, times_of, video_of
from countermark.tests.media.rewriting import fast, small
from countermark.tests.recipes import cut, make, sound_only


@pytest.mark.parametrize("how", ["transcode", "remux"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.webm"])
def test_a_source_that_breaks_off_is_refused(tmp_path: Path, name: str, how: str) -> None:
    codec = {"a.avi": "mpeg4", "a.webm": "libvpx-vp9"}.get(name, "libx264")
    whole = small(
        tmp_path / name, seconds=4, codec=codec, container={"movflags": "+faststart"} if name == "a.mp4" else {}
    )
    video = video_of(whole)
    cut(whole, whole, 0.6)
    with pytest.raises(UnreadableVideo, match=r"breaks off at [0-3]\.\d s"):
        if how == "remux":
            remux(video, tmp_path / "b.mp4", keep="labels")
        else:
            transcode(video, tmp_path / "b.mp4", fast())
    assert not (tmp_path / "b.mp4").exists()


@pytest.mark.parametrize("name", ["loop.gif", "stream.ts"])
def test_what_declares_no_length_is_refused_where_it_ends_in_the_middle(tmp_path: Path, name: str) -> None:
    video = video_of(make(name, tmp_path))
    transcode(video, tmp_path / "b.mp4", fast())
    (tmp_path / "b.mp4").unlink()
    cut(video.path, video.path, 0.61)
    with pytest.raises(UnreadableVideo, match="breaks off at"):
        transcode(video, tmp_path / "b.mp4", fast())
    assert not (tmp_path / "b.mp4").exists()


def test_a_video_trimmed_by_its_container_is_whole(tmp_path: Path) -> None:
    plain, source = small(tmp_path / "plain.mp4", seconds=2, audio=True), tmp_path / "a.mp4"
    with av.open(str(plain)) as old, av.open(str(source), "w") as out:
        streams = [out.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        for packet in old.demux():
            if packet.size:
                early = round(Fraction(1, 2) / packet.time_base)
                packet.pts, packet.dts = packet.pts - early, packet.dts - early
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    shown = times_of(source)
    assert len(shown) < 40 and len(times_of(plain)) == 50
    written = transcode(video_of(source), tmp_path / "b.mp4", fast())
    assert times_of(written.path) == shown and written.frames == len(shown)
    copied = remux(video_of(source), tmp_path / "c.mp4", keep="labels")
    assert times_of(copied.path) == shown and copied.frames == len(shown)
    assert packets_of(written.path, "audio") == packets_of(copied.path, "audio") == packets_of(source, "audio")


def test_damage_in_the_middle_is_refused(tmp_path: Path) -> None:
    source = small(tmp_path / "a.mp4", seconds=2)
    video = video_of(source)
    content = bytearray(source.read_bytes())
    start = content.index(b"mdat")
    content[start + 4000 : start + 9000] = b"\xff" * 5000
    source.write_bytes(content)
    with pytest.raises(UnreadableVideo, match="breaks off at"):
        transcode(video, tmp_path / "b.mp4", fast())
    assert not (tmp_path / "b.mp4").exists()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_nothing_half_written_is_left(tmp_path: Path, kind: type[BaseException]) -> None:
    source = video_of(small(tmp_path / "a.mp4", audio=True))

    def stop(_: NDArray[Any], seconds: float) -> None:
        if seconds > 0.2:
            raise kind

    with pytest.raises(kind):
        transcode(source, tmp_path / "b.mp4", fast(), touch=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    source = video_of(small(tmp_path / "a.mp4"))
    with pytest.raises(OutputFolderMissing):
        transcode(source, tmp_path / "none" / "b.mp4", fast())
    with pytest.raises(EncodeFailed, match="x264 refused"):
        transcode(source, tmp_path / "b.mp4", EncodeSettings("h264", preset="never heard of"))
    with pytest.raises(EncodeFailed, match="mov does not take av1"):
        transcode(source, tmp_path / "b.mov", fast("av1"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    from dataclasses import replace

    video = replace(video_of(small(tmp_path / "a.mp4")), path=sound_only(tmp_path / "s.m4a"))
    with pytest.raises(NoPictures):
        transcode(video, tmp_path / "b.mp4", fast())


def test_progress_rises_to_one(tmp_path: Path) -> None:
    told: list[float] = []
    transcode(video_of(small(tmp_path / "a.mp4")), tmp_path / "b.mp4", fast(), progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 5


def test_reordered_frames_in_avi_come_out_evenly(tmp_path: Path) -> None:
    plain, source = small(tmp_path / "v.mp4", seconds=1, options={"preset": "medium", "bf": "2"}), tmp_path / "a.avi"
    with av.open(str(plain)) as old, av.open(str(source), "w") as out:
        video = out.add_stream_from_template(old.streams.video[0], opaque=True)
        annexb = av.BitStreamFilterContext("h264_mp4toannexb", old.streams.video[0])
        for packet in old.demux(video=0):
            for ready in annexb.filter(packet) if packet.size else []:
                ready.pts = None
                ready.stream = video
                out.mux(ready)
    written = transcode(video_of(source), tmp_path / "b.mp4", fast())
    times = times_of(written.path)
    assert len(times) == 25 and {b - a for a, b in zip(times, times[1:], strict=False)} == {Fraction(1, 25)}


def test_a_copy_cannot_follow_an_edit_list_of_several_parts(tmp_path: Path) -> None:
    source = video_of(small(tmp_path / "a.mp4", seconds=1, keyframes=25, options={"bf": "0"}))
    content = bytearray(source.path.read_bytes())
    at = content.index(b"elst")
    size, count = struct.unpack_from(">I", content, at - 4)[0], struct.unpack_from(">I", content, at + 8)[0]
    parts = struct.pack(">IiHH", 400, 0, 1, 0) + struct.pack(">IiHH", 400, 2560, 1, 0)
    assert count == 1 and content.index(b"mdat") < at
    grown = content[: at + 8] + struct.pack(">I", 2) + parts + content[at - 4 + size :]
    for name in (b"moov", b"trak", b"edts", b"elst"):
        box = grown.index(name) - 4
        struct.pack_into(">I", grown, box, struct.unpack_from(">I", grown, box)[0] + 12)
    source.path.write_bytes(grown)
    shown = times_of(source.path)
    assert times_of(transcode(source, tmp_path / "b.mp4", fast()).path) == shown and 15 < len(shown) < 25
    with pytest.raises(EncodeFailed, match="several parts"):
        remux(source, tmp_path / "c.mp4", keep="labels")
