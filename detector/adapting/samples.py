"""What clips bring to learn from: numbers of their segments, as seen in copies and never in the file itself.

Each clip, real or synthetic, goes through the same real encoder at the same few qualities, so that what a class was
stored as is not what is learnt. Knows clips, copies and what a network says of them; knows nothing of fitting. Every
clip is read in a limited child, and numbers are all that comes back.

>>> [copy.scale for copy in COPIES]
[1.0, 1.0, 0.5]
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ...media import EncodeSettings, Plan, Tile, Video, encode, isolation, probe, show
from ...settings import Limits
from ..looker import LENGTH, PACE, Looker, Reader, Reading
from ..model import Model
from ..pooling import GENERATED, embedding, generated_numbers
from ..quality import Stratum, cannot_judge, stratum
from ..statistics import NAMES
from ..tiles import window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEGMENTS = 8  # of a clip, at most: more than a usual look takes, so that a minute of clips says enough
SIDE = 512  # pixels of a copy's side at most, before it is scaled
LEAST = 32  # pixels of a copy's short side
RATE = 24  # frames a second of a copy, at the least that can be had by leaving frames out evenly
STRATA: tuple[Stratum, ...] = get_args(Stratum)
_WRITES = 256 << 20  # bytes of one copy


@dataclass(frozen=True)
class Copy:
    """One way to encode a clip again."""

    crf: float
    scale: float = 1.0


COPIES = (Copy(23), Copy(31), Copy(26, 0.5))


@dataclass(frozen=True)
class Seen:
    """What one copy of one clip showed, or a video that is judged, in numbers."""

    segments: NDArray[np.float32]  # (S, E + G): the embedding of each, and its numbers as named in GENERATED
    whole: NDArray[np.float32]  # (G,): the numbers of all segments together
    statistics: NDArray[np.float32]  # (K,): as NAMES says; empty where no segment was long enough
    stratum: Stratum

    def rows(self, model: Model) -> NDArray[np.float32]:
        """Give what a head is fitted to and asked about, a row for each segment, as `names` says: (S, E + G + 1 + K).

        What was not measured is no number.
        """
        import numpy as np

        whole = np.full(1 + len(NAMES), np.nan, np.float32)
        whole[0] = self._measured(model)
        if len(self.statistics):
            whole[1:] = self.statistics
        return np.concatenate([self.segments, np.tile(whole, (len(self.segments), 1))], axis=1)

    def release(self, model: Model) -> float:
        """Give the log-odds that the model comes to without any head of the user's."""
        said = model.heads["generated"].log_odds([*(float(n) for n in self.whole), self._measured(model)])
        return said / model.calibrations["generated"].temperatures.get(self.stratum, 1.0)

    def _measured(self, model: Model) -> float:
        return model.measured(self.statistics if len(self.statistics) else None)


@dataclass(frozen=True)
class Sample:
    """One clip, in numbers."""

    name: str
    group: str  # its generator, or the source of real footage: held out together
    synthetic: bool
    seconds: float  # of the clip that its copies show
    copies: tuple[Seen, ...]
    digest: str = ""  # SHA-256 of the file


def names(embedding_size: int) -> tuple[str, ...]:
    """Name the columns of `Seen.rows`."""
    return (*(f"seen {number}" for number in range(embedding_size)), *GENERATED, "statistics", *NAMES)


def seen(reading: Reading) -> Seen:
    """Take from a Reading what is learnt from and asked about."""
    import numpy as np

    parts = [
        replace(reading, frames=tuple(frame for frame in reading.frames if frame.segment == segment))
        for segment in sorted({frame.segment for frame in reading.frames})
    ]
    return Seen(
        segments=np.stack([np.concatenate([embedding(part), generated_numbers(part)]) for part in parts]),
        whole=generated_numbers(reading),
        statistics=np.zeros(0, np.float32) if reading.statistics is None else reading.statistics,
        stratum=stratum(reading),
    )


def sample(path: Path, weights: Path, limits: Limits, *, group: str, synthetic: bool) -> Sample | str:
    """Read a clip in a limited child that may write its copies into one folder; or say why it can't be judged."""
    with tempfile.TemporaryDirectory(prefix="countermark-copies-") as folder:
        request = {"weights": str(weights.absolute()), "limits": limits.model_dump(), "folder": folder}
        answer = isolation.run(_sampled, path, request, limits=limits, writes=_WRITES, writes_in=Path(folder))
    return isolation.checked(path, lambda told: _sample(told, path.name, group, synthetic), answer)


def _sampled(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: write each copy, look at it, and tell its numbers."""
    from ..network import TileReader

    limits = Limits.model_validate(request["limits"])
    video = probe(path, limits)
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    reader, stretches = TileReader(Path(request["weights"])), shown(video, limits)
    told: list[dict[str, Any]] = []
    for copy in COPIES:
        found = read_copy(stretches, copy, reader, Path(request["folder"]), limits)
        if isinstance(found, str):
            return {"why": found}
        told.append(
            {
                "segments": found.segments.tolist(),
                "whole": found.whole.tolist(),
                "statistics": found.statistics.tolist(),
                "stratum": found.stratum,
            }
        )
    return {"digest": video.digest, "seconds": stretches.seconds, "copies": told}


def _sample(told: Any, name: str, group: str, synthetic: bool) -> Sample | str:
    """Rebuild what a child told; raises ValueError, TypeError or KeyError on anything else."""
    import numpy as np

    if "why" in told:
        return str(told["why"])[:300]
    copies = tuple(
        Seen(
            segments=np.array(one["segments"], np.float32),
            whole=np.array(one["whole"], np.float32),
            statistics=np.array(one["statistics"], np.float32),
            stratum=_known(one["stratum"]),
        )
        for one in told["copies"]
    )
    wide = len(GENERATED)
    fit = len(copies) == len(COPIES)
    for one in copies:
        fit = fit and one.segments.ndim == 2 and one.segments.shape[1] > wide and one.whole.shape == (wide,)
        fit = fit and one.statistics.shape in ((0,), (len(NAMES),))
        fit = fit and all(bool(np.isfinite(part).all()) for part in (one.segments, one.whole, one.statistics))
    if not fit:
        raise ValueError("numbers of another shape")
    return Sample(name, group, synthetic, float(told["seconds"]), copies, str(told["digest"]))


def _known(given: str) -> Stratum:
    for one in STRATA:
        if one == given:
            return one
    raise ValueError(f"no such kind of pictures: {given}")


@dataclass(frozen=True)
class Stretches:
    """The frames that copies are made of: one after the other without a gap, each as long as a look's segment."""

    frames: NDArray[np.uint8]  # (T, H, W, 3)
    number: int  # of stretches
    rate: Fraction

    @property
    def seconds(self) -> float:
        """How much of the video they are."""
        return len(self.frames) / float(self.rate)


def shown(video: Video, limits: Limits) -> Stretches:
    """Decode what copies are made of, cropped at the middle."""
    import numpy as np

    every = max(1, int(video.frame_rate / RATE))
    chosen, stretches = _numbers(video, every)
    times = tuple((number + 0.25) / float(video.frame_rate) for number in chosen)
    frames: list[NDArray[np.uint8]] = []
    room: Tile | None = None
    for _, view in show(video, (Plan(times, "rgb"),), limits=limits):
        isolation.alive()
        room = room or _middle(view.pixels)
        frames.append(view.pixels[room.y : room.y + room.height, room.x : room.x + room.width].copy())
    shown = np.stack(frames) if frames else np.zeros((0, 0, 0, 3), np.uint8)
    return Stretches(shown, stretches, video.frame_rate / every)


def read_copy(shown: Stretches, copy: Copy, reader: Reader, folder: Path, limits: Limits) -> Seen | str:
    """Encode frames once more, and look at what comes out; or say why it can't be judged."""
    high, wide = (round(side * copy.scale / 2) * 2 for side in shown.frames.shape[1:3])
    if min(high, wide) < LEAST:
        return f"it shows too little: {len(shown.frames)} frames of {wide}x{high} pixels"
    path = folder / "copy.mp4"
    settings = EncodeSettings("h264", "veryfast", copy.crf, bit_depth=8, threads=1)
    try:
        encode(_scaled(shown.frames, (wide, high)), path, size=(wide, high), frame_rate=shown.rate, settings=settings)
        copied = probe(path, limits, digest="0" * 64)
        looker = Looker(reader, shown.number)
        for _, view in show(copied, (looker.plan(copied),), limits=limits):
            looker.see(view)
            isolation.alive()
    finally:
        path.unlink(missing_ok=True)
    reading = looker.reading()
    return cannot_judge(copied, reading) or seen(reading)


def _numbers(video: Video, every: int) -> tuple[list[int], int]:
    """Choose frames by number: stretches as long as a segment, spread over the video; and say how many stretches."""
    frames = max(1, (video.frames or int(video.duration_s * float(video.frame_rate))) // every)
    length = min(frames, (LENGTH + 1) * max(1, round(float(video.frame_rate) / every / PACE)))
    number = max(1, min(SEGMENTS, frames // length))
    firsts = [int((i + 0.5) * frames / number - length / 2) for i in range(number)]
    return sorted({(max(0, first) + i) * every for first in firsts for i in range(length)}), number


def _middle(picture: NDArray[np.uint8]) -> Tile:
    """Give the middle of a picture within its bars, on even places, so that what lies on a grid of two stays on it."""
    room = window([picture])
    wide, high = (min(SIDE, side) // 2 * 2 for side in (room.width, room.height))
    x, y = (room.x + (room.width - wide) // 2) // 2 * 2, (room.y + (room.height - high) // 2) // 2 * 2
    return Tile(x, y, wide, high)


def _scaled(frames: NDArray[np.uint8], size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    import cv2
    import numpy as np

    for frame in frames:
        same = frame.shape[1::-1] == size
        yield frame if same else np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
