import numpy as np
import pytest

from countermark.generator.sketch.engine import Engine, Given

PROMPT = "a large red ball over the sea by day"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


def difference(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - two).mean())


def psnr(one: np.ndarray, two: np.ndarray) -> float:
    return float(-10 * np.log10(((one.astype(float) - two) ** 2).mean() / 255**2))


def test_a_seed_gives_the_same_frames_again(engine: Engine) -> None:
    one, same, other = (engine.make(PROMPT, seed=seed, steps=3) for seed in (1, 1, 2))
    assert one.shape == (25, 128, 128, 3) and one.dtype == np.uint8
    assert (one == same).all()
    assert difference(one, other) > 1


@pytest.mark.parametrize(("height", "width", "frames"), [(96, 176, 25), (176, 96, 9), (128, 128, 1)])
def test_shapes_and_lengths(engine: Engine, height: int, width: int, frames: int) -> None:
    made = engine.make(PROMPT, height=height, width=width, frames=frames, steps=2)
    assert made.shape == (frames, height, width, 3)


def test_a_size_that_it_has_no_tokens_for_is_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="sides of 16n"):
        engine.make(PROMPT, height=100, steps=2)


def test_the_words_and_what_is_not_wanted_change_the_picture(engine: Engine) -> None:
    plain = engine.make(PROMPT, steps=4)
    assert difference(plain, engine.make("a small green star over a desert at night", steps=4)) > 5
    assert difference(plain, engine.make(PROMPT, steps=4, negative="night")) > 0.5


def test_progress_ends_with_all_of_it(engine: Engine) -> None:
    told: list[float] = []
    engine.make(PROMPT, steps=4, told=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    """A clip that it could have been taught."""
    from countermark.bench.generator.rendered.clips import clip

    return clip("square", 3, held_out=True)[1]


def test_a_given_first_picture_stays(engine: Engine, drawn: np.ndarray) -> None:
    made = engine.make(PROMPT, steps=6, given=Given(first=drawn[0]))
    assert psnr(made[0], drawn[0]) >= 25


def test_a_clip_that_goes_on_begins_with_what_was_given(engine: Engine, drawn: np.ndarray) -> None:
    made = engine.make(PROMPT, steps=6, given=Given(begun=drawn[:9]))
    assert psnr(made[0], drawn[0]) >= 25
    unlike = engine.make(PROMPT, steps=6)
    assert difference(made[8], drawn[8]) < 0.5 * difference(unlike[8], drawn[8])


def test_a_keyframe_draws_the_clip_towards_it(engine: Engine, drawn: np.ndarray) -> None:
    free = engine.make(PROMPT, steps=8, given=Given(first=drawn[0]))
    held = engine.make(PROMPT, steps=8, given=Given(first=drawn[0], ends={3: drawn[24]}))
    assert difference(held[24], drawn[24]) < difference(free[24], drawn[24])


def test_the_less_strength_the_nearer_to_the_clip(engine: Engine, drawn: np.ndarray) -> None:
    near, far = (
        engine.make("a desert at night", steps=8, given=Given(over=drawn, strength=strength)) for strength in (0.2, 0.9)
    )
    assert difference(near, drawn) < difference(far, drawn)
