"""What makes pictures hard to judge is said, and what cannot be judged is not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from countermark.detector.quality import cannot_judge, remarks, stratum
from tests.detector.readings import reading, video

GOOD = [[0.0] * 8]  # a third of a second
SHORT = video(0.36)


def test_nothing_is_said_of_pictures_that_are_good() -> None:
    seen = reading(GOOD)
    assert (cannot_judge(SHORT, seen), remarks(SHORT, seen), stratum(seen)) == ("", (), "good")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"pictures": 1}, "it showed 1 frame where"),
        ({"pictures": 7}, "it showed 7 frames where it was looked at; 8 are needed"),
        ({"size": (640, 63)}, "its pictures are 640x63 within black bars; 64 pixels are needed"),
        ({"flat": 0.95}, "its pictures show next to nothing"),
    ],
)
def test_what_cannot_be_judged(facts: dict[str, object], why: str) -> None:
    assert cannot_judge(video(), reading(GOOD, **facts)).startswith(why)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"size": (320, 180)}, "small pictures (320x180)"),
        ({"sharpness": 1.0}, "soft pictures"),
        ({"still": 1.0}, "next to nothing moves"),
        ({"still": 0.5}, "many frames repeat"),
        ({"flat": 0.6}, "most of the picture is flat"),
    ],
)
def test_what_makes_it_hard(facts: dict[str, object], said: str) -> None:
    (remark,) = remarks(SHORT, reading(GOOD, **facts))
    assert remark.startswith(said)


def test_a_long_video_says_how_little_of_it_was_seen() -> None:
    slow = video(3 * 3600.0, frame_rate=Fraction(1, 1200), frames=9)
    nine = reading(GOOD)
    nine = replace(nine, frames=tuple(replace(one, seconds=one.seconds * 30000) for one in nine.frames))
    assert remarks(slow, nine)[1:] == ("long: 9 frames of 180 minutes were looked at",)


@pytest.mark.parametrize(("rate", "said"), [(2, True), (3, True), (5, False), (25, False)])
def test_frames_far_apart_are_named(rate: int, said: bool) -> None:
    """Generators write 6 frames a second or more: whoever writes fewer shows what nobody was taught by."""
    seen = reading([[0.0] * 8] * 2)
    seen = replace(
        seen, frames=tuple(replace(f, seconds=f.segment * 40 + f.seconds % 1 * 25 / rate) for f in seen.frames)
    )
    remark = f"few frames a second: they are {1 / rate:.1f} s apart, further than what the detector was taught by"
    assert remarks(SHORT, seen) == ((remark,) if said else ())


def test_where_no_picture_came_it_breaks_off() -> None:
    """Four seconds are told of the file, and what is seen ends before one."""
    assert remarks(video(4.0), reading(GOOD)) == ("broken off: nothing could be judged after 0.3 of 4.0 seconds",)
    assert remarks(video(4.0), reading(GOOD * 4)) == ()


def test_strata_go_by_size_before_sharpness() -> None:
    assert stratum(reading(GOOD, size=(320, 180), sharpness=0.5)) == "small"
    assert stratum(reading(GOOD, sharpness=0.5)) == "soft"
