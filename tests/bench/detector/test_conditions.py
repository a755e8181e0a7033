"""Copies by real encoders: what is common to them, and what a clip keeps."""

from pathlib import Path

import numpy as np
import pytest

from countermark.bench.detector.conditions import CONDITIONS, copy_of, named, opening
from countermark.bench.detector.numbers import RINGS, numbers_of
from countermark.errors import TooSmall
from countermark.media import probe
from countermark.settings import Limits
from tests import recipes

DIGEST = "d" * 64


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipes.clip(tmp_path_factory.mktemp("clips") / "clip.mp4", size=(640, 362), seconds=2.6, fps=30)


def test_as_found_is_the_file_itself(clip: Path, tmp_path: Path) -> None:
    assert copy_of(clip, DIGEST, named("as-found"), tmp_path) == clip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "size"), [("crf23", (512, 362)), ("half-crf28", (256, 180))])
def test_a_copy_has_the_common_rate_length_and_a_native_crop(
    clip: Path, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    video = probe(copy_of(clip, DIGEST, named(name), tmp_path), Limits())
    assert (video.geometry.display_size, video.frame_rate, video.frames, video.codec) == (size, 24, 48, "h264")


def test_pixels_of_the_middle_stay_where_they_are(clip: Path, tmp_path: Path) -> None:
    ((_, before), *_), ((_, after), *_) = opening(clip), opening(copy_of(clip, DIGEST, named("crf23"), tmp_path))
    assert before.shape == after.shape == (362, 512, 3)
    error = np.abs(before.astype(int) - after)
    assert error.mean() < 6, "no pixel moved, and none was scaled"
    assert np.abs(before[:, 2:].astype(int) - after[:, :-2]).mean() > 1.5 * error.mean()


def test_a_copy_is_made_once_and_whole(clip: Path, tmp_path: Path) -> None:
    first = copy_of(clip, DIGEST, named("crf35"), tmp_path)
    made = first.stat().st_mtime_ns
    assert copy_of(clip, DIGEST, named("crf35"), tmp_path) == first
    assert first.stat().st_mtime_ns == made
    assert list(tmp_path.iterdir()) == [first]


def test_more_loss_is_more_loss(clip: Path, tmp_path: Path) -> None:
    sizes = [copy_of(clip, DIGEST, named(name), tmp_path).stat().st_size for name in ("crf23", "crf35")]
    assert sizes[1] < sizes[0] / 2


def test_slow_and_short_clips_get_the_common_rate_too(tmp_path: Path) -> None:
    slow = recipes.clip(tmp_path / "slow.mp4", size=(64, 48), seconds=1.0, fps=8)
    assert len(opening(slow)) == 8
    video = probe(copy_of(slow, DIGEST, named("crf23"), tmp_path), Limits())
    assert (video.frame_rate, video.frames) == (24, 24)


def test_a_turned_clip_is_cropped_as_it_is_shown(tmp_path: Path) -> None:
    turned = recipes.clip(tmp_path / "turned.mp4", size=(96, 64), seconds=0.4, rotation=90)
    video = probe(copy_of(turned, DIGEST, named("crf23"), tmp_path), Limits())
    assert (video.geometry.display_size, video.geometry.rotation) == ((64, 96), 0)


def test_what_is_too_small_at_half_its_size_says_so(tmp_path: Path) -> None:
    small = recipes.clip(tmp_path / "small.mp4", size=(48, 24), seconds=0.4)
    with pytest.raises(TooSmall):
        copy_of(small, DIGEST, named("half-crf28"), tmp_path)


def test_simpler_means_have_their_numbers_in_every_condition(clip: Path, tmp_path: Path) -> None:
    for condition in CONDITIONS:
        found = numbers_of(copy_of(clip, DIGEST, condition, tmp_path))
        assert {name: len(values) for name, values in found.items()} == {
            "metadata": 5,
            "co-occurrence": 125,
            "spectrum": RINGS,
            "pixel-d3": 1,
            "steepness": 1,
        }
        assert all(np.isfinite(values).all() for values in found.values())
        assert sum(value**2 for value in found["co-occurrence"]) == pytest.approx(1, abs=1e-3)


def test_loss_takes_what_is_steep_and_what_is_high(clip: Path, tmp_path: Path) -> None:
    fine, coarse = (numbers_of(copy_of(clip, DIGEST, named(name), tmp_path)) for name in ("crf23", "crf35"))
    assert coarse["steepness"] < fine["steepness"]
    tail = slice(RINGS // 2, None)
    assert np.mean(coarse["spectrum"][tail]) < np.mean(fine["spectrum"][tail])


def test_pictures_that_repeat_are_no_unsteadiness(tmp_path: Path) -> None:
    """The same pictures, at 8 a second and each shown three times at 24."""
    slow = recipes.clip(tmp_path / "slow.mp4", size=(128, 96), seconds=2, fps=8)
    once, thrice = numbers_of(slow), numbers_of(copy_of(slow, DIGEST, named("crf23"), tmp_path))
    assert thrice["pixel-d3"][0] == pytest.approx(once["pixel-d3"][0], rel=0.5)
