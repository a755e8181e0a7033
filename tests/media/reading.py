"""What tests read back from written files, by plain PyAV, independent of the code under test."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from countermark.media.facts import Geometry, Video


def video_of(path: Path) -> Video:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))
        suffix = path.suffix.lower().lstrip(".")
        names = {"mkv": "matroska", "m4v": "mp4", "ts": "mpegts"}
        codec = stream.codec_context.name
        return Video(
            path=path,
            digest=hashlib.sha256(path.read_bytes()).hexdigest(),
            bytes=path.stat().st_size,
            container=names.get(suffix, suffix),
            codec="av1" if codec == "libdav1d" else codec,
            geometry=Geometry(
                frame.width, frame.height, frame.rotation % 360, sample_aspect=stream.sample_aspect_ratio or Fraction(1)
            ),
            pixel_format=frame.format.name,
            bit_depth=max(part.bits for part in frame.format.components),
            duration_s=(container.duration or 0) / 1e6,
            frame_rate=stream.average_rate or Fraction(25),
            variable_rate=False,
            frames=stream.frames or None,
        )


def frames_of(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def times_of(path: Path) -> list[Fraction]:
    return [frame.pts * frame.time_base for frame in frames_of(path)]


def luma_of(frame: av.VideoFrame) -> NDArray[Any]:
    kind = np.uint8 if max(part.bits for part in frame.format.components) == 8 else np.uint16
    plane = frame.planes[0]
    lines = np.frombuffer(plane, kind).reshape(-1, plane.line_size // np.dtype(kind).itemsize)
    return lines[: frame.height, : frame.width].astype(np.float64)


def packets_of(path: Path, kind: str, number: int = 0) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as container:
        stream = [stream for stream in container.streams if stream.type == kind][number]
        return [(p.pts * p.time_base, bytes(p)) for p in container.demux(stream) if p.size]
