"""Finds out what a file is without looking at its pictures: streams, times, geometry, colour, and what is odd.

Limits are checked before a single picture is decoded; then one is, since how it is held upright and how it was
mastered stand only with the picture. Judges nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass, field
from fractions import Fraction
from math import atan2, degrees
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import (
    CountermarkError,
    InputEmpty,
    InputMissing,
    InputNotFile,
    InputUnreadable,
    NoFrames,
    OverLimit,
    UnreadableVideo,
)
from ..settings import Limits
from .boxes import Structure, structure
from .colour import colour_of, display_matrix_of, mastering_of
from .decode import opened, picture_stream
from .facts import Geometry, Sound, Subtitle, Video
from .leash import alive

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_WINDOW = 400  # packets whose times are looked at
_WINDOW_BYTES = 64 << 20
_PATIENCE = 600  # packets tried for a first picture
_REORDERED = 16  # frames that may stand out of order at the end of a window
_MOST_TAGS = 48
_STANDARD_RATES = tuple(Fraction(n, d) for n in (24000, 30000, 60000, 120000) for d in (1000, 1001)) + (
    *(Fraction(25), Fraction(50), Fraction(100), Fraction(15), Fraction(12), Fraction(10)),
)
_ODD_ASPECT = 10  # beyond it, a pixel's shape is taken for nonsense


def probe(path: Path, limits: Limits, *, digest: str | None = None) -> Video:
    """Say what a file is; raises what means that it can't be looked at. `digest`: its SHA-256 where known already."""
    size = check_input(path, limits)
    shape = structure(path)
    if shape.family == "image":
        raise UnreadableVideo(f"{path.name}: a still image ({shape.brand}), not a video", advice="give a video")
    with opened(path, limits) as container:
        stream = _checked(container, path.name, limits)
        survey = _survey(container, stream, path.name, limits)
        return _video(path, size, digest or digest_of(path), shape, container, stream, survey, limits)


def check_input(path: Path, limits: Limits) -> int:
    """Give the size of what is a readable file with something in it."""
    try:
        found = path.stat()
    except OSError as error:
        raise _input_error(path, error) from None
    except ValueError:
        raise InputMissing(f"{str(path)!r} is no name of a file") from None
    if not stat.S_ISREG(found.st_mode):
        raise InputNotFile(f"{path} is {'a folder' if stat.S_ISDIR(found.st_mode) else 'no regular file'}")
    if found.st_size == 0:
        raise InputEmpty(f"{path} is empty")
    if found.st_size > limits.max_bytes:
        raise OverLimit(f"{path.name}: {found.st_size} bytes, over the limit of {limits.max_bytes}")
    try:
        with path.open("rb"):
            return found.st_size
    except OSError as error:
        raise _input_error(path, error) from None


def digest_of(path: Path) -> str:
    """Give a file's SHA-256, in hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while part := file.read(8 << 20):
            found.update(part)
            alive()
    return found.hexdigest()


def geometry_of(frame: VideoFrame, sample_aspect: Fraction | None) -> Geometry:
    """Say how a frame is held upright, from its display matrix."""
    aspect = sample_aspect if sample_aspect and 1 / _ODD_ASPECT <= sample_aspect <= _ODD_ASPECT else Fraction(1)
    matrix = display_matrix_of(frame)
    if matrix is None:
        return Geometry(frame.width, frame.height, sample_aspect=Fraction(aspect))
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    # Row vectors, y down: mirroring left to right first turns the sign of the first row alone.
    rotation = round(degrees(atan2(c, d)) / 90) % 4 * 90
    return Geometry(frame.width, frame.height, rotation, a * d - b * c < 0, Fraction(aspect))


@dataclass
class _Survey:
    """What the first packets of pictures tell."""

    first: VideoFrame
    times: list[int] = field(default_factory=list)  # in ticks, as stored
    last_duration: int = 0
    packets: int = 0
    ended: bool = False  # the window reached the end of the file


def _checked(container: InputContainer, name: str, limits: Limits) -> VideoStream:
    """Give the stream of pictures, once nothing the header says is beyond the limits."""
    if len(container.streams) > limits.max_streams:
        raise OverLimit(f"{name}: {len(container.streams)} streams, over the limit of {limits.max_streams}")
    stream = picture_stream(container, name)
    for other in container.streams.video:
        context = other.codec_context
        if context is not None and context.width * context.height > limits.max_pixels:
            raise OverLimit(
                f"{name}: pictures of {context.width}x{context.height}, over the limit of {limits.max_pixels} pixels"
            )
    claimed = _claimed_duration(container, stream)
    if claimed is not None and claimed > limits.max_duration_s:
        raise OverLimit(f"{name}: {claimed:.0f} s, over the limit of {limits.max_duration_s:.0f}")
    if stream.frames > limits.max_frames:
        raise OverLimit(f"{name}: {stream.frames} frames, over the limit of {limits.max_frames}")
    return stream


def _survey(container: InputContainer, stream: VideoStream, name: str, limits: Limits) -> _Survey:
    """Read the first packets, and decode until there is one picture."""
    stream.codec_context.thread_count = 1  # the first picture comes sooner
    first: VideoFrame | None = None
    times: list[int] = []
    last_duration = packets = taken = 0
    ended, endless = True, _claimed_duration(container, stream) is None
    for packet in _packets(container, stream):
        if first is None and packets < _PATIENCE:
            first = _picture(stream, packet)
        if packet.size == 0:
            break
        packets, taken = packets + 1, taken + packet.size
        alive()
        time = packet.pts if packet.pts is not None else packet.dts
        if time is not None and not packet.is_discard:
            times.append(time)
            last_duration = packet.duration or last_duration
        if packets > limits.max_frames:
            raise OverLimit(f"{name}: more than {limits.max_frames} frames")
        full = packets >= _WINDOW or taken > _WINDOW_BYTES
        if full and not endless and (first is not None or packets >= _PATIENCE):
            ended = False
            break
    if not packets:
        raise NoFrames(f"{name}: a stream of pictures without one frame")
    if first is None:
        raise UnreadableVideo(f"{name}: not one picture could be decoded")
    if first.width * first.height > limits.max_pixels:
        raise OverLimit(
            f"{name}: pictures of {first.width}x{first.height}, over the limit of {limits.max_pixels} pixels"
        )
    return _Survey(first, times, last_duration, packets, ended)


def _packets(container: InputContainer, stream: VideoStream) -> Any:
    from av.error import FFmpegError

    packets = container.demux(stream)
    while True:
        try:
            yield next(packets)
        except (StopIteration, FFmpegError):
            return


def _picture(stream: VideoStream, packet: Packet[VideoStream]) -> VideoFrame | None:
    from av.error import FFmpegError

    try:
        return next(iter(stream.codec_context.decode(packet)), None)
    except MemoryError:
        raise
    except (FFmpegError, ValueError):
        return None


def _video(
    path: Path,
    size: int,
    digest: str,
    shape: Structure,
    container: InputContainer,
    stream: VideoStream,
    survey: _Survey,
    limits: Limits,
) -> Video:
    rate, variable = _pace(stream, survey)
    duration = _duration(container, stream, survey, rate)
    if duration > limits.max_duration_s:
        raise OverLimit(f"{path.name}: {duration:.0f} s, over the limit of {limits.max_duration_s:.0f}")
    first = survey.first
    counted = len(survey.times) or survey.packets
    count = counted if survey.ended else stream.frames or None
    tags = _tags(container, stream)
    return Video(
        path=path,
        digest=digest,
        bytes=size,
        container=_container(container, shape),
        codec=stream.codec_context.codec.canonical_name,
        geometry=geometry_of(first, stream.sample_aspect_ratio),
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in first.format.components),
        duration_s=duration,
        frame_rate=rate,
        variable_rate=variable,
        frames=count,
        colour=colour_of(first),
        mastering=mastering_of(first),
        sounds=tuple(
            Sound(
                s.codec_context.codec.canonical_name, s.codec_context.sample_rate, s.codec_context.channels, _tongue(s)
            )
            for s in container.streams.audio
            if s.codec_context is not None
        ),
        subtitles=tuple(Subtitle(_codec(s), _tongue(s)) for s in container.streams.subtitles),
        data_streams=len(container.streams.data) + len(container.streams.attachments),
        anomalies=(*shape.anomalies, *_oddities(container, stream, survey)),
        encoder=next((value for key, value in tags if key.lower() in ("encoder", "software")), None),
        tags=tags,
    )


def _pace(stream: VideoStream, survey: _Survey) -> tuple[Fraction, bool]:
    """Give the exact frame rate; where frames don't keep it, the average, and True."""
    tick = stream.time_base or Fraction(1, 1000)
    times = sorted(set(survey.times))
    if not survey.ended and len(times) > 4 * _REORDERED:
        times = times[:-_REORDERED]
    known = [r for r in (stream.guessed_rate, stream.base_rate, stream.average_rate) if r and 0 < r <= 1000]
    if len(times) < 2:
        return (Fraction(known[0]) if known else Fraction(25)), False
    span = (times[-1] - times[0]) * tick
    average = Fraction(len(times) - 1) / span
    candidates = (*known, *_STANDARD_RATES, average.limit_denominator(1001), average)
    kept = next((Fraction(r) for r in candidates if _keeps(times, tick, Fraction(r))), None)
    if kept is not None and (survey.ended or _whole_file_keeps(stream, tick, kept)):
        return kept, False
    overall = average if survey.ended or not stream.average_rate else Fraction(stream.average_rate)
    return overall.limit_denominator(100_000), True


def _keeps(times: list[int], tick: Fraction, rate: Fraction) -> bool:
    """Say whether each frame stands where the rate puts it, but for the rounding of the clock."""
    slack = float(min(tick * Fraction(101, 100), 1 / (4 * rate)))
    step, tick_s = float(1 / rate), float(tick)
    return all(abs((time - times[0]) * tick_s - i * step) <= slack + 1e-9 for i, time in enumerate(times))


def _whole_file_keeps(stream: VideoStream, tick: Fraction, rate: Fraction) -> bool:
    """Compare what the header says of the whole file: a rate kept at the start may be lost later."""
    if not stream.frames or not stream.duration:
        return True
    expected = stream.duration * tick * rate
    return bool(abs(expected - stream.frames) <= 2 + stream.frames / 200)


def _duration(container: InputContainer, stream: VideoStream, survey: _Survey, rate: Fraction) -> float:
    tick = stream.time_base or Fraction(1, 1000)
    claimed = _claimed_duration(container, stream)
    if survey.ended and survey.times:
        last = survey.last_duration * tick or 1 / rate
        return float((max(survey.times) - min(survey.times)) * tick + last)
    if survey.ended or claimed is None:
        return float(survey.packets / rate)
    return claimed


def _claimed_duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.duration > 0 and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return container.duration / 1_000_000
    return None


def _oddities(container: InputContainer, stream: VideoStream, survey: _Survey) -> list[str]:
    """What the streams say that does not fit together."""
    odd = []
    others = len([s for s in container.streams.video if not s.disposition & _cover()]) - 1
    if others > 0:
        odd.append(f"{others + 1} streams of pictures; looked at is the one that players show")
    there = len(survey.times)
    if survey.ended and stream.frames and there < stream.frames and survey.packets < stream.frames:
        odd.append(f"the header announces {stream.frames} frames, {there} are there")
    aspect = stream.sample_aspect_ratio
    if aspect and not 1 / _ODD_ASPECT <= aspect <= _ODD_ASPECT:
        odd.append(f"a pixel's shape is said to be {aspect}; taken for square")
    return odd


def _cover() -> Any:
    from av.stream import Disposition

    return Disposition.attached_pic


def _container(container: InputContainer, shape: Structure) -> str:
    """One short name, from what the file itself says it is."""
    name = container.format.name
    if shape.family == "isobmff":
        return "mov" if shape.brand == "qt" else "mp4"
    if shape.family == "ebml":
        return "webm" if shape.brand == "webm" else "matroska"
    return name.split(",")[0]


def _tags(container: InputContainer, stream: VideoStream) -> tuple[tuple[str, str], ...]:
    own = [(key, value) for key, value in stream.metadata.items() if key.lower() == "encoder"]
    found = [*container.metadata.items(), *own]
    return tuple((key[:100], value[:500]) for key, value in found[:_MOST_TAGS])


def _tongue(stream: Any) -> str | None:
    said = stream.metadata.get("language")
    return None if said in (None, "und") else said[:32]


def _codec(stream: Any) -> str:
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else "unknown"


def _input_error(path: Path, error: OSError) -> CountermarkError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return InputMissing(f"{path} is not there")
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputUnreadable(f"{path}: {os.strerror(error.errno)}")
    return InputMissing(f"{path}: {error.strerror or error}")
