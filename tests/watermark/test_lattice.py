"""Tiles are found by their repeating: turned, scaled, stretched, in textured noise; and no key is needed."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from countermark.watermark.carriers import LINES, TILES, synthesise
from countermark.watermark.lattice import LEAST_STEP, MOST_STEP, STRETCHED_MOST, Agreement, Lattice, find, settle
from countermark.watermark.reader import LATTICES, LEAST_LATTICE
from countermark.watermark.reading import whiten

from .scenes import scene

HIGH, WIDE = 320, 400
SETTLED = 0.02  # of a tile, over REACH tiles: what a straightened picture can do with


def repeating(steps: NDArray[np.float64], seed: int = 1, strength: float = 4.0) -> NDArray[np.float32]:
    """Lines of random numbers, of no key, whose tiles have these steps, on a texture; whitened."""
    rng = np.random.default_rng(seed)
    values = (rng.choice([-1, 1], LINES) + 1j * rng.choice([-1, 1], LINES)).astype(np.complex64)
    side = 1024
    tiles = side / 80
    sheet = synthesise(values, (side, side), (tiles, tiles))
    onto = (steps / 80)[::-1, ::-1]  # OpenCV counts across first
    middle = np.array([(WIDE - 1) / 2, (HIGH - 1) / 2]) - onto @ np.full(2, (side - 1) / 2)
    drawn = cv2.warpAffine(sheet, np.concatenate([onto, middle[:, None]], 1), (WIDE, HIGH), flags=cv2.INTER_LINEAR)
    pictures = scene(WIDE, HIGH, 1, seed)
    return whiten(pictures[0].astype(np.float32) + strength * np.asarray(drawn / drawn.std(), np.float32))


def turned(step: float, degrees: float, stretch: float = 1.0) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    spin = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return np.asarray(spin @ np.diag([step, step * stretch]))


def same(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> bool:
    """Whether two pairs of steps reach the same places."""
    change = np.linalg.solve(wanted, found)
    return bool(np.abs(change - change.round()).max() < SETTLED and abs(abs(np.linalg.det(change.round())) - 1) < 0.1)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(step=st.floats(0.16, 0.42), degrees=st.floats(-180, 180), seed=st.integers(1, 50))
def test_turned_and_scaled_tiles_are_found(step: float, degrees: float, seed: int) -> None:
    wanted = turned(step * HIGH, degrees)
    found = find(Agreement(repeating(wanted, seed)), LATTICES)
    assert any(same(lattice.steps, wanted) and lattice.score > LEAST_LATTICE for lattice in found)


@pytest.mark.parametrize(("stretch", "degrees"), [(1.3, 0), (0.72, 0), (1.25, 25)])
def test_stretched_tiles_are_found(stretch: float, degrees: float) -> None:
    wanted = turned(0.24 * HIGH, degrees, stretch)
    assert any(same(lattice.steps, wanted) for lattice in find(Agreement(repeating(wanted)), LATTICES))


def test_the_best_come_first_and_none_twice() -> None:
    found = find(Agreement(repeating(turned(80, 10))), LATTICES)
    scores = [lattice.score for lattice in found]
    assert scores == sorted(scores, reverse=True) and 1 <= len(found) <= LATTICES
    assert not any(same(one.steps, other.steps) for i, one in enumerate(found) for other in found[:i])
    for lattice in found:
        assert np.linalg.norm(lattice.steps, axis=0).min() > 0.9 * LEAST_STEP * HIGH
        assert np.linalg.norm(lattice.steps, axis=0).max() < 2 * STRETCHED_MOST * MOST_STEP * HIGH


def test_settling_brings_steps_to_their_peak() -> None:
    wanted = turned(82.0, 17.0)
    agreement = Agreement(repeating(wanted))
    off = wanted * 1.008
    best = settle(agreement, Lattice(off, float(agreement.score(off[None])[0])))
    assert np.abs(best.steps - wanted).max() < np.abs(off - wanted).max() / 2
    assert best.score > float(agreement.score(off[None])[0])


def test_a_texture_agrees_with_itself_less_than_tiles_do() -> None:
    plain = find(Agreement(repeating(turned(80, 30), strength=0.0)), 1)[0]
    assert plain.score < find(Agreement(repeating(turned(80, 30))), 1)[0].score / 2


def test_whole_tiles_of_a_quarter_are_what_a_whole_picture_has() -> None:
    assert LEAST_STEP < 1 / TILES < MOST_STEP


def test_beyond_the_edge_there_is_nothing() -> None:
    agreement = Agreement(repeating(turned(80, 0)))
    assert agreement.at(np.array([[0.0, 4.0 * agreement.middle]]))[0] == 0
