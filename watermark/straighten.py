"""Draws a picture so that its tiles stand upright.

Knows where tiles lie: `places`, a 3x3 matrix that takes (tiles down, tiles across, 1) to pixels (down, across) from the
picture's centre. Knows no lines, keys or payloads: tiles are compared with each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
TILE = 64  # pixels of a tile in a straightened picture
MOST_TILES = 16.0  # from the centre; what lies beyond was not marked so


def leaned(size: tuple[int, ...], lean: tuple[float, float]) -> Matrix:
    """Give places, in pixels, of a picture that leans: by so much at its edges down and across."""
    places = np.eye(3)
    places[2, :2] = 2 * lean[0] / size[0], 2 * lean[1] / size[1]
    return places


def flat(steps: Matrix) -> Matrix:
    """Give the places of a lattice without perspective, from its steps (2x2)."""
    places = np.eye(3)
    places[:2, :2] = steps
    return places


def straightened(picture: NDArray[np.float32], places: Matrix, tile: int = TILE) -> NDArray[np.float32]:
    """Draw the picture with upright tiles of `tile` pixels, a corner of four in its centre."""
    import cv2

    high, wide = picture.shape
    corners = np.array([[y, x, 1.0] for y in (-high / 2, high / 2) for x in (-wide / 2, wide / 2)])
    found = corners @ np.linalg.inv(places).T
    extent = np.abs(found[:, :2] / np.maximum(found[:, 2:], 0.2)).max(axis=0)
    rows, columns = (2 * int(np.ceil(min(side, MOST_TILES) * tile)) for side in extent)
    swap = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])  # OpenCV counts across first
    into = np.array([[1.0, 0, (wide - 1) / 2], [0, 1, (high - 1) / 2], [0, 0, 1]])
    out_of = np.array([[1 / tile, 0, -(columns - 1) / 2 / tile], [0, 1 / tile, -(rows - 1) / 2 / tile], [0, 0, 1]])
    matrix = into @ swap @ places @ swap @ out_of
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if np.allclose(places[2, :2], 0):
        return np.asarray(cv2.warpAffine(picture, matrix[:2], (columns, rows), flags=flags), np.float32)
    return np.asarray(cv2.warpPerspective(picture, matrix, (columns, rows), flags=flags), np.float32)
