"""What is drawn is drawn again alike, no kind is on both sides of the split, and what is missing is said."""

import csv
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from countermark.media import Plan, probe, show
from countermark.settings import Limits
from countermark.training.detector.hard_negatives import recording
from countermark.training.detector.hard_negatives.__main__ import KINDS, Kind, made, write_table
from countermark.training.detector.hard_negatives.rendered import Scene
from tests.needs import program

SCENES = [kind for kind in KINDS if kind.scene is not None]


def scene_of(kind: Kind) -> Scene:
    assert kind.scene is not None
    return kind.scene


@pytest.mark.parametrize("kind", SCENES, ids=lambda kind: kind.group)
def test_a_scene_moves_and_is_the_same_for_the_same_seed(kind: Kind) -> None:
    def frames(seed: int) -> np.ndarray:
        return np.stack(list(islice(scene_of(kind)((80, 48), 6, np.random.default_rng(seed)), 4)))

    one = frames(1)
    assert one.shape == (4, 48, 80, 3) and one.dtype == np.uint8
    assert np.array_equal(one, frames(1))
    assert not np.array_equal(one, frames(2))
    assert not np.array_equal(one[0], one[-1])
    assert one.std() > 2


def test_no_kind_serves_both_training_and_testing() -> None:
    sides = {split: {kind for kind in KINDS if kind.split == split} for split in ("train", "test")}
    assert len(sides["train"]) + len(sides["test"]) == len(KINDS)
    for what in ("group", "page", "scene"):
        one, two = ({getattr(kind, what) for kind in side} - {"", None} for side in sides.values())
        assert one and two and not one & two
    for side in sides.values():
        assert {kind.kind for kind in side} == {"screen", "cgi", "animation"}
    assert len({kind.group for kind in KINDS}) == len(KINDS)


def test_every_page_is_there() -> None:
    pages = {kind.page for kind in KINDS if kind.page}
    assert {path.stem for path in recording.PAGES.glob("*.html")} == pages


def test_without_a_browser_the_rest_is_made_and_it_is_said(tmp_path: Path) -> None:
    rows, left_out = made(tmp_path, 2, 1, may_record=False, kinds=(KINDS[0], cheap()))
    assert [row.group for row in rows] == ["own-whiteboard"]
    assert len(left_out) == 1 and left_out[0].startswith("own-browser-article-0: ")
    write_table(tmp_path / "clips.tsv", rows)
    with (tmp_path / "clips.tsv").open(newline="") as lines:
        (row,) = csv.DictReader(lines, delimiter="\t")
    assert {"path", "label", "group", "kind", "split"} <= set(row)
    video = probe(tmp_path / row["path"], Limits())
    assert (video.geometry.width, video.geometry.height) == (int(row["width"]), int(row["height"]))
    assert abs(video.duration_s - 3.0) < 0.1 and row["label"] == "real"


def test_a_page_is_recorded_as_a_browser_shows_it(tmp_path: Path) -> None:
    for name, package in recording.PROGRAMS.items():
        program(name, package)
    target = tmp_path / "page.mp4"
    recording.record("article", 3, target, size=(320, 240), rate=24, seconds=0.25)
    shown = [view.pixels for _, view in show(probe(target, Limits()), [Plan((0.0, 0.2), "rgb")])]
    assert shown[0].shape == (240, 320, 3)
    assert shown[0].std() > 10  # a header, words, drawings


def cheap() -> Kind:
    return replace(next(kind for kind in KINDS if kind.group == "own-whiteboard"), sizes=((192, 108),))
