"""Pilots say key, variant, turn and shift; on noise they say nothing in particular."""

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.watermark import OPEN_KEY, MarkKey
from countermark.watermark.alignment import GRAIN, anywhere, in_place
from countermark.watermark.carriers import TILES, layout, synthesise
from countermark.watermark.code import decode, encode
from countermark.watermark.keys import VARIANTS
from countermark.watermark.reading import SHORT_SIDE, TURNS, Spectrum, fold

from .copies import OTHER_KEY, PAYLOAD, key_of, laid


def pattern(key: MarkKey, payload: str = PAYLOAD, seed: int = 1) -> NDArray[np.float32]:
    """A mark as strong as the noise that it lies in, larger than the picture by half."""
    size, tiles = (3 * SHORT_SIDE // 2, 2 * SHORT_SIDE), (1.5 * TILES, 2 * TILES)
    drawn = synthesise(layout(key, key.variant(payload)).spread(encode(payload, key)), size, tiles)
    return drawn / drawn.std() + np.random.default_rng(seed).normal(size=size).astype(np.float32)


def middle(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return picture[96:-96, 128:-128]


@pytest.mark.parametrize("turn", range(8))
@pytest.mark.parametrize("key", [OPEN_KEY, OTHER_KEY], ids=["open", "other"])
def test_the_best_is_the_one_that_was_written(key: MarkKey, turn: int) -> None:
    spectrum = Spectrum.of(fold(laid(middle(pattern(key)), turn)))
    alignment = in_place(spectrum, (key_of("neither"), OTHER_KEY, OPEN_KEY))[0]
    assert (alignment.key, alignment.variant) == (key, key.variant(PAYLOAD))
    assert decode(alignment.soft(spectrum), key, alignment.variant).payload == PAYLOAD
    assert alignment.standing(spectrum) == pytest.approx(alignment.score, rel=1e-4)


@pytest.mark.parametrize("shift", [(0, 0), (11, 40), (-30, 7)])
@pytest.mark.parametrize("turn", [0, 3, 6])
def test_shifts_are_found(shift: tuple[int, int], turn: int) -> None:
    moved = laid(middle(np.roll(pattern(OPEN_KEY), shift, (0, 1))), turn)
    spectrum = Spectrum.of(fold(moved))
    alignment = anywhere(spectrum, (OPEN_KEY,))[0]
    assert alignment.variant == OPEN_KEY.variant(PAYLOAD)
    assert decode(alignment.soft(spectrum), OPEN_KEY, alignment.variant).payload == PAYLOAD
    found = np.array(alignment.shift)
    wanted = TURNS[alignment.turn] @ (np.array(shift) / 96)
    apart = (found - wanted + 0.5) % 1 - 0.5
    assert np.abs(apart).max() < 2 / GRAIN + 0.01


def test_every_way_is_given_once() -> None:
    spectrum = Spectrum.of(fold(middle(pattern(OPEN_KEY))))
    for ways in (in_place, anywhere):
        found = ways(spectrum, (OPEN_KEY, OTHER_KEY))
        assert len({(one.key.name, one.variant, one.turn) for one in found}) == len(found) == 2 * VARIANTS * len(TURNS)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_on_noise_scores_are_deviations() -> None:
    scores = []
    for seed in range(4):
        noise = np.random.default_rng(seed).normal(size=(384, 512)).astype(np.float32)
        scores += [one.score for one in in_place(Spectrum.of(fold(noise)), (OPEN_KEY, OTHER_KEY))]
    assert 0.8 < float(np.std(scores)) < 1.2 and abs(float(np.mean(scores))) < 0.3
