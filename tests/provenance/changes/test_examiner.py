"""What a copy changed is found where and when it is; an honest copy shows no change, however it is turned or cut."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest

from countermark.evidence import ChangesDetails, Evidence, FailureDetails, MarkGeometry, evidence_from_json
from countermark.media import look
from countermark.media.facts import Geometry, Video
from countermark.provenance.changes import ChangeExaminer, coding, original_record
from countermark.settings import Limits
from countermark.tests.provenance.changes.films import (
    COUNT,
    FPS,
    SIZE,
    Plane,
    concluded,
    copied,
    examined,
    film,
    record,
    recorded,
    redrawn,
)
from countermark.tests.recipes import clip

WIDE, HIGH = SIZE


def details(evidence: Evidence) -> ChangesDetails:
    assert isinstance(evidence.details, ChangesDetails), evidence
    return evidence.details


def kinds(evidence: Evidence) -> set[str]:
    return {change.kind for change in details(evidence).changes}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda plane: plane, id="as it is"),
        pytest.param(lambda plane: np.clip(plane * 1.08 + 6.0, 0, 255).astype(np.uint8), id="brighter"),
        pytest.param(lambda plane: np.clip(plane * 1.2 + 40.0, 0, 255).astype(np.uint8), id="brighter until it clips"),
        pytest.param(lambda plane: np.pad(plane, ((30, 30), (0, 0)), constant_values=16), id="letterboxed"),
        pytest.param(lambda plane: plane[12:-12, 20:-20], id="cropped"),
        pytest.param(lambda plane: np.ascontiguousarray(plane[:, ::-1]), id="mirrored"),
        pytest.param(lambda plane: np.ascontiguousarray(np.rot90(plane)), id="turned"),
    ],
)
def test_an_honest_copy_shows_no_change(change: object) -> None:
    found = examined(record(), copied([change(plane) for plane in film()]))  # type: ignore[operator]
    assert found.finding == "absent", details(found).changes
    assert details(found).smallest_levels > 0
    assert sum(span.end_s - span.start_s for span in details(found).compared) > 2.9


@pytest.mark.parametrize("skipped", [5, 12])
def test_a_trimmed_copy_shows_no_change(skipped: int) -> None:
    found = examined(record(), copied(film()[skipped:]))
    assert found.finding == "absent", details(found).changes


def test_a_patch_is_found_where_and_when_it_is() -> None:
    def patch(plane: Plane) -> None:
        cv2.rectangle(plane, (300, 60), (340, 100), 230, -1)

    found = examined(record(), copied(redrawn(film(), 12, 26, patch)))
    assert found.finding == "present"
    best = max(details(found).changes, key=lambda change: change.strength)
    assert best.kind == "region" and best.region
    assert best.region.x < 320 / WIDE < best.region.x + best.region.width
    assert best.region.y < 80 / HIGH < best.region.y + best.region.height
    assert best.region.width * best.region.height < 0.2
    assert best.span.start_s < 1.6 < best.span.end_s
    assert found.regions and found.spans
    heat = [max(bytes.fromhex(one)) for one in details(found).heat]
    assert max(heat) > 128 > min(heat)


def test_a_patch_is_placed_in_the_copys_picture() -> None:
    def patch(plane: Plane) -> None:
        cv2.rectangle(plane, (300, 60), (340, 100), 230, -1)

    mirrored = [np.ascontiguousarray(plane[:, ::-1]) for plane in redrawn(film(), 12, 30, patch)]
    found = examined(record(), copied(mirrored), geometry=MarkGeometry(mirrored=True))
    best = max(details(found).changes, key=lambda change: change.strength)
    assert best.region and best.region.x < 1 - 320 / WIDE < best.region.x + best.region.width


def test_another_clips_pictures_in_the_middle_are_found() -> None:
    found = examined(record(), copied([*film()[:14], *film(5)[14:28], *film()[28:]]))
    assert kinds(found) & {"replaced", "inserted"}
    assert any(change.span.start_s < 1.75 < change.span.end_s for change in details(found).changes)


def test_what_was_put_in_is_found() -> None:
    found = examined(record(), copied([*film()[:18], *film(5)[:14], *film()[18:]]))
    assert "inserted" in kinds(found)


def test_what_was_cut_out_is_found() -> None:
    found = examined(record(), copied([*film()[:14], *film()[26:]]))
    cuts = [change for change in details(found).changes if change.kind == "cut"]
    assert cuts and abs(cuts[0].span.start_s - 14 / FPS) < 0.6


@pytest.mark.parametrize("speed", [1.05, 0.93])
def test_another_speed_is_found(speed: float) -> None:
    found = examined(record(), copied(film()), fps=FPS * speed)
    speeds = [change for change in details(found).changes if change.kind == "speed"]
    assert speeds and speeds[0].span.end_s > 2.4


def test_every_picture_of_a_copy_is_asked_for() -> None:
    video = cast(Video, SimpleNamespace(duration_s=2.0, geometry=Geometry(WIDE, HIGH)))
    times = np.array(ChangeExaminer(b"", None).plan(video).times_s)
    for rate in (24, 25, 29.97, 30):
        assert set(range(int(2 * rate))) <= set((times * rate).astype(int))


def test_a_crop_is_placed_to_a_fraction_of_a_cell() -> None:
    examiner = ChangeExaminer(record(), None)
    left, top = 20, 12
    cropped = [plane[top:-top, left:-left] for plane in copied(film(), scale=1.0)]
    concluded(examiner, cropped)
    assert examiner.laid
    wide, high = WIDE - 2 * left, HIGH - 2 * top
    exact = np.array([[WIDE / wide, 0, -left / wide], [0, HIGH / high, -top / high]])
    columns, rows = examiner.laid.grid.brightness.shape[:0:-1]
    assert np.abs((examiner.laid.placed.matrix - exact) * [[columns], [rows]]).max() < 0.1


def test_what_was_pasted_into_one_tile_moves_no_time() -> None:
    def plate(plane: Plane) -> None:
        cv2.rectangle(plane, (330, 20), (400, 60), 250, -1)
        cv2.rectangle(plane, (345, 30), (385, 50), 60, -1)

    found = examined(record(), copied(redrawn(film(), 12, 30, plate)))
    assert kinds(found) == {"region"}


def test_other_content_is_inconclusive() -> None:
    found = examined(record(), copied(film(9)))
    assert found.finding == "inconclusive" and isinstance(found.details, FailureDetails)


def test_a_record_of_no_sense_is_inconclusive() -> None:
    assert examined(b"nonsense", film()[:6]).finding == "inconclusive"


def test_two_files_are_held_to_each_other(tmp_path: Path) -> None:
    original = clip(tmp_path / "original.mp4", seconds=3)
    copy = clip(tmp_path / "copy.mp4", seconds=3, options={"crf": "30"})
    kept = original_record(original, Limits())
    assert coding.unpack(kept).window_s == 0.5
    seen = look(copy, (), (ChangeExaminer(kept, None),), Limits()).evidence
    found = next(evidence for evidence in seen if evidence.examiner == "changes")
    assert found.finding == "absent", found.details
    assert evidence_from_json([found.to_json()]) == (found,)


def test_a_short_clip_is_compared_too() -> None:
    found = examined(recorded(film()[:8]), copied(film()[:8]))
    assert found.finding == "absent", found.details
    assert COUNT > 8
