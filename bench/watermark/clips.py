"""Chooses clips by rule, and shows their first seconds at the size that is measured. Knows no marks and no attacks.

The rule: clips in the order of the SHA-256 of their names below the folder; at most one of each subfolder until every
subfolder has had its turn, then a second of each, and so on. A clip has a short side of 480 or more and is no GIF;
smaller ones are counted apart, two at most. What comes out of a measurement never changes what is chosen.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CountermarkError, InputMissing, TooSmall
from ...media import Video, frames, probe
from ...settings import Limits
from ...watermark import FLOOR, check_room
from ..chain import choose

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGE = 480  # pixels of the short side
MEASURED = 480  # of the short side at most: larger clips are scaled down to it
MOST_SMALL = 2
MOST_FRAMES = 150  # of a clip: some attacks hold them all
FASTEST = 60  # frames a second


@dataclass(frozen=True)
class Source:
    """A clip that was chosen, and how it is measured."""

    name: str  # below the folder
    path: Path
    digest: str  # SHA-256 of the file
    native: tuple[int, int]  # width and height as shown
    size: tuple[int, int]  # as measured: even, a short side of MEASURED at most
    rate: Fraction

    @property
    def payload(self) -> str:
        """A payload of its own, from its name."""
        return self.payload_of("payload")

    def payload_of(self, use: str) -> str:
        """One more payload, for another use."""
        return hashlib.sha256(f"{use}\0{self.name}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Chosen:
    """What a folder gave."""

    large: tuple[Source, ...]
    small: tuple[Source, ...]
    unreadable: tuple[str, ...]  # in words

    @property
    def both(self) -> tuple[Source, ...]:
        """All that are marked."""
        return (*self.large, *self.small)


def choose_clips(folder: Path, count: int, skip: int = 0) -> Chosen:
    """Choose by the rule above; `skip` passes over the first so many."""
    if not folder.is_dir():
        raise InputMissing(f"{folder}: no such folder", advice="name a folder of clips with --clips")
    paths = [path for path in choose(folder, sys.maxsize) if path.suffix.lower() != ".gif"]
    unreadable: dict[str, str] = {}
    known: dict[Path, Source | None] = {}

    def source(path: Path) -> Source | None:
        if path not in known:
            known[path] = None
            try:
                known[path] = _source(folder, path)
            except TooSmall:
                pass
            except CountermarkError as error:
                unreadable[str(path.relative_to(folder))] = str(error)
        return known[path]

    large = _in_rounds(paths, lambda path: _if(source(path), large=True), skip + count)[skip:]
    if not large:
        passed = f" after the first {skip}" if skip else ""
        raise TooSmall(
            f"{folder}: no clip{passed} with a short side of {LARGE} pixels or more that can be marked",
            advice="give a folder of larger clips, or a lower --skip",
        )
    small = _in_rounds(paths, lambda path: _if(source(path), large=False), MOST_SMALL)
    return Chosen(tuple(large), tuple(small), tuple(unreadable.values()))


def every_clip(folder: Path) -> list[Path]:
    """Give all clips of a folder that may be looked at, GIFs too, in the same order."""
    return choose(folder, sys.maxsize)


def pictures(source: Source, seconds: float) -> Iterator[NDArray[Any]]:
    """Give the first seconds of a clip: upright RGB at the size that is measured."""
    import cv2
    import numpy as np

    video = probe(source.path, Limits(), digest=source.digest)
    shrinks = source.size[0] * source.size[1] < source.native[0] * source.native[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    for moment in islice(frames(source.path, limits=Limits()), frames_in(source, seconds)):
        rgb = moment.frame.to_ndarray(format="rgb24")
        upright = np.rot90(rgb[:, ::-1] if video.geometry.flipped else rgb, video.geometry.rotation // 90)
        picture: NDArray[np.uint8] = np.ascontiguousarray(upright, np.uint8)
        if picture.shape[1::-1] != source.size:
            picture = np.asarray(cv2.resize(picture, source.size, interpolation=way), np.uint8)
        yield picture


def frames_in(source: Source, seconds: float) -> int:
    """Give how many frames of a clip are measured, at most."""
    return max(FLOOR.frames, min(MOST_FRAMES, round(seconds * source.rate)))


def _in_rounds(paths: list[Path], source: Callable[[Path], Source | None], count: int) -> list[Source]:
    """Take one of each subfolder in a round, until there are enough."""
    found: list[Source] = []
    waiting = paths
    while waiting and len(found) < count:
        later: list[Path] = []
        served: set[Path] = set()
        for path in waiting:
            if path.parent in served:
                later.append(path)
            elif (fit := source(path)) is not None:
                served.add(path.parent)
                found.append(fit)
                if len(found) == count:
                    break
        waiting = later
    return found


def _if(source: Source | None, *, large: bool) -> Source | None:
    return source if source is not None and (min(source.native) >= LARGE) == large else None


def _source(folder: Path, path: Path) -> Source:
    video = probe(path, Limits())
    check_room(video.geometry, _frames(video))
    native = video.geometry.display_size
    scale = min(1.0, MEASURED / min(native))
    wide, high = (max(2, round(side * scale / 2) * 2) for side in native)
    rate = min(video.frame_rate.limit_denominator(1001), Fraction(FASTEST))
    return Source(str(path.relative_to(folder)), path, video.digest, native, (wide, high), rate)


def _frames(video: Video) -> int:
    return video.frames if video.frames is not None else int(video.duration_s * video.frame_rate)
