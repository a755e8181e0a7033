"""What is too small, too thin or too short is said before anything is done."""

from fractions import Fraction

import pytest

from countermark.errors import TooSmall
from countermark.media.facts import Geometry
from countermark.watermark import FLOOR, check_room

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
