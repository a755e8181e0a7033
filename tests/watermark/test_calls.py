"""Frames and files in hand: `embed` and `extract`."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import CountermarkError, InputMissing, NoFrames, TooSmall
from countermark.evidence import NoMarkDetails
from countermark.media import EncodeSettings, encode
from countermark.watermark import FLOOR, OPEN_KEY, MarkKey, embed, extract
from countermark.watermark.calls import MOST_FRAMES
from tests import recipes

from .copies import OTHER_KEY, PAYLOAD
from .scenes import scene


def pictures(count: int = 8, size: tuple[int, int] = (320, 240)) -> list[NDArray[np.uint8]]:
    """RGB."""
    return list(recipes.pictures(count, size, seed=3))


@pytest.mark.parametrize("kind", ["luma", "rgb", "deep"])
@pytest.mark.parametrize("key", [OPEN_KEY, OTHER_KEY], ids=["open", "other"])
def test_what_is_embedded_is_extracted_and_inputs_stay_as_they_are(kind: str, key: MarkKey) -> None:
    bits = 10 if kind == "deep" else 8
    frames = {
        "luma": scene(320, 240, 8),
        "rgb": pictures(),
        "deep": [plane.astype(np.uint16) * 4 for plane in scene(320, 240, 8)],
    }[kind]
    before = [frame.copy() for frame in frames]
    marked = list(embed(frames, PAYLOAD, key, bit_depth=bits))
    assert all(np.array_equal(a, b) for a, b in zip(frames, before, strict=True))
    assert all(a.shape == b.shape and a.dtype == b.dtype for a, b in zip(frames, marked, strict=True))
    found = extract(marked, (OTHER_KEY,), bit_depth=bits)
    assert found.payload == PAYLOAD and found.mark.kind == "mark" and found.mark.key == key.name
    assert found.spans[0].end_s == pytest.approx(8 / 25)


def test_rgb_is_changed_by_little_and_in_no_hue() -> None:
    frames = pictures(size=(640, 480))
    for before, after in zip(frames, embed(frames, PAYLOAD), strict=True):
        change = after.astype(np.float32) - before
        assert 10 * np.log10(255**2 / float(np.mean(change**2))) >= 42
        inside = (before > 12).all(axis=2) & (before < 243).all(axis=2)
        assert np.ptp(change[inside], axis=1).max() == 0


def test_unmarked_and_wrong_key() -> None:
    assert extract(scene(320, 240, 8)).payload is None
    found = extract(list(embed(scene(320, 240, 8), PAYLOAD, OTHER_KEY)))
    assert found.payload is None and isinstance(found.mark, NoMarkDetails) and found.mark.keys == ("open",)


@pytest.mark.parametrize("count", [MOST_FRAMES + 1, 2 * MOST_FRAMES, 2 * MOST_FRAMES + 1, 100])
def test_few_of_many_frames_are_looked_at(count: int) -> None:
    marked = list(embed(scene(160, 128, FLOOR.frames), PAYLOAD))
    found = extract((marked[number % FLOOR.frames] for number in range(count)), frame_rate=10.0)
    assert found.payload == PAYLOAD and found.mark.frames == MOST_FRAMES
    assert found.spans[0].end_s == pytest.approx(count / 10)


def test_a_file_is_read_in_a_limited_child(tmp_path: Path) -> None:
    path = tmp_path / "marked.mp4"
    settings = EncodeSettings(codec="h264", preset="veryfast")
    encode(embed(pictures(12), PAYLOAD, OTHER_KEY), path, size=(320, 240), frame_rate=Fraction(12), settings=settings)
    found = extract(path, (OTHER_KEY,))
    assert found.payload == PAYLOAD and found.mark.kind == "mark" and found.mark.key == "other"
    assert extract(str(path), (OTHER_KEY,)) == found
    assert found.spans[0].end_s == pytest.approx(1.0, abs=0.1)


def test_a_file_that_is_none_is_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InputMissing):
        extract(tmp_path / "nothing.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(CountermarkError) as caught:
        extract(text)
    assert caught.value.advice


def test_sound_alone_is_no_place_for_a_mark(tmp_path: Path) -> None:
    with pytest.raises(CountermarkError):
        extract(recipes.sound_only(tmp_path / "sound.mp4"))


@pytest.mark.parametrize("payload", ["", "0" * 16, "0123456789ABCDEF", "0123"])
def test_wrong_payloads_are_refused(payload: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        list(embed(scene(320, 240, 8), payload))


def test_too_small_is_said() -> None:
    with pytest.raises(TooSmall) as caught:
        list(embed(scene(120, 240, 8), PAYLOAD))
    assert caught.value.advice


@pytest.mark.parametrize("count", [1, FLOOR.frames - 1])
def test_too_short_is_said_in_the_end(count: int) -> None:
    marked = embed(scene(320, 240, count), PAYLOAD)
    for _ in range(count):
        next(marked)
    with pytest.raises(TooSmall, match=f"{count} frames") as caught:
        next(marked)
    assert caught.value.advice


def test_no_frames_are_no_video() -> None:
    for call in (lambda: list(embed([], PAYLOAD)), lambda: extract([])):
        with pytest.raises(NoFrames) as caught:
            call()
        assert caught.value.advice


PLANE = np.full((240, 320), 90, np.uint8)
UNFIT = {
    "fractions": PLANE.astype(np.float32),
    "nothing but NaN": np.full((240, 320), np.nan, np.float32),
    "an alpha channel": np.repeat(PLANE[..., None], 4, axis=2),
    "RGB of fractions": np.repeat(PLANE[..., None], 3, axis=2) / 255,
    "RGB of 16 bits": np.repeat(PLANE[..., None], 3, axis=2).astype(np.uint16),
    "no pixel": np.zeros((0, 0), np.uint8),
    "deeper than said": PLANE.astype(np.uint16),
    "one row": PLANE[0],
}


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_frames_that_are_none_are_refused_before_any_comes_back(unfit: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="expected a plane .* convert it"):
        next(embed([unfit] * 8, PAYLOAD))
    with pytest.raises(ValueError, match="expected a plane .* convert it"):
        extract([unfit] * 8)


def test_rgb_has_eight_bits() -> None:
    with pytest.raises(ValueError, match="expected a plane"):
        next(embed(pictures(), PAYLOAD, bit_depth=10))


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(TypeError, match="numpy array"):
        next(embed("marked.mp4", PAYLOAD))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="numpy array"):
        extract([PLANE.tolist()])


@pytest.mark.parametrize("kind", ["sizes", "kinds"])
def test_frames_that_are_not_all_alike_are_refused(kind: str) -> None:
    other = PLANE.T if kind == "sizes" else np.repeat(PLANE[..., None], 3, axis=2)
    with pytest.raises(ValueError, match="like the first"):
        list(embed([PLANE, other], PAYLOAD))
    with pytest.raises(ValueError, match="like the first"):
        extract([PLANE, other])


@pytest.mark.parametrize("depth", [0, 7, 9, 16])
def test_a_depth_that_no_plane_has_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=f"{depth} bits"):
        next(embed([PLANE], PAYLOAD, bit_depth=depth))
    with pytest.raises(ValueError, match=f"{depth} bits"):
        extract([PLANE], bit_depth=depth)


@pytest.mark.parametrize("rate", [0.0, -25.0, math.nan, math.inf])
def test_a_frame_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="frame rate"):
        extract([PLANE], frame_rate=rate)


@pytest.mark.parametrize("strength", [0.0, -1.0, math.nan])
def test_a_strength_that_is_none_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="as strong as usual"):
        next(embed([PLANE], PAYLOAD, strength=strength))


def test_a_key_is_a_mark_key_and_keys_are_a_tuple_of_them() -> None:
    with pytest.raises(TypeError, match="MarkKey"):
        next(embed([PLANE], PAYLOAD, OTHER_KEY.secret))  # type: ignore[arg-type]
    for keys in (OTHER_KEY, OTHER_KEY.secret, (OTHER_KEY.secret,)):
        with pytest.raises(TypeError, match="MarkKey"):
            extract([PLANE], keys)  # type: ignore[arg-type]


def test_pictures_like_threads_are_not_worked_on() -> None:
    found = extract([np.full((16, 2000), 90, np.uint8)] * 8)
    assert isinstance(found.mark, NoMarkDetails) and (found.mark.frames, found.mark.trials) == (0, 0)
