"""Rendered clips show what their shot says: where objects go, what colour they have, how the camera moves."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from countermark.bench.generator.rendered.clips import clip, clips
from countermark.bench.generator.rendered.drawing import COLOURS, render_with_mask
from countermark.bench.generator.rendered.grammar import SHAPES, Shot

SHOT = Shot("red", "ball", "large", "one", "rests", "hills", "day", "clear", "still")


def drawn(**changed):
    return render_with_mask(replace(SHOT, **changed), np.random.default_rng(4))


def middle(mask):
    rows, columns = np.nonzero(mask > 128)
    return rows.mean(), columns.mean()


def test_a_number_gives_the_same_clip_again_and_another_another() -> None:
    (_, one, _), (_, again, _), (_, other, _) = clip("wide", 3), clip("wide", 3), clip("wide", 4)
    assert one.shape == (25, 96, 176, 3) and one.dtype == np.uint8
    assert (one == again).all() and (one != other).any()


def test_many_are_the_same_as_one_by_one() -> None:
    (shot, frames, mask), (_, later, _) = clips("square", (7, 9), 1)
    alone = clip("square", 7)
    assert shot == alone[0] and (frames == alone[1]).all() and (mask == alone[2]).all()
    assert (later == clip("square", 9)[1]).all()


@pytest.mark.parametrize(
    ("motion", "down", "right"),
    [("moves left", 0, -1), ("moves right", 0, 1), ("rises", -1, 0), ("falls", 1, 0), ("rests", 0, 0)],
)
def test_an_object_goes_where_it_is_said_to_go(motion: str, down: int, right: int) -> None:
    _, masks = drawn(motion=motion)
    (y, x), (end_y, end_x) = middle(masks[0]), middle(masks[-1])
    assert (np.sign(np.round((end_y - y) / 8)), np.sign(np.round((end_x - x) / 8))) == (down, right)


def test_what_grows_covers_more_and_what_shrinks_less() -> None:
    for motion, more in (("grows", True), ("shrinks", False)):
        covered = (drawn(motion=motion)[1] > 128).sum((1, 2))
        assert (covered[-1] > 2 * covered[0]) == more


@pytest.mark.parametrize("colour", sorted(COLOURS))
def test_an_object_has_its_colour(colour: str) -> None:
    frames, masks = drawn(colour=colour)
    seen = frames[12][masks[12] > 250].mean(0) / 255
    nearest = min(COLOURS, key=lambda name: np.abs(seen - COLOURS[name]).sum())
    assert nearest == colour


@pytest.mark.parametrize("shape", SHAPES)
def test_numbers_are_as_many_objects_apart(shape: str) -> None:
    for number, count in (("one", 1), ("two", 2), ("three", 3)):
        _, masks = drawn(number=number, shape=shape, size="small")
        apart = cv2.erode((masks[0] > 128).astype(np.uint8), np.ones((3, 3), np.uint8))  # stars touch
        found, _ = cv2.connectedComponents(apart)
        assert found - 1 == count


@pytest.mark.parametrize(("camera", "across", "down"), [("pan left", 1, 0), ("pan right", -1, 0), ("tilt up", 0, 1)])
def test_what_lies_behind_moves_against_the_camera(camera: str, across: int, down: int) -> None:
    near = drawn(shape=None, camera=camera)[0][:, 64:]
    frames = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float64) for frame in near]
    shifts = [cv2.phaseCorrelate(one, two)[0] for one, two in zip(frames[::3], frames[3::3], strict=False)]
    x, y = np.median(shifts, axis=0)
    assert (np.sign(np.round(x / 2)), np.sign(np.round(y / 2))) == (across, down)


def test_a_scene_alone_has_no_object() -> None:
    assert not drawn(shape=None)[1].any()


def test_weather_falls_over_everything() -> None:
    clear, _ = drawn()
    for weather in ("rain", "snow"):
        assert 0.01 < (np.abs(drawn(weather=weather)[0].astype(int) - clear).max(-1) > 24).mean() < 0.3
