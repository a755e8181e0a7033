"""Sound of a file that a stranger may have made, as a plain WAVE file: what a process that signs may read.

A limited child decodes, and leaves bare samples in a folder that is this process's own; the file around them is written
here. Knows files and samples; knows no model, and no picture.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..errors import UnreadableVideo
from ..settings import Limits
from . import isolation
from .decode import opened
from .probe import check_input
from .source import Completeness, packets

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

RATE = 48_000
LONGEST_S = 4 * 3600.0  # of two channels, a WAVE file holds no more than six hours
_BYTES = 2  # of a sample
_SAMPLES = "samples"
_PIECE = 1 << 20


def take_sound(path: Path, target: Path, limits: Limits, seconds: float = LONGEST_S) -> None:
    """Write the first `seconds` of what is heard, in one channel or two, 16 bits deep."""
    longest = min(seconds, LONGEST_S)
    room = 2 * _BYTES * (round(longest * RATE) + RATE)
    with TemporaryDirectory(dir=target.parent) as folder:
        request = {"folder": folder, "seconds": longest, "limits": limits.model_dump()}
        answer = isolation.run(_sound, path, request, limits=limits, writes=room, writes_in=Path(folder))
        channels: int = isolation.checked(path, _channels, answer)
        samples = Path(folder) / _SAMPLES
        if samples.is_symlink() or samples.stat().st_size % (channels * _BYTES):
            raise UnreadableVideo(f"{path.name}: the reader left no whole samples")
        with samples.open("rb") as bare, target.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(_BYTES)
            out.setframerate(RATE)
            while piece := bare.read(_PIECE):
                out.writeframesraw(piece)


def _channels(answer: Any) -> int:
    if answer not in (1, 2):
        raise ValueError("neither one channel nor two")
    return int(answer)


def _sound(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: decode one track."""
    import av

    limits, seconds = Limits.model_validate(request["limits"]), float(request["seconds"])
    check_input(path, limits)
    with opened(path, limits) as source:
        if not source.streams.audio:
            raise UnreadableVideo(f"{path.name}: no sound in it")
        track = source.streams.audio[0]
        channels = min(2, track.codec_context.layout.nb_channels)
        isolation.grant(0, seconds)
        resampler = av.AudioResampler("s16", "mono" if channels == 1 else "stereo", RATE)
        most, wrote = round(seconds * RATE) * channels * _BYTES, 0
        with (Path(request["folder"]) / _SAMPLES).open("wb") as out:
            for part in _parts(source, track, path):
                isolation.alive()
                if not wrote and part.time is not None and part.time > 0:  # it begins later than its file
                    wrote += out.write(bytes(min(round(part.time * RATE) * channels * _BYTES, most)))
                wrote += out.write(_plain(resampler.resample(part), channels)[: most - wrote])
                if wrote >= most:
                    break
            else:
                out.write(_plain(resampler.resample(None), channels)[: most - wrote] if wrote else b"")
    if not wrote:
        raise UnreadableVideo(f"{path.name}: no sound can be decoded")
    return channels


def _parts(source: InputContainer, track: AudioStream, path: Path) -> Iterator[AudioFrame]:
    """Decode it piece by piece; damage is an error."""
    import av

    for packet in packets(source, [track], Completeness(source, path)):
        try:
            found: Any = packet.decode()
            yield from found
        except av.FFmpegError as error:
            raise UnreadableVideo(f"{path.name}: its sound is broken: {error.strerror}") from None


def _plain(frames: Iterable[AudioFrame], channels: int) -> bytes:
    return b"".join(bytes(frame.planes[0])[: frame.samples * channels * _BYTES] for frame in frames)
