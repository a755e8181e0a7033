import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import EncodeFailed, NoPictures, OutputFolderMissing, UnreadableVideo
from countermark.media.codecs import EncodeSettings, codec_for, suffix_for
from countermark.media.colour import display_matrix_of, mastering_of
from countermark.media.probe import probe
from countermark.media.transcode import remux, transcode
from countermark.settings import Limits
from countermark.tests.media.reading import frames_of, luma_of, packets_of, times_of, video_of
from countermark.tests.recipes import clip, cut, display_matrix, make, sound_only

FAST = {"h264": "ultrafast", "hevc": "ultrafast", "av1": "10", "vp9": "8"}
CODECS = ("h264", "hevc", "av1", "vp9")


def fast(codec: Any = "h264", **more: Any) -> EncodeSettings:
    return EncodeSettings(codec, preset=FAST[codec], **more)


def small(path: Path, **more: Any) -> Path:
    return clip(path, **{"size": (98, 58), "seconds": 0.4, **more})


# Pixels --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("codec", CODECS)
def test_a_touch_changes_brightness_and_nothing_else(tmp_path: Path, codec: str, bits: Any) -> None:
    source = video_of(
        small(tmp_path / "a.mp4", codec="libx265", pixel_format="yuv420p10le" if bits == 10 else "yuv420p")
    )
    if (codec, bits) == ("vp9", 10):
        with pytest.raises(EncodeFailed, match="8 bits"):
            transcode(source, tmp_path / "b.mp4", fast("vp9"))
        assert not (tmp_path / "b.mp4").exists()
        return
    seen: list[tuple[Any, tuple[int, ...], float]] = []

    def brighten(luma: NDArray[Any], seconds: float) -> None:
        seen.append((luma.dtype, luma.shape, seconds))
        luma += np.array(10 << (bits - 8), luma.dtype)

    written = transcode(source, tmp_path / "b.mp4", fast(codec, crf=4), touch=brighten)
    assert written.bit_depth == bits and written.frames == 10
    assert seen[3] == (np.dtype(np.uint8 if bits == 8 else np.uint16), (58, 98), pytest.approx(0.12))
    before, after = frames_of(source.path), frames_of(written.path)
    unit = 1 << (bits - 8)
    for old, new in zip(before, after, strict=True):
        changed = luma_of(new) - luma_of(old)
        assert abs(changed.mean() / unit - 10) < 0.5 and np.quantile(np.abs(changed / unit - 10), 0.95) < 6
        assert abs(chroma_of(new).mean() - chroma_of(old).mean()) < 0.5 * unit


def chroma_of(frame: av.VideoFrame) -> NDArray[Any]:
    plane = frame.planes[1]
    kind = np.uint16 if frame.format.name.endswith("10le") else np.uint8
    return np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width].astype(float)


def test_a_touched_frame_does_not_spill_into_the_frames_after_it(tmp_path: Path) -> None:
    source = video_of(small(tmp_path / "a.mp4", seconds=1, keyframes=25))
    touched = 5 / 25

    def flash(luma: NDArray[Any], seconds: float) -> None:
        if abs(seconds - touched) < 0.01:
            luma[:] = 255

    settings = fast(crf=1)
    plain = transcode(source, tmp_path / "plain.mp4", settings)
    marked = transcode(source, tmp_path / "marked.mp4", settings, touch=flash)
    wrong = [
        float(np.abs(luma_of(a) - luma_of(b)).mean())
        for a, b in zip(frames_of(plain.path), frames_of(marked.path), strict=True)
    ]
    assert wrong[5] > 50 and max(wrong[:5] + wrong[6:]) < 1


@pytest.mark.parametrize("pixel_format", ["yuv422p", "yuv444p", "yuv422p10le"])
def test_colour_resolution_and_depth_are_kept(tmp_path: Path, pixel_format: str) -> None:
    source = video_of(small(tmp_path / "a.mp4", pixel_format=pixel_format))
    assert frames_of(transcode(source, tmp_path / "b.mp4", fast()).path)[0].format.name == pixel_format
    said = transcode(source, tmp_path / "c.mp4", fast("av1")).not_carried
    assert any("4:2:0" in words for words in said)


@pytest.mark.parametrize("codec", CODECS)
def test_an_odd_size_is_kept_or_said(tmp_path: Path, codec: str) -> None:
    source = video_of(clip(tmp_path / "a.webm", codec="libvpx-vp9", size=(101, 75), seconds=0.2))
    written = transcode(source, tmp_path / "b.mp4", fast(codec))
    frame = frames_of(written.path)[0]
    assert (frame.width, frame.height) == (written.geometry.width, written.geometry.height)
    if codec in ("av1", "vp9"):
        assert (frame.width, frame.height) == (101, 75) and not written.not_carried
    else:
        assert (frame.width, frame.height) == (102, 76) and "101x75" in written.not_carried[0]
    old = luma_of(frames_of(source.path)[0])
    assert np.abs(luma_of(frame)[:75, :101] - old).mean() < 3


def test_scaling_gives_even_sizes(tmp_path: Path) -> None:
    written = transcode(video_of(small(tmp_path / "a.mp4")), tmp_path / "b.mp4", fast(scale=0.75))
    assert (written.geometry.width, written.geometry.height) == (74, 44)
    assert (frames_of(written.path)[0].width, frames_of(written.path)[0].height) == (74, 44)


def test_a_bitrate_takes_the_place_of_a_quality(tmp_path: Path) -> None:
    source = video_of(small(tmp_path / "a.mp4", seconds=2))
    sizes = [
        sum(
            len(data) for _, data in packets_of(transcode(source, tmp_path / "b.mp4", fast(bitrate=rate)).path, "video")
        )
        for rate in (40_000, 160_000)
    ]
    assert sizes[0] * 2 < sizes[1] < 100_000


# Time and shape ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_uneven_times_are_kept_exactly(tmp_path: Path, codec: str, suffix: str) -> None:
    source = small(tmp_path / f"a{suffix}", vfr=True, fps=Fraction(30000, 1001))
    written = transcode(video_of(source), tmp_path / f"b{suffix}", fast(codec))
    assert times_of(written.path) == times_of(source)
    assert written.seconds == pytest.approx(float(times_of(source)[-1]), abs=0.2)


def test_reordered_frames_and_an_exact_rate_are_kept(tmp_path: Path) -> None:
    source = small(tmp_path / "a.mp4", fps=Fraction(24000, 1001), options={"preset": "medium", "bf": "3"})
    written = transcode(video_of(source), tmp_path / "b.mp4", EncodeSettings("h264", preset="medium"))
    assert times_of(written.path) == times_of(source)
    with av.open(str(written.path)) as container:
        assert container.streams.video[0].average_rate == Fraction(24000, 1001)
        length = float(container.streams.video[0].duration * container.streams.video[0].time_base)
    assert length == pytest.approx(written.seconds, abs=1e-3) == 10 * 1001 / 24000


def test_a_late_picture_stays_late_against_its_sound(tmp_path: Path) -> None:
    source = small(tmp_path / "a.mp4", audio=True, start_s=0.5)
    seen: list[float] = []
    written = transcode(video_of(source), tmp_path / "b.mp4", fast(), touch=lambda _, seconds: seen.append(seconds))
    assert times_of(written.path) == times_of(source) and times_of(source)[0] == Fraction(12, 25)
    assert packets_of(written.path, "audio") == packets_of(source, "audio")
    assert seen[0] == 0.0


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", [False, True])
def test_rotation_and_mirroring_are_kept(tmp_path: Path, rotation: int, flip: bool) -> None:
    source = small(tmp_path / "a.mp4", rotation=rotation, flip=flip, seconds=0.2)
    shapes: list[tuple[int, ...]] = []
    for number, write in enumerate(
        (
            lambda to: transcode(video_of(source), to, fast(), touch=lambda luma, _: shapes.append(luma.shape)),
            lambda to: remux(video_of(source), to, keep="labels"),
        )
    ):
        written = write(tmp_path / f"{number}.mp4")
        found = display_matrix_of(frames_of(written.path)[0])
        assert found == (display_matrix(rotation, flip) if rotation or flip else None)
    assert set(shapes) == {(58, 98)}


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    source = video_of(small(tmp_path / "a.mp4", sample_aspect=Fraction(4, 3)))
    for codec in CODECS:
        with av.open(str(transcode(source, tmp_path / "b.mp4", fast(codec)).path)) as container:
            assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3), codec


def test_a_broadcast_starts_at_nought_and_stays_in_step(tmp_path: Path) -> None:
    source = small(tmp_path / "a.ts", audio=True)
    written = transcode(video_of(source), tmp_path / "b.mp4", fast())
    apart = times_of(source)[0] - packets_of(source, "audio")[0][0]
    assert min(times_of(written.path)[0], packets_of(written.path, "audio")[0][0]) == 0
    assert float(times_of(written.path)[0] - packets_of(written.path, "audio")[0][0]) == pytest.approx(
        float(apart), abs=1e-3
    )
    assert written.audio_identical is True


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_fields_keep_their_order(tmp_path: Path, order: str) -> None:
    source = video_of(small(tmp_path / "a.mp4", size=(96, 64), options={"x264-params": f"{order}=1"}))
    written = transcode(source, tmp_path / "b.mp4", fast())
    found = []
    for path in (source.path, written.path):
        with av.open(str(path)) as container:
            assert next(container.decode(video=0)).interlaced_frame
            found.append(container.streams.video[0].codec_context.field_order)
    assert found[0] == found[1] and found[0] in ((2, 4) if order == "tff" else (3, 5))
    assert any("interlaced" in words for words in transcode(source, tmp_path / "c.mp4", fast("av1")).not_carried)


@pytest.mark.parametrize("name", ["mirrored.mp4", "hdr10.mp4", "full-range.mp4", "wide-pixels.mp4", "uneven.mp4"])
def test_the_probe_finds_in_a_copy_what_it_found_in_the_source(tmp_path: Path, name: str) -> None:
    source = probe(make(name, tmp_path), Limits())
    written = transcode(source, tmp_path / "copy.mp4", fast(codec_for(source)))
    copy = probe(written.path, Limits())
    assert copy.geometry == source.geometry == written.geometry
    assert (copy.codec, copy.bit_depth, copy.frame_rate) == (source.codec, source.bit_depth, source.frame_rate)
    assert (copy.colour, copy.mastering, copy.variable_rate) == (source.colour, source.mastering, source.variable_rate)


# HDR -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("codec", "suffix"), [("hevc", ".mp4"), ("hevc", ".mkv"), ("av1", ".mp4"), ("h264", ".mov")])
def test_hdr_metadata_is_read_back(tmp_path: Path, codec: str, suffix: str) -> None:
    source = make("hdr10.mp4", tmp_path)
    written = transcode(video_of(source), tmp_path / f"b{suffix}", fast(codec))
    old, new = frames_of(source)[0], frames_of(written.path)[0]
    before, after = mastering_of(old), mastering_of(new)
    assert before is not None and after is not None and after.max_content_light == 1000
    assert after.primaries is not None and before.primaries is not None
    assert np.allclose(after.primaries, before.primaries, atol=1e-4)
    assert after.luminance == pytest.approx(before.luminance, abs=1e-3)
    assert (new.color_primaries, new.color_trc, new.colorspace, new.color_range) == (9, 16, 9, 1)
    assert new.format.name == "yuv420p10le" and len(frames_of(written.path)) == len(frames_of(source))
    if suffix != ".mkv":
        content = written.path.read_bytes()
        light = content.index(b"clli")
        assert b"mdcv" in content and struct.unpack_from(">2H", content, light + 4) == (1000, 400)


# What is not picture -------------------------------------------------------------------------------------------------


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


# Copies without encoding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "codec"),
    [
        (".mp4", ".mkv", "libx264"),
        (".mkv", ".mp4", "libx264"),
        (".mp4", ".mov", "libx265"),
        (".mkv", ".mp4", "libx265"),
        (".webm", ".mp4", "libvpx-vp9"),
        (".mkv", ".mp4", "libsvtav1"),
        (".mkv", ".webm", "libsvtav1"),
    ],
)
def test_a_copy_has_the_same_pictures(tmp_path: Path, start: str, end: str, codec: str) -> None:
    source = small(tmp_path / f"a{start}", codec=codec)
    written = remux(video_of(source), tmp_path / f"b{end}", keep="labels")
    before, after = frames_of(source), frames_of(written.path)
    assert all((luma_of(a) == luma_of(b)).all() for a, b in zip(before, after, strict=True))
    assert [float(at) for at in times_of(written.path)] == pytest.approx(
        [float(at) for at in times_of(source)], abs=1e-3
    )
    assert written.frames == len(before)
    if codec == "libx265":
        assert b"hvc1" in written.path.read_bytes()


def test_a_copy_into_a_container_that_refuses_the_codec_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncodeFailed, match="webm does not take h264"):
        remux(video_of(small(tmp_path / "a.mp4")), tmp_path / "b.webm", keep="labels")
    assert not (tmp_path / "b.webm").exists()


def test_the_index_stands_first_and_hevc_is_tagged_for_players(tmp_path: Path) -> None:
    content = transcode(video_of(small(tmp_path / "a.mp4")), tmp_path / "b.mp4", fast("hevc")).path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat") and b"hvc1" in content and b"hev1" not in content


# What goes wrong -----------------------------------------------------------------------------------------------------


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
