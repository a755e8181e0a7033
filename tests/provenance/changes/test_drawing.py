"""The heat map is a picture with the change in it, with or without a ground."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from countermark.evidence import Change, ChangesDetails, Span
from countermark.provenance.changes import heat_map


def _details(rows: int = 8, columns: int = 12, windows: int = 3) -> ChangesDetails:
    heat = np.full((windows, rows, columns), 20, np.uint8)
    heat[1, 2:4, 6:9] = 250
    return ChangesDetails(
        (Change("region", Span(0.5, 1.0)),), (Span(0, 1.5),), 0.01, 1.0, 8.0, columns, rows, 0.5,
        tuple(one.tobytes().hex() for one in heat),
    )  # fmt: skip


def test_the_hot_cells_are_light() -> None:
    with Image.open(io.BytesIO(heat_map(_details(), None))) as drawn:
        levels = np.asarray(drawn.convert("L"), np.float32)
    cell = 960 // 12
    assert levels[cell * 3, cell * 7] > 150 > 60 > levels[cell * 6, cell * 2]


def test_a_picture_shows_through_where_nothing_is_hot() -> None:
    ground = cv2.imencode(".png", np.full((80, 120, 3), 128, np.uint8))[1].tobytes()
    with Image.open(io.BytesIO(heat_map(_details(), ground))) as drawn:
        assert drawn.convert("RGB").getpixel((100, 500)) == (128, 128, 128)


def test_heat_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="cells"):
        heat_map(ChangesDetails((), (), 0.01, 1.0, 8.0, 5, 5, 0.5, ("00",)))
    with pytest.raises(ValueError, match="nothing"):
        heat_map(ChangesDetails((), (), 0.01, 1.0, 8.0))
