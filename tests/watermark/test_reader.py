"""What was marked is read from any picture of it, with how it lies there; and only as long as there is time."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from countermark.watermark import OPEN_KEY, embed
from countermark.watermark.code import LIST
from countermark.watermark.reader import MOST_TRIALS

from .copies import OTHER_KEY, OTHER_PAYLOAD, PAYLOAD, bordered, geometry_of, laid, read, recut, slanted
from .scenes import scene


@pytest.fixture(scope="module")
def planes() -> list[NDArray[np.uint8]]:
    return list(embed(scene(432, 324, 8), PAYLOAD))


@pytest.mark.parametrize("way", range(8))
def test_mirrored_and_turned_by_quarters_without_a_search(planes: list[NDArray[np.uint8]], way: int) -> None:
    (found,), reader = read([laid(plane, way) for plane in planes], until=0)
    geometry = geometry_of(found)
    assert found.payload == PAYLOAD and not geometry.searched and geometry.plain
    assert geometry.mirrored is (way >= 4) and geometry.quarter_turns == way % 4


@pytest.mark.parametrize("scale", [0.4, 0.5, 0.75, 2.0])
def test_scaled_without_a_search(planes: list[NDArray[np.uint8]], scale: float) -> None:
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    copies = [np.asarray(cv2.resize(plane, None, fx=scale, fy=scale, interpolation=way)) for plane in planes]
    (found,), _ = read(copies, until=0)
    assert found.payload == PAYLOAD and geometry_of(found).plain


def test_rough_copies(planes: list[NDArray[np.uint8]]) -> None:
    """JPEG of each frame, brighter and with less contrast, and few frames in another order."""
    rough = []
    for plane in planes[6:2:-1]:
        lit = np.clip(plane.astype(np.float32) * 0.8 + 30, 0, 255).astype(np.uint8)
        rough.append(cv2.imdecode(cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE))
    assert read([np.asarray(plane) for plane in rough], until=0)[0][0].payload == PAYLOAD


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    turn=st.floats(-180, 180),
    crop=st.floats(0.72, 0.95),
    down=st.floats(-20, 20),
    across=st.floats(-20, 20),
    mirrored=st.booleans(),
)
def test_crops_and_turns(
    planes: list[NDArray[np.uint8]], turn: float, crop: float, down: float, across: float, mirrored: bool
) -> None:
    copies = [recut(laid(plane, 4 * mirrored), crop=crop, turn=turn, off=(down, across)) for plane in planes]
    (found,), reader = read(copies)
    geometry = geometry_of(found)
    assert found.payload == PAYLOAD and reader.trials <= MOST_TRIALS
    assert geometry.mirrored is mirrored and not geometry.perspective
    assert geometry.scale == pytest.approx(1 / crop, rel=0.02) and geometry.stretch == pytest.approx(1, abs=0.02)
    assert abs((geometry.rotation - turn + 180) % 360 - 180) < 0.7


@pytest.mark.parametrize(("stretch", "crop"), [(1.33, 1.0), (0.75, 1.0), (1.2, 0.85)])
def test_stretched(planes: list[NDArray[np.uint8]], stretch: float, crop: float) -> None:
    (found,), _ = read([recut(plane, stretch=stretch, crop=crop) for plane in planes])
    geometry = geometry_of(found)
    assert found.payload == PAYLOAD and geometry.searched and not geometry.plain
    assert geometry.stretch == pytest.approx(stretch, rel=0.02)


@pytest.mark.parametrize(("rows", "columns", "scale"), [(54, 0, 0.75), (0, 72, 1.0), (40, 40, 0.802)])
def test_between_bars(planes: list[NDArray[np.uint8]], rows: int, columns: int, scale: float) -> None:
    (found,), _ = read([bordered(plane, rows, columns) for plane in planes])
    assert found.payload == PAYLOAD and geometry_of(found).scale == pytest.approx(scale, rel=0.02)


@pytest.mark.parametrize("depth", [0.25, -0.25])
def test_seen_at_a_slant(planes: list[NDArray[np.uint8]], depth: float) -> None:
    (found,), _ = read([slanted(plane, depth) for plane in planes])
    assert found.payload == PAYLOAD and geometry_of(found).perspective


def test_a_slant_may_pass_for_a_stretch_where_the_mark_is_strong(planes: list[NDArray[np.uint8]]) -> None:
    (found,), _ = read([slanted(plane, -0.35) for plane in planes])
    assert found.payload == PAYLOAD and found.searched


@pytest.mark.parametrize("off", [(12.0, -9.0), (-5.0, 30.0)])
def test_a_moved_picture_says_by_how_much(planes: list[NDArray[np.uint8]], off: tuple[float, float]) -> None:
    """Down and across, in shares of the marked short side; tiles are all alike, so by less than half of one."""
    (found,), _ = read([recut(plane, crop=0.8, off=off) for plane in planes])
    assert geometry_of(found).shift == pytest.approx((-off[0] / 324, -off[1] / 324), abs=0.01)


def test_without_time_only_upright_pictures_are_read(planes: list[NDArray[np.uint8]]) -> None:
    turned = [recut(plane, crop=0.8, turn=10) for plane in planes]
    nothing, hurried = read(turned, until=0)
    (found,), patient = read(turned)
    assert nothing == [] and found.searched
    assert hurried.trials < patient.trials


def test_a_part_of_the_time(planes: list[NDArray[np.uint8]]) -> None:
    (found,), _ = read([*scene(432, 324, 12, seed=5), *planes[:4]], until=0)
    assert found.payload == PAYLOAD and not found.searched
    assert found.scores[12:].min() > 3 > found.scores[:12].max()


def test_two_marks_one_after_the_other(planes: list[NDArray[np.uint8]]) -> None:
    after = list(embed(scene(432, 324, 8, seed=9), OTHER_PAYLOAD, OTHER_KEY))
    found, reader = read([*planes, *after], (OPEN_KEY, OTHER_KEY), until=0)
    assert {one.payload: one.alignment.key for one in found} == {PAYLOAD: OPEN_KEY, OTHER_PAYLOAD: OTHER_KEY}
    by_payload = {one.payload: one.scores for one in found}
    assert by_payload[PAYLOAD][:8].min() > 3 > by_payload[PAYLOAD][8:].max()
    assert by_payload[OTHER_PAYLOAD][8:].min() > 3 > by_payload[OTHER_PAYLOAD][:8].max()
    assert reader.trials <= MOST_TRIALS


def test_two_marks_one_after_the_other_cropped_and_turned(planes: list[NDArray[np.uint8]]) -> None:
    after = list(embed(scene(432, 324, 8, seed=9), OTHER_PAYLOAD))
    found, reader = read([recut(plane, crop=0.8, turn=9, off=(12, -9)) for plane in [*planes, *after]])
    assert all(one.searched for one in found) and reader.trials <= MOST_TRIALS
    by_payload = {one.payload: one for one in found}
    assert by_payload[PAYLOAD].scores[:8].min() > 3 > by_payload[PAYLOAD].scores[8:].max()
    assert by_payload[OTHER_PAYLOAD].scores[8:].min() > 3 > by_payload[OTHER_PAYLOAD].scores[:8].max()
    assert geometry_of(found[0]) == geometry_of(found[1])


def test_one_mark_that_lies_otherwise_later_is_one_mark(planes: list[NDArray[np.uint8]]) -> None:
    (found,), _ = read([*planes, *(laid(plane, 4) for plane in planes)], until=0)
    assert found.payload == PAYLOAD and found.scores.min() > 3


def test_a_check_that_passed_counts_though_no_trial_is_left(
    planes: list[NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = [recut(plane, crop=0.8, turn=-14) for plane in planes]
    _, hurried = read(turned, until=0)
    monkeypatch.setattr("countermark.watermark.reader.MOST_TRIALS", hurried.trials + LIST)
    (found,), reader = read(turned)
    assert found.payload == PAYLOAD and found.searched and found.scores.min() > 3
    assert hurried.trials < reader.trials <= hurried.trials + LIST


def test_two_marks_in_the_same_pictures(planes: list[NDArray[np.uint8]]) -> None:
    """Put in by two who did not see each other's."""
    plain = scene(432, 324, 8)
    other = embed(plain, OTHER_PAYLOAD, OTHER_KEY)
    both = [
        np.clip(one.astype(int) + two.astype(int) - neither, 0, 255).astype(np.uint8)
        for one, two, neither in zip(planes, other, plain, strict=True)
    ]
    found, _ = read(both, (OPEN_KEY, OTHER_KEY), until=0)
    assert {one.payload for one in found} == {PAYLOAD, OTHER_PAYLOAD}
    assert all(one.scores.min() > 3 for one in found)


def test_another_key_reads_nothing(planes: list[NDArray[np.uint8]]) -> None:
    found, reader = read(planes, (OTHER_KEY,), until=0)
    assert found == [] and reader.trials > 0


@pytest.mark.parametrize("level", [0, 16, 128, 235, 255])
def test_flat_pictures_hold_no_mark(level: int) -> None:
    found, reader = read([np.full((240, 320), level, np.uint8)] * 8)
    assert found == [] and reader.trials == 0
