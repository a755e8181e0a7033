import json
from collections import defaultdict

import pytest

from countermark.detector.network import weights
from countermark.errors import InputMissing, InputUnreadable
from countermark.training.detector.folds import FAMILIES, FOLDS, Clip, family, fold_of, read_clips, real_clips
from tests.needs import data


@pytest.fixture(scope="module")
def clips() -> tuple[Clip, ...]:
    return read_clips(data("clips") / "clips.tsv")


def test_no_clip_family_or_source_is_on_both_sides(clips: tuple[Clip, ...]) -> None:
    for key in (lambda c: c.path, lambda c: c.group, lambda c: family(c.group)):
        folds = defaultdict(set)
        for clip in clips:
            folds[key(clip)].add(clip.fold)
        assert all(len(where) == 1 for where in folds.values())
    assert {clip.fold for clip in clips} == set(range(FOLDS))


def test_every_fold_has_its_share_of_both_labels(clips: tuple[Clip, ...]) -> None:
    for label in ("real", "synthetic"):
        counts = [sum(c.label == label for c in clips if c.fold == fold) for fold in range(FOLDS)]
        assert max(counts) <= 1.2 * min(counts)
    assert all(len(real_clips(clips, fold)) >= 10 for fold in range(FOLDS))


def test_shipped_folds_are_those_of_the_table(clips: tuple[Clip, ...]) -> None:
    shipped = json.loads(weights("release").with_name("folds.json").read_text())
    assert {clip.group: clip.fold for clip in clips}.items() <= shipped.items()


def test_families_do_not_overlap() -> None:
    named = [group for groups in FAMILIES.values() for group in groups]
    assert len(named) == len(set(named))
    assert family("pika-1.0") == family("pika-0.x") == "pika" and family("somebody-new") == "somebody-new"


def test_dealing_does_not_depend_on_the_order_of_rows() -> None:
    rows = [("real", f"camera-{i % 7}") for i in range(30)] + [("synthetic", f"maker-{i % 11}") for i in range(40)]
    assert fold_of(rows) == fold_of(rows[::-1])


def test_a_missing_or_foreign_table_is_said(tmp_path) -> None:
    with pytest.raises(InputMissing):
        read_clips(tmp_path / "clips.tsv")
    (tmp_path / "clips.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputUnreadable, match="columns"):
        read_clips(tmp_path / "clips.tsv")
