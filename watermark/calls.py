"""The mark for who has frames or a file in hand: `embed` and `extract`.

Knows how colours and times are given; the work is the embedder's and the reader's. A file is decoded in a limited
child; frames are taken as they are. Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NoFrames
from ..evidence import MarkDetails, NoMarkDetails, Span
from ..media import isolation
from ..media.facts import Geometry
from ..settings import Limits
from .embedder import Embedder
from .examiner import MarkExaminer, summed_up
from .keys import OPEN_KEY, MarkKey
from .reader import Reader
from .reading import small

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

    >>> planes = [np.full((240, 320), 90, np.uint8)] * 8
    >>> extract(embed(planes, "0123456789abcdef")).payload
    '0123456789abcdef'
    """
    embedder: Embedder | None = None
    for number, frame in enumerate(frames):
        if embedder is None:
            embedder = Embedder(payload, key, Geometry(frame.shape[1], frame.shape[0]), bit_depth, strength)
        if frame.ndim == 2:
            marked = frame.copy()
            embedder(marked, float(number))
            yield marked
            continue
        before = np.rint(16 + LIMITED * (frame.astype(np.float32) @ LUMA)).astype(np.uint8)
        after = before.copy()
        embedder(after, float(number))
        change = (after.astype(np.float32) - before) / LIMITED
        yield np.clip(np.rint(frame + change[..., None]), 0, 255).astype(np.uint8)


def extract(
    video: Path | Iterable[NDArray[Any]],
    keys: tuple[MarkKey, ...] | None = None,
    *,
    frame_rate: float = 25.0,
    bit_depth: int = 8,
    limits: Limits | None = None,
) -> Extraction:
    """Read a file, or upright frames as `embed` gives them; the open key is tried first, then those given."""
    tried = (OPEN_KEY, *(key for key in keys or () if key != OPEN_KEY))
    if isinstance(video, Path):
        limits = limits or Limits()
        request = {"keys": [key.to_wire() for key in tried], "limits": limits.model_dump()}
        return isolation.checked(video, _extraction, isolation.run(_extract, video, request, limits=limits))
    reader, planes = Reader(tried), [_luma(frame, bit_depth) for frame in video]
    if not planes:
        raise NoFrames("no frames were given", advice="give the upright frames of a video, or its path")
    chosen = np.unique(np.linspace(0, len(planes) - 1, min(MOST_FRAMES, len(planes))).round().astype(int))
    for number in chosen:
        reader.add(small(planes[number]))
    times = [float(number) / frame_rate for number in chosen]
    return Extraction(*summed_up(reader, tried, times, len(planes) / frame_rate))


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


def _luma(frame: NDArray[Any], bit_depth: int) -> NDArray[np.float32]:
    if frame.ndim == 3:
        return np.asarray(16 + LIMITED * (frame.astype(np.float32) @ LUMA), np.float32)
    return frame.astype(np.float32) / np.float32(1 << (bit_depth - 8))
