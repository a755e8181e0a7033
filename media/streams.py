"""Carries over what is not picture: sound, subtitles, chapters, tags. Knows containers, and no pixel.

Packets are copied as they are. What a container cannot take is said in plain words; sound that it cannot take is
written anew, because a silent copy would be worse.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CountermarkError, InputMissing, NoPictures, UnreadableVideo
from .codecs import DECODER_THREADS

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Tags that say something of the work. What says something of a person, a place or a device is not carried.
_KEPT = frozenset(
    "title comment description synopsis copyright creation_time date timecode genre show episode_id season_number "
    "episode_sort network keywords grouping language".split()
)
_PERSONAL = re.compile(r"location|gps|©xyz|make|model|author|artist|owner|manufacturer|device|serial|creator", re.I)
_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,gif,apng,flv,asf,ogg,ivf,h264,hevc,obu,m4v,"
    "mjpeg,mxf,nut,yuv4mpegpipe,wav,mp3,aac,flac,ac3,eac3,w64,aiff,caf"
)
_MOST_REORDERED = 64  # more than any codec of ours may hold back
_OWN_CLOCK = ("mov", "matroska")  # a start other than 0 means something there; elsewhere it is a broadcast's clock


def open_source(path: Path) -> InputContainer:
    """Open a local file: no addresses, no playlists, nothing that would open a second file."""
    import av

    only_files = {"protocol_whitelist": "file", "format_whitelist": _DEMUXERS}
    try:
        return av.open(f"file:{path}", "r", options=only_files, metadata_errors="replace")
    except FileNotFoundError:
        raise InputMissing(f"{path.name}: there is no such file") from None
    except (av.FFmpegError, ValueError) as error:
        raise UnreadableVideo(f"{path.name}: {_short(error)}") from None


def main_video(container: InputContainer, name: str) -> VideoStream:
    """Give the stream of moving pictures; a cover picture is none."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails):
            stream.thread_type = "AUTO"
            stream.thread_count = DECODER_THREADS
            return stream
    raise NoPictures(f"{name}: no moving pictures in it")


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

    def take(self, packet: Any) -> list[Any]:
        """Give the packets that can be written now, in their order."""
        if packet.dts is None and not self._known and len(self._held) < _MOST_REORDERED:
            self._held.append(packet)
            return []
        if packet.dts is None:
            return [*self.rest(), packet]
        self._known = True
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

    def __init__(self, container: InputContainer, name: str) -> None:
        """Read what the file declares."""
        self._name = name
        self._ends = {stream.index: _End(declared=_declared_end(stream)) for stream in container.streams}
        self._total = container.duration and (container.duration + max(container.start_time or 0, 0)) / 1e6
        self._sloppy = 0.25 if "avi" in container.format.name or "mpeg" in container.format.name else 0.0

    def saw(self, stream: Stream, end: float, step: float) -> None:
        """Take note that a stream reaches to `end` seconds, in steps of `step`."""
        known = self._ends[stream.index]
        known.reached, known.step = max(known.reached, end), max(known.step, step)

    def check(self, pictures: Stream, others: list[Stream]) -> None:
        """Raise UnreadableVideo where something is missing at the end."""
        for stream in [pictures, *(other for other in others if other.type == "audio")]:
            end = self._ends[stream.index]
            if end.declared is not None and end.reached + 2.5 * end.step + 0.05 + self._sloppy < end.declared:
                raise self.broken(end.reached, end.declared)
        reached = max(end.reached for end in self._ends.values())
        if self._total and not self._ends[pictures.index].declared and reached + 1.0 + self._sloppy < self._total:
            raise self.broken(reached, self._total)

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


# Carrying over --------------------------------------------------------------------------------------------------------


@dataclass
class _Copy:
    """One stream on its way from source to target."""

    out: Any
    digest: Any = field(default_factory=hashlib.sha256)
    adts: bool = False
    anew: _SoundAnew | None = None


class Carrier:
    """Everything of a source but its pictures, carried into a target."""

    def __init__(
        self, source: InputContainer, pictures: VideoStream | None, target: OutputContainer, *, keep_metadata: bool
    ) -> None:
        """Add the streams that the target takes; what it does not take stands in `not_carried`.

        Without `pictures` the source is a sound track: nothing but its first audio stream is carried.
        """
        self.not_carried: list[str] = []
        self.streams: list[Any] = []
        self._source, self._target = source, target
        self._copies: dict[int, _Copy] = {}
        self._shift = shift_of(source)
        self._keep = keep_metadata
        self._pictures = pictures
        if pictures is None:
            self._add_copy(source.streams.audio[0])
            return
        for stream in source.streams:
            if stream.index != pictures.index:
                self._add(stream)
        if keep_metadata:
            self._carry_chapters()

    def write_tags(self) -> None:
        """Set the tags of the whole file; called before the first packet."""
        if self._keep:
            kept, refused = sort_tags(self._source.metadata)
            self._target.metadata.update(kept)
            if refused:
                self.not_carried.append(f"tags about a person, a place or a device: {', '.join(refused)}")

    def tags_for_pictures(self) -> dict[str, str]:
        """Give what the picture stream keeps of its own tags; a time code may stand in a stream of its own."""
        if not self._keep or self._pictures is None:
            return {}
        codes = [stream.metadata["timecode"] for stream in self._source.streams if "timecode" in stream.metadata]
        return ({"timecode": codes[0]} if codes else {}) | _stream_tags(self._pictures)

    def take(self, packet: Packet[Any]) -> None:
        """Carry one packet over."""
        copy = self._copies[packet.stream.index]
        if packet.size == 0 or (packet.dts is None and packet.pts is None):
            return  # the end of a stream, or nothing that could be placed in time
        if copy.anew:
            self._target.mux(copy.anew.take(packet))
            return
        copy.digest.update(_payload(packet, copy.adts))
        move(packet, self._shift)
        packet.stream = copy.out
        self._target.mux(packet)

    def finish(self) -> None:
        """Write what is still held back; called once, after the last packet."""
        for copy in self._copies.values():
            if copy.anew:
                self._target.mux(copy.anew.finish())

    def audio_identical(self, written: Path) -> bool | None:
        """Compare the sound in the finished file, byte for byte, with what was read; None where there is no sound."""
        copies = [copy for copy in self._copies.values() if copy.out.type == "audio"]
        if not copies:
            return None
        if any(copy.anew for copy in copies):
            return False
        found = {copy.out.index: hashlib.sha256() for copy in copies}
        with open_source(written) as again:
            for packet in again.demux([again.streams[index] for index in found]):
                if packet.size:
                    found[packet.stream.index].update(bytes(packet))
        return all(copy.digest.digest() == found[copy.out.index].digest() for copy in copies)

    def _add(self, stream: Stream) -> None:
        from av.stream import Disposition

        if stream.type == "video":
            cover = bool(stream.disposition & Disposition.attached_pic)
            self.not_carried.append("the cover picture" if cover else f"a second video stream ({stream.name})")
        elif stream.type in ("audio", "subtitle"):
            self._add_copy(stream)
        elif stream.type == "attachment" and self._target.format.name == "matroska" and self._keep:
            self._target.add_stream_from_template(stream)
        elif not self._said_elsewhere(stream):
            self.not_carried.append(f"a stream of {stream.type} ({stream.name or 'of an unknown sort'})")

    def _said_elsewhere(self, stream: Stream) -> bool:
        """Chapter titles and time codes lie in streams of their own, and are carried as chapters and as a tag."""
        return "timecode" in stream.metadata or (stream.name == "bin_data" and bool(self._source.chapters()))

    def _add_copy(self, stream: Any) -> None:
        try:
            if not _takes(self._target, stream):
                raise ValueError(stream.name)
            copy = _Copy(self._target.add_stream_from_template(stream, opaque=True))
            copy.adts = stream.name == "aac" and not stream.codec_context.extradata
        except ValueError:
            if stream.type != "audio":
                self.not_carried.append(f"subtitles ({stream.name}): {self._target.format.name} does not take them")
                return
            copy = self._write_anew(stream)
        copy.out.disposition = stream.disposition
        if self._keep:
            copy.out.metadata.update(_stream_tags(stream))
        self._copies[stream.index] = copy
        self.streams.append(stream)

    def _write_anew(self, stream: AudioStream) -> _Copy:
        anew = _SoundAnew(stream, self._target, self._shift)
        container, codec = self._target.format.name, anew.out.codec_context.name.removeprefix("lib")
        self.not_carried.append(f"the sound as it was ({stream.name}): {container} takes it as {codec}")
        return _Copy(anew.out, anew=anew)

    def _carry_chapters(self) -> None:
        chapters = self._source.chapters()
        if not chapters:
            return
        for chapter in chapters:
            chapter["metadata"] = {k: v for k, v in chapter["metadata"].items() if k.lower() in ("title", "language")}
            if self._shift and chapter["time_base"]:
                ticks = round(self._shift / chapter["time_base"])
                chapter["start"], chapter["end"] = max(chapter["start"] - ticks, 0), max(chapter["end"] - ticks, 0)
        self._target.set_chapters(chapters)


class _SoundAnew:
    """Sound in a codec that the container does not take, decoded and written in one that it does."""

    def __init__(self, stream: AudioStream, target: OutputContainer, shift: Fraction) -> None:
        from av.audio.resampler import AudioResampler

        opus = target.format.name in ("webm", "matroska")
        rate = 48000 if opus else min(stream.codec_context.sample_rate, 48000)
        self.out = target.add_stream("libopus" if opus else "aac", rate)
        channels = stream.codec_context.channels
        self.out.codec_context.layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}.get(channels, "stereo")
        self.out.codec_context.bit_rate = 96_000 * max(channels, 1)
        wanted = self.out.codec_context
        self._resampler = AudioResampler(wanted.format, wanted.layout, rate)
        self._stream, self._shift, self._rate = stream, shift, rate
        self._fifo: Any = None
        self._next: int | None = None

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        """Decode one packet, and give what is ready."""
        return [ready for frame in packet.decode() for ready in self._feed(frame)]

    def finish(self) -> list[Packet[Any]]:
        """Give what is left."""
        left = [ready for frame in self._stream.decode(None) for ready in self._feed(frame)]
        left += self._feed(None)
        if self._fifo is not None:
            left += self._write(self._fifo.read(0, partial=True))
        return left + self.out.encode(None)

    def _feed(self, frame: Any) -> list[Packet[Any]]:
        from av.audio.fifo import AudioFifo

        if self._next is None and frame is not None:
            start = Fraction(frame.pts or 0) * frame.time_base - self._shift
            self._next = round(start * self._rate)
        ready = []
        for even in self._resampler.resample(frame):
            even.pts = None  # counted here: the pieces are cut to the encoder's size
            self._fifo = self._fifo or AudioFifo()
            self._fifo.write(even)
            while piece := self._fifo.read(self.out.codec_context.frame_size or 1024):
                ready += self._write(piece)
        return ready

    def _write(self, piece: Any) -> list[Packet[Any]]:
        if piece is None:
            return []
        piece.pts, piece.time_base = self._next, Fraction(1, self._rate)
        self._next = (self._next or 0) + piece.samples
        return self.out.encode(piece)


def sort_tags(tags: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Give the tags that are carried, and the names of those about a person, a place or a device, which are not."""
    kept = {name: value for name, value in tags.items() if name.lower() in _KEPT}
    return kept, sorted(name for name in tags if name not in kept and _PERSONAL.search(name))


def _stream_tags(stream: Stream) -> dict[str, str]:
    wanted = ("language", "title", "timecode")
    return {name.lower(): value for name, value in stream.metadata.items() if name.lower() in wanted}


def _takes(target: OutputContainer, stream: Any) -> bool:
    """Whether players take it, too: PCM in mp4 is legal and played almost nowhere."""
    name = stream.codec_context.name
    if name.startswith("pcm_") and target.format.name == "mp4":
        return "mp4" in stream.container.format.name
    return not (name == "vorbis" and target.format.name == "mp4")


def _payload(packet: Packet[Any], adts: bool) -> bytes:
    data = bytes(packet)
    if adts and len(data) > 9 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return data[7 if data[1] & 1 else 9 :]
    return data


def _short(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error).split("; last error")[0]
