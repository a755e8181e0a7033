"""Frames in every form that pipelines give become the same pictures; what can't be frames is refused."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from countermark.errors import EncodeFailed
from countermark.generator.given import pictures
from tests import recipes

FILM = np.stack(list(recipes.pictures(3, (64, 48))))  # (3, 48, 64, 3)


class Tensor:
    """What a tensor can do, of that which is asked of it."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.moved = array, False

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        self.moved = True
        return self

    def is_floating_point(self) -> bool:
        return self.array.dtype.kind == "f"

    def float(self) -> "Tensor":
        return Tensor(self.array.astype(np.float32))

    def numpy(self) -> np.ndarray:
        return self.array


@pytest.mark.parametrize(
    "frames",
    [
        FILM,
        FILM[None],
        FILM.astype(np.float32) / 255,
        FILM[None].astype(np.float64) / 255,
        np.moveaxis(FILM, -1, 1),
        list(FILM),
        [list(FILM)],
        iter(FILM),
        [Image.fromarray(one) for one in FILM],
        [[Image.fromarray(one).convert("RGBA") for one in FILM]],
        np.concatenate([FILM, np.full((3, 48, 64, 1), 255, np.uint8)], axis=-1),
        Tensor(np.moveaxis(FILM, -1, 1)[None].astype(np.float16) / 255),
        [Tensor(one) for one in np.moveaxis(FILM, -1, 1)],
    ],
    ids=lambda frames: type(frames).__name__,
)
def test_the_same_pictures_in_every_form(frames: Any) -> None:
    found = list(pictures(frames))
    assert len(found) == 3
    for one, meant in zip(found, FILM, strict=True):
        assert one.dtype == np.uint8 and one.flags.c_contiguous
        assert np.array_equal(one, meant)


def test_grey_is_three_times_the_same() -> None:
    grey = FILM[..., :1]
    assert np.array_equal(np.stack(list(pictures(grey))), np.repeat(grey, 3, axis=-1))


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        (np.stack([FILM, FILM]), "2 videos at once"),
        ([list(FILM), list(FILM)], "several videos"),
        ([FILM, FILM], "several videos"),
        (FILM.astype(np.float32), "not of 0 to 1"),
        (FILM.astype(np.float32) / 127.5 - 1, "not of 0 to 1"),
        (np.full((2, 48, 64, 3), np.nan, np.float32), "not of 0 to 1"),
        (FILM.astype(np.uint16), "uint16"),
        (np.zeros((2, 48, 64, 2), np.uint8), "2 colours"),
        (np.zeros((48, 64), np.uint8), "48x64"),
        (np.zeros((2, 0, 64, 3), np.uint8), "2x0x64x3"),
        ("frames", "a str"),
        ({"frames": FILM}, "a dict"),
        (None, "a NoneType"),
        ([None], "a NoneType"),
    ],
)
def test_what_is_no_frames(frames: Any, told: str) -> None:
    with pytest.raises(EncodeFailed, match=told) as caught:
        list(pictures(frames))
    assert caught.value.advice


def test_an_array_is_taken_frame_by_frame() -> None:
    given = pictures(one for one in [FILM[0], None])
    assert np.array_equal(next(given), FILM[0]), "the first is there before the second is asked for"
