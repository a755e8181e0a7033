"""Carries over what is not picture: sound, subtitles, chapters, tags. Knows containers, and no pixel.

Packets are copied as they are. What a container cannot take is said in plain words; sound that it cannot take is
written anew, because a silent copy would be worse.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..evidence.text import plain, without_places
from .metadata.fields import FileLabels, Keep
from .metadata.writing import write_tags
from .source import move, open_source, shift_of

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

# Tags that say something of the work. What says something of a person, a place or a device is not carried.
_KEPT = frozenset(
    "title comment description synopsis copyright creation_time date timecode genre show episode_id season_number "
    "episode_sort network keywords grouping language".split()
)
_MOST_NOTE = 20_000  # characters
_CONTAINERS_OWN = frozenset("major_brand minor_version compatible_brands encoder duration".split())
_FONT = re.compile(
    r"font/.+|application/(?:x-)?(?:font|truetype-font|opentype)[\w-]*|application/vnd\.ms-opentype", re.I
)
_FONT_FILE = re.compile(r".*\.(?:ttf|otf|ttc|woff2?)", re.I | re.DOTALL)
_PERSONAL = re.compile(r"location|gps|©xyz|make|model|author|artist|owner|manufacturer|device|serial|creator", re.I)


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
        self,
        source: InputContainer,
        pictures: VideoStream | None,
        target: OutputContainer,
        *,
        keep: Keep,
        labels: FileLabels | None = None,
    ) -> None:
        """Add the streams that the target takes; what it does not take stands in `not_carried`.

        Without `pictures` the source is a sound track: nothing but its first audio stream is carried.
        """
        self.not_carried: list[str] = []
        self.streams: list[Any] = []
        self._source, self._target = source, target
        self._copies: dict[int, _Copy] = {}
        self._shift = shift_of(source)
        self._keep, self._labels = keep, labels
        self._pictures = pictures
        if pictures is None:
            self._add_copy(source.streams.audio[0])
            return
        for stream in source.streams:
            if stream.index != pictures.index:
                self._add(stream)
        if keep != "none":
            self._carry_chapters()

    def write_tags(self) -> None:
        """Set the tags of the whole file; called before the first packet."""
        if self._keep != "none":
            kept, refused = sort_tags(self._source.metadata, self._keep)
            self._target.metadata.update(kept)
            if refused:
                self.not_carried.append(f"tags about a person, a place or a device: {', '.join(refused)}")
        write_tags(self._target, self._labels)

    def tags_for_pictures(self) -> dict[str, str]:
        """Give what the picture stream keeps of its own tags; a time code may stand in a stream of its own."""
        if self._keep == "none" or self._pictures is None:
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
        elif stream.type == "attachment" and self._target.format.name == "matroska" and self._keeps(stream):
            self._target.add_stream_from_template(stream)
        elif stream.type == "attachment":
            self.not_carried.append(f"an attachment ({plain(stream.metadata.get('filename'), 80) or 'without a name'})")
        elif not self._said_elsewhere(stream):
            self.not_carried.append(f"a stream of {stream.type} ({stream.name or 'of an unknown sort'})")

    def _keeps(self, attachment: Stream) -> bool:
        """Subtitles need fonts; anything else that is attached may be about a person, as what surrounds a picture."""
        said = attachment.metadata
        font = _FONT.fullmatch(said.get("mimetype", "")) or _FONT_FILE.fullmatch(said.get("filename", ""))
        return self._keep == "all" or (self._keep == "labels" and bool(font))

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
        if self._keep != "none":
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


def sort_tags(tags: Mapping[str, str], keep: Keep) -> tuple[dict[str, str], list[str]]:
    """Give the tags that are carried, and the names of those about a person, a place or a device, which are not."""
    if keep == "all":
        return {name: value for name, value in tags.items() if not _of_the_container(name, tags)}, []
    kept = {name: _impersonal(value) for name, value in tags.items() if name.lower() in _KEPT}
    partly = [f"{name} (in part)" for name in kept if kept[name] != tags[name]]
    gone = (name for name in tags if name not in kept and _PERSONAL.search(name))
    return {name: value for name, value in kept.items() if value}, sorted([*gone, *partly])


def _impersonal(text: str) -> str:
    """Of a note that people write, all but addresses of mail and coordinates; the rest of a very long one is let go."""
    return without_places(text[:_MOST_NOTE])


def _of_the_container(name: str, tags: Mapping[str, str]) -> bool:
    """Whether a tag is the old container's own, or says once more, by its language, what another says."""
    base, _, language = name.rpartition("-")
    return name.lower() in _CONTAINERS_OWN or (len(language) == 3 and tags.get(base) == tags[name])


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
