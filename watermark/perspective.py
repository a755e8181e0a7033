"""Finds how a picture leans, where it was seen at an angle, by the repeating of its tiles.

Knows pictures whose content is held down already; knows no lines, keys or payloads. Tiles of a leaning picture agree
with each other less the more it leans; so leanings are tried until the picture agrees with itself best.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from .lattice import LEAST_STEP, Agreement
from .straighten import Matrix, leaned

MOST_LEAN = 0.36  # of a picture's depth at its edges, over its middle
GRAIN = 0.06
MOST_BOTH = 0.43  # down and across together
PEAKS = 6  # shifts that must stand out
FAR_STEP = 0.45  # of the short side: steps up to there count
HALF = 2  # the picture is tried at this part of its size


def leaning(picture: NDArray[np.float32]) -> Matrix:
    """Give the places, in pixels, at which the picture agrees with itself best."""
    import cv2

    size = (picture.shape[1] // HALF, picture.shape[0] // HALF)
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    steps = np.arange(-MOST_LEAN, MOST_LEAN + GRAIN / 2, GRAIN)
    leans = [lean for lean in product(steps, steps) if abs(lean[0]) + abs(lean[1]) <= MOST_BOTH]
    best = max(leans, key=lambda lean: _agrees(small, lean))
    for grain in (GRAIN / 2, GRAIN / 4):
        near = [(best[0] + grain * down, best[1] + grain * across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
        best = max(near, key=lambda lean: _agrees(small, lean))
    return leaned(picture.shape, best)


def unleaned(picture: NDArray[np.float32], places: Matrix) -> NDArray[np.float32]:
    """Draw the picture as it was before it leaned, its middle where it is."""
    import cv2

    high, wide = picture.shape
    swap = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])  # OpenCV counts across first
    into = np.array([[1.0, 0, (wide - 1) / 2], [0, 1, (high - 1) / 2], [0, 0, 1]])
    matrix = into @ swap @ places @ swap @ np.linalg.inv(into)
    drawn = cv2.warpPerspective(picture, matrix, (wide, high), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(drawn, np.float32)


def _agrees(picture: NDArray[np.float32], lean: tuple[float, float]) -> float:
    """Add up the places that stand out most."""
    import cv2

    agreement = Agreement(unleaned(picture, leaned(picture.shape, lean)), isolated=True)
    reach = agreement.middle
    rows, columns = np.mgrid[-reach : reach + 1, 0 : reach + 1]
    plane = agreement.plane[:, reach:]
    distance = np.hypot(rows, columns) / min(picture.shape)
    peaks = plane == cv2.dilate(plane, np.ones((5, 5), np.uint8))
    peaks &= (distance > LEAST_STEP) & (distance < FAR_STEP) & ((columns > 0) | (rows > 0))
    return float(np.sort(plane[peaks])[-PEAKS:].sum())
