import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import DiskFull, EncodeFailed, NoPictures, UnreadableVideo
from countermark.media.codecs import EncodeSettings
from countermark.media.encode import encode, released
from countermark.media.metadata.fields import FileLabels
from countermark.tests.media.reading import frames_of, luma_of, packets_of, times_of
from countermark.tests.recipes import clip, pictures, sound_only

FAST = EncodeSettings("h264", preset="ultrafast")


def write(target: Path, count: int = 10, **more: Any) -> Any:
    size = more.pop("size", (98, 58))
    options = {"frame_rate": Fraction(25), "settings": FAST, **more}
    return encode(pictures(count, size), target, size=size, **options)


def test_pictures_become_video(tmp_path: Path) -> None:
    written = write(tmp_path / "a.mp4", frame_rate=Fraction(24000, 1001), labels=FileLabels((("title", "Drift"),)))
    assert (written.frames, written.codec, written.bit_depth) == (10, "h264", 8)
    assert written.seconds == pytest.approx(10 * 1001 / 24000) and written.audio_identical is None
    assert times_of(written.path) == [Fraction(1001 * i, 24000) for i in range(10)]
    with av.open(str(written.path)) as container:
        assert container.metadata["title"] == "Drift"
        assert container.streams.video[0].average_rate == Fraction(24000, 1001)
    shown = frames_of(written.path)[3].to_ndarray(format="rgb24").astype(float)
    assert np.abs(shown - list(pictures(4, (98, 58)))[3]).mean() < 6


def test_pictures_are_taken_one_by_one(tmp_path: Path) -> None:
    told: list[float] = []
    asked = 0

    def endless() -> Iterator[NDArray[np.uint8]]:
        nonlocal asked
        for picture in pictures(12, (98, 58)):
            asked += 1
            assert len(told) == asked - 1
            yield picture

    encode(endless(), tmp_path / "a.mp4", size=(98, 58), frame_rate=Fraction(25), settings=FAST, progress=told.append)
    assert told == pytest.approx([(i + 1) / 25 for i in range(12)])


@pytest.mark.parametrize("bits", [8, 10])
def test_a_touch_sees_the_coded_brightness(tmp_path: Path, bits: Any) -> None:
    settings = EncodeSettings("h264", preset="ultrafast", crf=2, bit_depth=bits)
    plain = write(tmp_path / "a.mp4", settings=settings)

    def brighten(luma: NDArray[Any], seconds: float) -> None:
        assert luma.shape == (58, 98) and luma.dtype == (np.uint8 if bits == 8 else np.uint16)
        luma += np.array(round(seconds * 25) << (bits - 8), luma.dtype)

    marked = write(tmp_path / "b.mp4", settings=settings, touch=brighten)
    for number, (a, b) in enumerate(zip(frames_of(plain.path), frames_of(marked.path), strict=True)):
        assert (luma_of(b) - luma_of(a)).mean() / (1 << (bits - 8)) == pytest.approx(number, abs=0.3)


def test_sound_is_copied_and_ends_with_the_pictures(tmp_path: Path) -> None:
    sound = sound_only(tmp_path / "s.m4a", seconds=2)
    written = write(tmp_path / "a.mp4", 25, audio=sound)
    heard, given = packets_of(written.path, "audio"), packets_of(sound, "audio")
    assert written.audio_identical is True and heard == given[: len(heard)]
    assert 0.95 < float(heard[-1][0]) < 1.05
    short = write(tmp_path / "b.mp4", 75, audio=sound)
    assert packets_of(short.path, "audio") == given


def test_sound_is_laid_beside_the_pictures(tmp_path: Path) -> None:
    written = write(tmp_path / "a.mkv", 100, audio=sound_only(tmp_path / "s.m4a", seconds=4))
    with av.open(str(written.path)) as container:
        order = [packet.stream.type for packet in container.demux() if packet.size]
    longest = max(len(run) for run in "".join("v" if kind == "video" else "a" for kind in order).split("a"))
    assert longest < 50


def test_wave_sound_is_written_as_the_container_takes_it(tmp_path: Path) -> None:
    tone = (9000 * np.sin(np.arange(48000) / 20)).astype(np.int16)
    with av.open(str(tmp_path / "s.wav"), "w") as out:
        stream: Any = out.add_stream("pcm_s16le", 48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone[None], "s16", "mono")
        frame.sample_rate = 48000
        out.mux([*stream.encode(frame), *stream.encode(None)])
    for suffix, codec in ((".mp4", "aac"), (".webm", "opus")):
        settings = EncodeSettings("vp9", preset="8") if suffix == ".webm" else FAST
        written = write(tmp_path / f"a{suffix}", 25, audio=tmp_path / "s.wav", settings=settings)
        assert written.audio_identical is False and codec in written.not_carried[0]
        with av.open(str(written.path)) as container:
            assert container.streams.audio[0].codec_context.name == codec
            seconds = sum(frame.samples for frame in container.decode(audio=0)) / 48000
        assert seconds == pytest.approx(1, abs=0.05)


def test_a_clip_without_sound_gives_none(tmp_path: Path) -> None:
    with pytest.raises(UnreadableVideo, match="no sound"):
        write(tmp_path / "a.mp4", audio=clip(tmp_path / "mute.mp4", size=(64, 48), seconds=0.2))
    assert not (tmp_path / "a.mp4").exists()


def test_an_odd_size_is_said(tmp_path: Path) -> None:
    written = write(tmp_path / "a.mp4", 3, size=(97, 57))
    assert (written.geometry.width, written.geometry.height) == (98, 58) and "97x57" in written.not_carried[0]


@pytest.mark.parametrize("given", [[], [np.zeros((8, 8, 3), np.uint8)], [np.zeros((58, 98, 3), np.float32)]])
def test_what_is_no_picture_leaves_no_file(tmp_path: Path, given: list[Any]) -> None:
    with pytest.raises((NoPictures, EncodeFailed)):
        encode(given, tmp_path / "a.mp4", size=(98, 58), frame_rate=Fraction(25), settings=FAST)
    assert not list(tmp_path.iterdir())


def test_a_source_of_pictures_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[NDArray[np.uint8]]:
        yield from pictures(3, (98, 58))
        raise RuntimeError("the model ran out of memory")

    with pytest.raises(RuntimeError, match="model"):
        encode(broken(), tmp_path / "a.mp4", size=(98, 58), frame_rate=Fraction(25), settings=FAST)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.touch()
    with pytest.raises(DiskFull, match=r"a\.mp4"), released(target):
        raise OSError(28, "No space left on device")
    assert not target.exists()


def test_the_same_pictures_give_the_same_stream(tmp_path: Path) -> None:
    settings = EncodeSettings("h264", preset="ultrafast", threads=1)
    once, again = (write(tmp_path / name, settings=settings).path for name in ("a.mp4", "b.mp4"))
    assert hashlib.sha256(once.read_bytes()).digest() == hashlib.sha256(again.read_bytes()).digest()
