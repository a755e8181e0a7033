import os
import struct
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from countermark.errors import (
    CountermarkError,
    InputEmpty,
    InputMissing,
    InputNotFile,
    InputUnreadable,
    NoFrames,
    NoPictures,
    OverLimit,
    UnreadableVideo,
)
from countermark.media.facts import Colour, Geometry, Sound
from countermark.media.probe import probe
from countermark.settings import Limits
from countermark.tests import recipes


def limits(**values: Any) -> Limits:
    return Limits.model_validate(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("probe")
    for name in recipes.RECIPES:
        recipes.make(name, made)
    return made


EXPECTED: dict[str, dict[str, Any]] = {
    "plain.mp4": {"container": "mp4", "codec": "h264", "frames": 25, "duration_s": 1.0, "frame_rate": Fraction(25)},
    "spoken.mp4": {"sounds": (Sound("aac", 48000, 1),), "colour": Colour(1, 1, 1)},
    "broadcast.mp4": {"frame_rate": Fraction(30000, 1001), "variable_rate": False},
    "uneven.mp4": {"frame_rate": Fraction(15), "variable_rate": True, "frames": 25},
    "turned.mp4": {"geometry": Geometry(320, 180, 90)},
    "mirrored.mp4": {"geometry": Geometry(320, 180, 90, True)},
    "wide-pixels.mp4": {"geometry": Geometry(240, 240, sample_aspect=Fraction(4, 3))},
    "odd.mp4": {"geometry": Geometry(161, 121), "pixel_format": "yuv444p"},
    "one-pixel.mkv": {"geometry": Geometry(1, 1), "container": "matroska"},
    "hdr10.mp4": {"bit_depth": 10, "codec": "hevc", "colour": Colour(9, 16, 9)},
    "full-range.mp4": {"colour": Colour(1, 1, 1, True)},
    "late.mp4": {"duration_s": 1.0, "frames": 25},
    "loop.gif": {"container": "gif", "frame_rate": Fraction(10), "variable_rate": False},
    "web.webm": {"container": "webm", "codec": "vp9", "frame_rate": Fraction(25), "frames": 25},
    "av1.mkv": {"codec": "av1", "frames": 10},
    "matroska.mkv": {"container": "matroska", "duration_s": 1.0, "variable_rate": False},
    "stream.ts": {"container": "mpegts", "duration_s": 1.0, "frame_rate": Fraction(25)},
    "old.avi": {"container": "avi", "codec": "mpeg4", "frame_rate": Fraction(25)},
    "lossless.mkv": {"codec": "ffv1", "bit_depth": 8},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_facts(folder: Path, name: str) -> None:
    video = probe(folder / name, limits())
    found = {key: getattr(video, key) for key in EXPECTED[name]}
    assert found == EXPECTED[name]
    assert video.anomalies == ()
    assert video.bytes == (folder / name).stat().st_size


def test_mastering_is_read(folder: Path) -> None:
    mastering = probe(folder / "hdr10.mp4", limits()).mastering
    assert mastering is not None
    assert mastering.primaries == ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
    assert mastering.luminance == (0.005, 1000.0)
    assert (mastering.max_content_light, mastering.max_frame_average_light) == (1000, 400)


def test_encoder_and_tags(folder: Path) -> None:
    path = recipes.clip(folder / "named.mp4", seconds=0.2, metadata={"title": "Ein Tag", "comment": "made"})
    video = probe(path, limits())
    assert ("title", "Ein Tag") in video.tags
    assert video.encoder is not None and video.encoder.startswith("Lavf")


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", [False, True])
def test_every_way_to_hold_it(tmp_path: Path, rotation: int, flip: bool) -> None:
    path = recipes.clip(tmp_path / "a.mp4", seconds=0.1, rotation=rotation, flip=flip, size=(64, 32))
    geometry = probe(path, limits()).geometry
    assert (geometry.rotation, geometry.flipped) == (rotation, flip)
    assert geometry.display_size == ((32, 64) if rotation in (90, 270) else (64, 32))


def test_a_rate_that_is_lost_later_is_variable(tmp_path: Path) -> None:
    def late_pause(path: Path) -> Path:
        with av.open(str(path), "w") as out:
            stream: Any = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.codec_context.time_base = 32, 32, Fraction(1, 25)
            for i, rgb in enumerate(recipes.pictures(600, (32, 32))):
                frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
                frame.pts, frame.time_base = (i if i < 500 else i + 250), Fraction(1, 25)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        return path

    video = probe(late_pause(tmp_path / "late.mp4"), limits())
    assert video.variable_rate
    assert video.frames == 600
    assert abs(float(video.frame_rate) - 600 / 34) < 0.1


def test_a_long_clip_keeps_its_rate(tmp_path: Path) -> None:
    for name in ("long.mp4", "long.mkv", "long.ts"):
        path = recipes.clip(tmp_path / name, seconds=20, fps=Fraction(30000, 1001), size=(32, 32), keyframes=30)
        video = probe(path, limits())
        assert (video.frame_rate, video.variable_rate) == (Fraction(30000, 1001), False), name
        assert abs(video.duration_s - 599 * 1001 / 30000) < 0.05, name


def test_it_is_quick(folder: Path) -> None:
    probe(folder / "plain.mp4", limits())
    times = []
    for _ in range(5):
        started = time.perf_counter()
        probe(folder / "spoken.mp4", limits())
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    os.mkfifo(tmp_path / "pipe.mp4")
    for name, kind in (
        ("missing.mp4", InputMissing),
        (".", InputNotFile),
        ("pipe.mp4", InputNotFile),
        ("empty.mp4", InputEmpty),
        ("empty.mp4/inside.mp4", InputMissing),
        ("nul\0.mp4", InputMissing),
        ("x" * 300, InputMissing),
    ):
        with pytest.raises(kind):
            probe(tmp_path / name, limits())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(folder: Path) -> None:
    path = recipes.clip(folder / "secret.mp4", seconds=0.1)
    path.chmod(0)
    with pytest.raises(InputUnreadable):
        probe(path, limits())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp4", b"Dear Sir, please find the video attached.\n" * 30),
        ("garbage.mkv", bytes(range(256)) * 40),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"),
        ("concat.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("one-byte.mp4", b"x"),
        ("ansi.txt", b"\x1b[31mhello\x1b[0m\n" * 100),
        ("head.mp4", b"\0\0\0\x14ftypisom\0\0\2\0isom"),
        ("head.webm", b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01"),
    ],
)
def test_what_is_no_video(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableVideo) as caught:
        probe(path, limits())
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"This is a letter, and no film. " * 50, ": this is no video, picture or sound that can be read"),
        (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", ": this is a PDF document, and no video, picture or sound"),
        (b"PK\x03\x04" + bytes(200), ": this is a ZIP archive or an office document, and no video"),
        (b"\n<!DOCTYPE html>\n<p>not found" * 20, ": this is a web page, and no video, picture or sound"),
        (b"\0\0\0\x14ftypisom\0\0\2\0isom", ": it begins as media does, and can't be opened: damaged, or cut off"),
    ],
    ids=["letter", "pdf", "zip", "page", "cut"],
)
def test_what_is_no_media_is_said_in_our_words(tmp_path: Path, content: bytes, said: str) -> None:
    """FFmpeg's own stand behind them, in brackets."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableVideo) as caught:
        probe(path, limits())
    assert str(caught.value).startswith(f"clip.mp4{said}") and str(caught.value).endswith(")")
    assert said.startswith(": it begins") or "give the media itself" in caught.value.advice


def test_names_that_look_like_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("http:example.mp4", "concat:a|b.mp4", "-y.mp4", "a%03d.mp4", "pipe:0", "ü ?#.mp4"):
        recipes.clip(tmp_path / "made.mp4", seconds=0.1, size=(32, 32)).rename(tmp_path / name)
        assert probe(Path(name), limits()).container == "mp4"


def test_still_images_are_no_videos(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    for name in ("still.png", "still.jpg", "still.webp"):
        cv2.imwrite(str(tmp_path / name), np.full((32, 32, 3), 90, np.uint8))
        with pytest.raises(UnreadableVideo, match="still image"):
            probe(tmp_path / name, limits())


def test_sound_alone(tmp_path: Path) -> None:
    with pytest.raises(NoPictures, match="sound alone"):
        probe(recipes.sound_only(tmp_path / "tone.m4a"), limits())
    with pytest.raises(NoPictures, match="sound alone"):
        probe(recipes.sound_only(tmp_path / "tone.mkv"), limits())


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    recipes.sound_only(tmp_path / "tone.m4a")
    with av.open(str(tmp_path / "tone.m4a")) as source, av.open(str(path), "w", format="mp4") as out:
        sound = out.add_stream_from_template(source.streams.audio[0])
        cover: Any = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(next(recipes.pictures(1, (64, 64))), "rgb24").reformat(format="yuvj420p")
        out.mux(cover.encode(picture))
        out.mux(cover.encode(None))
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                out.mux(packet)
    with pytest.raises(NoPictures, match="cover art"):
        probe(path, limits())


def test_a_video_without_frames(tmp_path: Path, folder: Path) -> None:
    for name, kind, said in (
        ("none.mp4", NoFrames, "no moving pictures"),
        ("none.mkv", UnreadableVideo, "ends before its first picture"),
    ):
        path = tmp_path / name
        with av.open(str(folder / "matroska.mkv")) as source, av.open(str(path), "w") as out:
            out.add_stream_from_template(source.streams.video[0])
            out.start_encoding()
        with pytest.raises(kind, match=said):
            probe(path, limits())


def test_pictures_that_do_not_decode(tmp_path: Path, folder: Path) -> None:
    content = bytearray((folder / "front.mp4").read_bytes())
    at = content.index(b"mdat") + 4
    content[at:] = os.urandom(len(content) - at)
    path = tmp_path / "noise.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableVideo, match="not one picture"):
        probe(path, limits())


def test_a_file_cut_after_its_header_is_probed(folder: Path) -> None:
    video = probe(recipes.cut(folder / "front.mp4", folder / "half.mp4", 0.6), limits())
    assert any("past the end of the file" in line for line in video.anomalies)
    assert any("announces 25 frames" in line for line in video.anomalies)
    assert video.frames is not None and 0 < video.frames < 25


def test_a_file_cut_before_its_header(folder: Path) -> None:
    with pytest.raises(UnreadableVideo):
        probe(recipes.cut(folder / "plain.mp4", folder / "cut.mp4", 0.7), limits())


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"max_bytes": 1000}, "bytes"),
        ({"max_pixels": 320 * 240 - 1}, "320x240"),
        ({"max_duration_s": 0.9}, "over the limit of 1"),
        ({"max_frames": 24}, "frames"),
        ({"max_streams": 1}, "streams"),
    ],
)
@pytest.mark.parametrize("name", ["spoken.mp4", "matroska.mkv", "stream.ts"])
def test_limits(folder: Path, name: str, limit: dict[str, float], said: str) -> None:
    with pytest.raises(OverLimit, match=said):
        probe(folder / name, limits(**limit))
    exact = {"max_bytes": 1 << 20, "max_pixels": 320 * 240, "max_duration_s": 1.1, "max_frames": 25, "max_streams": 2}
    assert probe(folder / name, limits(**exact)).geometry.width == 320


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipes.bomb(tmp_path_factory.mktemp("bomb") / "bomb.mp4", (6144, 6144))


@pytest.mark.parametrize("lie", [False, True])
def test_a_bomb_is_refused_unopened(bomb: Path, lie: bool) -> None:
    """Also where the header claims a small picture."""
    content = bytearray(bomb.read_bytes())
    if lie:
        at = content.index(b"avc1", content.index(b"stsd"))
        assert struct.unpack(">HH", content[at + 28 : at + 32]) == (6144, 6144)
        content[at + 28 : at + 32] = struct.pack(">HH", 320, 240)
    path = bomb.with_name(f"bomb{lie}.mp4")
    path.write_bytes(content)
    started = time.perf_counter()
    with pytest.raises(OverLimit, match="6144x6144"):
        probe(path, limits())
    assert time.perf_counter() - started < 1


def test_damaged_files_give_clean_errors_or_facts(folder: Path) -> None:
    import random

    source = (folder / "front.mp4").read_bytes()
    for seed in range(60):
        chance = random.Random(seed)
        content = bytearray(source)
        for _ in range(chance.choice([1, 4, 20])):
            content[chance.randrange(min(2500, len(content)))] = chance.randrange(256)
        path = folder / "damaged.mp4"
        path.write_bytes(content)
        try:
            probe(path, limits())
        except CountermarkError as error:
            assert "\n" not in str(error)
