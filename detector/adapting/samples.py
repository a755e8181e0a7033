"""What clips bring to learn from: numbers of copies of them, and of each file as it is to know how it would be judged.

Each clip, real or synthetic, goes through the same real encoder at the same few qualities, so that what a class was
stored as is not what is learnt. A copy is looked at just as `detect` looks at a file. Knows clips, copies and what a
network says of them; knows nothing of fitting. A user's clip is read in a limited child, and numbers are all that
comes back.

>>> [copy.scale for copy in COPIES]
[1.0, 1.0, 0.5]
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ...media import EncodeSettings, Plan, Tile, Video, encode, isolation, probe, show
from ...settings import Limits
from ..looker import LENGTH, PACE, SEGMENTS, Looker, Reader, Reading
from ..model import Model
from ..pooling import GENERATED, generated_numbers
from ..quality import Stratum, cannot_judge, stratum
from ..statistics import NAMES
from ..tiles import window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 512  # pixels of a copy's side at most, before it is scaled
LEAST = 32  # pixels of a copy's short side
RATE = 24  # frames a second of a copy, at the least that can be had by leaving frames out evenly
STRATA: tuple[Stratum, ...] = get_args(Stratum)
# What a head weighs: first the log-odds that the model comes to without it. Not what the network sums squares up in:
# five networks read the reference bank and a sixth what is judged, and only what such sums say is the same in all.
COLUMNS = ("alone", *GENERATED, "statistics", *NAMES)
_WRITES = 256 << 20  # bytes of one copy


@dataclass(frozen=True)
class Copy:
    """One way to encode a clip again."""

    crf: float
    scale: float = 1.0


COPIES = (Copy(23), Copy(31), Copy(26, 0.5))


@dataclass(frozen=True)
class Look:
    """What one look at a file came to, whoever judges it."""

    generated: NDArray[np.float32]  # as GENERATED says
    statistics: NDArray[np.float32]  # as NAMES says; empty where no segment was long enough
    stratum: Stratum


@dataclass(frozen=True)
class Seen:
    """What one look came to, as the model sees it whose network looked."""

    row: NDArray[np.float32]  # as COLUMNS says; what was not measured is no number

    @property
    def alone(self) -> float:
        """Give the log-odds that the model comes to without any head of the user's."""
        return float(self.row[0])


@dataclass(frozen=True)
class Sample:
    """One clip, in numbers."""

    name: str
    group: str  # its generator, or the source of real footage: held out together
    synthetic: bool
    seconds: float  # of the clip that its copies show
    found: Seen  # the file itself: nothing is learnt from it, and it counts where rates are measured
    copies: tuple[Seen, ...]
    digest: str = ""  # SHA-256 of the file

    @property
    def looks(self) -> tuple[Seen, ...]:
        """The file and its copies."""
        return (self.found, *self.copies)


def look_of(reading: Reading) -> Look:
    """Take from a Reading what is learnt from and asked about."""
    import numpy as np

    measured = np.zeros(0, np.float32) if reading.statistics is None else reading.statistics
    return Look(generated_numbers(reading), measured, stratum(reading))


def seen(look: Look, model: Model) -> Seen:
    """Add what a model makes of a look; its own network must have looked."""
    import numpy as np

    said = [*map(float, look.generated), model.measured(look.statistics if len(look.statistics) else None)]
    odds = model.heads["generated"].log_odds(said)
    alone = odds / model.calibrations["generated"].temperatures.get(look.stratum, 1.0)
    rest = look.statistics if len(look.statistics) else np.full(len(NAMES), np.nan, np.float32)
    return Seen(np.concatenate([np.array([alone, *said], np.float32), rest]))


def sample(path: Path, model: Model, limits: Limits, *, group: str, synthetic: bool) -> Sample | str:
    """Read a clip in a limited child that may write its copies into one folder; or say why it can't be judged."""
    with tempfile.TemporaryDirectory(prefix="countermark-copies-") as folder:
        request = {"weights": str(model.weights.absolute()), "limits": limits.model_dump(), "folder": folder}
        answer = isolation.run(_told, path, request, limits=limits, writes=_WRITES, writes_in=Path(folder))
    return isolation.checked(path, lambda told: rebuilt(told, path.name, model, group, synthetic), answer)


def _told(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: open the network that is asked for, and read."""
    from ..network import TileReader

    return read(path, TileReader(Path(request["weights"])), Limits.model_validate(request["limits"]), request["folder"])


def read(path: Path, reader: Reader, limits: Limits, folder: str) -> dict[str, Any]:
    """Look at a clip and at its copies, which are written into a folder; tell their numbers as plain values."""
    video = probe(path, limits)
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    stretches = shown(video, limits)
    told: list[dict[str, Any]] = []
    for copy in (None, *COPIES):
        found = (
            look_at(video, reader, limits) if copy is None else read_copy(stretches, copy, reader, Path(folder), limits)
        )
        if isinstance(found, str):
            return {"why": found}
        numbers = {"generated": found.generated.tolist(), "statistics": found.statistics.tolist()}
        told.append({**numbers, "stratum": found.stratum})
    return {"digest": video.digest, "seconds": stretches.seconds, "looks": told}


def rebuilt(told: Mapping[str, Any], name: str, model: Model, group: str, synthetic: bool) -> Sample | str:
    """Rebuild what was told; raises ValueError, TypeError or KeyError on anything else."""
    if "why" in told:
        return str(told["why"])[:300]
    looks = [seen(_look(one), model) for one in told["looks"]]
    if len(looks) != 1 + len(COPIES):
        raise ValueError("looks of another number")
    return Sample(name, group, synthetic, float(told["seconds"]), looks[0], tuple(looks[1:]), str(told["digest"]))


def _look(told: Mapping[str, Any]) -> Look:
    import numpy as np

    generated, statistics = (np.array(told[key], np.float32) for key in ("generated", "statistics"))
    fit = generated.shape == (len(GENERATED),) and statistics.shape in ((0,), (len(NAMES),))
    if not fit or not (np.isfinite(generated).all() and np.isfinite(statistics).all()):
        raise ValueError("numbers of another shape")
    return Look(generated, statistics, _known(told["stratum"]))


def _known(given: str) -> Stratum:
    for one in STRATA:
        if one == given:
            return one
    raise ValueError(f"no such kind of pictures: {given}")


@dataclass(frozen=True)
class Stretches:
    """The frames that copies are made of: one after the other, in stretches as long as a look's segment.

    A short video is one stretch.
    """

    frames: NDArray[np.uint8]  # (T, H, W, 3)
    rate: Fraction

    @property
    def seconds(self) -> float:
        """How much of the video they are."""
        return len(self.frames) / float(self.rate)


def shown(video: Video, limits: Limits) -> Stretches:
    """Decode what copies are made of, cropped at the middle."""
    import numpy as np

    every = max(1, int(video.frame_rate / RATE))
    chosen = _numbers(video, every)
    times = tuple((number + 0.25) / float(video.frame_rate) for number in chosen)
    frames: list[NDArray[np.uint8]] = []
    room: Tile | None = None
    for _, view in show(video, (Plan(times, "rgb"),), limits=limits):
        isolation.alive()
        room = room or _middle(view.pixels)
        frames.append(view.pixels[room.y : room.y + room.height, room.x : room.x + room.width].copy())
    shown = np.stack(frames) if frames else np.zeros((0, 0, 0, 3), np.uint8)
    return Stretches(shown, video.frame_rate / every)


def read_copy(shown: Stretches, copy: Copy, reader: Reader, folder: Path, limits: Limits) -> Look | str:
    """Encode frames once more, and look at what comes out; or say why it can't be judged."""
    high, wide = (round(side * copy.scale / 2) * 2 for side in shown.frames.shape[1:3])
    if min(high, wide) < LEAST:
        return f"it shows too little: {len(shown.frames)} frames of {wide}x{high} pixels"
    path = folder / "copy.mp4"
    settings = EncodeSettings("h264", "veryfast", copy.crf, bit_depth=8, threads=1)
    try:
        encode(_scaled(shown.frames, (wide, high)), path, size=(wide, high), frame_rate=shown.rate, settings=settings)
        return look_at(probe(path, limits, digest="0" * 64), reader, limits)
    finally:
        path.unlink(missing_ok=True)


def look_at(video: Video, reader: Reader, limits: Limits) -> Look | str:
    """Look as `detect` does; or say why it can't be judged."""
    looker = Looker(reader)
    for _, view in show(video, (looker.plan(video),), limits=limits):
        looker.see(view)
        isolation.alive()
    reading = looker.reading()
    return cannot_judge(video, reading) or look_of(reading)


def _numbers(video: Video, every: int) -> list[int]:
    """Choose frames by number: all of a short video, or stretches as long as a segment, spread over it."""
    frames = max(1, (video.frames or int(video.duration_s * float(video.frame_rate))) // every)
    length = (LENGTH + 1) * max(1, round(float(video.frame_rate) / every / PACE))
    if frames <= SEGMENTS * length:
        return [number * every for number in range(frames)]
    firsts = [int((i + 0.5) * frames / SEGMENTS - length / 2) for i in range(SEGMENTS)]
    return [(first + i) * every for first in firsts for i in range(length)]


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
