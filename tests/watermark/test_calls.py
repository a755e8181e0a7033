"""Frames and files in hand: `embed` and `extract`."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import CountermarkError, InputMissing, TooSmall
from countermark.evidence import NoMarkDetails
from countermark.media import EncodeSettings, encode
from countermark.watermark import OPEN_KEY, MarkKey, embed, extract
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
    frames = pictures(3, (640, 480))
    for before, after in zip(frames, embed(frames, PAYLOAD), strict=True):
        change = after.astype(np.float32) - before
        assert 10 * np.log10(255**2 / float(np.mean(change**2))) >= 42
        inside = (before > 12).all(axis=2) & (before < 243).all(axis=2)
        assert np.ptp(change[inside], axis=1).max() == 0


def test_unmarked_and_wrong_key() -> None:
    assert extract(scene(320, 240, 8)).payload is None
    found = extract(list(embed(scene(320, 240, 8), PAYLOAD, OTHER_KEY)))
    assert found.payload is None and isinstance(found.mark, NoMarkDetails) and found.mark.keys == ("open",)


def test_few_of_many_frames_are_looked_at() -> None:
    found = extract(embed(scene(160, 128, 60), PAYLOAD), frame_rate=10.0)
    assert found.payload == PAYLOAD and found.mark.frames == MOST_FRAMES
    assert found.spans[0].end_s == pytest.approx(6.0)


def test_a_file_is_read_in_a_limited_child(tmp_path: Path) -> None:
    path = tmp_path / "marked.mp4"
    settings = EncodeSettings(codec="h264", preset="veryfast")
    encode(embed(pictures(12), PAYLOAD, OTHER_KEY), path, size=(320, 240), frame_rate=Fraction(12), settings=settings)
    found = extract(path, (OTHER_KEY,))
    assert found.payload == PAYLOAD and found.mark.kind == "mark" and found.mark.key == "other"
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


@pytest.mark.parametrize("kind", ["luma", "rgb"])
def test_mixed_sizes_are_refused(kind: str) -> None:
    mixed = [np.full((240, 320), 90, np.uint8), np.full((320, 240), 90, np.uint8)]
    frames = [np.repeat(frame[..., None], 3, axis=2) for frame in mixed] if kind == "rgb" else mixed
    with pytest.raises(ValueError, match="expected a plane"):
        list(embed(frames, PAYLOAD))


def test_no_frames_are_no_mark() -> None:
    assert list(embed([], PAYLOAD)) == []
    with pytest.raises((ValueError, CountermarkError)):
        extract([])
