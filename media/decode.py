"""Opens files and yields pictures: every frame in order, or the views that several plans ask for, in one pass.

Knows pts, seeking, and how numbers of pixels become upright views; knows nothing of what is looked for in them. A
frame is converted once for each kind of view and shared; decoded frames themselves are never changed, since the
decoder still refers to them.
"""

from __future__ import annotations

import math
import os
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NoFrames, NoPictures, OverLimit, UnreadableVideo
from ..settings import Limits, settings
from .boxes import sniff
from .facts import Video
from .leash import alive
from .plan import Plan, View
from .views import Pictures

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

THREADS = min(4, os.cpu_count() or 1)  # of a decoder; each reserves address space and holds pictures
_FORMATS = (
    "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,gif,flv,asf,ogg,mxf,ivf,h264,hevc,av1,obu,m4v,vc1,dv,nut,rm,"
    "wav,w64,mp3,aac,flac,aiff,ac3,eac3,caf,amr"  # sound alone: to say so rather than 'unknown'
)
_HEAD = 4096  # bytes by which a file that does not open is known
_NO_MEDIA = (  # what is taken for media most often
    (rb"%PDF-", "a PDF document"),
    (rb"PK\x03\x04", "a ZIP archive or an office document"),
    (rb"\s*(<!--|<!doctype html|<html|<head)", "a web page"),
)
_MOST_ERRORS = 400
_REORDERED = 32  # packets within which frames stand out of order
_WORTH_A_SEEK = 12  # frames: what emptying and filling the decoder's threads costs


@dataclass(frozen=True)
class Moment:
    """One decoded frame and when it is on show."""

    seconds: float  # since the first frame
    pts: int
    frame: VideoFrame


@dataclass
class DecodeReport:
    """What went wrong on the way; filled while a decode runs."""

    frames: int = 0
    packets: int = 0
    errors: list[str] = field(default_factory=list)
    broken_packets: int = 0
    damaged_frames: int = 0  # shown, with what the decoder made up for what was missing
    last_s: float = 0.0
    seeks: int = 0

    def problems(self) -> tuple[str, ...]:
        """In plain words."""
        said = []
        if self.broken_packets:
            what = ", ".join(self.errors)
            said.append(f"{self.broken_packets} of {self.packets} packets of pictures could not be decoded ({what})")
        if self.damaged_frames:
            said.append(f"{self.damaged_frames} of {self.frames} frames arrived damaged, as are those after them")
        return tuple(said)

    def note(self, error: Exception) -> None:
        """Count one packet that would not decode."""
        self.broken_packets += 1
        if type(error).__name__ not in self.errors:
            self.errors.append(type(error).__name__)


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[InputContainer]:
    """Open a media file and nothing else: no playlists, no other files, no addresses, no sizes beyond the limits."""
    import av
    import av.logging
    from av.container import InputContainer
    from av.error import FFmpegError

    av.logging.set_level(None)
    options = {
        "format_whitelist": _FORMATS,
        "protocol_whitelist": "file",
        "max_pixels": str(limits.max_pixels),  # opening already decodes a little
        "max_streams": str(max(limits.max_streams * 4, 64)),
    }
    try:
        container = av.open(f"file:{path}", options=options, metadata_errors="replace")
    except MemoryError:
        raise OverLimit(f"{path.name}: takes more memory than there is") from None
    except (FFmpegError, OSError, ValueError) as error:
        raise _unopened(path, error) from None
    assert isinstance(container, InputContainer)
    try:
        yield container
    except MemoryError:
        raise OverLimit(f"{path.name}: takes more memory than there is") from None
    finally:
        container.close()


def picture_stream(container: InputContainer, name: str) -> VideoStream:
    """Give the stream of pictures that a player would choose; cover art is none."""
    from av.stream import Disposition
    from av.video.stream import VideoStream

    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        cover = ", with cover art" if container.streams.video else ""
        if container.streams.audio:
            raise NoPictures(f"{name}: sound alone{cover}")
        raise NoFrames(f"{name}: no moving pictures{cover}")
    best = container.streams.best("video")
    chosen = best if isinstance(best, VideoStream) and best in streams else streams[0]
    if chosen.codec_context is None:
        raise UnreadableVideo(f"{name}: no decoder here for its pictures")
    return chosen


def frames(
    path: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    limits: Limits | None = None,
    report: DecodeReport | None = None,
) -> Iterator[Moment]:
    """Yield the frames on show from `start_s` up to, without, `end_s`, in the order they are shown, at native depth."""
    limits, report = limits or settings().limits, report if report is not None else DecodeReport()
    with opened(path, limits) as container:
        reader = _Reader(container, path.name, limits, report)
        held: Moment | None = None
        for moment in reader.from_time(start_s):
            if end_s is not None and moment.seconds >= end_s:
                break
            if held is not None and moment.seconds > start_s:
                yield held
            held = moment
        if held is not None:
            yield held
        elif not report.frames:
            raise UnreadableVideo(f"{path.name}: not one picture could be decoded")


def show(
    video: Video, plans: Sequence[Plan], *, limits: Limits | None = None, report: DecodeReport | None = None
) -> Iterator[tuple[int, View]]:
    """Yield (number of the plan, view) in order of time, from one decode; gaps are leapt over where a keyframe lies.

    A plan gets each frame once, though several of its times may fall into it; times past the end get the last frame.
    """
    limits, report = limits or settings().limits, report if report is not None else DecodeReport()
    wanted = sorted({time for plan in plans for time in plan.times_s})
    if not wanted:
        return
    takers = {time: [i for i, plan in enumerate(plans) if time in plan.times_s] for time in wanted}
    with opened(video.path, limits) as container:
        reader = _Reader(container, video.path.name, limits, report, video.frame_rate)
        for moment, times in reader.at_times(wanted):
            pictures = Pictures(moment.frame, video.geometry)
            for number in sorted({taker for time in times for taker in takers[time]}):
                for pixels, tile in pictures.of(plans[number]):
                    yield number, View(moment.seconds, pixels, tile)
        if not report.frames:
            raise UnreadableVideo(f"{video.path.name}: not one picture could be decoded")


class _Reader:
    """Decodes one stream, forwards and from keyframes, and counts what it meets."""

    def __init__(
        self,
        container: InputContainer,
        name: str,
        limits: Limits,
        report: DecodeReport,
        frame_rate: Fraction = Fraction(25),
    ) -> None:
        self._container, self._name, self._limits, self.report = container, name, limits, report
        self._stream = picture_stream(container, name)
        context = self._stream.codec_context
        context.thread_type, context.thread_count = "AUTO", THREADS
        self._tick = self._stream.time_base or Fraction(1, 1000)
        self._origin = self._stream.start_time
        self._frame_s = 1 / float(frame_rate)
        self._longest_gop = 0  # in frames, of those seen
        self._times: Sequence[float] | None = None  # when pictures are wanted; None: all of them
        self._sent: deque[float] = deque(maxlen=_REORDERED)  # when the last packets are on show

    def from_time(self, start_s: float) -> Iterator[Moment]:
        """Decode from the keyframe at or before a time."""
        if start_s > 0:
            for back in (0.0, 2.0, 10.0):
                run = self._leap(start_s, back)
                if run is not None:
                    yield from run
                    return
            self._rewind()
        yield from self._decode()

    def at_times(self, times: Sequence[float]) -> Iterator[tuple[Moment, list[float]]]:
        """Yield each frame that is on show at one of the (ascending) times, with the times it serves."""
        self._times = times
        run, held, waiting = self._decode(), None, list(times)
        leapt_for: float | None = None
        while waiting:
            moment = next(run, None)
            if moment is None:
                break
            if held is not None and moment.seconds > waiting[0]:
                served = [time for time in waiting if time < moment.seconds]
                yield held, served
                waiting = waiting[len(served) :]
            held = moment
            if waiting and waiting[0] != leapt_for and self._leap_pays(moment.seconds, waiting[0]):
                leapt_for = waiting[0]
                run = self._leap_or_stay(waiting[0], moment)
        if held is not None and waiting:
            yield held, waiting

    def _leap_pays(self, now_s: float, target_s: float) -> bool:
        """Say whether a keyframe lies far enough ahead, and before the target."""
        gap = (target_s - now_s) / self._frame_s
        if gap < _WORTH_A_SEEK or self._origin is None:
            return False
        keyframe = self._keyframe_before(target_s)
        if keyframe is not None:
            return (keyframe - now_s) / self._frame_s > _WORTH_A_SEEK
        return gap > max(250, 2 * self._longest_gop)  # no index: only where keyframes must lie between

    def _keyframe_before(self, target_s: float) -> float | None:
        index = self._stream.index_entries
        if index is None or len(index) < 3:
            return None
        found = index.search_timestamp(self._ticks(target_s), backward=True, any_frame=False)
        return self._seconds(index[found].timestamp) if found >= 0 else None

    def _leap_or_stay(self, target_s: float, now: Moment) -> Iterator[Moment]:
        for back in (0.0, 2.0):
            run = self._leap(target_s, back)
            if run is not None:
                return run
        self._rewind()  # the file can't be entered there: go the long way, from the start
        return (moment for moment in self._decode() if moment.pts > now.pts)

    def _leap(self, target_s: float, back_s: float) -> Iterator[Moment] | None:
        """Seek to a keyframe before the target; None where the first picture found lies behind it."""
        from av.error import FFmpegError

        if self._origin is None:
            return None
        try:
            self._container.seek(self._ticks(max(0.0, target_s - back_s)), stream=self._stream)
        except FFmpegError:
            return None
        self._stream.codec_context.flush_buffers()
        self._sent.clear()
        self.report.seeks += 1
        run = self._decode(entered=True)
        first = next(run, None)
        if first is None or first.seconds > target_s:
            return None
        return _with_first(first, run)

    def _rewind(self) -> None:
        self._container.seek(0)
        self._stream.codec_context.flush_buffers()
        self._sent.clear()

    def _decode(self, *, entered: bool = False) -> Iterator[Moment]:
        """Decode to the end. After a seek, frames before the first keyframe may be made of what was leapt over."""
        from av.error import FFmpegError

        context = self._stream.codec_context
        least: int | None = None
        since_keyframe = 0
        last_pts: int | None = None
        for packet in self._packets():
            self.report.packets += 1
            alive()
            since_keyframe = 0 if packet.is_keyframe else since_keyframe + 1
            self._longest_gop = max(self._longest_gop, since_keyframe)
            if entered and least is None:
                if not packet.is_keyframe or packet.pts is None:
                    continue
                least = packet.pts
            context.skip_frame = "NONREF" if self._unwanted(packet) else "DEFAULT"
            try:
                decoded = context.decode(packet)
            except MemoryError:
                raise
            except (FFmpegError, ValueError) as error:
                self.report.note(error)
                if self.report.broken_packets > _MOST_ERRORS and not self.report.frames:
                    return
                continue
            for frame in decoded:
                moment = self._moment(frame, last_pts)
                last_pts = moment.pts
                if least is None or moment.pts >= least:
                    self.report.damaged_frames += frame.is_corrupt
                    yield moment

    def _unwanted(self, packet: Packet[VideoStream]) -> bool:
        """Say whether another frame takes its place before anyone wants to see it; only known where one was sent."""
        if self._times is None or self._origin is None or packet.pts is None:
            return False
        begins = self._seconds(packet.pts)
        ends = min((time for time in self._sent if time > begins), default=None)
        self._sent.append(begins)
        at = bisect_left(self._times, begins)
        return ends is not None and (at == len(self._times) or self._times[at] >= ends)

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        from av.error import FFmpegError

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except MemoryError:
                raise
            except (FFmpegError, OSError) as error:
                self.report.note(error)
                return
            yield packet

    def _moment(self, frame: VideoFrame, last_pts: int | None) -> Moment:
        limits, report = self._limits, self.report
        if frame.width * frame.height > limits.max_pixels:
            raise OverLimit(f"{self._name}: a picture of {frame.width}x{frame.height} pixels, over the limit")
        report.frames += 1
        if report.frames > limits.max_frames:
            raise OverLimit(f"{self._name}: more than {limits.max_frames} frames")
        pts = frame.pts if frame.pts is not None else frame.dts
        if pts is None:  # no clock in the file: frames follow each other at its rate
            pts = 0 if last_pts is None else last_pts + max(1, round(Fraction(self._frame_s) / self._tick))
        if self._origin is None:
            self._origin = pts
        seconds = max(0.0, self._seconds(pts))
        if seconds > limits.max_duration_s:
            raise OverLimit(f"{self._name}: longer than {limits.max_duration_s:.0f} s")
        report.last_s = max(report.last_s, seconds)
        return Moment(seconds, pts, frame)

    def _seconds(self, ticks: int) -> float:
        return float((ticks - (self._origin or 0)) * self._tick)

    def _ticks(self, seconds: float) -> int:
        return math.floor(seconds / self._tick) + (self._origin or 0)


def _with_first(first: Moment, rest: Iterator[Moment]) -> Iterator[Moment]:
    yield first
    yield from rest


def _unopened(path: Path, error: Exception) -> UnreadableVideo:
    """Say what a file is that does not open, in words of ours; a library's own stand behind them."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__  # not the path that it names
    if said == "End of file":
        return UnreadableVideo(f"{path.name}: it ends before its first picture")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if sniff(head)[0] is not None:
        return UnreadableVideo(
            f"{path.name}: it begins as media does, and can't be opened: damaged, or cut off ({said})"
        )
    it_is = next((name for mark, name in _NO_MEDIA if re.match(mark, head, re.IGNORECASE)), "")
    told = f"{it_is}, and no" if it_is else "no"
    return UnreadableVideo(
        f"{path.name}: this is {told} video, picture or sound that can be read ({said})",
        advice="give the media itself, say an MP4, a PNG or a WAV; if it plays elsewhere, fetch or export it again",
    )
