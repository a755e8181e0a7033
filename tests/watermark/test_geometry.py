"""What a reader found, in the words of evidence: mirrored first, then stretched and turned."""

import math

import numpy as np
import pytest

from countermark.evidence import MarkGeometry
from countermark.watermark import OPEN_KEY
from countermark.watermark.alignment import Alignment
from countermark.watermark.geometry import described
from countermark.watermark.reading import TILE, TURNS
from countermark.watermark.straighten import flat, leaned

UPRIGHT = Alignment(OPEN_KEY, 0, 0, (0.0, 0.0), 9.0)


def test_an_upright_picture_is_plain() -> None:
    assert described(flat(TILE * np.eye(2)), UPRIGHT, searched=False) == MarkGeometry()


@pytest.mark.parametrize("degrees", [-170.0, -90.0, -33.0, 12.5, 90.0, 135.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turns_and_mirrors_are_told_apart(degrees: float, mirrored: bool) -> None:
    """A pixel that lay right of the middle lies above it after a quarter turn counter-clockwise."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[cos, -sin], [sin, cos]])  # of (down, across)
    steps = 1.2 * TILE * turn @ np.diag([1.0, -1.0 if mirrored else 1.0])
    found = described(flat(steps), UPRIGHT, searched=True)
    assert found == MarkGeometry(scale=1.2, rotation=degrees, mirrored=mirrored, searched=True)
    assert (turn @ np.array([0, 1.0]))[0] == pytest.approx(-sin)


def test_steps_and_turn_add_up() -> None:
    """The same picture, its tiles told another way round."""
    steps = 1.1 * TILE * np.eye(2)
    for number, turn in enumerate(TURNS):
        alignment = Alignment(OPEN_KEY, 0, number, (0.0, 0.0), 9.0)
        assert described(flat(steps @ np.linalg.inv(turn)), alignment, searched=False).scale == 1.1
        assert described(flat(steps @ np.linalg.inv(turn)), alignment, searched=False).rotation == 0


def test_stretch_shift_and_slant() -> None:
    alignment = Alignment(OPEN_KEY, 0, 0, (0.25, -0.5), 9.0)
    places = leaned((384, 512), (0.0, 0.1)) @ flat(TILE * np.diag([1.0, 1.3]))
    found = described(places, alignment, searched=True)
    assert found.stretch == 1.3 and found.shift == (0.0548, -0.1425) and found.perspective
