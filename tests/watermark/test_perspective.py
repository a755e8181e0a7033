"""How a picture leans is found by the repeating of its tiles."""

import numpy as np
import pytest

from countermark.watermark.lattice import Agreement, find
from countermark.watermark.perspective import GRAIN, leaning, unleaned
from countermark.watermark.straighten import leaned

from .test_lattice import repeating, same, turned


@pytest.mark.parametrize("lean", [(0.0, 0.2), (-0.15, 0.1)])
def test_a_lean_is_found_and_undone(lean: tuple[float, float]) -> None:
    steps = turned(75, 4)
    flat = repeating(steps, strength=8.0)
    places = leaned(flat.shape, lean)
    seen = unleaned(flat, np.linalg.inv(places))
    found = leaning(seen)
    assert np.abs((found - places)[2, :2] * np.array(seen.shape) / 2).max() < GRAIN
    back = unleaned(seen, found)
    assert any(same(lattice.steps, steps) for lattice in find(Agreement(back, isolated=True), 3))


def test_no_lean_changes_nothing() -> None:
    picture = repeating(turned(75, 0))
    assert np.allclose(unleaned(picture, leaned(picture.shape, (0.0, 0.0))), picture, atol=1e-4)


def test_a_lean_is_told_in_shares_of_depth_at_the_edges() -> None:
    places = leaned((200, 300), (0.1, -0.2))
    assert places @ np.array([100.0, 0, 1]) == pytest.approx([100.0, 0, 1.1])
    assert places @ np.array([0.0, 150, 1]) == pytest.approx([0.0, 150, 0.8])
