"""A look at a file in a limited child: what becomes of hard and broken input, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark.detector.looking import Detected, detect
from countermark.detector.pictures import HeatMap, heat_maps
from countermark.errors import CountermarkError, HeadUnfit, NetworkUnfit, TooSmall, UnreadableVideo
from countermark.evidence import DetectorDetails, FailureDetails
from countermark.settings import Settings
from tests import recipes
from tests.detector import small

Make = Callable[[Path], Path]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(small.model(tmp_path_factory.mktemp("model")))


def red_left(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
    """Pictures whose left half is reddish, so that the detector for tests calls it generated."""
    left = np.arange(size[0])[None, :, None] < size[0] // 2
    tint = np.where(left, [60, -20, -40], [-15, -10, 15])
    for picture in recipes.pictures(count, size, seed):
        yield np.clip(picture.mean(axis=2, keepdims=True) + tint, 0, 255).astype(np.uint8)


def _still(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
    yield from [next(recipes.pictures(1, size, seed))] * count


def _black(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
    yield from [np.zeros((size[1], size[0], 3), np.uint8)] * count


def _slides(count: int, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
    slides = list(recipes.pictures(5, size, seed))
    yield from (slides[i // 20 % 5] for i in range(count))


@pytest.fixture(scope="module")
def reddish(tmp_path_factory: pytest.TempPathFactory, model: str, options: Settings) -> tuple[Path, Detected]:
    clip = tmp_path_factory.mktemp("red") / "red.mp4"
    recipes.clip(clip, size=(512, 256), seconds=2.4, audio=True, source=red_left)
    return clip, detect(clip, options, model=model)


def test_what_is_generated_is_called_so(reddish: tuple[Path, Detected]) -> None:
    _, seen = reddish
    assert seen.outcome() == "likely_ai" and seen.generated.finding == "present"
    assert seen.model == "countermark-detector small 0123abcd"
    assert seen.video is not None and seen.digest == seen.video.digest == seen.generated.subject
    details = seen.shown()
    assert isinstance(details, DetectorDetails) and 9 <= details.pictures < 60
    told = " / ".join(seen.not_looked_at)
    assert "the sound: the detector does not listen" in told
    assert f"all but {details.pictures} of 60 frames, and in each of these all but 3 squares of 128 pixels" in told
    assert "`countermark verify` reads that" in told


def test_heat_lies_where_it_is_generated(reddish: tuple[Path, Detected], options: Settings) -> None:
    clip, seen = reddish
    details = seen.shown()
    assert details is not None
    maps = heat_maps(clip, details, options)
    assert [one.seconds for one in maps] == sorted(frame.seconds for frame in details.frames)
    for one in maps:
        drawn = cv2.imdecode(np.frombuffer(one.png, np.uint8), cv2.IMREAD_COLOR)[:256].astype(int)
        assert drawn.shape == (256, 512, 3)
        warm = drawn[..., 2] - drawn[..., 0]
        assert np.median(warm[:, 20:180]) > 30 > -10 > np.median(warm[:, 332:492])


@pytest.mark.parametrize(
    ("make", "flag"),
    [
        (lambda p: recipes.clip(p / "still.mp4", source=_still, options={"crf": "12"}), "next to nothing moves"),
        (lambda p: recipes.clip(p / "slides.mp4", source=_slides, seconds=4), "many frames repeat"),
        (lambda p: recipes.clip(p / "ten.mp4", codec="libx265", pixel_format="yuv420p10le"), "soft pictures"),
        (lambda p: recipes.make("loop.gif", p), "small pictures (160x120)"),
        (
            lambda p: recipes.clip(p / "long.mp4", fps=Fraction(1, 40), seconds=3 * 3600, size=(160, 120)),
            "36 frames of 180 minutes",
        ),
        (lambda p: recipes.clip(p / "uneven.mp4", vfr=True, seconds=2), ""),
        (lambda p: recipes.clip(p / "eight.mp4", seconds=8 / 25), ""),
    ],
    ids=["still", "slides", "10 bits", "gif", "hours", "variable rate", "eight frames"],
)
def test_hard_input_is_judged_and_flagged(make: Make, flag: str, tmp_path: Path, model: str, options: Settings) -> None:
    seen = detect(make(tmp_path), options, model=model)
    details = seen.generated.details
    assert isinstance(details, DetectorDetails) and seen.generated.score is not None
    assert flag in "; ".join(details.quality) and bool(flag) == bool(details.quality)
    assert isinstance(seen.manipulated.details, DetectorDetails)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda p: recipes.clip(p / "few.mp4", seconds=0.2), "it showed 5 frames where it was looked at"),
        (lambda p: recipes.clip(p / "one.mp4", seconds=0.04), "it showed 1 frame"),
        (lambda p: recipes.clip(p / "little.mp4", size=(60, 48)), "its pictures are 60x48"),
        (lambda p: recipes.clip(p / "black.mp4", source=_black), "its pictures show next to nothing"),
        (lambda p: recipes.sound_only(p / "sound.m4a"), "sound alone"),
    ],
    ids=["five frames", "one frame", "few pixels", "black", "sound"],
)
def test_what_cannot_be_judged_says_why(make: Make, why: str, tmp_path: Path, model: str, options: Settings) -> None:
    seen = detect(make(tmp_path), options, model=model)
    assert (seen.outcome(), seen.outcome("high-recall"), seen.shown()) == ("inconclusive", "inconclusive", None)
    for one in (seen.generated, seen.manipulated):
        assert one.score is None and isinstance(one.details, FailureDetails) and why in one.details.error


def test_a_tail_that_is_damaged_is_judged_by_what_is_left(tmp_path: Path, model: str, options: Settings) -> None:
    clip = recipes.clip(tmp_path / "clip.mkv", seconds=4, keyframes=10)
    content = bytearray(clip.read_bytes())
    half = len(content) // 2
    content[half:] = np.random.default_rng(1).integers(0, 256, len(content) - half, np.uint8).tobytes()
    clip.write_bytes(content)
    seen = detect(clip, options, model=model)
    assert isinstance(seen.generated.details, DetectorDetails)
    assert max(one.end_s for one in seen.generated.details.timeline) < 3


@pytest.mark.parametrize(
    ("name", "facts", "said"),
    [
        ("cut.mp4", {"container": {"movflags": "faststart"}}, "the header announces 50 frames"),
        ("cut.mkv", {}, "past the end of the file"),
        ("cut.avi", {"codec": "mpeg4"}, "the header announces 50 frames"),
        ("parts.mp4", {"container": {"movflags": "frag_keyframe+empty_moov"}}, "past the end of the file"),
    ],
)
def test_of_a_file_that_was_cut_it_is_said(
    name: str, facts: dict[str, object], said: str, tmp_path: Path, model: str, options: Settings
) -> None:
    clip = recipes.clip(tmp_path / name, seconds=2, keyframes=10, **facts)  # type: ignore[arg-type]
    whole = detect(clip, options, model=model)
    assert not any("does not fit together" in line for line in whole.not_looked_at)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    seen = detect(clip, options, model=model)
    assert isinstance(seen.generated.details, DetectorDetails)
    assert any(
        line.startswith("what does not fit together in the file") and said in line for line in seen.not_looked_at
    )


@pytest.mark.parametrize("name", ["long.mp4", "long.mkv"])
def test_a_long_video_that_breaks_off_is_flagged(name: str, tmp_path: Path, model: str, options: Settings) -> None:
    container = {"movflags": "faststart"} if name.endswith("mp4") else {}
    clip = recipes.clip(tmp_path / name, seconds=20, size=(160, 120), keyframes=25, container=container)
    clip.write_bytes(clip.read_bytes()[: int(clip.stat().st_size * 0.85)])  # more than is read to know what it is
    details = detect(clip, options, model=model).generated.details
    assert isinstance(details, DetectorDetails)
    assert [flag for flag in details.quality if flag.startswith("broken off: nothing could be judged after")]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda p: recipes.clip(p / "pixel.mkv", size=(1, 1), pixel_format="yuv444p"), TooSmall),
        (lambda p: _written(p / "text.mp4", b"no clip"), UnreadableVideo),
        (lambda p: _written(p / "picture.png", _png()), UnreadableVideo),
    ],
    ids=["a pixel", "text", "a picture"],
)
def test_what_is_no_video_is_an_error(
    make: Make, error: type[CountermarkError], tmp_path: Path, model: str, options: Settings
) -> None:
    with pytest.raises(error):
        detect(make(tmp_path), options, model=model)


def test_what_it_is_to_judge_by_has_to_be_there(tmp_path: Path, model: str, options: Settings) -> None:
    clip = recipes.clip(tmp_path / "clip.mp4", seconds=0.4)
    with pytest.raises(NetworkUnfit):
        detect(clip, options, model="no-such-model")
    with pytest.raises(HeadUnfit):
        detect(clip, options, model=model, head="no-such-head")
    with pytest.raises(HeadUnfit):
        detect(clip, options.model_copy(update={"detector_head": "no-such-head"}), model=model)


def test_a_child_that_gives_no_picture_is_not_believed() -> None:
    with pytest.raises(ValueError, match="no picture"):
        HeatMap(0.0, 0.5, b"<script>")


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _png() -> bytes:
    return bytes(cv2.imencode(".png", next(recipes.pictures(1, (320, 240))))[1])
