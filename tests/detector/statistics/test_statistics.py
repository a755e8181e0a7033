"""Whether the numbers say what their names promise, on pictures of which that is known."""

import cv2
import numpy as np
import pytest

from countermark.detector import statistics
from countermark.detector.statistics import motion, residuals


def _ground(high: int = 200, wide: int = 200, seed: int = 1) -> np.ndarray:
    """A soft scene, as large as asked for, without noise."""
    rough = np.random.default_rng(seed).uniform(20, 230, (high // 8 + 2, wide // 8 + 2, 3)).astype(np.float32)
    return cv2.resize(rough, (wide, high), interpolation=cv2.INTER_CUBIC)


def _shown(pixels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def _moved(places: list[tuple[float, float]]) -> list[np.ndarray]:
    """The scene, seen from a camera that goes from place to place."""
    ground = _ground(320, 320)
    return [
        _shown(cv2.warpAffine(ground, np.float32([[1, 0, -x - 40], [0, 1, -y - 40]]), (192, 192)))  # type: ignore[call-overload]
        for x, y in places
    ]


def _number(name: str, pictures: list[np.ndarray]) -> float:
    return float(statistics.measure(pictures)[statistics.NAMES.index(name)])


def test_each_number_has_one_name() -> None:
    assert len(set(statistics.NAMES)) == len(statistics.NAMES)
    measured = statistics.measure(_moved([(i, 0) for i in range(8)]))
    assert measured.shape == (len(statistics.NAMES),)
    assert np.isfinite(measured).all()


@pytest.mark.parametrize("shape", [(64, 64), (40, 90), (65, 211), (300, 70)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_small_and_empty_pictures_are_measured_too(shape: tuple[int, int], level: int) -> None:
    empty = [np.full((*shape, 3), level, np.uint8)] * 3
    assert np.isfinite(statistics.measure(empty)).all()


def test_what_lies_around_the_middle_changes_nothing() -> None:
    pictures = [_shown(_ground(512, 512, seed=i)) for i in range(3)]
    framed = [cv2.copyMakeBorder(p, 44, 44, 20, 20, cv2.BORDER_CONSTANT, value=(9, 200, 70)) for p in pictures]
    np.testing.assert_array_equal(statistics.measure(framed), statistics.measure(pictures))


def test_frames_that_are_shown_twice_count_once() -> None:
    pictures = _moved([(2 * i, i) for i in range(5)])
    doubled = [picture for picture in pictures for _ in range(2)]
    assert motion.measure(doubled) == motion.measure(pictures)


def test_a_mirror_changes_no_number_of_a_picture() -> None:
    picture = _shown(_ground(224, 224) + np.random.default_rng(2).normal(0, 3, (224, 224, 3)))
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    np.testing.assert_allclose(residuals.measure(mirrored), residuals.measure(picture), atol=0.02)


def test_a_hand_jerks_and_a_rail_does_not() -> None:
    chance = np.random.default_rng(3)
    rail = _moved([(3.0 * i, 0.0) for i in range(8)])
    hand = _moved([(3.0 * i + chance.normal(0, 2), chance.normal(0, 2)) for i in range(8)])
    assert _number("flow.jerk-share", hand) > _number("flow.jerk-share", rail) + 1


def test_what_stays_in_step_is_told_from_what_comes_anew() -> None:
    chance = np.random.default_rng(4)
    anew = [_shown(_ground() + one) for one in chance.normal(0, 4, (8, 200, 200, 1))]
    growing = [_shown(_ground() * (0.7 + 0.03 * i)) for i in range(8)]
    # Changes that repeat point one way; those between independent grains half undo each other.
    assert _number("second.alike", growing) > 0.5 > -0.3 > _number("second.alike", anew)


def test_noise_that_grows_with_brightness_is_seen() -> None:
    chance = np.random.default_rng(5)
    ground = np.repeat(np.linspace(20, 220, 256, dtype=np.float32)[None, :, None], 256, axis=0)
    grain = chance.normal(0, 1, (256, 256, 1))
    camera = [_shown(np.repeat(ground + grain * (1 + ground / 40), 3, 2))] * 3
    even = [_shown(np.repeat(ground + grain * 4, 3, 2))] * 3
    assert _number("noise.brightness", camera) > 0.7 > 0.3 > abs(_number("noise.brightness", even))


def test_detail_that_was_blown_up_is_missing_at_the_top() -> None:
    chance = np.random.default_rng(6)
    sharp = [_shown(128 + chance.normal(0, 30, (256, 256, 3)))] * 3
    blown = [cv2.resize(picture[:128, :128], (256, 256), interpolation=cv2.INTER_LINEAR) for picture in sharp]
    assert _number("waves.14-14", blown) < _number("waves.14-14", sharp) - 1
    assert _number("waves.2-2", blown) > _number("waves.2-2", sharp) + 1
