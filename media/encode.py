"""Writes pictures as video: one encoder, one container, whole or not at all. Knows not where pictures come from."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import (
    CountermarkError,
    DiskFull,
    EncodeFailed,
    NoPictures,
    OutputFolderMissing,
    OutputUnwritable,
    UnreadableVideo,
)
from .codecs import (
    ENCODERS,
    CodecName,
    EncodeSettings,
    check_container,
    container_for,
    options_for,
    pixels_for,
    summary,
    threads_for,
    well_behaved,
)
from .colour import Normaliser, luma, tag, target_colour, transparent
from .facts import Geometry, Mastering
from .leash import alive
from .mastering_boxes import boxes_for, insert_mastering
from .metadata.fields import FileLabels, Keep
from .metadata.writing import mux_options, write_tags, write_xmp
from .overlay import Overlay, Painter
from .source import Completeness, open_source, packets
from .streams import Carrier

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

# Changes the brightness plane in place, in coded orientation; uint8, or uint16 holding 10 bits; with the frame's time.
Touch = Callable[["NDArray[Any]", float], None]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Written:
    """A finished file."""

    path: Path
    frames: int
    seconds: float
    codec: str
    settings: str  # in one line, for people
    geometry: Geometry
    bit_depth: int
    not_carried: tuple[str, ...] = ()  # what the container or codec could not take, in plain words
    audio_identical: bool | None = None  # None: there is no sound
    labels: tuple[str, ...] = ()  # the names of those that are in it now; "XMP" only where the packet went in


@dataclass(frozen=True)
class Pictures:
    """What is known of the pictures before the first is written."""

    first: VideoFrame
    frame_rate: Fraction
    time_base: Fraction
    geometry: Geometry
    overlays: Sequence[Overlay] = ()  # painted before anything else touches the frames
    display_matrix: tuple[int, ...] | None = None
    mastering: Mastering | None = None
    bottom_first: bool = False  # which field comes first, where a picture is made of two


class PictureTrack:
    """The video stream of a file being written."""

    def __init__(self, out: OutputContainer, settings: EncodeSettings, pictures: Pictures) -> None:
        """Choose pixel format and size, and set the encoder; nothing is opened yet."""
        encoder = ENCODERS[settings.codec]
        self._choice = pixels_for(settings, pictures.first.format)
        self._out, self._settings, self._mastering = out, settings, pictures.mastering
        self.lost = list(self._choice.lost)
        self.size, pad = self._fit(pictures.first, encoder.odd_sizes)
        colour = target_colour(pictures.first)
        inner = (pictures.first.width, pictures.first.height) if settings.scale == 1.0 else self.size
        self._normalise = Normaliser(self._choice.name, inner, colour, pad=pad)
        self._paint = Painter(pictures.overlays, pictures.geometry, self._choice.name, colour, inner)
        self.frames = 0
        self._last: int | None = None
        stream: Any = out.add_stream(encoder.library, pictures.frame_rate, width=self.size[0], height=self.size[1])
        context = stream.codec_context
        context.pix_fmt, context.time_base = self._choice.name, pictures.time_base
        stream.time_base = pictures.time_base
        context.sample_aspect_ratio = pictures.geometry.sample_aspect
        context.thread_type = "FRAME"  # by slices, x264 would compress worse
        if settings.codec in ("h264", "vp9"):  # the others are told in their own options
            context.thread_count = threads_for(settings)
        if settings.bitrate is not None:
            context.bit_rate = context.bit_rate_tolerance = settings.bitrate
        tag(context, colour)
        if settings.codec == "hevc" and out.format.name in ("mp4", "mov"):
            context.codec_tag = "hvc1"  # players of one maker refuse hev1
        context.options = options_for(settings, pictures.mastering, field_order=self._fields(pictures))
        if pictures.display_matrix:
            stream.set_display_matrix(pictures.display_matrix)
        if transparent(pictures.first):
            self.lost.append("transparency")
        self.stream = stream

    def start(self) -> None:
        """Open encoder and container; the header is written."""
        import av

        try:
            with well_behaved():
                self.stream.codec_context.open()
        except (av.FFmpegError, ValueError) as error:
            refused = f"{ENCODERS[self._settings.codec].title} refused: {self.summary}"
            raise EncodeFailed(refused, advice="choose another preset, quality or codec") from error
        self._out.start_encoding()

    def write(self, frame: VideoFrame, seconds: float, touch: Touch | None) -> None:
        """Bring a frame into shape, paint what lies over it, let it be touched, and encode it."""
        frame = self._normalise(frame)
        self._paint(frame, seconds)
        if touch:
            frame.make_writable()  # the decoder still reads its own copy for the frames after
            touch(luma(frame), seconds)
        if frame.pts is not None and self._last is not None and frame.pts <= self._last:
            frame.pts = self._last + 1
        self._last = frame.pts
        frame.pict_type = 0  # or the encoder would repeat the source's choice of key frames and B-frames
        self.frames += 1
        alive()
        self._out.mux(self.stream.encode(frame))

    def finish(self) -> None:
        """Encode what the encoder still holds."""
        for packet in self.stream.encode_lazy(None):
            alive()
            self._out.mux_one(packet)

    @property
    def summary(self) -> str:
        """How it is written, in one line."""
        return summary(self._settings, self._choice)

    @property
    def bit_depth(self) -> int:
        """Bits of each sample."""
        return self._choice.bit_depth

    def complete_boxes(self, path: Path) -> None:
        """Give a finished mp4 or mov the boxes of HDR10 that the muxer leaves out."""
        if self._mastering and boxes_for(self._mastering) and container_for(path.suffix) in ("mp4", "mov"):
            insert_mastering(path, self._mastering)

    def _fit(self, first: VideoFrame, odd_sizes: bool) -> tuple[tuple[int, int], bool]:
        """Give the encoded size, and whether it is one pixel more than the source has."""
        wide, high = first.width, first.height
        scale = self._settings.scale
        if scale != 1.0:
            return (max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2)), False
        tall_only = self._choice.name.startswith("yuv422")
        even = (wide + wide % 2, high if tall_only else high + high % 2)
        if odd_sizes or not self._choice.subsampled or even == (wide, high):
            return (wide, high), False
        self.lost.append(f"the odd size {wide}x{high}: written as {even[0]}x{even[1]}, the last pixels repeated")
        return even, True

    def _fields(self, pictures: Pictures) -> str:
        if not pictures.first.interlaced_frame:
            return ""
        if self._settings.codec == "h264":
            return "bff" if pictures.bottom_first else "tff"
        self.lost.append("the mark that pictures are made of two fields (interlaced)")
        return ""


def encode(
    pictures: Iterable[NDArray[Any]],
    target: Path,
    *,
    size: tuple[int, int],
    frame_rate: Fraction,
    settings: EncodeSettings,
    overlays: Sequence[Overlay] = (),
    touch: Touch | None = None,
    audio: Path | None = None,
    labels: FileLabels | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write RGB pictures, (H, W, 3) uint8, as they come; `progress` is told the seconds written so far.

    `size` is (width, height). Sound longer than the pictures ends with them.
    """
    import av

    time_base = 1 / Fraction(frame_rate)
    with released(target), opened(target, settings.codec, labels) as out:
        blank = av.VideoFrame(*size, "rgb24")
        track = PictureTrack(out, settings, Pictures(blank, Fraction(frame_rate), time_base, Geometry(*size), overlays))
        write_tags(out, labels)
        with _sound(audio, out) as sound:
            track.start()
            for number, picture in enumerate(pictures):
                seconds = float(number * time_base)
                sound.until(seconds)
                frame = _frame(picture, size, number)
                frame.pts, frame.time_base, frame.duration = number, time_base, 1
                track.write(frame, seconds, touch)
                if progress:
                    progress(float((number + 1) * time_base))
            if not track.frames:
                raise NoPictures(f"{target.name}: there was no picture to write")
            track.finish()
            sound.until(float(track.frames * time_base))
            sound.finish()
    identical = None
    with released(target):
        named, no_place = write_xmp(target, out.format.name, labels)
        if sound.carrier:
            identical = sound.carrier.audio_identical(target)
    return Written(
        path=target,
        frames=track.frames,
        seconds=float(track.frames * time_base),
        codec=settings.codec,
        settings=track.summary,
        geometry=Geometry(*track.size),
        bit_depth=track.bit_depth,
        not_carried=(*track.lost, *no_place, *(sound.carrier.not_carried if sound.carrier else ())),
        audio_identical=identical,
        labels=named,
    )


class _Sound:
    """A sound track beside pictures that are made one by one: carried in step with them."""

    def __init__(self, source: InputContainer | None, path: Path | None, out: OutputContainer) -> None:
        self.carrier: Carrier | None = None
        self._packets: Iterator[Packet[Any]] = iter(())
        self._held: Packet[Any] | None = None
        if source is not None and path is not None:
            self.carrier = Carrier(source, None, out, keep="none")
            self._packets = packets(source, self.carrier.streams, Completeness(source, path))

    def until(self, seconds: float) -> None:
        """Carry what is heard before `seconds`."""
        while self.carrier:
            packet = self._held or next(self._packets, None)
            self._held = packet
            if packet is None or (packet.pts is not None and packet.pts * packet.time_base >= seconds):
                return
            self.carrier.take(packet)
            self._held = None

    def finish(self) -> None:
        """Write what is held back."""
        if self.carrier:
            self.carrier.finish()


@contextmanager
def _sound(audio: Path | None, out: OutputContainer) -> Iterator[_Sound]:
    if audio is None:
        yield _Sound(None, None, out)
        return
    with open_source(audio) as source:
        if not source.streams.audio:
            raise UnreadableVideo(f"{audio.name}: no sound in it")
        yield _Sound(source, audio, out)


def _frame(picture: NDArray[Any], size: tuple[int, int], number: int) -> VideoFrame:
    import av
    import numpy as np

    if picture.shape != (size[1], size[0], 3) or picture.dtype != np.uint8:
        shape = "x".join(map(str, picture.shape))
        raise EncodeFailed(f"picture {number} is {shape} {picture.dtype}, not {size[1]}x{size[0]}x3 uint8")
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")


# Whole or not at all -------------------------------------------------------------------------------------------------


@contextmanager
def opened(
    target: Path, codec: CodecName | None, labels: FileLabels | None = None, keep: Keep = "none"
) -> Iterator[OutputContainer]:
    """Open a container for writing, and close it; `codec` None: whatever is copied into it."""
    import av

    container = check_container(codec, target) if codec else container_for(target.suffix)
    options = mux_options(container, labels, keep)
    out = av.open(f"file:{target}", "w", format=container, container_options=options)
    try:
        yield out
        out.close()
    except BaseException:
        with suppress(Exception):
            out.close()
        raise


@contextmanager
def released(target: Path) -> Iterator[None]:
    """Remove `target` again whatever goes wrong, and say in our words what did."""
    import av

    try:
        yield
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, CountermarkError) or not isinstance(error, (av.FFmpegError, OSError)):
            raise
        kind = _BY_NUMBER.get(_number(error), EncodeFailed)
        raise kind(f"{target.name}: {getattr(error, 'strerror', None) or error}") from error


_BY_NUMBER: dict[int | None, type[CountermarkError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.ENOENT: OutputFolderMissing,
    errno.EACCES: OutputUnwritable,
    errno.EPERM: OutputUnwritable,
    errno.EROFS: OutputUnwritable,
}


def _number(error: BaseException) -> int | None:
    return getattr(error, "errno", None)
