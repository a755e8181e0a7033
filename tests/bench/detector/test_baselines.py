"""Simpler means over made-up numbers: they learn what there is, and nothing from the other side of a split."""

import numpy as np
import pytest

from countermark.bench.detector.baselines import Seen, baselines_of, dealt_anew, out_of_fold
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
            float(random.uniform()),
        )
        for clip in clips()
    ]


def rows(telling: float, folds: dict[str, int] | None = None) -> dict[str, BaselineRow]:
    return {row.name: row for row in baselines_of("crf23", seen(telling), folds, 100)}


def test_what_tells_classes_apart_is_found() -> None:
    found = rows(2.0)
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


def test_labels_dealt_anew_are_chance() -> None:
    found = rows(3.0)
    for name in ("labels dealt anew, co-occurrence fitted", "labels dealt anew, the detector"):
        row = found[name]
        assert row.control and row.auc == pytest.approx(0.5, abs=0.12)
        assert row.auc_low <= row.auc <= row.auc_high
    telling = np.array([float(clip.synthetic) for clip in clips()])
    assert dealt_anew("crf23", clips(), telling).auc == pytest.approx(0.5, abs=0.05)


def test_one_group_of_a_class_cannot_be_held_out() -> None:
    few = [one for one in seen(1.0) if one.clip.group in ("real-0", "synthetic-0", "synthetic-1")]
    found = {row.name: row for row in baselines_of("crf23", few, None, 10)}
    assert found["metadata, logistic regression"].auc is None
    assert found["pixel D3"].auc is not None
