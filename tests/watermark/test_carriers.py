"""The lines of a tile, and the pattern that is drawn of them."""

import cv2
import numpy as np
import pytest

from countermark.watermark import OPEN_KEY
from countermark.watermark.carriers import (
    LEAST_RADIUS,
    LINES,
    PILOTS,
    TILES,
    Layout,
    layout,
    lines,
    pilots,
    synthesise,
)
from countermark.watermark.code import CODED_BITS, encode
from countermark.watermark.keys import VARIANTS
from countermark.watermark.reading import SHORT_SIDE, Spectrum, fold

from .copies import OTHER_KEY, PAYLOAD


def test_of_each_line_and_its_opposite_there_is_one_and_none_is_left_out_below_the_highest() -> None:
    down, across = lines()
    pairs = set(zip(down.tolist(), across.tolist(), strict=True))
    radius = np.hypot(down, across)
    assert len(pairs) == LINES and radius.min() >= LEAST_RADIUS
    assert not pairs & {(-y, -x) for y, x in pairs}
    reach = int(radius.max()) + 1
    for y in range(-reach, reach + 1):
        for x in range(-reach, reach + 1):
            if LEAST_RADIUS <= np.hypot(y, x) < radius.max() - 1e-6:
                assert (y, x) in pairs or (-y, -x) in pairs


def test_pilots_and_coded_bits_share_no_number() -> None:
    for variant in range(VARIANTS):
        kind = layout(OPEN_KEY, variant)
        taken = set(kind.carriers.tolist())
        assert len(taken) == CODED_BITS and len(set(pilots().tolist())) == PILOTS
        assert not taken & {2 * line + part for line in pilots().tolist() for part in (0, 1)}


def test_what_is_spread_is_gathered() -> None:
    coded = encode(PAYLOAD, OPEN_KEY)
    kind = layout(OPEN_KEY, 3)
    assert np.array_equal(np.sign(kind.gather(kind.spread(coded))), coded)


def test_no_two_variants_or_keys_read_each_other() -> None:
    coded = encode(PAYLOAD, OPEN_KEY)
    written = layout(OPEN_KEY, 0).spread(coded)
    others = [layout(OPEN_KEY, variant) for variant in range(1, VARIANTS)] + [layout(OTHER_KEY, 0)]
    for other in others:
        assert abs(float(np.mean(np.sign(other.gather(written)) * coded))) < 5 / np.sqrt(CODED_BITS)


def _said(kind: Layout, size: tuple[int, int]) -> float:
    """How well a drawn pattern says its lines, seen at the size that is measured."""
    high, wide = size
    values = kind.spread(encode(PAYLOAD, OPEN_KEY))
    short = min(size)
    drawn = synthesise(values, size, (TILES * high / short, TILES * wide / short))
    seen = cv2.resize(drawn, (round(wide * SHORT_SIDE / short), round(high * SHORT_SIDE / short)))
    found = fold(seen)[2 * kind.down, 2 * kind.across]
    return float(np.abs(np.vdot(found, values)) / np.linalg.norm(found) / np.linalg.norm(values))


@pytest.mark.parametrize("size", [(384, 384), (240, 320), (321, 243), (720, 1280), (131, 509)])
def test_a_pattern_of_any_size_has_the_same_lines(size: tuple[int, int]) -> None:
    assert _said(layout(OPEN_KEY, 0), size) > 0.97


def test_pixels_that_are_not_square_are_drawn_so_that_tiles_are() -> None:
    """Half as many columns, each twice as wide."""
    values = layout(OPEN_KEY, 0).spread(encode(PAYLOAD, OPEN_KEY))
    square = synthesise(values, (384, 512), (TILES, TILES * 512 / 384))
    narrow = synthesise(values, (384, 256), (TILES, TILES * 512 / 384))
    wide = cv2.resize(narrow, (512, 384), interpolation=cv2.INTER_CUBIC)
    assert np.corrcoef(wide.ravel(), square.ravel())[0, 1] > 0.97


def test_the_middle_of_the_picture_is_a_corner_of_the_tiles() -> None:
    values = np.ones(LINES, np.complex64)  # all cosines: the pattern's greatest place is where tiles begin
    drawn = synthesise(values, (385, 513), (TILES, TILES * 513 / 385))
    assert abs(drawn[192, 256] - drawn.max()) < 0.01 * drawn.max()
    assert Spectrum.of(fold(drawn, 96)).lines().real.min() > 0
