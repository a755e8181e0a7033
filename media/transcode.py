"""Writes a copy of a video: pictures encoded anew (and touched on the way) or copied, all else carried over.

Frames stream through one by one. Time stamps, rotation, pixel shape, colour and HDR metadata stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from heapq import heappop, heappush
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EncodeFailed, NoPictures
from .codecs import EncodeSettings
from .colour import display_matrix_of, mastering_of, side_data
from .encode import Pictures, PictureTrack, Progress, Touch, Written, opened, released
from .facts import Video
from .metadata.fields import FileLabels, Keep
from .metadata.writing import write_xmp
from .overlay import Overlay
from .source import Completeness, DecodeTimes, decoded, main_video, move, open_source, packets, shift_of
from .streams import Carrier

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream


_BOTTOM_FIRST = (3, 5)  # as FFmpeg numbers the order of fields


def transcode(
    source: Video,
    target: Path,
    settings: EncodeSettings,
    *,
    overlays: Sequence[Overlay] = (),
    touch: Touch | None = None,
    keep: Keep = "labels",
    labels: FileLabels | None = None,
    progress: Progress | None = None,
) -> Written:
    """Encode the pictures of `source` into `target`; `progress` is told the share done, 0 to 1.

    `keep` says what stays of its metadata; `labels` stand in place of what it has under their names.
    """
    first = _first_frame(source)
    with open_source(source.path) as container:
        stream = main_video(container, source.path.name)
        ends = Completeness(container, source.path)
        with released(target):
            with opened(target, settings.codec, labels, keep) as out:
                track = PictureTrack(out, settings, _pictures(source, stream, first, overlays))
                carrier = Carrier(container, stream, out, keep=keep, labels=labels)
                carrier.write_tags()
                track.stream.metadata.update(carrier.tags_for_pictures())
                track.start()
                clock = _Clock(stream, shift_of(container))
                index = stream.index
                for packet in packets(container, [stream, *carrier.streams], ends):
                    if packet.stream.index != index:
                        carrier.take(packet)
                        continue
                    clock.expect(packet)
                    for frame in decoded(packet, ends):
                        end, step = clock.set(frame)
                        ends.saw(stream, end, step)
                        track.write(frame, clock.seconds, touch)
                        if progress:
                            progress(min(clock.seconds / source.duration_s, 1.0) if source.duration_s else 0.0)
                ends.check(stream, carrier.streams)
                track.finish()
                carrier.finish()
            track.complete_boxes(target)
            named, no_place = write_xmp(target, out.format.name, labels)
            identical = carrier.audio_identical(target)
    if progress:
        progress(1.0)
    wide, high = track.size
    return Written(
        path=target,
        frames=track.frames,
        seconds=clock.length,
        codec=settings.codec,
        settings=track.summary,
        geometry=replace(source.geometry, width=wide, height=high),
        bit_depth=track.bit_depth,
        not_carried=(*track.lost, *_dynamic(first), *carrier.not_carried, *no_place),
        audio_identical=identical,
        labels=named,
    )


def remux(source: Video, target: Path, *, keep: Keep) -> Written:
    """Copy every packet into the container that the suffix of `target` stands for."""
    with open_source(source.path) as container:
        stream = main_video(container, source.path.name)
        ends = Completeness(container, source.path)
        shift, index, frames = shift_of(container), stream.index, 0
        reached: list[float] = []
        times = DecodeTimes()
        with released(target):
            with opened(target, None, keep=keep) as out:
                try:
                    copied = out.add_stream_from_template(stream, opaque=True)
                except ValueError:
                    raise EncodeFailed(f"{out.format.name} does not take {source.codec}") from None
                if source.codec == "hevc" and out.format.name in ("mp4", "mov"):
                    copied.codec_context.codec_tag = "hvc1"
                carrier = Carrier(container, stream, out, keep=keep)
                carrier.write_tags()
                copied.metadata.update(carrier.tags_for_pictures())
                copied.disposition = stream.disposition
                for packet in packets(container, [stream, *carrier.streams], ends):
                    if packet.stream.index != index:
                        carrier.take(packet)
                    elif packet.size:
                        reached += _step(packet, ends, stream)
                        frames += not packet.is_discard
                        _copy(times.take(packet), copied, shift)
                _copy(times.rest(), copied, shift)
                ends.check(stream, carrier.streams)
                carrier.finish()
            identical = carrier.audio_identical(target)
    return Written(
        path=target,
        frames=frames,
        seconds=max(reached, default=0.0) - min(reached, default=0.0),
        codec=source.codec,
        settings="copied as it is",
        geometry=source.geometry,
        bit_depth=source.bit_depth,
        not_carried=tuple(carrier.not_carried),
        audio_identical=identical,
    )


class _Clock:
    """Gives every frame its time: exact, and from 0 for broadcasts.

    AVI knows no order of showing: there, frames take the places of the packets in turn.
    """

    def __init__(self, stream: VideoStream, shift: Fraction) -> None:
        self._places: list[int] | None = [] if stream.container.format.name == "avi" else None
        self._base = stream.time_base or Fraction(1, 1000)
        self._shift = round(shift / self._base)
        self._usual = max(1, round(1 / ((stream.average_rate or Fraction(25)) * self._base)))
        self._first: int | None = None
        self._next = 0
        self.seconds = 0.0

    def expect(self, packet: Packet[Any]) -> None:
        """Take note of a packet before it is decoded."""
        if self._places is not None and packet.size and packet.dts is not None:
            heappush(self._places, packet.dts)

    def set(self, frame: VideoFrame) -> tuple[float, float]:
        """Place a frame; give where it ends by the source's own clock, and how long it lasts, in seconds."""
        raw = frame.pts if frame.pts is not None else self._next + self._shift
        if self._places:
            raw = heappop(self._places)
        frame.duration = frame.duration or self._usual
        frame.time_base, frame.pts = self._base, raw - self._shift
        self._first = frame.pts if self._first is None else self._first
        self._next = frame.pts + frame.duration
        self.seconds = float((frame.pts - self._first) * self._base)
        return float((raw + frame.duration) * self._base), float(frame.duration * self._base)

    @property
    def length(self) -> float:
        """From the start of the first frame to the end of the last, in seconds."""
        return float((self._next - (self._first or 0)) * self._base)


def _first_frame(source: Video) -> VideoFrame:
    with open_source(source.path) as container:
        stream = main_video(container, source.path.name)
        stream.thread_count = 1
        ends = Completeness(container, source.path)
        for packet in packets(container, [stream], ends):
            for frame in decoded(packet, ends):
                return frame
    raise NoPictures(f"{source.path.name}: no picture could be decoded")


def _pictures(source: Video, stream: VideoStream, first: VideoFrame, overlays: Sequence[Overlay]) -> Pictures:
    return Pictures(
        first=first,
        frame_rate=source.frame_rate or stream.average_rate or Fraction(25),
        time_base=stream.time_base or Fraction(1, 1000),
        geometry=source.geometry,
        overlays=overlays,
        display_matrix=display_matrix_of(first),
        mastering=mastering_of(first),
        bottom_first=stream.codec_context.field_order in _BOTTOM_FIRST,
    )


def _dynamic(first: VideoFrame) -> list[str]:
    """Name what changes from frame to frame in the source and has no place in what we write."""
    from av.sidedata.sidedata import Type

    kinds = {
        Type.DYNAMIC_HDR_PLUS: "HDR10+ metadata",
        Type.DOVI_RPU_BUFFER: "Dolby Vision metadata",
        Type.DYNAMIC_HDR_VIVID: "HDR Vivid metadata",
        Type.FILM_GRAIN_PARAMS: "film grain parameters",
        Type.SPHERICAL: "the mark of a spherical video",
        Type.STEREO3D: "the mark of a stereoscopic video",
    }
    return [words for kind, words in kinds.items() if side_data(first, kind) is not None]


def _copy(ready: list[Packet[Any]], stream: Any, shift: Fraction) -> None:
    for packet in ready:
        move(packet, shift)
        packet.stream = stream
        stream.container.mux_one(packet)


def _step(packet: Any, ends: Completeness, stream: VideoStream) -> list[float]:
    at = packet.pts if packet.pts is not None else packet.dts
    if at is None:
        return []
    length = packet.duration or 0
    start, end = float(at * packet.time_base), float((at + length) * packet.time_base)
    ends.saw(stream, end, end - start)
    return [start, end]
