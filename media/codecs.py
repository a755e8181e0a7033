"""Which encoders write video here and how each is set. Knows names, defaults and limits; opens no file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import EncodeFailed
from .facts import Mastering, Video

if TYPE_CHECKING:
    from av.video.format import VideoFormat

CodecName = Literal["h264", "hevc", "av1", "vp9"]
WantedCodec = Literal["auto", "h264", "hevc", "av1", "vp9"]

_SVT_PARALLELISM = 2  # of 6; 1080p takes 480 MB at 1, 580 at 2, 740 at 3
ENCODER_THREADS = 5  # unless more are asked for: each holds pictures of its own, 24 MB at 1080p


@dataclass(frozen=True)
class EncodeSettings:
    """How pictures are written; what is None is chosen by codec and source."""

    codec: CodecName = "h264"
    preset: str | None = None
    crf: float | None = None
    bitrate: int | None = None  # bits per second, in place of a quality
    bit_depth: Literal[8, 10] | None = None  # None: as the source has it
    threads: int = 0  # 0: as many as the machine has, up to a few
    scale: float = 1.0  # of width and height

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.crf is not None and self.bitrate is not None:
            raise ValueError("a quality (crf) or a bitrate, not both")
        if not 0 < self.scale <= 8 or self.threads < 0 or (self.bitrate is not None and self.bitrate < 1):
            raise ValueError(f"no way to encode: {self}")


@dataclass(frozen=True)
class Encoder:
    """One encoder library and what we ask of it by default."""

    library: str  # FFmpeg's name
    title: str  # for people
    preset: str
    crf: float
    odd_sizes: bool  # takes odd widths and heights in 4:2:0


ENCODERS: dict[CodecName, Encoder] = {
    "h264": Encoder("libx264", "x264", "medium", 18, odd_sizes=False),
    "hevc": Encoder("libx265", "x265", "medium", 20, odd_sizes=False),
    "av1": Encoder("libsvtav1", "SVT-AV1", "8", 24, odd_sizes=True),
    "vp9": Encoder("libvpx-vp9", "libvpx VP9", "4", 24, odd_sizes=True),
}
DECODERS: dict[CodecName, str] = {"h264": "h264", "hevc": "hevc", "av1": "libdav1d", "vp9": "vp9"}

# What each container of ours may hold; FFmpeg's own answer is laxer than what its muxers and players take.
_PICTURES: dict[str, tuple[CodecName, ...]] = {
    "mp4": ("h264", "hevc", "av1", "vp9"),
    "mov": ("h264", "hevc"),
    "matroska": ("h264", "hevc", "av1", "vp9"),
    "webm": ("vp9", "av1"),
}
_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
_SUFFIXES = {"mp4": ".mp4", "m4v": ".m4v", "mov": ".mov", "matroska": ".mkv", "mkv": ".mkv", "webm": ".webm"}


@dataclass(frozen=True)
class Tool:
    """One codec and whether it works on this machine."""

    codec: CodecName
    role: Literal["encoder", "decoder"]
    library: str
    works: bool
    bit_depths: tuple[int, ...] = ()
    problem: str | None = None


def container_for(suffix: str) -> str:
    """Give FFmpeg's name of the container that a suffix stands for.

    >>> container_for(".MKV")
    'matroska'
    """
    try:
        return _CONTAINERS[suffix.lower()]
    except KeyError:
        known = ", ".join(sorted(_CONTAINERS))
        message = f"no video is written as {suffix or 'a file without suffix'}"
        raise EncodeFailed(message, advice=f"end the name with one of {known}") from None


def suffix_for(video: Video) -> str:
    """Give the suffix of a stamped copy: mp4, mov, m4v, mkv and webm stay what they are, the rest becomes mp4."""
    suffix = _SUFFIXES.get(video.container, ".mp4")
    return ".m4v" if suffix == ".mp4" and video.path.suffix.lower() == ".m4v" else suffix


def codec_for(video: Video, wanted: WantedCodec = "auto", *, suffix: str | None = None) -> CodecName:
    """Choose the codec of a copy: what is wanted, or the source's own where that can be written."""
    container = container_for(suffix or suffix_for(video))
    allowed = _PICTURES[container]
    if wanted != "auto":
        if wanted not in allowed:
            raise EncodeFailed(
                f"{container} does not take {wanted}",
                advice=f"choose one of {', '.join(allowed)}, or another container",
            )
        return wanted
    own = next((name for name in ENCODERS if name == video.codec), allowed[0])
    if own == "vp9" and video.bit_depth > 8:
        own = "av1"
    return own if own in allowed else allowed[0]


def check_container(codec: CodecName, target: Path) -> str:
    """Give the container's name for `target`, or say that it does not take the codec."""
    container = container_for(target.suffix)
    if codec not in _PICTURES[container]:
        raise EncodeFailed(
            f"{container} does not take {codec}",
            advice=f"choose one of {', '.join(_PICTURES[container])}, or another container",
        )
    return container


@dataclass(frozen=True)
class PixelChoice:
    """The pixel format to encode, and what of the source it cannot hold."""

    name: str
    bit_depth: int
    subsampled: bool  # 4:2:0 or 4:2:2: even widths are natural to it
    lost: tuple[str, ...] = ()


def pixels_for(settings: EncodeSettings, source: VideoFormat) -> PixelChoice:
    """Choose the pixel format: the source's depth and chroma where the encoder has them."""
    encoder = ENCODERS[settings.codec]
    offered = _formats(encoder.library)
    source_bits = max(component.bits for component in source.components)
    bits = settings.bit_depth or (10 if source_bits > 8 else 8)
    if bits == 10 and not any(name.endswith("10le") for name in offered):
        raise EncodeFailed(f"{encoder.title} writes 8 bits here, not 10", advice="choose AV1, which has 10 bits")
    lost = []
    if source_bits > bits:
        lost.append(f"{source_bits} bits for each sample: written with {bits}")
    chroma = _chroma(source)
    tail = "10le" if bits == 10 else ""
    if f"yuv{chroma}p{tail}" not in offered:
        lost.append(f"colour resolution 4:{chroma[1]}:{chroma[2]}: {encoder.title} writes 4:2:0")
        chroma = "420"
    return PixelChoice(f"yuv{chroma}p{tail}", bits, chroma in ("420", "422"), tuple(lost))


def options_for(settings: EncodeSettings, mastering: Mastering | None, *, field_order: str = "") -> dict[str, str]:
    """Give the encoder's options, HDR mastering data among them."""
    encoder = ENCODERS[settings.codec]
    preset = settings.preset or encoder.preset
    options = {"cpu-used" if settings.codec == "vp9" else "preset": preset}
    if settings.bitrate is None:
        options["crf"] = f"{encoder.crf if settings.crf is None else settings.crf:g}"
    private: list[str] = []
    if settings.codec == "hevc":
        private = ["log-level=none", *_mastering(mastering, "master-display", "max-cll", whole=True)]
        private.append(f"pools={threads_for(settings)}")
    elif settings.codec == "h264":
        private = _mastering(mastering, "mastering-display", "cll", whole=True)
        if field_order:
            private.append(f"{field_order}=1")
    elif settings.codec == "av1":
        private = _mastering(mastering, "mastering-display", "content-light", whole=False)
        private.append(f"lp={settings.threads or _SVT_PARALLELISM}")
    else:
        options |= {"deadline": "good", "row-mt": "1"}
    if private:
        options[{"h264": "x264-params", "hevc": "x265-params", "av1": "svtav1-params"}[settings.codec]] = ":".join(
            private
        )
    return options


def threads_for(settings: EncodeSettings) -> int:
    """Give how many threads encode."""
    return settings.threads or min(os.cpu_count() or 1, ENCODER_THREADS)


def summary(settings: EncodeSettings, choice: PixelChoice) -> str:
    """Say in one line how it was written.

    >>> summary(EncodeSettings(), PixelChoice("yuv420p", 8, True))
    'x264 preset medium, crf 18, yuv420p'
    """
    encoder = ENCODERS[settings.codec]
    quality = f"crf {encoder.crf if settings.crf is None else settings.crf:g}"
    if settings.bitrate is not None:
        quality = f"{settings.bitrate} bit/s"
    return f"{encoder.title} preset {settings.preset or encoder.preset}, {quality}, {choice.name}"


@contextmanager
def well_behaved() -> Iterator[None]:
    """Open encoders inside: none talks to stderr, and none keeps a priority above everything else.

    SVT-AV1 as root gives its threads, and the one that opens it, a real-time priority, and starves what runs beside it.
    """
    os.environ.setdefault("SVT_LOG", "0")
    yield
    for thread in _threads():
        try:
            if os.sched_getscheduler(thread) in (os.SCHED_FIFO, os.SCHED_RR):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
        except OSError:
            pass  # it has ended, or this user may not: then it had no real-time priority either


def available() -> tuple[Tool, ...]:
    """Try which encoders and decoders really open here."""
    return tuple(
        tool for codec in ENCODERS for tool in (_try(codec, "encoder", ENCODERS[codec].library), _try_decoder(codec))
    )


def _try_decoder(codec: CodecName) -> Tool:
    return _try(codec, "decoder", DECODERS[codec])


def _try(codec: CodecName, role: Literal["encoder", "decoder"], library: str) -> Tool:
    from fractions import Fraction

    from av.codec import CodecContext
    from av.video.codeccontext import VideoCodecContext

    try:
        context = CodecContext.create(library, "w" if role == "encoder" else "r")
        if isinstance(context, VideoCodecContext) and role == "encoder":
            context.width, context.height, context.pix_fmt = 128, 128, "yuv420p"
            context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
            context.options = options_for(EncodeSettings(codec), None)
        with well_behaved():
            context.open()
    except Exception as error:  # whatever a library does on this machine is the answer, not a crash of `doctor`
        return Tool(codec, role, library, works=False, problem=" ".join(str(error).split()))
    if role == "decoder":
        return Tool(codec, role, library, works=True)
    depths = (8, 10) if "yuv420p10le" in _formats(library) else (8,)
    return Tool(codec, role, library, works=True, bit_depths=depths)


@lru_cache
def _formats(library: str) -> frozenset[str]:
    from av.codec import Codec

    try:
        return frozenset(known.name for known in Codec(library, "w").video_formats or ())
    except ValueError:
        raise EncodeFailed(f"{library} is missing from this installation of PyAV") from None


def _chroma(source: VideoFormat) -> str:
    """Give 420, 422 or 444, whichever holds the source's colours; RGB and grey are written as 420."""
    if source.is_rgb or source.has_palette or len(source.components) < 3:
        return "420"
    wide, high = source.chroma_width(16), source.chroma_height(16)
    if wide == 16:
        return "444"
    return "422" if (wide, high) == (8, 16) else "420"


def _mastering(mastering: Mastering | None, display: str, light: str, *, whole: bool) -> list[str]:
    """Write HDR10 metadata as an encoder's parameters: in units of the bitstream, or in plain numbers."""
    if mastering is None:
        return []
    parts = []
    xy, nits = (50000, 10000) if whole else (1, 1)

    def number(value: float, unit: int) -> str:
        return str(round(value * unit)) if whole else f"{value:.6f}"

    def pair(point: tuple[float, float]) -> str:
        return f"({number(point[0], xy)},{number(point[1], xy)})"

    if mastering.primaries and mastering.white_point and mastering.luminance:
        red, green, blue = mastering.primaries
        least, greatest = mastering.luminance
        parts.append(
            f"{display}=G{pair(green)}B{pair(blue)}R{pair(red)}WP{pair(mastering.white_point)}"
            f"L({number(greatest, nits)},{number(least, nits)})"
        )
    if mastering.max_content_light is not None:
        parts.append(f"{light}={mastering.max_content_light},{mastering.max_frame_average_light or 0}")
    return parts


def _threads() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/task")]
    except OSError:
        return []  # not Linux: no such priorities to undo
