from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from countermark.detector.adapting.bank import read_bank
from countermark.detector.adapting.samples import COPIES
from countermark.detector.model import load
from countermark.training.detector.adapt_bench import DRAWS, MOST_S, Row, footage, rows_of, summed
from countermark.training.detector.folds import Clip
from countermark.training.detector.reference import samples_of
from tests import recipes
from tests.detector.adapting.made import REALS, REDS, numbers

FOLD = 0


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Two generators of a family that only teaching finds, and a third that only the model finds."""
    mine = [numbers(0, 500 + seed, group=f"held {seed % 3}") for seed in range(12)]
    mine += [numbers(6, 600 + seed, group="svd", synthetic=True, seconds=25.0) for seed in range(6)]
    mine += [numbers(6, 700 + seed, group="svd-xt", synthetic=True) for seed in range(2)]
    mine += [numbers(0, 800 + seed, 60, group="lumiere", synthetic=True) for seed in range(3)]
    return rows_of(FOLD, [*REALS, *REDS], mine, frozenset(one.name for one in mine if not one.synthetic))


def test_a_generator_is_taught_by_some_of_its_clips_and_tried_on_the_rest(rows: list[Row]) -> None:
    svd = [row for row in rows if row.generator == "svd"]
    assert {row.generator for row in rows} == {"svd", "lumiere"}  # two clips are too few
    assert [row.draw for row in svd] == list(range(DRAWS))
    for row in svd:
        assert (row.clips, row.tested) == (2, 4)  # half are three, and these would be more than a minute
        assert row.seconds <= MOST_S
        assert row.auc_before < 0.8 < 0.9 < row.auc_after


def test_others_are_of_other_families(rows: list[Row]) -> None:
    """A sibling is found once its generator is taught: among the others it would pass for what was not forgotten."""
    svd, lumiere = (next(row for row in rows if row.generator == name) for name in ("svd", "lumiere"))
    assert svd.others_before == 1.0  # lumiere alone, of which the model is sure
    assert lumiere.others_before < 0.9  # both that it does not know


def test_generators_count_alike_however_often_they_were_drawn(rows: list[Row]) -> None:
    plain = [replace(row, auc_after=1.0 if row.generator == "svd" else 0.5) for row in rows]
    found = summed([*plain, *[row for row in plain if row.generator == "svd"]])
    assert found["generators"] == 2
    assert found["auc_after"]["mean"] == 0.75 and found["auc_after"]["worst_quartile"] == 0.5


def test_footage_is_what_a_camera_took() -> None:
    kinds = (("real", "camera"), ("real", "screen"), ("synthetic", "camera"), ("real", "face"))
    clips = [Clip(Path("x"), label, "source", kind, 0) for label, kind in kinds]
    assert footage(clips) == {"0", "3"}


def test_clips_are_read_once_by_the_fold_that_lacks_them(tmp_path: Path) -> None:
    path = recipes.clip(tmp_path / "private-name.mp4", seconds=1.25, size=(160, 144), fps=8, seed=1)
    (tmp_path / "text.mp4").write_text("no clip")
    clips = [
        Clip(tmp_path / "text.mp4", "real", "source", "camera", FOLD),
        Clip(path, "real", "source", "camera", 1),
        Clip(path, "real", "source", "camera", FOLD),
    ]
    (found,) = samples_of(FOLD, clips, tmp_path / "work", 1)
    assert (found.name, found.group, found.synthetic, len(found.copies)) == ("2", "source", False, len(COPIES))
    kept = list((tmp_path / "work").glob("*.npz"))
    assert len(kept) == 1 and b"private" not in kept[0].read_bytes()
    written = kept[0].stat().st_mtime_ns
    (again,) = samples_of(FOLD, clips, tmp_path / "work", 1)
    np.testing.assert_array_equal([look.row for look in again.looks], [look.row for look in found.looks])
    assert kept[0].stat().st_mtime_ns == written
    assert read_bank(kept[0], load(f"fold-{FOLD}"))[0].name == "2"
    (tmp_path / "text.mp4").write_text("another file")
    samples_of(FOLD, clips, tmp_path / "work", 1)
    assert len(list((tmp_path / "work").glob("*.npz"))) == 2
