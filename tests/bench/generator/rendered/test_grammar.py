"""Combinations and captions: what is held out stays out, and words say what is shown."""

import numpy as np
import pytest

from countermark.bench.generator.rendered.grammar import (
    CAMERAS,
    COLOURS,
    MOTIONS,
    SCENES,
    SHAPES,
    Shot,
    any_shot,
    caption,
    labels,
)  # fmt: skip
from countermark.generator.sketch.words import read

SHOT = Shot("red", "ball", "large", "one", "rises", "sea", "night", "rain", "zoom in")
NOBODY = Shot("red", None, "large", "one", "rises", "hills", "day", "clear", "pan left")


def shots(count: int, held_out: bool | None) -> list[Shot]:
    rng = np.random.default_rng(5)
    return [any_shot(rng, held_out) for _ in range(count)]


def test_about_a_tenth_of_the_combinations_is_held_out() -> None:
    share = np.mean([shot.held_out for shot in shots(2000, None)])
    assert 0.07 < share < 0.13


@pytest.mark.parametrize("held_out", [True, False])
def test_only_what_is_asked_for_is_drawn(held_out: bool) -> None:
    assert {shot.held_out for shot in shots(200, held_out)} == {held_out}


def test_a_held_out_combination_always_shows_something_and_every_value_comes() -> None:
    drawn = shots(800, True)
    assert None not in {shot.shape for shot in drawn}
    assert {shot.shape for shot in drawn} == set(SHAPES)
    for name, values in (("colour", COLOURS), ("motion", MOTIONS), ("scene", SCENES), ("camera", CAMERAS)):
        assert {getattr(shot, name) for shot in drawn} == set(values)


def test_what_is_round_is_not_said_to_spin() -> None:
    assert not [shot for shot in shots(2000, None) if shot.motion == "spins" and shot.shape in ("ball", "ring")]


def test_a_caption_says_everything() -> None:
    assert caption(SHOT) == "a large red ball rises over the sea at night in rain, camera zooms in"
    assert caption(NOBODY) == "green hills by day, camera pans left"


def test_two_shots_that_differ_are_told_apart_by_their_words() -> None:
    drawn = [shot for shot in shots(400, None) if shot.shape is not None]
    assert len({read(caption(shot)).words for shot in drawn}) == len(set(drawn))


def test_the_model_knows_every_word_of_a_caption_however_brief() -> None:
    rng = np.random.default_rng(2)
    assert [read(caption(shot, rng)).warnings for shot in shots(300, None)] == [()] * 300


def test_labels_are_places_in_the_lists_and_minus_one_where_nobody_is() -> None:
    assert labels(SHOT) == (0, 0, 2, 0, 2, 0, 2, 1, 5)
    assert labels(NOBODY) == (-1, -1, -1, -1, -1, 1, 0, 0, 1)
