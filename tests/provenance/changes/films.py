"""A film made in code, its record, and copies of it as an examiner is shown them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from countermark.evidence import Evidence, MarkGeometry
from countermark.media.facts import Geometry, Video
from countermark.media.plan import View
from countermark.media.through import through_h264
from countermark.provenance.changes import ChangeExaminer, ChangeRecorder
from countermark.tests.recipes import pictures

SIZE, FPS, COUNT = (426, 240), 12, 42
Plane = NDArray[np.uint8]


@cache
def film(seed: int = 0) -> tuple[Plane, ...]:
    """Three and a half seconds of drifting texture with a disc that crosses it."""
    return tuple((rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8) for rgb in pictures(COUNT, SIZE, seed))


def recorded(planes: Sequence[Plane], fps: float = FPS, geometry: Geometry | None = None) -> bytes:
    """What stamp would keep."""
    recorder = ChangeRecorder(geometry or Geometry(planes[0].shape[1], planes[0].shape[0]))
    for at, plane in enumerate(planes):
        recorder(plane, at / fps)
    return recorder.record()


@cache
def record(seed: int = 0) -> bytes:
    return recorded(film(seed))


def copied(planes: Sequence[Plane], crf: float = 28, scale: float = 0.75) -> list[Plane]:
    """Smaller, and through an encoder."""
    high, wide = (round(side * scale / 2) * 2 for side in planes[0].shape)
    return through_h264([cv2.resize(p, (wide, high), interpolation=cv2.INTER_AREA) for p in planes], crf)


def examined(
    original: bytes, planes: Sequence[Plane], fps: float = FPS, geometry: MarkGeometry | None = None
) -> Evidence:
    """What the examiner says of a copy."""
    return concluded(ChangeExaminer(original, geometry), planes, fps)


def concluded(examiner: ChangeExaminer, planes: Sequence[Plane], fps: float = FPS) -> Evidence:
    """What an examiner says that is shown a copy."""
    high, wide = planes[0].shape
    shape = Geometry(wide, high)
    video = cast(Video, SimpleNamespace(duration_s=len(planes) / fps, digest="0" * 64, geometry=shape))
    scale = (examiner.plan(video).short_side or 1) / min(high, wide)
    size = (round(wide * scale), round(high * scale))
    for at, plane in enumerate(planes):
        examiner.see(View(at / fps, cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32)))
    return examiner.conclude(video)


def redrawn(planes: Sequence[Plane], first: int, last: int, change: Callable[[Plane], None]) -> list[Plane]:
    """Copies of planes, some of them changed in place."""
    new = [plane.copy() for plane in planes]
    for plane in new[first:last]:
        change(plane)
    return new
