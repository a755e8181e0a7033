"""Faces are found where there are some, dropped where a single picture errs, and never a reason to fail."""

import numpy as np
import pytest

from countermark.media import Plan, Tile, faces, probe, show
from countermark.media.faces import faces_in, find, overlap
from countermark.settings import Limits
from tests.drawn_face import face
from tests.needs import data, lacking


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    """A face as the cascade knows it."""
    if not faces.available():
        lacking("OpenCV's cascades", "pip install 'opencv-python-headless<5'")
    return face()


def test_a_face_is_found_where_it_is(drawn: np.ndarray) -> None:
    box = find(drawn)[0]
    assert overlap(box, Tile(215, 130, 210, 210)) > 0.5


def test_its_place_is_told_in_pixels_of_the_picture_at_any_size(drawn: np.ndarray) -> None:
    import cv2

    large = cv2.resize(drawn, (1280, 960), interpolation=cv2.INTER_CUBIC)
    box, twice = find(drawn)[0], find(large)[0]
    assert overlap(twice, Tile(2 * box.x, 2 * box.y, 2 * box.width, 2 * box.height)) > 0.6


def test_one_picture_of_three_is_no_face_and_two_are_one(drawn: np.ndarray) -> None:
    empty = np.full_like(drawn, 96)
    assert faces_in([drawn, empty, empty]) == ()
    assert len(faces_in([drawn, empty, drawn])) == 1
    assert len(faces_in([drawn])) == 1


def test_a_face_that_jumps_about_is_none(drawn: np.ndarray) -> None:
    left, right = np.roll(drawn, -150, axis=1), np.roll(drawn, 150, axis=1)
    assert len(find(left)) == len(find(right)) == 1
    assert faces_in([left, np.full_like(drawn, 96), right]) == ()


@pytest.mark.parametrize("shape", [(8, 8, 3), (31, 400, 3), (64, 64, 3), (40, 2000, 3)])
def test_no_size_of_picture_fails(shape: tuple[int, int, int]) -> None:
    assert find(np.zeros(shape, np.uint8)) == ()


def test_no_pictures_have_no_faces() -> None:
    assert faces_in([]) == ()


def test_without_cascades_there_are_no_faces_and_it_is_said(drawn: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "CASCADE", "no_such_cascade.xml")
    faces._cascade.cache_clear()
    try:
        assert not faces.available()
        assert find(drawn) == () == faces_in([drawn])
    finally:
        monkeypatch.undo()
        faces._cascade.cache_clear()
    assert faces.available()


def test_boxes_apart_share_nothing() -> None:
    assert overlap(Tile(0, 0, 10, 10), Tile(20, 0, 10, 10)) == 0
    assert overlap(Tile(0, 0, 10, 10), Tile(0, 0, 10, 10)) == 1
    assert overlap(Tile(0, 0, 10, 10), Tile(5, 0, 10, 10)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("name", "found"), [("tokenflow__woman-running.mp4", 1), ("co-tracker__cat.mp4", 0)])
def test_clips_with_and_without_a_face(name: str, found: int) -> None:
    path = next(data("clips").rglob(name))
    shown = show(probe(path, Limits()), [Plan((0.1, 0.3, 0.5), "rgb")])
    assert len(faces_in([view.pixels for _, view in shown])) == found
