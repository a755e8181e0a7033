"""What the lines of a tile say stays as a picture is scaled, and swaps places as it is mirrored or turned."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.watermark import OPEN_KEY
from countermark.watermark.carriers import TILES, layout, lines, synthesise
from countermark.watermark.code import encode
from countermark.watermark.reading import (
    CALM,
    CUT,
    IDENTITY,
    OUTLIER,
    SHORT_SIDE,
    TILE,
    TURNS,
    Spectrum,
    fold,
    small,
    whiten,
)

from .copies import PAYLOAD, laid
from .scenes import scene

VALUES = layout(OPEN_KEY, 0).spread(encode(PAYLOAD, OPEN_KEY))


def drawn(high: int = SHORT_SIDE, wide: int = SHORT_SIDE * 4 // 3) -> NDArray[np.float32]:
    """The pattern itself, of rms 1."""
    pattern = synthesise(VALUES, (high, wide), (TILES * high / SHORT_SIDE, TILES * wide / SHORT_SIDE))
    return pattern / pattern.std()


def said(points: NDArray[np.complex64], turn: NDArray[np.float64] = IDENTITY) -> NDArray[np.complex64]:
    """The numbers on the lines, as they are."""
    down, across = (turn @ np.stack(lines())).round().astype(int)
    return points[2 * down, 2 * across]


def likeness(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> float:
    return float(np.vdot(one, other).real / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("size", [(384, 512), (385, 512), (384, 511), (385, 511), (700, 384)])
def test_lines_come_back_from_any_shape(size: tuple[int, int]) -> None:
    assert likeness(said(fold(drawn(*size))), VALUES) > 0.97


@pytest.mark.parametrize("turn", range(8))
def test_mirrors_and_quarter_turns_swap_lines_exactly(turn: int) -> None:
    picture = whiten(scene(512, 384, 1)[0].astype(np.float32))
    upright, other = fold(picture), fold(laid(picture, turn))
    matrix = next(m for m in TURNS if likeness(said(other, m), said(upright)) > 0.9)
    assert np.allclose(said(other, matrix), said(upright), rtol=1e-3, atol=1e-3 * np.abs(said(upright)).max())


def test_the_eight_ways_are_different() -> None:
    assert len({tuple(turn.ravel().round().astype(int)) for turn in TURNS}) == 8
    assert all(abs(abs(np.linalg.det(turn)) - 1) < 1e-9 for turn in TURNS)


@pytest.mark.parametrize("shift", [(0, 10), (7, 0), (-12, 31), (TILE, -TILE)])
def test_a_shift_is_a_phase(shift: tuple[int, int]) -> None:
    pattern = drawn(3 * SHORT_SIDE // 2, 2 * SHORT_SIDE)  # of which the middle is looked at
    middle = pattern[96:-96, 128:-128]
    moved = np.roll(pattern, shift, (0, 1))[96:-96, 128:-128]
    phase = np.exp(-2j * np.pi * (np.array(shift) / TILE @ np.stack(lines())))
    assert likeness(said(fold(moved)), said(fold(middle)) * phase) > 0.97


@pytest.mark.parametrize("scale", [0.4, 0.77, 1.0, 1.9])
def test_scaling_leaves_lines_where_they_are(scale: float) -> None:
    size = (round(512 * scale), round(384 * scale))
    copy = cv2.resize(drawn() * 10 + 100, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    assert min(small(copy).shape) == SHORT_SIDE
    found = said(fold(small(copy)))
    assert likeness(found / np.abs(found), VALUES / np.abs(VALUES)) > 0.97  # small copies lose height, not place


def test_light_and_contrast_change_little() -> None:
    plane = scene(512, 384, 1)[0].astype(np.float32)
    even = whiten(plane)
    lit = whiten(plane * 0.8 + 30)
    assert np.corrcoef(even.ravel(), lit.ravel())[0, 1] > 0.99


def test_an_edge_does_not_shout_and_a_flat_place_is_silent() -> None:
    plane = np.full((384, 512), 60, np.float32)
    assert np.abs(whiten(plane)).max() < 1e-3
    plane[:, 256:] = 220
    assert np.abs(whiten(plane)).max() <= CUT / np.sqrt(CALM)
    assert np.abs(whiten(plane)[:, :200]).max() < 1e-3


def test_noise_is_measured_in_deviations() -> None:
    rng = np.random.default_rng(2)
    numbers = Spectrum.of(fold(rng.normal(0, 7, (384, 512)).astype(np.float32))).lines()
    both = np.concatenate([numbers.real, numbers.imag])
    assert 0.85 < float(both.std()) < 1.1 and abs(float(both.mean())) < 0.2
    assert np.abs(both).max() <= OUTLIER
