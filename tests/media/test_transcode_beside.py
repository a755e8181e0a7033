"""What comes along with the pictures: sound, subtitles, tags, chapters; and into which container."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from countermark.media.codecs import codec_for, suffix_for
from countermark.media.transcode import remux, transcode
from countermark.tests.media.reading import packets_of, times_of, video_of
from countermark.tests.media.rewriting import fast, small
from countermark.tests.recipes import make


def rich(path: Path, *, subtitles: str = "") -> Path:
    """Two languages of sound, chapters, tags of every sort, a time code, and subtitles."""
    plain = small(path.with_name(f"plain{path.suffix}"), audio=True)
    with av.open(str(plain)) as source, av.open(str(path), "w") as out:
        out.metadata.update({"title": "A walk", "comment": "made by hand", "creation_time": "2024-05-06T07:08:09Z"})
        out.metadata.update({"location": "+48.1+011.5/", "artist": "Somebody", "make": "Maker"})
        video = out.add_stream_from_template(source.streams.video[0], opaque=True)
        video.metadata["timecode"] = "01:02:03:04"
        sounds = [out.add_stream_from_template(source.streams.audio[0]) for _ in range(2)]
        for sound, language in zip(sounds, ("eng", "fra"), strict=True):
            sound.metadata["language"] = language
        sounds[0].disposition, sounds[1].disposition = av.stream.Disposition.default, av.stream.Disposition.comment
        text: Any = out.add_mux_stream(subtitles) if subtitles else None
        spans = [(0, 200, "One"), (200, 400, "Two")]
        base = Fraction(1, 1000)
        out.set_chapters(
            [
                {"id": i, "start": a, "end": b, "time_base": base, "metadata": {"title": title}}
                for i, (a, b, title) in enumerate(spans)
            ]
        )
        for packet in source.demux(source.streams.video[0], source.streams.audio[0]):
            if packet.size and packet.stream.type == "video":
                packet.stream = video
                out.mux(packet)
            elif packet.size:
                data, pts, base, length = bytes(packet), packet.pts, packet.time_base, packet.duration
                for sound in sounds:
                    again = av.Packet(data)
                    again.pts = again.dts = pts
                    again.time_base, again.duration, again.stream = base, length, sound
                    out.mux(again)
        if text:
            line = av.Packet(b"Hello" if subtitles == "subrip" else b"\0\5Hello")
            line.pts = line.dts = 0
            line.time_base, line.duration, line.stream = Fraction(1, 1000), 200, text
            out.mux(line)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("how", ["transcode", "remux"])
def test_sound_tags_chapters_and_languages_are_carried(tmp_path: Path, suffix: str, how: str) -> None:
    source = rich(tmp_path / f"a{suffix}")
    target = tmp_path / f"b{suffix}"
    if how == "remux":
        written = remux(video_of(source), target, keep="labels")
    else:
        written = transcode(video_of(source), target, fast())
    assert written.audio_identical is True
    for number in (0, 1):
        assert [data for _, data in packets_of(target, "audio", number)] == [
            data for _, data in packets_of(source, "audio", number)
        ]
    assert [at for at, _ in packets_of(target, "audio")] == [at for at, _ in packets_of(source, "audio")]
    with av.open(str(source)) as old, av.open(str(target)) as new:
        tags = {name.lower(): value for name, value in new.metadata.items()}
        assert tags["title"] == "A walk" and tags["comment"] == "made by hand"
        assert tags["creation_time"].startswith("2024-05-06T07:08:09")
        assert not {"artist", "make", "location", "location-eng"} & set(tags)
        assert [stream.language for stream in new.streams.audio] == ["eng", "fra"]
        assert [stream.disposition for stream in new.streams.audio] == [s.disposition for s in old.streams.audio]
        assert [chapter["metadata"].get("title") for chapter in new.chapters()] == ["One", "Two"]
        assert new.streams.video[0].metadata.get("timecode" if suffix != ".mkv" else "TIMECODE") == "01:02:03:04"
    said = " ".join(written.not_carried)
    assert "artist" in said.lower() and "Somebody" not in said


def test_without_metadata_nothing_is_left_of_it(tmp_path: Path) -> None:
    source = rich(tmp_path / "a.mp4")
    transcode(video_of(source), tmp_path / "b.mp4", fast(), keep="none")
    with av.open(str(tmp_path / "b.mp4")) as new:
        assert not {"title", "comment", "artist"} & set(new.metadata)
        assert not new.chapters() and len(new.streams.audio) == 2
        assert not any(stream.type == "data" for stream in new.streams)
        assert "timecode" not in new.streams.video[0].metadata
    assert b"Somebody" not in (tmp_path / "b.mp4").read_bytes()


def test_subtitles_are_kept_where_they_fit_and_said_where_not(tmp_path: Path) -> None:
    source = video_of(rich(tmp_path / "a.mkv", subtitles="subrip"))
    kept = transcode(source, tmp_path / "b.mkv", fast())
    assert [data for _, data in packets_of(kept.path, "subtitle")] == [b"Hello"]
    assert not any("subtitles" in words for words in kept.not_carried)
    said = transcode(source, tmp_path / "b.mp4", fast()).not_carried
    assert any("subtitles" in words and "mp4" in words for words in said)
    text = video_of(rich(tmp_path / "c.mp4", subtitles="mov_text"))
    assert [data for _, data in packets_of(transcode(text, tmp_path / "d.mp4", fast()).path, "subtitle")][
        0
    ] == b"\0\5Hello"


def test_a_cover_picture_is_said(tmp_path: Path) -> None:
    plain, source = small(tmp_path / "plain.mp4"), tmp_path / "a.mp4"
    with av.open(str(plain)) as old, av.open(str(source), "w") as out:
        video = out.add_stream_from_template(old.streams.video[0], opaque=True)
        cover: Any = out.add_stream("mjpeg", 1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        out.mux([*cover.encode(av.VideoFrame(64, 48, "yuvj420p")), *cover.encode(None)])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = video
                out.mux(packet)
    written = transcode(video_of(source), tmp_path / "b.mp4", fast())
    assert written.not_carried == ("the cover picture",) and written.frames == 10


def test_sound_that_the_container_does_not_take_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    small(tmp_path / "v.mp4", codec="mpeg4")
    tone = (12000 * np.sin(np.arange(44100) / 10)).astype(np.int16)
    with av.open(str(path), "w") as out, av.open(str(tmp_path / "v.mp4")) as pictures:
        video = out.add_stream_from_template(pictures.streams.video[0], opaque=True)
        sound: Any = out.add_stream("pcm_s16le", 44100, layout="mono")
        for packet in pictures.demux(video=0):
            if packet.size:
                packet.stream = video
                out.mux(packet)
        frame = av.AudioFrame.from_ndarray(tone[None], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 44100, 0, Fraction(1, 44100)
        out.mux([*sound.encode(frame), *sound.encode(None)])
    written = transcode(video_of(path), tmp_path / "b.mp4", fast())
    assert written.audio_identical is False and any("pcm_s16le" in words for words in written.not_carried)
    with av.open(str(written.path)) as container:
        heard = np.concatenate([f.to_ndarray().ravel() for f in container.decode(audio=0)])
        assert container.streams.audio[0].codec_context.name == "aac"
    assert abs(len(heard) - 44100) < 2100
    assert np.abs(np.fft.rfft(heard[4096:36864])).argmax() == pytest.approx(32768 / (20 * np.pi), abs=2)


@pytest.mark.parametrize("name", ["loop.gif", "web.webm", "matroska.mkv", "stream.ts", "old.avi", "lossless.mkv"])
def test_every_container_comes_out_as_what_it_should(tmp_path: Path, name: str) -> None:
    source = video_of(make(name, tmp_path))
    codec = codec_for(source)
    written = transcode(source, tmp_path / f"out{suffix_for(source)}", fast(codec))
    after = video_of(written.path)
    assert after.codec == codec == written.codec
    assert (after.geometry.width, after.geometry.height) == (source.geometry.width, source.geometry.height)
    assert len(times_of(written.path)) == len(times_of(source.path)) == written.frames
    if not name.endswith(".ts"):
        assert times_of(written.path) == times_of(source.path)
