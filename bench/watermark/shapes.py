"""Changes of where a pixel lies and of what lies over it: crops, turns, borders, overlays. Knows one picture at a time.

What a crop leaves keeps its pixels; nothing is scaled back up. Sizes stay even, for the encoders.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .footage import Alter, Picture, Size

TEXT = (255, 255, 255)
INK = (20, 20, 20)


def flip(picture: Picture) -> Picture:
    """Mirror left to right."""
    return np.ascontiguousarray(picture[:, ::-1])


def quarter_turn(picture: Picture) -> Picture:
    """Turn by 90 degrees counter-clockwise."""
    return np.ascontiguousarray(np.rot90(picture))


def crop(removed: float, size: Size, random: np.random.Generator) -> Alter:
    """Cut away a share of the area, both sides by the same factor; what stays lies anywhere."""
    share = math.sqrt(1 - removed)
    wide, high = (even(side * share) for side in size)
    x, y = (int(random.integers(0, room + 1)) for room in (size[0] - wide, size[1] - high))
    return lambda picture: np.ascontiguousarray(picture[y : y + high, x : x + wide])


def trim_sides(share: float, size: Size, random: np.random.Generator) -> Alter:
    """Cut a share of the width and height off each of the four sides."""
    (left, top), (wide, high) = (
        (round(side * share) for side in size),
        (even(side * (1 - 2 * share)) for side in size),
    )
    return lambda picture: np.ascontiguousarray(picture[top : top + high, left : left + wide])


def rotation(degrees: float, size: Size, random: np.random.Generator) -> Alter:
    """Turn around the middle; the frame keeps its size, corners that come in are black."""
    import cv2

    centre = ((size[0] - 1) / 2, (size[1] - 1) / 2)
    turn = cv2.getRotationMatrix2D(centre, degrees, 1.0)
    return lambda picture: np.asarray(cv2.warpAffine(picture, turn, size, flags=cv2.INTER_CUBIC), np.uint8)


def scaled(factor: float, size: Size, random: np.random.Generator) -> Alter:
    """Scale both sides."""
    import cv2

    target = (even(size[0] * factor), even(size[1] * factor))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda picture: np.asarray(cv2.resize(picture, target, interpolation=way), np.uint8)


def perspective(distortion: float, size: Size, random: np.random.Generator) -> Alter:
    """Move each corner inward by a uniform share of up to `distortion` of half the width and height."""
    import cv2

    target = corners(distortion, size, random)
    wide, high = size
    source = np.array([(0, 0), (wide - 1, 0), (wide - 1, high - 1), (0, high - 1)], np.float32)
    bend = cv2.getPerspectiveTransform(source, target)
    return lambda picture: np.asarray(cv2.warpPerspective(picture, bend, size, flags=cv2.INTER_LINEAR), np.uint8)


def corners(distortion: float, size: Size, random: np.random.Generator) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Draw where the corners go: top left, top right, bottom right, bottom left."""
    wide, high = size
    inward = random.uniform(0, distortion, (4, 2)) * (wide / 2, high / 2)
    outer = np.array([(0, 0), (wide - 1, 0), (wide - 1, high - 1), (0, high - 1)])
    signs = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    return (outer + signs * inward).astype(np.float32)


# Borders -------------------------------------------------------------------------------------------------------------


def letterbox(size: Size, random: np.random.Generator) -> Alter:
    """Pad with black to a square."""
    side = even(max(size))
    return _padded(size, (side, side))


def pillarbox(size: Size, random: np.random.Generator) -> Alter:
    """Pad the sides with black to 16:9; a picture as wide as that, to 2.4:1."""
    wide, high = size
    aspect = 16 / 9 if wide / high < 1.7 else 2.4
    return _padded(size, (max(wide, even(high * aspect)), high))


def picture_in_picture(share: float, size: Size, random: np.random.Generator) -> Alter:
    """Show the clip at a share of its width over something else that moves."""
    import cv2

    inner = (even(size[0] * share), even(size[1] * share))
    x, y = (int(random.integers(0, room + 1)) for room in (size[0] - inner[0], size[1] - inner[1]))
    scenery = Scenery(size, random)

    def alter(picture: Picture) -> Picture:
        shown = scenery.next()
        shown[y : y + inner[1], x : x + inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
        return shown

    return alter


class Scenery:
    """Coloured clouds that drift behind a picture in a picture."""

    def __init__(self, size: Size, random: np.random.Generator) -> None:
        """Draw them larger than the picture."""
        import cv2

        self._size, self._number = size, 0
        beyond = (size[0] + 128, size[1] + 128)
        clouds = np.full((beyond[1], beyond[0], 3), 110, np.float32)
        for cells, height in ((6, 40.0), (24, 14.0), (96, 6.0)):
            small = random.normal(0, height, (cells, cells, 3)).astype(np.float32)
            clouds += np.asarray(cv2.resize(small, beyond, interpolation=cv2.INTER_CUBIC), np.float32)
        self._clouds = np.clip(clouds, 0, 255).astype(np.uint8)

    def next(self) -> Picture:
        """Give the next picture, a copy."""
        x, y = (2 * self._number) % 128, self._number % 128
        self._number += 1
        return self._clouds[y : y + self._size[1], x : x + self._size[0]].copy()


def _padded(size: Size, target: Size) -> Alter:
    x, y = (target[0] - size[0]) // 2, (target[1] - size[1]) // 2

    def alter(picture: Picture) -> Picture:
        shown = np.zeros((target[1], target[0], 3), np.uint8)
        shown[y : y + size[1], x : x + size[0]] = picture
        return shown

    return alter


# Overlays ------------------------------------------------------------------------------------------------------------


def caption(size: Size, random: np.random.Generator) -> Alter:
    """Cover the bottom 15 % by a bar with words on it."""
    import cv2

    wide, high = size
    bar = np.full((round(high * 0.15), wide, 3), INK, np.uint8)
    base = (wide // 20, round(bar.shape[0] * 0.65))
    cv2.putText(bar, "wait for the end ...", base, cv2.FONT_HERSHEY_DUPLEX, bar.shape[0] / 60, TEXT, 2, cv2.LINE_AA)
    return _over(bar, 0, high - bar.shape[0])


def logo(size: Size, random: np.random.Generator) -> Alter:
    """Cover 6 % of the area, in one of the corners."""
    import cv2

    wide, high = round(size[0] * 0.3), round(size[1] * 0.2)
    sign = np.full((high, wide, 3), (200, 30, 50), np.uint8)
    cv2.circle(sign, (high // 2, high // 2), high // 3, TEXT, -1, cv2.LINE_AA)
    cv2.putText(
        sign, "LIVE", (round(high * 0.95), round(high * 0.62)), cv2.FONT_HERSHEY_DUPLEX, high / 80, TEXT, 2, cv2.LINE_AA
    )
    right, bottom = (int(random.integers(0, 2)) for _ in range(2))
    return _over(sign, right * (size[0] - wide), bottom * (size[1] - high))


def emoji(size: Size, random: np.random.Generator) -> Alter:
    """Lay seven coloured faces over the picture."""
    import cv2

    radius = max(8, round(min(size) * 0.07))
    faces = [(int(random.integers(0, size[0])), int(random.integers(0, size[1]))) for _ in range(7)]
    colours = [tuple(int(level) for level in random.integers(120, 256, 3)) for _ in faces]

    def alter(picture: Picture) -> Picture:
        shown = picture.copy()
        for (x, y), colour in zip(faces, colours, strict=True):
            cv2.circle(shown, (x, y), radius, colour, -1, cv2.LINE_AA)
            for side in (-1, 1):
                cv2.circle(shown, (x + side * radius // 3, y - radius // 4), radius // 7, INK, -1, cv2.LINE_AA)
            cv2.ellipse(shown, (x, y + radius // 8), (radius // 2, radius // 2), 0, 20, 160, INK, 2, cv2.LINE_AA)
        return shown

    return alter


def _over(cover: Picture, x: int, y: int) -> Alter:
    def alter(picture: Picture) -> Picture:
        shown = picture.copy()
        shown[y : y + cover.shape[0], x : x + cover.shape[1]] = cover
        return shown

    return alter


def even(length: float) -> int:
    """Give the nearest even number, 2 at least."""
    return max(2, 2 * round(length / 2))
