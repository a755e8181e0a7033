"""Finds faces that look at the camera. Knows OpenCV's cascades; judges nothing: a face is a place to look at.

A cascade errs in single pictures, in both directions, so that faces are looked for in several pictures of one segment,
and a place counts where at least half of them show a face there. Where OpenCV came without its cascades (its headless
builds from 5 on), `available` says so, and no face is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .plan import Tile

if TYPE_CHECKING:
    import cv2
    import numpy as np
    from numpy.typing import NDArray

CASCADE = "haarcascade_frontalface_default.xml"
PICTURES = 3  # of one segment that are looked at, spread over it
AGREEING = 2  # of these must show a face at the same place

WORKING = 192  # pixels of the longer side that it runs on; at 320 the detector finds no more, in three times the time
_SMALLEST = 20  # pixels of that: the cascade knows no smaller face, and in 1280 pixels it is one of 133
_LADDER = 1.15  # from one size of face that is looked for to the next
_NEIGHBOURS = 4  # hits of the cascade that make a face
_SAME_PLACE = 0.4  # shared area over joint area, from which on two boxes are one face


def available() -> bool:
    """Whether this machine's OpenCV can look for faces at all."""
    return _cascade() is not None


def find(picture: NDArray[np.uint8], working: int = WORKING) -> tuple[Tile, ...]:
    """Find faces in one RGB picture (H, W, 3), the largest first; none where the cascade is missing.

    working: pixels of the longer side that it is looked at with: more show smaller faces, and take longer.
    """
    import cv2

    cascade = _cascade()
    height, width = picture.shape[:2]
    if cascade is None or min(height, width) < 32:
        return ()
    scale = min(1.0, working / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else picture
    grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    hits = cascade.detectMultiScale(grey, _LADDER, _NEIGHBOURS, minSize=(_SMALLEST, _SMALLEST))
    boxes = [Tile(*(round(float(n) / scale) for n in hit)) for hit in hits]
    return tuple(sorted(boxes, key=lambda box: -box.width * box.height))


def faces_in(pictures: Sequence[NDArray[np.uint8]]) -> tuple[Tile, ...]:
    """Find the faces that a segment shows: at the same place in most of its pictures; one box for all of them."""
    if not len(pictures):
        return ()
    looked = min(PICTURES, len(pictures))
    chosen = {round(k * (len(pictures) - 1) / max(1, looked - 1)) for k in range(looked)}
    seen = [find(pictures[k]) for k in sorted(chosen)]
    faces: list[Tile] = []
    for box in sorted((box for boxes in seen for box in boxes), key=lambda box: -box.width * box.height):
        if any(overlap(box, face) > _SAME_PLACE for face in faces):
            continue
        same = [next((one for one in boxes if overlap(one, box) > _SAME_PLACE), None) for boxes in seen]
        agreeing = [one for one in same if one is not None]
        if len(agreeing) >= min(AGREEING, len(seen)):
            faces.append(_middle(agreeing))
    return tuple(faces)


def overlap(one: Tile, other: Tile) -> float:
    """Give the shared area over the joint area."""
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    tall = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0, wide) * max(0, tall)
    return shared / (one.width * one.height + other.width * other.height - shared)


def _middle(boxes: list[Tile]) -> Tile:
    """Give the box at the median of each edge."""
    from statistics import median

    return Tile(
        *(round(median(values)) for values in zip(*((b.x, b.y, b.width, b.height) for b in boxes), strict=True))
    )


@cache
def _cascade() -> cv2.CascadeClassifier | None:
    import cv2

    folder = getattr(getattr(cv2, "data", None), "haarcascades", None)
    if folder is None or not hasattr(cv2, "CascadeClassifier") or not (Path(folder) / CASCADE).is_file():
        return None
    cascade = cv2.CascadeClassifier(str(Path(folder) / CASCADE))
    return None if cascade.empty() else cascade
