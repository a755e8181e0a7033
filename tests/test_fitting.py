"""Fingerprints of real pictures, held as a mark says that they lie."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.evidence import FingerprintDetails, MarkGeometry, Span
from countermark.fitting import fit_of, turned_back, within
from countermark.provenance.fingerprint.hashes import hash_of, moved_of, parts_of
from tests import recipes


def _planes(seed: int, count: int = 8) -> list[NDArray[np.uint8]]:
    """Pictures of some scenes, as a camera that is moved about would take them."""
    scenes = (next(recipes.pictures(1, (480, 256), seed=seed * 100 + number)) for number in range(count))
    return [np.asarray(cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)) for scene in scenes]


def _fingerprint(planes: list[NDArray[np.uint8]], copy: bool = True) -> FingerprintDetails:
    hashes, qualities = zip(*map(hash_of, planes), strict=True)
    parts = tuple(parts_of(plane) + (moved_of(plane) if copy else "") for plane in planes)
    return FingerprintDetails("pdq", tuple(0.25 * i for i in range(len(planes))), hashes, qualities, parts)


ORIGINAL = _planes(1)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_copy_turned_by_quarters_or_mirrored_fits_and_another_differs(turns: int, mirrored: bool) -> None:
    def turned(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(np.rot90(plane[:, ::-1] if mirrored else plane, turns))

    geometry = MarkGeometry(rotation=90 * turns, mirrored=mirrored)
    known = _fingerprint(ORIGINAL)
    # Hashes sample a picture off its middle: each axis turned around costs some bits, both of them at times too many.
    wanted = {"fits", "unclear"} if (turns, mirrored) in ((2, False), (3, True)) else {"fits"}
    assert fit_of(_fingerprint([turned(p) for p in ORIGINAL]), known, geometry).fit in wanted
    assert fit_of(_fingerprint([turned(p) for p in _planes(2)]), known, geometry).fit == "differs"


def test_turning_without_saying_so_does_not_fit() -> None:
    copy = _fingerprint([np.ascontiguousarray(np.rot90(plane)) for plane in ORIGINAL])
    assert fit_of(copy, _fingerprint(ORIGINAL), MarkGeometry()).fit != "fits"


def test_four_quarters_are_none() -> None:
    known = _fingerprint(ORIGINAL)
    assert turned_back(known, 4) == known != turned_back(known, 1)


@pytest.mark.parametrize(
    ("geometry", "fit", "why"),
    [
        (MarkGeometry(), "differs", "none of its"),
        (MarkGeometry(scale=1.02), "differs", "none of its"),
        (MarkGeometry(scale=1.4), "unclear", "cropped to about 0.71"),
        (MarkGeometry(scale=0.7), "unclear", "inside borders"),
        (MarkGeometry(rotation=7), "unclear", "turned by 7.0 degrees"),
        (MarkGeometry(stretch=0.8), "unclear", "stretched"),
        (MarkGeometry(perspective=True), "unclear", "slant"),
        (None, "unclear", "not known"),
    ],
    ids=str,
)
def test_only_a_whole_picture_can_differ(geometry: MarkGeometry | None, fit: str, why: str) -> None:
    held = fit_of(_fingerprint(_planes(3)), _fingerprint(ORIGINAL), geometry)
    assert held.fit == fit and why in held.reason


def test_each_part_is_held_by_itself() -> None:
    known, other = _fingerprint(ORIGINAL), _fingerprint(_planes(4))
    joined = FingerprintDetails(
        "pdq",
        (*known.times_s, *(2 + at for at in other.times_s)),
        known.hashes + other.hashes,
        known.qualities + other.qualities,
        known.parts + other.parts,
    )
    assert fit_of(joined, known, MarkGeometry()).fit == "unclear"
    assert fit_of(joined, known, MarkGeometry(), (Span(0, 1.75),)).fit == "fits"
    assert fit_of(joined, known, MarkGeometry(), (Span(2, 3.75),)).fit == "differs"
    assert fit_of(joined, known, MarkGeometry(), (Span(10, 12),)).fit == "unclear", "nothing is shown there"
    assert within(joined, (Span(2, 3.75),)) == replace(other, times_s=tuple(2 + at for at in other.times_s))
