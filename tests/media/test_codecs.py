import os
from dataclasses import replace
from pathlib import Path

import pytest
from av.video.format import VideoFormat

from countermark.errors import EncodeFailed
from countermark.media.codecs import (
    EncodeSettings,
    available,
    codec_for,
    container_for,
    options_for,
    pixels_for,
    suffix_for,
    well_behaved,
)
from countermark.media.facts import Mastering, Video
from countermark.tests.media.reading import video_of
from countermark.tests.recipes import clip


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return video_of(clip(tmp_path_factory.mktemp("codecs") / "a.mp4", size=(64, 48), seconds=0.2))


def test_every_codec_opens_here_both_ways() -> None:
    tools = available()
    assert {(tool.codec, tool.role) for tool in tools} == {
        (codec, role) for codec in ("h264", "hevc", "av1", "vp9") for role in ("encoder", "decoder")
    }
    assert all(tool.works and tool.problem is None for tool in tools), tools
    depths = {tool.codec: tool.bit_depths for tool in tools if tool.role == "encoder"}
    assert depths == {"h264": (8, 10), "hevc": (8, 10), "av1": (8, 10), "vp9": (8,)}


@pytest.mark.parametrize(
    ("container", "name", "suffix"),
    [
        ("mp4", "a.mp4", ".mp4"),
        ("mp4", "a.M4V", ".m4v"),
        ("mov", "a.mov", ".mov"),
        ("matroska", "a.mkv", ".mkv"),
        ("webm", "a.webm", ".webm"),
        ("avi", "a.avi", ".mp4"),
        ("gif", "a.gif", ".mp4"),
        ("mpegts", "a.ts", ".mp4"),
    ],
)
def test_a_container_stays_or_becomes_mp4(video: Video, container: str, name: str, suffix: str) -> None:
    assert suffix_for(replace(video, container=container, path=Path(name))) == suffix


def test_a_container_that_is_not_written_is_refused() -> None:
    with pytest.raises(EncodeFailed, match=".avi"):
        container_for(".avi")


@pytest.mark.parametrize(
    ("codec", "container", "bits", "chosen"),
    [
        ("hevc", "mp4", 10, "hevc"),
        ("prores", "mov", 10, "h264"),
        ("gif", "gif", 8, "h264"),
        ("vp8", "webm", 8, "vp9"),
        ("vp9", "webm", 8, "vp9"),
        ("vp9", "webm", 10, "av1"),
        ("vp9", "matroska", 10, "av1"),
        ("av1", "webm", 10, "av1"),
    ],
)
def test_auto_keeps_the_codec_where_it_can_be_written(
    video: Video, codec: str, container: str, bits: int, chosen: str
) -> None:
    assert codec_for(replace(video, codec=codec, container=container, bit_depth=bits), "auto") == chosen


def test_what_a_container_does_not_take_is_refused_with_a_choice(video: Video) -> None:
    with pytest.raises(EncodeFailed, match="webm does not take h264") as caught:
        codec_for(replace(video, container="webm"), "h264")
    assert "vp9" in caught.value.advice
    with pytest.raises(EncodeFailed):
        codec_for(video, "av1", suffix=".mov")


def test_ten_bits_of_vp9_are_refused_with_the_way_out() -> None:
    with pytest.raises(EncodeFailed, match="8 bits") as caught:
        pixels_for(EncodeSettings("vp9"), VideoFormat("yuv420p10le"))
    assert "AV1" in caught.value.advice
    assert pixels_for(EncodeSettings("vp9", bit_depth=8), VideoFormat("yuv420p10le")).bit_depth == 8


@pytest.mark.parametrize(
    ("codec", "source", "chosen"),
    [
        ("h264", "yuv420p", "yuv420p"),
        ("h264", "yuvj422p", "yuv422p"),
        ("hevc", "yuv444p10le", "yuv444p10le"),
        ("hevc", "yuv420p12le", "yuv420p10le"),
        ("av1", "yuv444p10le", "yuv420p10le"),
        ("vp9", "yuv444p", "yuv444p"),
        ("h264", "bgra", "yuv420p"),
        ("h264", "gray", "yuv420p"),
        ("h264", "pal8", "yuv420p"),
        ("h264", "nv12", "yuv420p"),
        ("h264", "p010le", "yuv420p10le"),
        ("h264", "yuv440p", "yuv444p"),
        ("h264", "yuv411p", "yuv420p"),
    ],
)
def test_pixels_follow_the_source(codec: str, source: str, chosen: str) -> None:
    assert pixels_for(EncodeSettings(codec), VideoFormat(source)).name == chosen


def test_what_is_lost_of_the_pixels_is_said() -> None:
    lost = pixels_for(EncodeSettings("av1"), VideoFormat("yuv444p12le")).lost
    assert len(lost) == 2 and "12 bits" in lost[0] and "4:4:4" in lost[1]


def test_mastering_data_is_written_in_each_librarys_units() -> None:
    hdr = Mastering(((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), (0.3127, 0.329), (0.005, 1000), 1000, 400)
    shared = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    assert f"master-display={shared}:max-cll=1000,400" in options_for(EncodeSettings("hevc"), hdr)["x265-params"]
    assert f"mastering-display={shared}:cll=1000,400" in options_for(EncodeSettings("h264"), hdr)["x264-params"]
    assert "content-light=1000,400" in options_for(EncodeSettings("av1"), hdr)["svtav1-params"]


def test_settings_that_contradict_themselves_are_refused() -> None:
    for wrong in ({"crf": 20, "bitrate": 100_000}, {"scale": 0}, {"threads": -1}, {"bitrate": 0}):
        with pytest.raises(ValueError):
            EncodeSettings(**wrong)


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="only Linux has these priorities")
def test_no_thread_keeps_a_real_time_priority() -> None:
    import av

    context = av.CodecContext.create("libsvtav1", "w")
    context.width, context.height, context.pix_fmt, context.framerate = 128, 128, "yuv420p", 25
    with well_behaved():
        context.open()
    threads = os.listdir("/proc/self/task")  # this one too: it opened the encoder
    assert len(threads) > 1 and {os.sched_getscheduler(int(thread)) for thread in threads} == {os.SCHED_OTHER}
