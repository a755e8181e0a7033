"""Heat lies where squares speak for it; where none looked there is none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from countermark.detector.report.heat_map import LEGEND, LONGEST, SHORTEST, colours, draw, spread
from countermark.evidence.judges import FrameLook, TileLook

HOT, COLD = TileLook(0, 0, 128, 128, 0.95), TileLook(384, 128, 128, 128, 0.05)


def _drawn(picture: np.ndarray, *tiles: TileLook) -> np.ndarray:
    with Image.open(io.BytesIO(draw(picture, FrameLook(1.25, 0.9, tiles)))) as image:
        return np.asarray(image.convert("RGB"), np.int16)


def test_hot_squares_are_warm_cold_ones_blue_and_others_plain() -> None:
    drawn = _drawn(np.full((360, 640, 3), 128, np.uint8), HOT, COLD)
    hot, cold = drawn[64, 64], drawn[192, 448]
    assert hot[0] > hot[2] + 40 and cold[2] > cold[0] + 20
    assert hot.sum() > cold.sum() + 100, "light and dark tell it too"
    plain = drawn[200:360, 0:300].reshape(-1, 3)
    assert (plain.max(axis=1) == plain.min(axis=1)).all(), "no colour where nothing looked"
    assert len(np.unique(plain[:, 0])) == 2, "it is hatched"


def test_colours_grow_lighter_all_the_way() -> None:
    levels = colours(np.linspace(0, 1, 50)) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(levels) > 0).all()


def test_overlapping_squares_are_averaged() -> None:
    heat, covered = spread((TileLook(0, 0, 128, 128, 1.0), TileLook(0, 0, 128, 128, 0.0)), 256, 128)
    assert heat[covered] == pytest.approx(0.5, abs=1e-4)
    assert covered[:, :8].all() and not covered[:, 8:].any()


@pytest.mark.parametrize(
    ("size", "drawn"),
    [((3840, 2160), (LONGEST, 540)), ((640, 360), (640, 360)), ((96, 64), (SHORTEST, 320)), ((70, 700), (70, 700))],
)
def test_pictures_of_any_size_are_drawn_at_one_that_can_be_seen(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    assert _drawn(picture, TileLook(0, 0, 128, 128, 0.5)).shape == (drawn[1] + LEGEND, drawn[0], 3)


def test_the_legend_says_when_and_what_colours_mean() -> None:
    strip = _drawn(np.zeros((360, 640, 3), np.uint8), HOT)[360:]
    assert (strip.max(axis=2) - strip.min(axis=2) > 100).sum() > 500, "a bar of all colours"
    assert (strip.min(axis=2) > 200).sum() > 100, "and words"
