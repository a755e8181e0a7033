"""Where the detector looks, and what it keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark.detector.looker import LENGTH, PACE, SEGMENTS, Looker, Reading
from countermark.detector.quality import NOTHING_MOVES
from countermark.media import Plan, View, probe, show
from countermark.settings import Limits
from tests import recipes
from tests.detector.readings import video


class Redness:
    """Reads tile pairs: how red the first is says the logit, and both the embedding."""

    def read(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        means = pairs.mean(axis=(2, 3)).reshape(len(pairs), 6).astype(np.float32)
        return means[:, [0, 2]] / 100, means / 255


def _looked(path: Path) -> tuple[Reading, Looker]:
    seen, looker = probe(path, Limits()), Looker(Redness())
    for _, view in show(seen, (looker.plan(seen),), limits=Limits()):
        looker.see(view)
    return looker.reading(), looker


@pytest.mark.parametrize("rate", [6, 8, 16, 24, 25, Fraction(30000, 1001), 60, 120])
def test_a_video_is_looked_at_in_a_few_places_at_a_common_pace(rate: Fraction | int) -> None:
    plan = Looker(Redness()).plan(video(20.0, frame_rate=Fraction(rate), frames=int(20 * rate)))
    assert len(plan.times_s) == SEGMENTS * (LENGTH + 1)
    steps = np.diff(plan.times_s).reshape(-1)
    within = np.sort(steps)[: -(SEGMENTS - 1)]
    assert np.allclose(within, within[0]), "every segment at one pace"
    assert 1 / (1.6 * PACE) < within[0] < 1.6 / min(PACE, rate)
    assert plan.times_s[0] < 5 and plan.times_s[-1] > 15


@pytest.mark.parametrize("frames", [1, 2, 7, 8, 9, 10, 26, 27, 28, 300])
def test_however_few_frames_there_are_none_is_asked_for_that_is_not(frames: int) -> None:
    plan = Looker(Redness()).plan(video(frames / 25, frames=frames))
    numbers = [int(time * 25) for time in plan.times_s]
    assert numbers == sorted(set(numbers)) and 0 <= numbers[0] and numbers[-1] < frames
    assert len(numbers) >= min(frames, LENGTH)


def test_hours_are_sampled() -> None:
    plan = Looker(Redness()).plan(video(5 * 3600.0, frames=None))
    assert len(plan.times_s) == SEGMENTS * (LENGTH + 1) and plan.times_s[-1] > 3.5 * 3600


def test_places_move_and_stay_within_the_picture(tmp_path: Path) -> None:
    seen, _ = _looked(recipes.clip(tmp_path / "clip.mp4", size=(640, 360), seconds=5))
    places = [place for frame in seen.frames for place in frame.places]
    assert len(set(places)) > len(places) / 2
    assert all(0 <= p.x and p.x + p.width <= 640 and 0 <= p.y and p.y + p.height <= 360 for p in places)
    assert (seen.size, seen.flat, seen.still) == ((640, 360), 0.0, 0.0)
    assert seen.pictures == len(seen.frames) + len({frame.segment for frame in seen.frames})
    assert seen.statistics is not None and np.isfinite(seen.statistics).all()


def test_black_bars_are_left_out(tmp_path: Path) -> None:
    def boxed(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
        for picture in recipes.pictures(count, size, seed):
            picture[:48], picture[-48:] = 16, 16
            yield picture

    seen, _ = _looked(recipes.clip(tmp_path / "boxed.mp4", size=(480, 360), source=boxed))
    assert seen.size[0] == 480 and abs(seen.size[1] - 264) <= 4
    assert all(place.y >= 44 and place.y + 128 <= 316 for frame in seen.frames for place in frame.places)


def _still(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
    yield from [next(recipes.pictures(1, size, seed))] * count


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", {"crf": "12"}),
        ("libx264", {"crf": "20", "preset": "veryfast", "tune": "zerolatency"}),
        ("libx264", {"crf": "24", "preset": "superfast"}),
        ("libvpx-vp9", {"crf": "36", "deadline": "realtime", "cpu-used": "8"}),
    ],
)
def test_a_still_picture_does_not_move_however_an_encoder_redraws_it(
    tmp_path: Path, codec: str, options: dict[str, str]
) -> None:
    path = recipes.clip(tmp_path / "still.mp4", size=(640, 360), source=_still, codec=codec, options=options)
    seen, _ = _looked(path)
    assert seen.still > NOTHING_MOVES and seen.flat == 0.0


def test_what_moves_in_a_corner_is_no_still_picture(tmp_path: Path) -> None:
    def moving(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
        for i, picture in enumerate(_still(count, size, seed)):
            yield cv2.circle(picture.copy(), (20 + 2 * i, 20), 12, (20, 200, 20), -1)

    seen, _ = _looked(recipes.clip(tmp_path / "corner.mp4", size=(640, 360), source=moving))
    assert seen.still == 0.0


def test_a_black_picture_shows_nothing(tmp_path: Path) -> None:
    def black(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
        yield from [np.zeros((size[1], size[0], 3), np.uint8)] * count

    seen, _ = _looked(recipes.clip(tmp_path / "black.mp4", source=black))
    assert seen.flat == 1.0


def test_pictures_smaller_than_a_square_are_read_too(tmp_path: Path) -> None:
    seen, _ = _looked(recipes.clip(tmp_path / "small.mp4", size=(96, 80)))
    assert seen.size == (96, 80) and seen.frames and len(seen.frames) % LENGTH == 0


def test_pairs_join_no_two_segments() -> None:
    looker = Looker(Redness())
    plan = looker.plan(video(20.0))
    random = np.random.default_rng(1)
    for time in plan.times_s:
        level = 40 if time < 10 else 200
        looker.see(View(time, random.integers(level, level + 30, (200, 200, 3), dtype=np.uint8)))
    seen = looker.reading()
    assert isinstance(plan, Plan) and len(seen.frames) == SEGMENTS * LENGTH
    apart = [frame.embeddings[:, :3] - frame.embeddings[:, 3:] for frame in seen.frames]
    assert max(float(np.abs(one).max()) for one in apart) < 0.1, "both halves of each pair are of one segment"
