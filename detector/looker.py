"""Looks at a video's pictures as they come: cuts tiles, asks the network, measures, and keeps numbers, no pictures.

Knows which frames it wants and what it makes of them; knows nothing of thresholds and of what a number means.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..media.facts import Video
from ..media.plan import Plan, Tile, View
from . import tiles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEGMENTS = 4
LENGTH = 8  # pairs of frames in a segment
# Frames a second of a segment. Most generators write 6 to 16 and cameras 24 to 60: looked at frame by frame, how far
# things move between two would tell them apart, until a generator writes 30.
PACE = 8.0
FACES = 2  # of a segment, the largest
FACE_PAIRS = (1, 5)  # pairs of a segment that faces are read in
CROP = 512  # pixels of a side of the window that is measured
COUNTED = 256  # pixels of a side of the window whose colours are counted
STEP = 4  # pixels between those that are compared from frame to frame
FLAT = 2.0  # levels of standard deviation in a tile
# Encoders redraw a still picture: photographs, textures and noise, drawn for this, through x264 at CRF 18 to 30 and
# several presets differed by up to 1.6 levels on average in nine pairs of ten, more than what quiet clips move by. By
# more than 8 levels 0.17 % of pixels differed at most, and 0.08 % in all encodings but one. Of 49 clips from elsewhere
# four hardly move (0.13 % at most, as a rule); the next has 0.3 %. It decides about a remark, and about no score.
MOVED, STILL = 8, 0.001  # levels; the share of pixels that differ by more than these where something moves


class Reader(Protocol):
    """Reads pairs of tiles: a network, or whatever stands for one."""

    def read(self, pairs: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give logits (N, 2) and embeddings (N, E) of pairs (N, 2, SIDE, SIDE, 3)."""
        ...


@dataclass(frozen=True)
class Frame:
    """What was seen in one frame, and where."""

    segment: int
    seconds: float
    places: tuple[Tile, ...]
    logits: NDArray[np.float32]  # (P, 2): synthetic, blended
    embeddings: NDArray[np.float32]  # (P, E)
    faces: tuple[Tile, ...] = ()
    face_logits: NDArray[np.float32] | None = None  # (Q, 2)


@dataclass(frozen=True)
class Reading:
    """All that was seen of a video, in numbers."""

    frames: tuple[Frame, ...]
    statistics: NDArray[np.float32] | None  # the mean over segments; None where none was long enough
    size: tuple[int, int]  # width and height within black bars
    pictures: int  # how many frames were looked at
    flat: float  # share of tiles that show next to nothing
    still: float  # share of pairs in which nothing moves
    sharpness: float  # levels: what a high-pass leaves, on average
    colours: int  # in the middle of the picture that has most of them


@dataclass
class _Part:
    """What is held of one segment until all its frames have been seen."""

    number: int
    left: int  # frames that are still to come
    window: Tile | None = None
    last: View | None = None
    found: list[tuple[float, tuple[Tile, ...], list[NDArray[np.uint8]]]] = field(default_factory=list)
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)
    faces: tuple[Tile, ...] = ()


class Looker:
    """Looks at one video; made anew for each."""

    def __init__(self, reader: Reader, segments: int = SEGMENTS) -> None:
        """Take what reads tiles, and how many parts of the video to look at, at most."""
        self._reader, self._most = reader, segments
        self._awaited: deque[tuple[float, int]] = deque()  # when each frame is on show, and its segment
        self._parts: dict[int, _Part] = {}
        self._held: View | None = None
        self._size = (0, 0)
        self._turn = 0
        self._frames: list[Frame] = []
        self._measured: list[NDArray[np.float32]] = []
        self._seen = self._flat = self._still = 0
        self._sharp: list[float] = []
        self._colours = 0

    def plan(self, video: Video) -> Plan:
        """Ask for some frames at a common pace, in a few places spread over the video, native and upright."""
        wanted = frames_wanted(video, self._most)
        self._awaited = deque(sorted(wanted))
        self._parts = {number: _Part(number, sum(n == number for _, n in wanted)) for _, number in wanted}
        return Plan(tuple(sorted({time for time, _ in wanted})), "rgb")

    def see(self, view: View) -> None:
        """Look at the picture before this one: only now it is known how long it was on show."""
        self._seen += 1
        if self._held is not None:
            self._take(self._held, view.seconds)
        self._held = view

    def reading(self) -> Reading:
        """Sum up; called once, at the end."""
        import numpy as np

        if self._held is not None:
            self._take(self._held, math.inf)
            self._held = None
        for part in list(self._parts.values()):
            self._finish(part)
        looked = max(1, sum(len(frame.places) for frame in self._frames))
        return Reading(
            frames=tuple(sorted(self._frames, key=lambda frame: (frame.segment, frame.seconds))),
            statistics=np.mean(self._measured, axis=0) if self._measured else None,
            size=self._size,
            pictures=self._seen,
            flat=self._flat / looked,
            still=self._still / max(1, len(self._frames)),
            sharpness=float(np.mean(self._sharp)) if self._sharp else 0.0,
            colours=self._colours,
        )

    def _take(self, view: View, until: float) -> None:
        """Hand a picture to the segments that await one while it is on show."""
        wanted: list[int] = []
        while self._awaited and self._awaited[0][0] < until:
            wanted.append(self._awaited.popleft()[1])
        for number in sorted(set(wanted)):
            part = self._parts[number]
            part.left -= wanted.count(number)
            if part.window is None:
                part.window = tiles.window([view.pixels])
                self._size = (part.window.width, part.window.height)
            if part.last is not None:
                self._pair(part, part.last, view)
            part.last = view
            if part.left <= 0:
                self._finish(self._parts.pop(number))

    def _pair(self, part: _Part, first: View, second: View) -> None:
        places = tiles.places(first.pixels, self._turn, part.window)
        self._turn += 1
        self._note(first.pixels, second.pixels, places)
        pairs = [tiles.pair(first.pixels, second.pixels, place) for place in places]
        part.found.append((first.seconds, places, pairs))
        part.pictures.append(_centre(first.pixels, part.window))
        if len(part.pictures) == 1:
            part.faces = _faces_in(first)
            self._colours = max(self._colours, _colours(part.pictures[0]))
        if len(part.pictures) - 1 in FACE_PAIRS:
            around = (place for box in part.faces for place in _around(box, first.pixels.shape[:2]))
            pairs += [tiles.pair(first.pixels, second.pixels, place) for place in around]

    def _finish(self, part: _Part) -> None:
        """Read what one segment brought."""
        import numpy as np

        from . import statistics

        if not part.found:
            return
        logits, embeddings = self._reader.read(np.stack([pair for _, _, cut in part.found for pair in cut]))
        at = 0
        for seconds, places, cut in part.found:
            end, plain = at + len(cut), at + len(places)
            faces = part.faces if end > plain else ()
            seen, around = (logits[at:plain], embeddings[at:plain]), logits[plain:end] if faces else None
            self._frames.append(Frame(part.number, seconds, places, *seen, faces, around))
            at = end
        if len(part.pictures) >= LENGTH:
            self._measured.append(statistics.measure(part.pictures[:LENGTH]))

    def _note(self, first: NDArray[np.uint8], second: NDArray[np.uint8], places: tuple[Tile, ...]) -> None:
        """Count what makes pictures hard to judge."""
        import numpy as np

        sample = slice(None, None, STEP)
        change = np.abs(second[sample, sample, 1].astype(np.int16) - first[sample, sample, 1])
        self._still += int(np.mean(change > MOVED) < STILL)
        for place in places:
            tile = tiles.cut(first, place)[..., 1].astype(np.float32)
            self._flat += int(tile.std() < FLAT)
            around = (tile[:-2, 1:-1] + tile[2:, 1:-1] + tile[1:-1, :-2] + tile[1:-1, 2:]) / 4
            self._sharp.append(float(np.abs(tile[1:-1, 1:-1] - around).mean()))


def frames_wanted(video: Video, most: int = SEGMENTS) -> list[tuple[float, int]]:
    """Choose frames of a video: when each is on show, and the number of the segment that it belongs to."""
    rate = float(video.frame_rate)
    frames = video.frames or max(1, int(video.duration_s * rate))
    step = max(1, round(rate / PACE))
    if frames < (LENGTH + 1) * step:  # a short one is looked at more closely
        step = max(1, frames // (LENGTH + 1))
    length = min((LENGTH + 1) * step, frames)
    return [
        ((first + i + 0.25) / rate, number)
        for number, first in enumerate(_firsts(frames, length, most))
        for i in range(0, length, step)
    ]


def _firsts(frames: int, length: int, most: int) -> list[int]:
    """Give the first frame of each segment: spread over a long video, overlapping in a short one."""
    if frames >= most * length:
        return [int((i + 0.5) * frames / most - length / 2) for i in range(most)]
    number = min(most, frames - length + 1)
    return [round(i * (frames - length) / max(1, number - 1)) for i in range(number)]


def _centre(picture: NDArray[np.uint8], window: Tile | None) -> NDArray[np.uint8]:
    """Give the middle of a picture within its bars, CROP a side at most; a copy, so that the frame can go."""
    room = window or Tile(0, 0, picture.shape[1], picture.shape[0])
    wide, high = min(CROP, room.width), min(CROP, room.height)
    x, y = room.x + (room.width - wide) // 2, room.y + (room.height - high) // 2
    return picture[y : y + high, x : x + wide].copy()


def _colours(picture: NDArray[np.uint8]) -> int:
    """Count the colours in the middle of a picture: a palette has 256 at most, a camera's picture thousands."""
    import numpy as np

    y, x = (max(0, (side - COUNTED) // 2) for side in picture.shape[:2])
    middle = picture[y : y + COUNTED, x : x + COUNTED].astype(np.uint32)
    return len(np.unique(middle[..., 0] << 16 | middle[..., 1] << 8 | middle[..., 2]))


def _faces_in(view: View) -> tuple[Tile, ...]:
    from ..media.faces import find

    return tuple(Tile(box.x, box.y, box.width, box.height) for box in find(view.pixels)[:FACES])


def _around(box: Tile, shape: tuple[int, int]) -> tuple[Tile, ...]:
    """Give the squares over a face's middle and its edges, where a swap is joined."""
    side, high, wide = tiles.SIDE, *shape

    def at(x: float, y: float) -> Tile:
        left = min(max(0, round(x - side / 2)), max(0, wide - side))
        top = min(max(0, round(y - side / 2)), max(0, high - side))
        return Tile(left, top, side, side)

    middle = (box.x + box.width / 2, box.y + box.height / 2)
    if max(box.width, box.height) <= side:
        return (at(*middle),)
    edges = ((box.x, middle[1]), (box.x + box.width, middle[1]), (middle[0], box.y + box.height))
    return (at(*middle), *(at(x, y) for x, y in edges))
