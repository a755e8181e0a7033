"""What becomes of pictures: they cover a size, and keep time."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from countermark.errors import ModelUnfit
from countermark.generator.pictures import as_bytes, at_rate, covering, cut_off, nearest_in_time, written_count


def test_a_picture_covers_a_size() -> None:
    wide = np.zeros((50, 200, 3), np.uint8)
    wide[:, 75:125] = 255
    covered = covering(wide, (100, 100))
    assert covered.shape == (100, 100, 3) and covered.mean() > 250
    assert cut_off((200, 50), (100, 100)) == pytest.approx(0.75)
    assert cut_off((200, 100), (100, 50)) == pytest.approx(0)


def test_frames_are_repeated_or_left_out_to_keep_time() -> None:
    frames = [np.full((4, 4, 3), number, np.uint8) for number in range(8)]

    def shown(rate: int, begin: int = 0, place: int = 0) -> list[int]:
        numbers = range(begin, written_count(8, Fraction(16), Fraction(rate)))
        found = at_rate(iter(frames[place:]), place, numbers, Fraction(16), Fraction(rate), (4, 4))
        return [int(one[0, 0, 0]) for one in found]

    assert shown(32) == [number // 2 for number in range(16)]
    assert shown(8) == [0, 2, 4, 6]
    assert shown(16) == list(range(8)) == [*shown(16)[:5], *shown(16, 5, 3)]
    last = nearest_in_time(frames, Fraction(30), Fraction(15), 3)
    assert [int(one[0, 0, 0]) for one in last] == [3, 5, 7]


def test_bytes_take_no_more_than_one_frame_besides() -> None:
    frames = np.linspace(-0.1, 1.1, 40 * 64 * 64 * 3, dtype=np.float32).reshape(40, 64, 64, 3)
    tracemalloc.start()
    whole = as_bytes(frames)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < frames.nbytes / 2
    assert np.array_equal(whole, np.rint(np.clip(frames, 0, 1) * 255).astype(np.uint8))
    frames[7, 0, 0, 0] = np.nan
    with pytest.raises(ModelUnfit):
        as_bytes(frames)
