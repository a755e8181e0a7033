import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import EncodeFailed
from countermark.media.codecs import EncodeSettings, codec_for
from countermark.media.colour import display_matrix_of, mastering_of
from countermark.media.probe import probe
from countermark.media.transcode import remux, transcode
from countermark.settings import Limits
from countermark.tests.media.reading import frames_of, luma_of, packets_of, times_of, video_of
from countermark.tests.media.rewriting import CODECS, fast, small
from countermark.tests.recipes import clip, display_matrix, make

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
