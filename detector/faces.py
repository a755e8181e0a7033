"""Finds faces that look at the camera. Knows OpenCV's cascades; judges nothing: a face is a place to look at.

A cascade errs in single pictures, in both directions, so that faces are looked for in several pictures of one segment,
and a place counts where at least half of them show a face there. Where OpenCV came without its cascades (its headless
builds from 5 on), `available` says so, and no face is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import cv2
    import numpy as np
    from numpy.typing import NDArray

CASCADE = "haarcascade_frontalface_default.xml"
PICTURES = 3  # of one segment that are looked at, spread over it
AGREEING = 2  # of these must show a face at the same place

_WORKING = 320  # pixels of the longer side that the cascade runs on
_SMALLEST = 0.08  # of the shorter side: a smaller face says nothing
_NEIGHBOURS = 5  # hits of the cascade that make a face
_SAME_PLACE = 0.4  # shared area over joint area, from which on two boxes are one face


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the picture, upright, from its upper left corner."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        """Refuse what covers nothing."""
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a box of {self.width} x {self.height} covers nothing")

    def overlap(self, other: Box) -> float:
        """Give the shared area over the joint area."""
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        tall = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(0, wide) * max(0, tall)
        return shared / (self.width * self.height + other.width * other.height - shared)


def available() -> bool:
    """Whether this machine's OpenCV can look for faces at all."""
    return _cascade() is not None


def find(picture: NDArray[np.uint8]) -> tuple[Box, ...]:
    """Find faces in one RGB picture (H, W, 3), the largest first; none where the cascade is missing."""
    import cv2

    cascade = _cascade()
    height, width = picture.shape[:2]
    if cascade is None or min(height, width) < 32:
        return ()
    scale = min(1.0, _WORKING / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else picture
    grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    smallest = max(20, round(_SMALLEST * min(size)))
    hits = cascade.detectMultiScale(grey, 1.15, _NEIGHBOURS, minSize=(smallest, smallest))
    boxes = [Box(*(round(float(n) / scale) for n in hit)) for hit in hits]
    return tuple(sorted(boxes, key=lambda box: -box.width * box.height))


def faces_in(pictures: Sequence[NDArray[np.uint8]]) -> tuple[Box, ...]:
    """Find the faces that a segment shows: at the same place in most of its pictures; one box for all of them."""
    if not len(pictures):
        return ()
    looked = min(PICTURES, len(pictures))
    chosen = {round(k * (len(pictures) - 1) / max(1, looked - 1)) for k in range(looked)}
    seen = [find(pictures[k]) for k in sorted(chosen)]
    faces: list[Box] = []
    for box in sorted((box for boxes in seen for box in boxes), key=lambda box: -box.width * box.height):
        if any(box.overlap(face) > _SAME_PLACE for face in faces):
            continue
        same = [next((one for one in boxes if one.overlap(box) > _SAME_PLACE), None) for boxes in seen]
        agreeing = [one for one in same if one is not None]
        if len(agreeing) >= min(AGREEING, len(seen)):
            faces.append(_middle(agreeing))
    return tuple(faces)


def _middle(boxes: list[Box]) -> Box:
    """Give the box at the median of each edge."""
    from statistics import median

    return Box(*(round(median(values)) for values in zip(*((b.x, b.y, b.width, b.height) for b in boxes), strict=True)))


@cache
def _cascade() -> cv2.CascadeClassifier | None:
    import cv2

    folder = getattr(getattr(cv2, "data", None), "haarcascades", None)
    if folder is None or not hasattr(cv2, "CascadeClassifier") or not (Path(folder) / CASCADE).is_file():
        return None
    cascade = cv2.CascadeClassifier(str(Path(folder) / CASCADE))
    return None if cascade.empty() else cascade
