"""In pictures that are flat and hardly move, a banner is a changed region by a wide margin, and honest copies are none.

Such pictures have little that a banner could be held to: it is most of what a copy's contrast, steepness and time are
told by, unless these are learned from what was not changed.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import cv2
import numpy as np
import pytest

from countermark.evidence import ChangesDetails
from countermark.generator.procedural import Shot, render
from countermark.tests.provenance.changes.films import COUNT, FPS, SIZE, Plane, copied, examined, recorded, redrawn

WIDE, HIGH = SIZE
FIRST, LAST = 10, 34
SCENES = {
    "balloon": ("a red balloon over misty mountains at sunrise", 3),
    "stars": ("stars over hills at night", 3),
    "boat": ("a white boat on a calm lake at dusk, stars", 5),
}
BOXES = {"small": (40, 73, 286, 373), "large": (27, 80, 273, 400), "middle": (100, 140, 166, 260)}  # top, bottom, ...
CLEAR = 1.3  # of the threshold


@cache
def scene(name: str) -> tuple[tuple[Plane, ...], bytes]:
    """A generator's pictures, and their record."""
    prompt, seed = SCENES[name]
    shot = Shot(prompt, seconds=COUNT / FPS, size=SIZE, frame_rate=Fraction(FPS), seed=seed)
    grey = (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) for rgb in render(shot))
    planes = tuple((16 + one * (219 / 255)).astype(np.uint8) for one in grey)  # as a file has it: no black is lost
    return planes, recorded(planes)


def with_banner(name: str, box: str, level: int, ink: int, first: int = FIRST, last: int = LAST) -> list[Plane]:
    top, bottom, left, right = BOXES[box]

    def banner(plane: Plane) -> None:
        plane[top:bottom, left:right] = level
        cv2.putText(plane, "SALE", (left + 6, bottom - 8), cv2.FONT_HERSHEY_DUPLEX, 0.9, ink, 2, cv2.LINE_AA)

    return redrawn(scene(name)[0], first, last, banner)


@pytest.mark.parametrize(
    ("name", "box", "level", "ink"),
    [
        pytest.param("balloon", "large", 195, 70, id="bright, large, by day"),
        pytest.param("balloon", "middle", 38, 210, id="dark, in the middle, by day"),
        pytest.param("balloon", "small", 195, 70, id="bright, small, by day"),
        pytest.param("stars", "large", 195, 70, id="bright, large, by night"),
        pytest.param("stars", "small", 60, 210, id="grey, small, by night"),
        pytest.param("boat", "middle", 195, 70, id="bright, in the middle, at dusk"),
    ],
)
def test_a_banner_is_a_region_by_a_wide_margin(name: str, box: str, level: int, ink: int) -> None:
    found = examined(scene(name)[1], copied(with_banner(name, box, level, ink))).details
    assert isinstance(found, ChangesDetails)
    assert {change.kind for change in found.changes} == {"region"}, found.changes
    best = max(found.changes, key=lambda change: change.strength)
    top, bottom, left, right = BOXES[box]
    assert best.strength >= CLEAR and best.region
    assert best.region.x < (left + right) / 2 / WIDE < best.region.x + best.region.width
    assert best.region.y < (top + bottom) / 2 / HIGH < best.region.y + best.region.height
    assert best.region.width * best.region.height < 0.25
    assert best.span.start_s < LAST / FPS and best.span.end_s > FIRST / FPS


def test_a_banner_that_never_leaves_is_a_region() -> None:
    found = examined(scene("stars")[1], copied(with_banner("stars", "large", 195, 70, 0, COUNT))).details
    assert isinstance(found, ChangesDetails)
    assert {change.kind for change in found.changes} == {"region"}
    assert max(change.strength for change in found.changes) >= CLEAR


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("balloon", lambda planes: copied(planes), id="smaller, by day"),
        pytest.param("stars", lambda planes: copied(planes), id="smaller, by night"),
        pytest.param("balloon", lambda planes: copied(planes, crf=38, scale=1.0), id="poor"),
        pytest.param("balloon", lambda planes: copied(planes[5:]), id="first 0.4 s cut"),
        pytest.param("boat", lambda planes: copied([(p * 0.9 + 20.0).astype(np.uint8) for p in planes]), id="brighter"),
    ],
)
def test_an_honest_copy_shows_no_change(name: str, change: object) -> None:
    planes, record = scene(name)
    found = examined(record, change(planes))  # type: ignore[operator]
    assert found.finding == "absent", found.details
