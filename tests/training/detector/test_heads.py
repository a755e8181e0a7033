import json
from dataclasses import replace

import numpy as np
import pytest

from countermark.detector.calibration import calibration_from_json, head_from_json
from countermark.detector.pooling import GENERATED, MANIPULATED
from countermark.training.detector.folds import FOLDS
from countermark.training.detector.heads import PRECISION_FPR, STATISTICS, coefficients, fit_statistics
from countermark.training.detector.readings import Numbers

NAMES = tuple(f"number {i}" for i in range(8))


def numbers(seed: int, kind: str = "camera", count: int = 120) -> list[Numbers]:
    """Make readings with a known difference between the classes; `splice` differs in its joins alone."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(count):
        synthetic, changed = i % 2 == 1 and kind != "splice", i % 2 == 1 and kind == "splice"
        shift = 1.2 if synthetic else 0.0
        joins = rng.normal(2.5 if changed else 0, 1, len(MANIPULATED))
        made.append(
            Numbers(
                clip=f"{kind}-{i}", label="synthetic" if i % 2 else "real",
                group=f"{'maker' if synthetic else 'source'}-{i % 12}",
                kind=kind if changed or kind != "splice" else "untouched",
                fold=(i // 2) % FOLDS, condition="crf23", stratum=("good", "soft")[i % 3 == 0],
                generated=tuple(rng.normal(shift, 1, len(GENERATED))), manipulated=tuple(joins),
                statistics=tuple(rng.normal(shift, 1, len(NAMES))), embedding=tuple(rng.normal(shift, 1, 4)),
                judged=True,
            )
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def material() -> tuple[list[Numbers], list[Numbers]]:
    return numbers(1), numbers(2, "splice")


def test_nothing_of_a_fold_reaches_its_own_coefficients(material: tuple[list[Numbers], list[Numbers]]) -> None:
    clips, made = material
    flipped = [
        replace(one, label="real" if one.label == "synthetic" else "synthetic", statistics=(9.0,) * 8)
        if one.fold == 2
        else one
        for one in clips
    ]
    joins = tuple(9.0 for _ in MANIPULATED)
    other = [replace(one, kind="untouched", manipulated=joins) if one.fold == 2 else one for one in made]
    own, foreign = coefficients(clips, made, NAMES, 2), coefficients(clips, made, NAMES, 1)
    for changed in ((flipped, made), (clips, other)):
        assert own == coefficients(*changed, NAMES, 2)
        assert foreign != coefficients(*changed, NAMES, 1)


def test_heads_part_what_differs_and_their_bounds_hold_on_what_they_never_saw(
    material: tuple[list[Numbers], list[Numbers]],
) -> None:
    values = json.loads(json.dumps(coefficients(*material, NAMES, None)))
    statistics = head_from_json(values["statistics"])
    head, calibration = (
        head_from_json(values["generated"]["head"]),
        calibration_from_json(values["generated"]["calibration"]),
    )
    assert head.names == (*GENERATED, STATISTICS)
    fresh = numbers(7, count=400)
    scored = [
        (
            one.synthetic,
            calibration.probability(head.log_odds((*one.generated, statistics.log_odds(one.statistics))), one.stratum),
        )
        for one in fresh
    ]
    real = np.array([score for synthetic, score in scored if not synthetic])
    synthetic = np.array([score for is_synthetic, score in scored if is_synthetic])
    assert np.mean(synthetic[:, None] > real[None, :]) > 0.95
    assert np.mean(real >= calibration.high_precision) <= PRECISION_FPR + 0.02
    changed = head_from_json(values["manipulated"]["head"])
    spliced = [changed.log_odds(one.manipulated) for one in numbers(8, "splice") if one.kind == "splice"]
    whole = [changed.log_odds(one.manipulated) for one in fresh]
    assert np.median(spliced) > np.percentile(whole, 95)


def test_labels_dealt_at_random_give_chance(material: tuple[list[Numbers], list[Numbers]]) -> None:
    rng, fresh = np.random.default_rng(3), numbers(9, count=400)
    truth = np.array([one.synthetic for one in fresh])
    areas = []
    for _ in range(20):  # one draw may lean either way; all of them together may not
        dealt = rng.permutation([one.label for one in material[0]])
        head = fit_statistics(
            [replace(one, label=str(label)) for one, label in zip(material[0], dealt, strict=True)], NAMES
        )
        odds = np.array([head.log_odds(one.statistics) for one in fresh])
        areas.append(np.mean(odds[truth][:, None] > odds[~truth][None, :]))
    assert 0.35 < np.mean(areas) < 0.65
    true = fit_statistics(material[0], NAMES)
    odds = np.array([true.log_odds(one.statistics) for one in fresh])
    assert np.mean(odds[truth][:, None] > odds[~truth][None, :]) > 0.9
