"""The mark for who has frames or a file in hand: `embed` and `extract`.

Knows how colours and times are given, and says what is wrong with them; the work is the embedder's and the reader's. A
file is decoded in a limited child; frames are taken as they are. Nothing is changed in place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NoFrames
from ..evidence import MarkDetails, NoMarkDetails, Span
from ..media import isolation
from ..media.facts import Geometry
from ..settings import Limits
from .embedder import Embedder, plane_type
from .examiner import MarkExaminer, summed_up
from .keys import OPEN_KEY, MarkKey
from .reader import Reader
from .reading import small
from .room import check_room, hopeless

MOST_FRAMES = 24  # that are looked at
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of red, green and blue, as BT.709 has it
LIMITED = np.float32(219 / 255)  # a step of full-range RGB in steps of limited-range luma


@dataclass(frozen=True)
class Extraction:
    """What was read, and where in time it lies."""

    mark: MarkDetails | NoMarkDetails
    spans: tuple[Span, ...] = ()

    @property
    def payload(self) -> str | None:
        """The payload, where a mark was read."""
        return self.mark.payload if isinstance(self.mark, MarkDetails) else None


def embed(
    frames: Iterable[NDArray[Any]], payload: str, key: MarkKey = OPEN_KEY, *, bit_depth: int = 8, strength: float = 1.0
) -> Iterator[NDArray[Any]]:
    """Mark upright frames as they pass: luma planes (H, W) of 8, 10 or 12 bits, or RGB (H, W, 3) of 8 bits.

    Where frames end before a mark has room, TooSmall is raised in the end.

    >>> planes = [np.full((240, 320), 90, np.uint8)] * 8
    >>> extract(embed(planes, "0123456789abcdef")).payload
    '0123456789abcdef'
    """
    _check_keys((key,))
    sound = _sound(frames, bit_depth)
    first = next(sound)
    geometry, count = Geometry(first.shape[1], first.shape[0]), 0
    embedder = Embedder(payload, key, geometry, bit_depth, strength)
    for frame in chain((first,), sound):
        yield _marked(frame, embedder, float(count))
        count += 1
    check_room(geometry, count)


def extract(
    video: Path | str | Iterable[NDArray[Any]],
    keys: tuple[MarkKey, ...] | None = None,
    *,
    frame_rate: float = 25.0,
    bit_depth: int = 8,
    limits: Limits | None = None,
) -> Extraction:
    """Read a file, or upright frames as `embed` gives them, with the open key and those given."""
    _check_keys(keys or ())
    tried = (OPEN_KEY, *(key for key in keys or () if key != OPEN_KEY))
    if isinstance(video, Path | str):
        limits = limits or Limits()
        request = {"keys": [key.to_wire() for key in tried], "limits": limits.model_dump()}
        answer = isolation.run(_extract, Path(video), request, limits=limits)
        return isolation.checked(Path(video), _extraction, answer)
    if not 0 < frame_rate < math.inf:
        raise ValueError(f"no frame rate: {frame_rate}; give the frames of a second, a number above 0")
    reader, planes, step, count = Reader(tried), list[NDArray[np.float32]](), 1, 0
    for number, frame in enumerate(_sound(video, bit_depth)):
        count = number + 1
        if number % step or hopeless(frame.shape[0], frame.shape[1]):
            continue
        planes.append(small(_luma(frame, bit_depth)))
        if len(planes) > 2 * MOST_FRAMES:  # how many come, nobody knows: from here on, every other one is kept
            planes, step = planes[::2], 2 * step
    chosen = np.unique(np.linspace(0, len(planes) - 1, min(MOST_FRAMES, len(planes))).round().astype(int))
    for place in chosen:
        reader.add(planes[place])
    times = [float(place) * step / frame_rate for place in chosen]
    return Extraction(*summed_up(reader, tried, times, count / frame_rate))


def _extract(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child."""
    from pydantic import TypeAdapter

    from ..media import look

    keys = tuple(MarkKey.from_wire(key) for key in request["keys"])
    looked = look(path, (), (MarkExaminer(keys, MOST_FRAMES),), Limits.model_validate(request["limits"]))
    seen = next(e for e in looked.evidence if e.examiner == MarkExaminer.name)
    if not isinstance(seen.details, MarkDetails | NoMarkDetails):
        raise ValueError(looked.problems[0] if looked.problems else "nothing could be looked at")
    return TypeAdapter(Extraction).dump_python(Extraction(seen.details, seen.spans), mode="json")


def _extraction(plain: object) -> Extraction:
    from pydantic import TypeAdapter

    return TypeAdapter(Extraction).validate_python(plain)


def _check_keys(keys: object) -> None:
    if not isinstance(keys, tuple | list) or not all(isinstance(key, MarkKey) for key in keys):
        raise TypeError("a key is a MarkKey(name, secret), and several keys are a tuple of them")


def _sound(frames: Iterable[NDArray[Any]], bit_depth: int) -> Iterator[NDArray[Any]]:
    """Pass frames on, one at least; raise what says why they are not what they should be."""
    kind = plane_type(bit_depth)
    wanted = f"a plane (H, W) of {kind}" + (" or RGB (H, W, 3) of uint8" if bit_depth == 8 else "")
    first: tuple[int, ...] = ()
    for frame in frames:
        if not isinstance(frame, np.ndarray):
            raise TypeError(f"expected {wanted} as a numpy array, got {type(frame).__name__}")
        rgb = frame.ndim == 3 and frame.shape[2] == 3 and bit_depth == 8
        if not (rgb or frame.ndim == 2) or frame.dtype != kind or not frame.size:
            raise ValueError(f"expected {wanted}, got {frame.dtype} {frame.shape}: convert it, or say its bit_depth")
        first = first or frame.shape
        if frame.shape != first:
            raise ValueError(f"expected a frame like the first, {first}, got {frame.shape}: scale them to one size")
        yield frame
    if not first:
        raise NoFrames("no frames were given", advice="give the upright frames of a video, or its path")


def _marked(frame: NDArray[Any], embedder: Embedder, seconds: float) -> NDArray[Any]:
    if frame.ndim == 2:
        marked = frame.copy()
        embedder(marked, seconds)
        return marked
    before = np.rint(16 + LIMITED * (frame.astype(np.float32) @ LUMA)).astype(np.uint8)
    after = before.copy()
    embedder(after, seconds)
    change = (after.astype(np.float32) - before) / LIMITED
    return np.asarray(np.clip(np.rint(frame + change[..., None]), 0, 255).astype(np.uint8))


def _luma(frame: NDArray[Any], bit_depth: int) -> NDArray[np.float32]:
    if frame.ndim == 3:
        return np.asarray(16 + LIMITED * (frame.astype(np.float32) @ LUMA), np.float32)
    return frame.astype(np.float32) / np.float32(1 << (bit_depth - 8))
