"""Media for tests: tiny clips made in code, each with its recipe beside its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

HDR10 = {
    "preset": "ultrafast",
    "x265-params": "log-level=none:hdr10=1:repeat-headers=1:"
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400",
}
HDR10_TAGS = (9, 16, 9, 1)  # BT.2020, PQ, BT.2020 non-constant, limited
BT709_TAGS = (1, 1, 1, 1)
_FASTEST = {
    "libx264": {"preset": "veryfast", "crf": "20"},
    "libx265": {"preset": "ultrafast", "crf": "22", "x265-params": "log-level=none"},
    "libsvtav1": {"preset": "12", "crf": "30"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "30"},
    "mpeg4": {"qscale": "4"},
}


def pictures(count: int, size: tuple[int, int], seed: int = 0) -> Iterator[NDArray[np.uint8]]:
    """RGB pictures: a texture as rough as nature's, drifting, with a disc that crosses it and a flat bright sky."""
    wide, high = size
    random = np.random.default_rng(seed)
    canvas = np.zeros((high + 96, wide + 96, 3), np.float32)
    for octave in range(1, 7):
        small = random.normal(0, 1, (max(2, canvas.shape[0] >> octave), max(2, canvas.shape[1] >> octave), 3))
        grown = cv2.resize(small.astype(np.float32), canvas.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        canvas += grown * 4 * 1.55**octave
    canvas += random.normal(0, 2, canvas.shape).astype(np.float32) + 110
    canvas[: high // 4] = canvas[: high // 4] * 0.15 + np.array([150, 175, 205], np.float32)
    for i in range(count):
        x, y = (3 * i) % 96, i % 96
        shown = np.clip(canvas[y : y + high, x : x + wide], 0, 255).astype(np.uint8)
        centre = (int((0.1 + 0.8 * ((i * 7 % 100) / 100)) * wide), high // 2)
        yield np.asarray(cv2.circle(shown.copy(), centre, max(1, min(size) // 8), (200, 60, 40), -1))


def clip(
    path: Path,
    *,
    seconds: float = 1,
    size: tuple[int, int] = (320, 240),
    fps: Fraction | int = Fraction(25),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    audio: bool = False,
    rotation: int = 0,
    flip: bool = False,
    vfr: bool = False,
    sample_aspect: Fraction | None = None,
    tags: tuple[int, int, int, int] | None = None,
    options: Mapping[str, str] | None = None,
    container: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    keyframes: int | None = None,
    start_s: float = 0,
    language: str | None = None,
    seed: int = 0,
    source: Callable[[int, tuple[int, int], int], Iterator[NDArray[np.uint8]]] = pictures,
) -> Path:
    """Write a clip and give its path back.

    rotation: degrees counter-clockwise that a player turns it; flip: mirrored left to right before it is turned.
    vfr: every third frame stays three times as long. tags: primaries, transfer, matrix, range, as FFmpeg numbers them.
    keyframes: frames from one keyframe to the next. source: what gives the RGB pictures (count, size, seed).
    """
    fps = Fraction(fps)
    with av.open(str(path), "w", options=dict(container or {})) as out:
        out.metadata.update(metadata or {})
        stream: Any = out.add_stream(codec, rate=fps, options={**_FASTEST.get(codec, {}), **(options or {})})
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.time_base = Fraction(1, 90000) if vfr else 1 / fps
        stream.codec_context.thread_count = 1
        if sample_aspect:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        if tags:
            context = stream.codec_context
            context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
        if keyframes:
            stream.codec_context.gop_size = keyframes
        if language:
            stream.metadata["language"] = language
        if rotation or flip:
            stream.set_display_matrix(display_matrix(rotation, flip))
        sound: Any = out.add_stream("aac", rate=48000, layout="mono") if audio else None
        count = max(1, round(seconds * fps))
        ticks = start_s
        for i, rgb in enumerate(source(count, size, seed)):
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
            if stream.pix_fmt != "rgb24":
                frame = frame.reformat(format=pixel_format, dst_colorspace=_matrix(tags))
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(Fraction(ticks) / frame.time_base) if vfr else i + round(start_s * fps)
            if tags:
                frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = tags
            ticks += (3 if vfr and i % 3 == 2 else 1) / float(fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound:
            _beep(out, sound, seconds)
    return path


def display_matrix(rotation: int, flip: bool) -> tuple[int, ...]:
    """Make a player mirror left to right, if asked, and then turn counter-clockwise by rotation."""
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotation]
    sign, one = (-1 if flip else 1), 1 << 16
    # Row vectors, y down: (x, y) becomes (a x + c y, b x + d y).
    return (sign * cos * one, -sign * sin * one, 0, sin * one, cos * one, 0, 0, 0, 1 << 30)


def sound_only(path: Path, seconds: float = 1) -> Path:
    """Write a file that holds a tone and no picture."""
    with av.open(str(path), "w") as out:
        _beep(out, out.add_stream("aac", rate=48000, layout="mono"), seconds)
    return path


def cut(source: Path, path: Path, share: float) -> Path:
    """Keep the first share of a file's bytes."""
    content = source.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def bomb(path: Path, size: tuple[int, int] = (8192, 8192)) -> Path:
    """Write a few kilobytes that decode to far more: flat pictures of enormous size."""

    def flat(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
        for _ in range(count):
            yield np.full((size[1], size[0], 3), 90, np.uint8)

    return clip(path, size=size, seconds=0.08, options={"preset": "ultrafast"}, source=flat)


def _beep(out: Any, stream: Any, seconds: float) -> None:
    block = 1024
    for start in range(0, int(seconds * 48000), block):
        tone = 0.2 * np.sin(2 * np.pi * 440 * (np.arange(block) + start) / 48000)
        frame = av.AudioFrame.from_ndarray(tone.astype(np.float32)[None], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _matrix(tags: tuple[int, int, int, int] | None) -> int | None:
    """The matrix to convert by, as swscale numbers it: untagged is read as BT.601."""
    return {1: 1, 9: 9}.get(tags[2], 5) if tags else None


RECIPES: dict[str, Callable[[Path], Path]] = {
    "plain.mp4": lambda path: clip(path),
    "spoken.mp4": lambda path: clip(path, audio=True, language="eng", tags=BT709_TAGS),
    "broadcast.mp4": lambda path: clip(path, fps=Fraction(30000, 1001)),
    "front.mp4": lambda path: clip(path, audio=True, container={"movflags": "+faststart"}),
    "uneven.mp4": lambda path: clip(path, vfr=True),
    "turned.mp4": lambda path: clip(path, size=(320, 180), rotation=90),
    "mirrored.mp4": lambda path: clip(path, size=(320, 180), rotation=90, flip=True),
    "wide-pixels.mp4": lambda path: clip(path, size=(240, 240), sample_aspect=Fraction(4, 3)),
    "odd.mp4": lambda path: clip(path, size=(161, 121), pixel_format="yuv444p"),
    "one-pixel.mkv": lambda path: clip(path, size=(1, 1), pixel_format="yuv444p"),
    "hdr10.mp4": lambda path: clip(
        path, codec="libx265", pixel_format="yuv420p10le", tags=HDR10_TAGS, options=HDR10, seconds=0.4
    ),
    "full-range.mp4": lambda path: clip(path, tags=(1, 1, 1, 2)),
    "late.mp4": lambda path: clip(path, start_s=2),
    "gops.mp4": lambda path: clip(path, seconds=4, size=(160, 120), keyframes=10),
    "loop.gif": lambda path: clip(path, codec="gif", pixel_format="rgb8", fps=10, size=(160, 120)),
    "web.webm": lambda path: clip(path, codec="libvpx-vp9"),
    "av1.mkv": lambda path: clip(path, codec="libsvtav1", seconds=0.4),
    "matroska.mkv": lambda path: clip(path, audio=True),
    "stream.ts": lambda path: clip(path, audio=True),
    "old.avi": lambda path: clip(path, codec="mpeg4"),
    "lossless.mkv": lambda path: clip(path, codec="ffv1", pixel_format="bgr0", seconds=0.4),
}


def make(name: str, folder: Path) -> Path:
    """Make the clip that the table calls `name`, under that name."""
    return RECIPES[name](folder / name)
