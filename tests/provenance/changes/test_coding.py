"""What is kept: small, as it was within its own error, and harmless whoever wrote it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from countermark.media.facts import Geometry
from countermark.provenance.changes import coding, recording
from countermark.tests.provenance.changes.films import COUNT, FPS, film, record, recorded


def test_a_record_is_small() -> None:
    assert len(record()) <= coding.BUDGET * COUNT / FPS


def test_a_record_gives_back_what_was_on_show() -> None:
    grid = coding.unpack(record())
    rows, columns = recording.grid_of(*film()[0].shape[::-1])
    assert grid.brightness.shape == (7, rows, columns)
    first = np.mean(film()[:6], axis=0, dtype=np.float32)
    shown = cv2.resize(first, (columns, rows), interpolation=cv2.INTER_AREA)
    assert grid.error is not None
    assert np.sqrt(np.mean((grid.brightness[0] - shown) ** 2)) <= grid.error.mean() + 0.5


def test_a_still_costs_next_to_nothing() -> None:
    still = recorded([film()[0]] * COUNT)
    assert len(still) < len(record())


def test_a_long_video_is_kept_in_bounded_room_by_longer_windows() -> None:
    recorder = recording.ChangeRecorder(Geometry(64, 48))
    for at in range(2000):
        recorder(np.full((48, 64), at % 200, np.uint8), at * 0.9)
    grid = coding.unpack(recorder.record())
    assert len(grid.brightness) <= coding.MOST_WINDOWS
    assert grid.window_s == 4.0
    assert len(grid.brightness) * grid.window_s == pytest.approx(1800, abs=5)


@pytest.mark.parametrize("rotation, flipped", [(90, False), (180, False), (270, True), (0, True)])
def test_it_is_kept_as_a_person_sees_it(rotation: int, flipped: bool) -> None:
    upright = film()[:12]
    coded = [np.rot90(plane, -rotation // 90) for plane in upright]
    coded = [np.ascontiguousarray(plane[:, ::-1] if flipped else plane) for plane in coded]
    high, wide = coded[0].shape
    grid = coding.unpack(recorded(coded, geometry=Geometry(wide, high, rotation, flipped)))
    straight = coding.unpack(recorded(upright))
    assert grid.brightness.shape == straight.brightness.shape
    assert np.abs(grid.brightness - straight.brightness).mean() < 3


def test_ten_bits_are_kept_like_eight() -> None:
    planes = film()[:12]
    deep = recording.ChangeRecorder(Geometry(*planes[0].shape[::-1]), 10)
    for at, plane in enumerate(planes):
        deep(plane.astype(np.uint16) << 2, at / FPS)
    ten, eight = coding.unpack(deep.record()), coding.unpack(recorded(planes))
    assert np.abs(ten.brightness - eight.brightness).max() < 4
    assert np.abs(ten.brightness - eight.brightness).mean() < 0.5


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 4000), st.binary(max_size=40), st.booleans())
@example(5, b"\xff\xff\xff\xff\xff\xff", False)
def test_bytes_of_anyone_give_a_grid_or_a_value_error(at: int, put: bytes, cut: bool) -> None:
    data = record()
    at %= len(data)
    data = data[:at] + put + (b"" if cut else data[at + len(put) :])
    try:
        grid = coding.unpack(data)
    except ValueError:
        return
    assert grid.brightness.size <= coding.MOST_WINDOWS * coding.MOST_CELLS
    assert np.isfinite(grid.brightness).all()
