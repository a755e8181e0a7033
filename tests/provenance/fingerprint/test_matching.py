"""Which seconds of a copy show which of an original, through crops, overlays and cuts; and what is never shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.evidence import FingerprintDetails, MarkGeometry, Match, Span
from countermark.fitting import fit_of
from countermark.provenance.fingerprint.hashes import (
    MOVED,
    NOTHING,
    PARTS,
    hash_of,
    moved_of,
    parts_of,
    without_bars,
)
from countermark.provenance.fingerprint.matching import (
    FOUND,
    compare,
    nearness,
    segments_of,
    shape_of,
)
from tests import recipes

Luma = NDArray[np.uint8]
STEP = 0.25


@cache
def _scenes(seed: int, count: int = 12) -> tuple[Luma, ...]:
    """A film of so many scenes."""
    pictures = (next(recipes.pictures(1, (320, 240), seed=100 * seed + number)) for number in range(count))
    return tuple(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8) for picture in pictures)


def _taken(scenes: tuple[Luma, ...], *, copy: bool = False, from_s: float = 0.0) -> FingerprintDetails:
    rows = [
        (from_s + STEP * number, *hash_of(seen), parts_of(seen) + (moved_of(seen) if copy else ""))
        for number, scene in enumerate(scenes)
        for seen in (scene, *without_bars(scene))
    ]
    return FingerprintDetails("pdq", *(tuple(column) for column in zip(*rows, strict=True)))  # type: ignore[arg-type]


def _cropped(top: int, left: int) -> Callable[[Luma], Luma]:
    return lambda scene: scene[top : top + 216, left : left + 288]


def _pasted(scene: Luma) -> Luma:
    shown = scene.copy()
    shown[:48, :96] = 200
    cv2.putText(shown, "LIVE", (8, 36), cv2.FONT_HERSHEY_DUPLEX, 1.0, 20, 2)
    return shown


CHANGES: dict[str, Callable[[Luma], Luma]] = {
    "centre": _cropped(12, 16),
    "upper left": _cropped(0, 0),
    "lower right": _cropped(24, 32),
    "half way": _cropped(5, 9),
    "logo": _pasted,
    "caption": lambda scene: np.vstack([scene[:204], np.full((36, 320), 20, np.uint8)]),
    "letterbox": lambda scene: np.pad(scene, ((40, 40), (0, 0))),
    "upright in wide": lambda scene: np.pad(scene[:, 60:240], ((0, 0), (170, 170))),
    "half the size": lambda scene: np.asarray(cv2.resize(scene, (160, 120), interpolation=cv2.INTER_AREA), np.uint8),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_copy_fits_and_would_be_found(name: str) -> None:
    scenes = tuple(scene[:, 60:240] for scene in _scenes(1)) if name == "upright in wide" else _scenes(1)
    copy, original = _taken(tuple(CHANGES[name](scene) for scene in _scenes(1)), copy=True), _taken(scenes)
    result = compare(copy, original)
    assert result.fit == "fits" and result.matching == 12
    assert result.segments == (Match(Span(0, 3), Span(0, 3)),)
    assert nearness(shape_of(copy), shape_of(original)).score() <= 1


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_change_to_something_else_is_not_found(name: str) -> None:
    copy = _taken(tuple(CHANGES[name](scene) for scene in _scenes(2)), copy=True)
    assert compare(copy, _taken(_scenes(1))).fit == "differs"
    assert nearness(shape_of(copy), shape_of(_taken(_scenes(1)))).score() > 1


def test_a_mark_on_a_small_crop_of_something_else_is_caught() -> None:
    geometry = MarkGeometry(scale=1.11, shift=(0.3, 0.2))
    crop = CHANGES["lower right"]
    mine, theirs = (_taken(tuple(map(crop, _scenes(seed))), copy=True) for seed in (1, 2))
    assert fit_of(mine, _taken(_scenes(1)), geometry).fit == "fits"
    assert fit_of(theirs, _taken(_scenes(1)), geometry).fit == "differs"
    far = fit_of(theirs, _taken(_scenes(1)), MarkGeometry(scale=1.3))
    assert far.fit == "unclear" and "only small crops" in far.reason


def _segments(copy: FingerprintDetails, original: FingerprintDetails) -> tuple[Match, ...]:
    known = shape_of(original)
    return segments_of(nearness(shape_of(copy), known), known, FOUND)


def test_a_cut_is_found_where_it_lay() -> None:
    copy = _taken(_scenes(1)[4:10], copy=True)
    assert _segments(copy, _taken(_scenes(1))) == (Match(Span(0, 1.5), Span(1, 2.5)),)


def test_scenes_in_another_order_are_segments_of_their_own() -> None:
    scenes, other = _scenes(1), _scenes(2)
    copy = _taken((*scenes[8:12], *other[:4], *scenes[0:4]), copy=True)
    wanted = (Match(Span(0, 1), Span(2, 3)), Match(Span(2, 3), Span(0, 1)))
    assert _segments(copy, _taken(scenes)) == wanted
    assert compare(copy, _taken(scenes)).fit == "unclear", "a third of it is something else"


def test_a_still_picture_lies_where_it_begins() -> None:
    still = (_scenes(1)[0],) * 8
    assert _segments(_taken(still, copy=True), _taken(still)) == (Match(Span(0, 2), Span(0, 2)),)


def test_flat_parts_say_nothing() -> None:
    """Two title cards have most of their surface in common, and nothing to do with each other."""

    def card(words: str, y: int) -> Luma:
        shown = np.full((240, 320), 18, np.uint8)
        cv2.putText(shown, words, (20, y), cv2.FONT_HERSHEY_DUPLEX, 1.6, 230, 3)
        return shown

    mine, theirs = card("the wind", 60), card("eighteen", 215)
    assert NOTHING in parts_of(mine)
    copy, original = _taken((theirs,) * 8, copy=True), _taken((mine,) * 8)
    assert nearness(shape_of(copy), shape_of(original)).score() > 1
    assert compare(copy, original).fit != "fits"
    assert compare(_taken((mine,) * 8, copy=True), original).fit == "fits"


def test_fingerprints_of_before_there_were_parts_still_fit_and_never_differ() -> None:
    known, copy = _taken(_scenes(1)), _taken(_scenes(1), copy=True)
    bare = FingerprintDetails("pdq", known.times_s, known.hashes, known.qualities)
    assert compare(copy, bare).fit == "fits"
    assert compare(_taken(_scenes(2), copy=True), bare).fit == "unclear"


@pytest.mark.parametrize(
    ("times", "hashes", "why"),
    [((0.0, -1.0), ("00", "00"), "ascend"), ((0.0, float("nan")), ("00", "00"), "ascend"),
     ((0.0, float("inf")), ("00", "00"), "ascend"), ((2.0, 1.0), ("00", "00"), "ascend"),
     ((0.0, 1.0), ("00", "zz"), "hexadecimal"), ((0.0, 1.0), ("00", "0000"), "one length")],
)  # fmt: skip
def test_what_a_hostile_reader_may_answer_is_refused(times: Any, hashes: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        FingerprintDetails("pdq", times, hashes, (100, 100))


def test_hashes_of_another_length_are_not_compared() -> None:
    short = FingerprintDetails("pdq", (0.0, 1.0), ("00", "11"), (100, 100), ("0011", "2233"))
    assert compare(short, _taken(_scenes(1))).fit == compare(_taken(_scenes(1)), short).fit == "unclear"


def test_parts_are_as_many_of_each_frame() -> None:
    with pytest.raises(ValueError, match="same parts"):
        FingerprintDetails("pdq", (0.0, 1.0), ("00", "00"), (1, 1), ("00", "0000"))
    with pytest.raises(ValueError, match="same parts"):
        FingerprintDetails("pdq", (0.0, 1.0), ("00", "00"), (1, 1), ("00",))
    scene: Any = _scenes(1)[0]
    assert len(parts_of(scene)) == 64 * PARTS and len(moved_of(scene)) == 64 * MOVED
