"""Simpler means over made-up numbers: they learn what there is, and nothing from the other side of a split."""

from dataclasses import replace

import numpy as np
import pytest

from countermark.bench.detector.baselines import Seen, baselines_of, out_of_fold, permuted
from countermark.bench.detector.results import BaselineRow
from countermark.bench.detector.table import Clip

random = np.random.default_rng(3)
GROUPS, EACH = 10, 4


def clips() -> list[Clip]:
    return [
        Clip(f"{label}-{group}-{number}", None, label, f"{label}-{group}")  # type: ignore[arg-type]
        for label in ("real", "synthetic")
        for group in range(GROUPS)
        for number in range(EACH)
    ]


def seen(telling: float) -> list[Seen]:
    """Clips whose tags and steepness tell the classes apart by so many deviations; whose residuals tell their group."""
    own = {clip.group: random.normal(0, 1, 30) for clip in clips()}
    return [
        Seen(
            clip,
            {
                "metadata": list(random.normal(telling * clip.synthetic, 1, 5)),
                "co-occurrence": list(own[clip.group]),
                "spectrum": list(random.normal(0, 1, 8)),
                "pixel-d3": [float(random.normal(-telling * clip.synthetic, 1))],
                "steepness": [0.0],
            },
            (telling * clip.synthetic, *own[clip.group]),
        )
        for clip in clips()
    ]


def rows(telling: float, folds: dict[str, int] | None = None) -> dict[str, BaselineRow]:
    return {row.name: row for row in baselines_of("crf23", seen(telling), folds, 100)}


@pytest.fixture(scope="module")
def found() -> dict[str, BaselineRow]:
    return rows(3.0)


def test_what_tells_classes_apart_is_found(found: dict[str, BaselineRow]) -> None:
    assert found["metadata, logistic regression"].auc > 0.9
    assert found["pixel D3"].auc > 0.8, "the steadier counts as synthetic"
    assert found["steepness"].auc == 0.5, "all alike"
    assert {row.n for row in found.values()} == {2 * GROUPS * EACH}


def test_what_only_tells_groups_apart_is_worth_nothing() -> None:
    """Were a group on both sides of a split, its clips would be recognised, and the AUC be 1."""
    for folds in (None, {clip.group: number // EACH % 5 for number, clip in enumerate(clips())}):
        row = rows(0.0, folds)["co-occurrence, logistic regression"]
        assert row.auc < 0.85 and row.auc_low < 0.5 < row.auc_high
    them = seen(0.0)
    numbers = np.array([one.numbers["co-occurrence"] for one in them])
    leaky = out_of_fold(numbers, np.array([one.clip.synthetic for one in them]), np.arange(len(them)) % EACH)
    assert leaky[EACH * GROUPS :].min() > leaky[: EACH * GROUPS].max(), "the same numbers, with groups torn apart"


def test_permuted_labels_are_chance_where_groups_are_whole(found: dict[str, BaselineRow]) -> None:
    for name in ("permuted labels", "permuted labels, co-occurrence"):
        row = found[name]
        assert row.control and row.auc == pytest.approx(0.5, abs=0.15), "though the true labels are told apart"
        assert row.auc_low < row.auc < row.auc_high, "labels were dealt more than once"
    assert not any(row.control for name, row in found.items() if not name.startswith("permuted"))


def test_permuted_labels_show_a_group_on_both_sides_of_the_split() -> None:
    """The audit fails where it must: the very numbers that gave chance, with each group's clips in all folds."""
    them = seen(0.0)
    numbers, made = np.array([one.own for one in them]), [one.clip for one in them]
    leaky = permuted("permuted labels", "crf23", numbers, made, np.arange(len(them)) % EACH)
    assert leaky.auc_low > 0.95


def test_a_group_that_no_fold_has_is_judged_by_the_others_and_a_silent_detector_has_no_control() -> None:
    them = [replace(one, own=()) for one in seen(4.0)]
    folds = {one.clip.group: number // EACH % 5 for number, one in enumerate(them)}
    strange = [replace(one, clip=replace(one.clip, label="real", group="strange")) for one in them[-EACH:]]
    found = {row.name: row for row in baselines_of("crf23", [*them, *strange], folds, 10)}
    tags = found["metadata, logistic regression"]
    assert tags.n == len(them) + EACH and 0.9 < tags.auc < 0.99, "these few take after what they are not called"
    assert (found["permuted labels"].auc, found["permuted labels"].n) == (None, 0)
    assert found["permuted labels, co-occurrence"].auc is not None


def test_one_group_of_a_class_cannot_be_held_out() -> None:
    few = [one for one in seen(1.0) if one.clip.group in ("real-0", "synthetic-0", "synthetic-1")]
    found = {row.name: row for row in baselines_of("crf23", few, None, 10)}
    assert found["metadata, logistic regression"].auc is None
    assert found["pixel D3"].auc is not None
