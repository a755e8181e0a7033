"""What is counted: right answers at their ceiling, shuffled prompts at chance, copies as near, PSNR as defined."""

import numpy as np
import pytest

from countermark.bench.generator.counting import (
    ORDER,
    chance,
    intervals,
    kept,
    named,
    nearest,
    psnr,
    shares,
    shuffled,
)  # fmt: skip
from countermark.bench.generator.looking import Looked, flicker, small
from countermark.bench.generator.prompts import like, prompts
from countermark.bench.generator.rendered.clips import clip

ASKED = prompts(400, 0, True)
KNOWING = Looked(
    {name: np.asarray([one.labels[index] for one in ASKED]) for index, name in enumerate(ORDER)},
    np.zeros((400, 1)), 0.0, np.zeros((0, 5, 1, 1, 3)),
)  # fmt: skip


def test_answers_that_are_what_was_asked_for_are_all_right() -> None:
    assert set(named(shares(KNOWING, ASKED)).values()) == {1.0}
    assert intervals(KNOWING, ASKED).shape.low > 0.98


def test_shuffled_prompts_fall_to_chance() -> None:
    mixed = shuffled(ASKED, 0)
    assert sorted(one.number for one in mixed) == [one.number for one in ASKED]
    assert not any(one is other for one, other in zip(ASKED, mixed, strict=True))
    found, alone = named(shares(KNOWING, mixed)), named(chance(KNOWING, ASKED))
    assert alone["shape"] == pytest.approx(1 / 7, abs=0.02)
    for name, value in found.items():
        assert value == pytest.approx(alone[name], abs=0.08), name


def test_where_nobody_is_nothing_is_asked_of_objects() -> None:
    known = prompts(200, 0, False)
    said = {name: np.asarray([max(0, one.labels[index]) for one in known]) for index, name in enumerate(ORDER)}
    assert any(one.shot.shape is None for one in known)
    assert set(named(shares(Looked(said, KNOWING.small, 0.0, KNOWING.shown), known)).values()) == {1.0}


def test_seeds_draw_other_prompts_and_held_out_ones_were_never_trained() -> None:
    assert {one.number for one in ASKED}.isdisjoint(one.number for one in prompts(400, 1, True))
    assert all(one.shot.held_out for one in ASKED) and not any(one.shot.held_out for one in prompts(50, 0, False))


def test_training_clips_that_share_most_are_found() -> None:
    (number,) = like(ASKED[:1], 1, 300)
    shot, asked = clip("square", number)[0], ASKED[0].shot
    assert sum(getattr(shot, part) == getattr(asked, part) for part in ("colour", "shape", "scene", "camera")) >= 2


def test_a_copy_lies_nearest_to_what_it_copies() -> None:
    rng = np.random.default_rng(1)
    examples = rng.random((20, 30), np.float32)
    near = nearest(np.stack([examples[3], examples[7] + 0.1]), examples)
    assert near[0] == pytest.approx(0, abs=1e-3) and near[1] == pytest.approx(0.1, rel=1e-2)


def test_psnr_and_its_sums() -> None:
    one = np.full((4, 4, 3), 100, np.uint8)
    assert psnr(one + np.uint8(10), one) == pytest.approx(28.13, abs=0.01)
    assert psnr(one, one) == 99
    assert kept([20.0, 30.0, 40.0]).mean == 30


def test_flicker_is_what_shakes_and_not_what_moves_on() -> None:
    times = np.arange(25, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 16, 16, 3), np.uint8)
    shaking = times + (np.arange(25) % 2 * 10).astype(np.uint8)[:, None, None, None]
    assert flicker(times) == 0 and flicker(shaking) == pytest.approx(20)
    assert small(times).shape == (5 * 16 * 16 * 3,)
