from fractions import Fraction

import numpy as np

from countermark.generator.sketch.finishing import finished


def square_at(place: float) -> np.ndarray:
    frame = np.full((64, 64, 3), 40, np.uint8)
    frame[24:40, int(place) : int(place) + 16] = 220
    return frame


def middle(frame: np.ndarray) -> float:
    bright = frame[..., 0] > 130
    return float(np.nonzero(bright)[1].mean())


def test_between_two_frames_what_moves_is_between() -> None:
    made = list(finished([square_at(10), square_at(18)], 12, Fraction(24), (64, 64), 3))
    places = [middle(frame) for frame in made]
    assert places[0] == 17.5 and places[2] == 25.5
    assert abs(places[1] - 21.5) < 1.5
    assert made[1].max() > 180  # moved, not faded


def test_size_rate_and_length_are_as_asked() -> None:
    own = [square_at(number) for number in range(4)]
    made = list(finished(own, 12, Fraction(30), (90, 60), 9))
    assert len(made) == 9 and made[0].shape == (60, 90, 3)


def test_the_last_frame_stays_when_no_more_come() -> None:
    made = list(finished([square_at(3), square_at(8)], 12, Fraction(12), (64, 64), 5))
    assert (made[1] == made[4]).all() and not (made[0] == made[1]).all()


def test_its_own_rate_leaves_frames_as_they_are() -> None:
    own = [square_at(number * 5) for number in range(3)]
    made = list(finished(own, 12, Fraction(12), (64, 64), 3))
    assert all((one == other).all() for one, other in zip(own, made, strict=True))
