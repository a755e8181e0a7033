"""A few pictures for people: when, how large, which way up."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import CountermarkError, ReaderDied
from countermark.media import isolation
from countermark.media.key_frames import LONGEST, KeyFrame, KeyFrames, key_frames
from countermark.settings import Limits
from tests import recipes


def opened(frame: KeyFrame) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def counting(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
    """Each brighter than the one before; the upper half is red."""
    for number in range(count):
        picture = np.full((size[1], size[0], 3), 2 * number, np.uint8)
        picture[: size[1] // 2, :, 0] = 250
        yield picture


def test_they_are_spread_and_show_their_moment(tmp_path: Path) -> None:
    clip = recipes.clip(tmp_path / "a.mp4", seconds=4, source=counting)
    found = key_frames(clip, 6, Limits())
    assert len(found.frames) == 6 and (found.size, found.duration_s) == ((320, 240), 4.0)
    gaps = np.diff([frame.seconds for frame in found.frames])
    assert gaps.min() > 0.5 and found.frames[0].seconds < 0.6
    for frame in found.frames:
        shown = opened(frame)
        assert shown.shape == (240, 320, 3), "never made larger"
        assert abs(float(shown[200, 160].mean()) - 2 * round(25 * frame.seconds)) < 6


def test_moments_that_count_are_among_them(tmp_path: Path) -> None:
    clip = recipes.clip(tmp_path / "a.mp4", seconds=4)
    seconds = [frame.seconds for frame in key_frames(clip, 6, Limits(), (3.1, 3.3, 3.1, 99.0)).frames]
    assert len(seconds) == 6 and {3.08, 3.28, 3.96} <= {*seconds}
    assert seconds[0] < 0.5, "the others are far from these"
    assert [f.seconds for f in key_frames(clip, 2, Limits(), (1.0, 2.0, 3.0)).frames] == [1.0, 2.0]


@pytest.mark.parametrize(("size", "rotation"), [((1280, 720), 0), ((854, 480), 90), ((1920, 64), 0)])
def test_they_are_small_and_upright(tmp_path: Path, size: tuple[int, int], rotation: int) -> None:
    clip = recipes.clip(tmp_path / "a.mp4", size=size, seconds=0.2, rotation=rotation, source=counting)
    found = key_frames(clip, 2, Limits())
    high, wide = opened(found.frames[0]).shape[:2]
    assert (wide > high) == (not rotation) and 0.95 * LONGEST <= max(wide, high) <= LONGEST
    assert abs(wide / high - found.size[0] / found.size[1]) < 0.05 * wide / high
    red = opened(found.frames[0])[..., 2]
    parts = (red[:, : wide // 3], red[:, -wide // 3 :]) if rotation else (red[: high // 3], red[-high // 3 :])
    assert np.median(parts[0]) > 200 > 100 > np.median(parts[1])


def test_a_video_of_one_picture_gives_one(tmp_path: Path) -> None:
    found = key_frames(recipes.clip(tmp_path / "a.mp4", seconds=0.04), 6, Limits(), (0.0, 5.0))
    assert [frame.seconds for frame in found.frames] == [0.0]


def test_what_shows_nothing_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(CountermarkError, match="sound alone"):
        key_frames(recipes.sound_only(tmp_path / "tone.m4a"), 6, Limits())


@pytest.mark.parametrize(
    "answer",
    [
        {"frames": [[0.0, "PHNjcmlwdD4="]], "duration_s": 1.0, "size": [64, 48]},
        {"frames": [[2.0, "/9j/"], [1.0, "/9j/"]], "duration_s": 1.0, "size": [64, 48]},
        {"frames": [[1e999, "/9j/"]], "duration_s": 1.0, "size": [64, 48]},
        {"frames": [[0.0, "/9j/"]] * 7, "duration_s": 1.0, "size": [64, 48]},
        {"frames": [], "duration_s": 1.0, "size": [0, 48]},
        {"frames": "abc"},
        [],
    ],
)
def test_a_child_that_lies_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    monkeypatch.setattr(isolation, "run", lambda *given, **how: answer)
    with pytest.raises(ReaderDied, match="nonsense"):
        key_frames(tmp_path / "a.mp4", 6, Limits())


def test_the_nearest_is_found() -> None:
    frames = tuple(KeyFrame(float(second), b"\xff\xd8\xff") for second in range(3))
    assert KeyFrames(frames, 3.0, (2, 2)).nearest(1.4) == frames[1]
    assert KeyFrames((), 3.0, (2, 2)).nearest(1.4) is None
