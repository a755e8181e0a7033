"""What is too small, too thin or too short is said before anything is done."""

from fractions import Fraction

import pytest

from countermark.errors import TooSmall
from countermark.media.facts import Geometry
from countermark.watermark import FLOOR, check_room
from countermark.watermark.room import hopeless

LEAST = FLOOR.short_side


@pytest.mark.parametrize(
    ("geometry", "frames"),
    [
        (Geometry(LEAST - 1, 720), None),
        (Geometry(1280, LEAST - 1, rotation=90), None),
        (Geometry(int(FLOOR.aspect * 200) + 1, 200), None),
        (Geometry(320, LEAST // 2 - 1, sample_aspect=Fraction(1, 2)), None),
        (Geometry(320, 240), FLOOR.frames - 1),
    ],
)
def test_too_small_is_said_with_advice(geometry: Geometry, frames: int | None) -> None:
    with pytest.raises(TooSmall) as caught:
        check_room(geometry, frames)
    assert caught.value.advice


@pytest.mark.parametrize(
    "geometry", [Geometry(LEAST, LEAST), Geometry(720, 576, sample_aspect=Fraction(16, 11)), Geometry(3840, 2160)]
)
def test_enough_room(geometry: Geometry) -> None:
    check_room(geometry, FLOOR.frames)


@pytest.mark.parametrize(
    ("high", "wide", "said"), [(100, 500, False), (500, 100, False), (10, 201, True), (201, 10, True)]
)
def test_only_threads_are_not_looked_at(high: int, wide: int, said: bool) -> None:
    assert hopeless(high, wide) is said
