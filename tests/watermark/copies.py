"""What is done to a picture before it comes back, and what a reader or an examiner makes of it."""

import hashlib
import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from countermark.evidence import Evidence, MarkDetails, MarkGeometry
from countermark.media.plan import View
from countermark.watermark import OPEN_KEY, MarkExaminer, MarkKey
from countermark.watermark.examiner import SEARCH_S
from countermark.watermark.geometry import described
from countermark.watermark.reader import Found, Reader
from countermark.watermark.reading import small

from .scenes import video

PAYLOAD, OTHER_PAYLOAD = "0123456789abcdef", "fedcba9876543210"
BLACK = 16


def key_of(name: str) -> MarkKey:
    """A key like no other name's."""
    return MarkKey(name, hashlib.sha256(name.encode()).digest())


OTHER_KEY = key_of("other")


def recut(
    plane: NDArray[np.uint8],
    *,
    crop: float = 1.0,
    turn: float = 0.0,
    stretch: float = 1.0,
    off: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.uint8]:
    """Stretch the width, turn counter-clockwise by degrees, and keep a share of each side, `off` pixels (down, across)
    from the middle; black beyond the edge."""
    high, wide = plane.shape
    size = (round(wide * crop * stretch), round(high * crop))
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    onto = np.array([[cos * stretch, sin], [-sin * stretch, cos]])
    back = np.linalg.inv(onto)
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    rest = np.array([(wide - 1) / 2 + off[1], (high - 1) / 2 + off[0]]) - back @ middle
    matrix = np.concatenate([back, rest[:, None]], axis=1)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=flags, borderValue=BLACK))


def laid(picture: NDArray[Any], way: int) -> NDArray[Any]:
    """Lay it one of eight ways: turned by `way` quarters; from 4 on, mirrored first."""
    return np.ascontiguousarray(np.rot90(picture[:, ::-1] if way >= 4 else picture, way % 4))


def slanted(plane: NDArray[np.uint8], depth: float) -> NDArray[np.uint8]:
    """See it from the side: the right edge is higher than the left by a share of `depth`."""
    high, wide = plane.shape
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    grown = depth * high / 4
    seen = corners + np.array([[0, grown], [0, -grown], [0, grown], [0, -grown]], np.float32)
    return np.asarray(cv2.warpPerspective(plane, cv2.getPerspectiveTransform(corners, seen), (wide, high)))


def bordered(plane: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Put it between black bars."""
    return np.pad(plane, ((rows, rows), (columns, columns)), constant_values=BLACK)


def read(
    pictures: list[NDArray[np.uint8]], keys: tuple[MarkKey, ...] = (OPEN_KEY,), until: float = math.inf
) -> tuple[list[Found], Reader]:
    """Read pictures, with a search that takes as long as it takes; or, `until` 0, without one."""
    reader = Reader(keys)
    for picture in pictures:
        reader.add(small(picture.astype(np.float32)))
    return reader.read(until), reader


def geometry_of(found: Found) -> MarkGeometry:
    return described(found.places, found.alignment, searched=found.searched)


def look(
    pictures: list[NDArray[np.uint8]],
    keys: tuple[MarkKey, ...] = (OPEN_KEY,),
    *,
    rate: int = 25,
    search_s: float = SEARCH_S,
) -> Evidence:
    """Show an examiner the pictures of a video that it asks for."""
    high, wide = pictures[0].shape
    about = video(wide, high, len(pictures), rate)
    examiner = MarkExaminer(keys, search_s=search_s)
    for seconds in examiner.plan(about).times_s:
        picture = pictures[min(int(seconds * rate), len(pictures) - 1)]
        examiner.see(View(seconds, small(picture.astype(np.float32))))
    return examiner.conclude(about)


def details_of(evidence: Evidence) -> MarkDetails:
    """What was read; fails where nothing was."""
    assert evidence.finding == "present" and isinstance(evidence.details, MarkDetails), evidence
    return evidence.details
