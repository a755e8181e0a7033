"""Reads the file that is copied, packet by packet, and notices where it breaks off. Knows nothing of writing.

A broken source is an error that says at which second: what is stamped must be whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import CountermarkError, EncodeFailed, InputMissing, UnreadableVideo
from ..settings import settings
from .decode import THREADS, opened, picture_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MOST_REORDERED = 64  # more than any codec of ours may hold back
_OWN_CLOCK = ("mov", "matroska", "avi")  # elsewhere a start other than 0 is a broadcast's clock, and means nothing


@contextmanager
def open_source(path: Path) -> Iterator[InputContainer]:
    """Open a local file under the limits of the settings."""
    if not path.exists():
        raise InputMissing(f"{path.name}: there is no such file")
    with opened(path, settings().limits) as container:
        yield container


def main_video(container: InputContainer, name: str) -> VideoStream:
    """Give the stream of moving pictures, its decoder set to work beside an encoder."""
    stream = picture_stream(container, name)
    stream.thread_type, stream.thread_count = "AUTO", THREADS
    return stream


def shift_of(container: InputContainer) -> Fraction:
    """Give the seconds to take off every time stamp: broadcasts start anywhere, a file starts at 0."""
    if container.start_time is None or any(name in container.format.name for name in _OWN_CLOCK):
        return Fraction(0)
    return max(Fraction(container.start_time, 1_000_000), Fraction(0))


@dataclass
class _End:
    """How far one stream has come, and how far it says that it goes, in seconds."""

    reached: float = 0.0
    declared: float | None = None
    step: float = 0.0
    packets: int = 0
    expected: int = 0  # by the container's index; 0: it has none


def move(packet: Packet[Any], shift: Fraction) -> None:
    """Move a packet to an earlier time; one of its two time stamps stands in for the other where that is missing."""
    ticks = round(shift / packet.time_base) if shift else 0
    pts = packet.pts if packet.pts is not None else packet.dts
    dts = packet.dts if packet.dts is not None else packet.pts
    packet.pts, packet.dts = (None if at is None else at - ticks for at in (pts, dts))


class DecodeTimes:
    """Fills in the decoding times that Matroska leaves out until enough frames were seen to know them."""

    def __init__(self) -> None:
        """Begin at the start of a stream."""
        self._held: list[Any] = []
        self._known = False
        self._last: int | None = None

    def take(self, packet: Any) -> list[Any]:
        """Give the packets that can be written now, in their order."""
        if packet.dts is None and not self._known and len(self._held) < _MOST_REORDERED:
            self._held.append(packet)
            return []
        if packet.dts is None:
            return [*self.rest(), packet]
        if self._last is not None and packet.dts <= self._last:
            raise EncodeFailed(
                "the container cuts its pictures together from several parts, which packets alone cannot follow",
                advice="encode it anew in place of copying",
            )
        self._known, self._last = True, packet.dts
        for back, held in enumerate(reversed(self._held), 1):
            held.dts = packet.dts - back * max(packet.duration or 1, 1)
        ready, self._held = [*self._held, packet], []
        return ready

    def rest(self) -> list[Any]:
        """Give what is held where no decoding time ever came: in order, and none after its own picture."""
        ready, self._held = [packet for packet in self._held if packet.pts is not None], []
        shown = sorted(packet.pts for packet in ready)
        early = max((at - packet.pts for at, packet in zip(shown, ready, strict=True)), default=0)
        for at, packet in zip(shown, ready, strict=True):
            packet.dts = at - early
        return ready


class Completeness:
    """Follows how far each stream really goes, and refuses a source that breaks off before it says it ends."""

    def __init__(self, container: InputContainer, path: Path) -> None:
        """Read what the file declares."""
        self._path, self._name, self._format = path, path.name, container.format.name
        self._ends = {
            stream.index: _End(declared=_declared_end(stream), expected=stream.frames) for stream in container.streams
        }
        self._total = container.duration and (container.duration + max(container.start_time or 0, 0)) / 1e6
        self._sloppy = 0.25 if "avi" in self._format or "mpeg" in self._format else 0.0

    def saw(self, stream: Stream, end: float, step: float) -> None:
        """Take note that a stream reaches to `end` seconds, in steps of `step`."""
        known = self._ends[stream.index]
        known.reached, known.step = max(known.reached, end), max(known.step, step)

    def count(self, stream: Stream) -> None:
        """Take note of one packet read."""
        self._ends[stream.index].packets += 1

    def check(self, pictures: Stream, others: list[Stream]) -> None:
        """Raise UnreadableVideo where something is missing at the end."""
        for stream in [pictures, *(other for other in others if other.type == "audio")]:
            end = self._ends[stream.index]
            if end.expected and end.packets >= end.expected:
                continue  # everything the index lists was read, whatever durations say
            if end.declared is not None and end.reached + 2.5 * end.step + 0.05 + self._sloppy < end.declared:
                raise self.broken(end.reached, end.declared)
        reached = max(end.reached for end in self._ends.values())
        if self._total and not self._ends[pictures.index].declared and reached + 1.0 + self._sloppy < self._total:
            raise self.broken(reached, self._total)

        if self._cut_short():
            raise self.broken(reached)

    def _cut_short(self) -> bool:
        """Say whether a file that declares no length ends in the middle of something."""
        if "gif" in self._format:
            with self._path.open("rb") as file:
                return not _gif_ends(file)
        size = self._path.stat().st_size
        return "mpegts" in self._format and all(size % packet for packet in (188, 192, 204))

    def broken(self, at: float, of: float | None = None) -> UnreadableVideo:
        """Say where the source breaks off."""
        whole = f" of {of:.1f} s" if of else ""
        return UnreadableVideo(
            f"{self._name}: breaks off at {at:.1f} s{whole}", advice="fetch or export it again: part of it is missing"
        )


def packets(container: InputContainer, streams: list[Any], ends: Completeness) -> Iterator[Packet[Any]]:
    """Read the source; what is broken is an error that says where."""
    import av

    at = 0.0
    try:
        for packet in container.demux(streams):
            if packet.pts is not None and packet.time_base:
                at = float(packet.pts * packet.time_base)
                step = float((packet.duration or 0) * packet.time_base)
                if packet.stream.type != "video":
                    ends.saw(packet.stream, at + step, step)
            if packet.size:
                ends.count(packet.stream)
            if packet.is_corrupt:
                raise ends.broken(at)
            yield packet
    except (av.FFmpegError, ValueError) as error:
        raise _unreadable(ends, at, error) from None


def decoded(packet: Packet[VideoStream], ends: Completeness) -> Iterator[VideoFrame]:
    """Decode one packet; damage is an error that says where."""
    import av

    at = float((packet.pts or 0) * (packet.time_base or 1))
    try:
        frames = packet.decode()
    except (av.FFmpegError, ValueError) as error:
        raise _unreadable(ends, at, error) from None
    for frame in frames:
        if frame.is_corrupt:
            raise ends.broken(float(frame.time or at))
        yield frame


def _unreadable(ends: Completeness, at: float, error: Exception) -> CountermarkError:
    broken = ends.broken(at)
    return UnreadableVideo(f"{broken} ({_short(error)})", advice=broken.advice)


def _declared_end(stream: Stream) -> float | None:
    if stream.duration and stream.time_base:
        return float((stream.duration + (stream.start_time or 0)) * stream.time_base)
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if not found:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _short(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error).split("; last error")[0]


def _gif_ends(file: BinaryIO) -> bool:
    """Walk the blocks of a GIF to its end mark."""
    head = file.read(13)
    _skip_palette(file, head[10] if len(head) == 13 else 0)
    while True:
        match file.read(1):
            case b";":
                return True
            case b"!":
                file.read(1)
            case b",":
                place = file.read(9)
                _skip_palette(file, place[8] if len(place) == 9 else 0)
                file.read(1)
            case _:
                return False
        while (length := file.read(1)) not in (b"", b"\0"):
            file.seek(length[0], 1)


def _skip_palette(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        file.seek(3 << ((flags & 7) + 1), 1)
