"""A picture whose tiles are known to lie anyhow is drawn so that they stand upright."""

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.watermark.carriers import lines
from countermark.watermark.reading import SHORT_SIDE, fold
from countermark.watermark.reading import TILE as UPRIGHT
from countermark.watermark.straighten import MOST_TILES, TILE, flat, leaned, straightened

from .test_lattice import turned
from .test_reading import VALUES, likeness, said

REACH = max(int(np.abs(axis).max()) for axis in lines())


def pattern_at(places: NDArray[np.float64]) -> NDArray[np.float32]:
    """The pattern at places (2, many), in tiles down and across from its middle: the sum of its lines."""
    down, across = (np.exp(2j * np.pi * np.outer(np.arange(-REACH, REACH + 1), axis)) for axis in places)
    spectrum = np.zeros((2 * REACH + 1, 2 * REACH + 1), np.complex64)
    y, x = lines()
    spectrum[y + REACH, x + REACH] = VALUES
    return np.asarray(((spectrum.T @ down) * across).sum(axis=0).real, np.float32)


@pytest.mark.parametrize(
    "steps", [np.eye(2) * UPRIGHT, turned(80, 20), turned(110, -75), turned(90, 12, 1.3)], ids=["as it was", *"abc"]
)
def test_tiles_stand_upright(steps: NDArray[np.float64]) -> None:
    rows, columns = np.mgrid[:SHORT_SIDE, :512]
    places = np.linalg.inv(steps) @ np.stack([(rows - 191.5).ravel(), (columns - 255.5).ravel()])
    picture = pattern_at(places).reshape(SHORT_SIDE, 512)
    assert likeness(said(fold(straightened(picture, flat(steps)), TILE)), VALUES) > 0.95


@pytest.mark.parametrize("lean", [(0.0, 0.2), (-0.15, 0.1)])
def test_leaning_tiles_stand_upright(lean: tuple[float, float]) -> None:
    places = leaned((SHORT_SIDE, 512), lean) @ flat(turned(85, 6))
    rows, columns = np.mgrid[:SHORT_SIDE, :512]
    spots = np.linalg.inv(places) @ np.stack([(rows - 191.5).ravel(), (columns - 255.5).ravel(), np.ones(rows.size)])
    picture = pattern_at(spots[:2] / spots[2]).reshape(SHORT_SIDE, 512)
    assert likeness(said(fold(straightened(picture, places), TILE)), VALUES) > 0.95


def test_steps_of_next_to_nothing_make_no_endless_picture() -> None:
    picture = np.zeros((384, 512), np.float32)
    assert max(straightened(picture, flat(np.eye(2))).shape) <= 2 * MOST_TILES * TILE
