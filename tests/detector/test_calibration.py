"""Rates of false alarms are bounds, and thresholds keep what they promise."""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
import pytest

from countermark.detector.calibration import (
    Calibration,
    Head,
    calibration_from_json,
    head_from_json,
    upper_bound,
)


def _table(reals: tuple[float, ...], precision: float = 0.05, recall: float = 0.2) -> Calibration:
    return Calibration({"good": 1.0, "soft": 2.0}, reals, precision, recall, 0.5)


@pytest.mark.parametrize(("alarms", "trials", "bound"), [(0, 299, 0.00997), (0, 59, 0.04951), (3, 100, 0.07571)])
def test_the_bound_is_that_of_clopper_and_pearson(alarms: int, trials: int, bound: float) -> None:
    assert upper_bound(alarms, trials) == pytest.approx(bound, abs=2e-5)


def test_the_bound_holds_in_nineteen_of_twenty_trials() -> None:
    random = np.random.default_rng(14)
    true = 0.08
    hits = random.binomial(80, true, 400)
    bounds = {int(n): upper_bound(int(n), 80) for n in set(hits)}
    assert np.mean([bounds[int(n)] >= true for n in hits]) >= 0.93


def test_nothing_is_promised_where_nothing_was_measured() -> None:
    assert upper_bound(0, 0) == 1.0
    assert _table(()).fpr(0.99) == 1.0
    assert _table(()).high_precision > 1.0
    assert _table(tuple(i / 50 for i in range(50))).high_precision > 1.0, "59 videos are needed for 5 %"


def test_a_threshold_is_the_lowest_score_that_keeps_its_rate() -> None:
    random = np.random.default_rng(3)
    for count in (60, 93, 240):
        table = _table(tuple(sorted(round(float(x), 2) for x in random.random(count))))
        for promised, threshold in ((0.05, table.high_precision), (0.2, table.high_recall)):
            if threshold > 1:
                continue
            assert table.fpr(threshold) <= promised
            below = table.reals[bisect_left(table.reals, threshold) - 1]
            assert table.fpr(below) > promised, "the next real video below would be one alarm too many"
            assert threshold == math.nextafter(below, 2.0)


def test_a_head_adds_up_what_it_tells_and_bounds_what_it_never_saw() -> None:
    head = Head(("a", "b"), (1.0, 0.0), (2.0, 0.5), (3.0, -1.0), 0.25)
    assert head.parts((2.0, 1.0)) == {"a": 1.5, "b": -2.0}
    assert head.log_odds((2.0, 1.0)) == pytest.approx(-0.25)
    assert head.parts((1e9, -1e9)) == {"a": 12.0, "b": 4.0}
    with pytest.raises(ValueError, match="a mean, a scale and a weight"):
        Head(("a", "b"), (1.0,), (2.0, 0.5), (3.0, -1.0), 0.25)


def test_quality_tempers_a_score() -> None:
    table = _table((0.5,))
    assert table.probability(2.0, "good") > table.probability(2.0, "soft") > 0.5
    assert table.probability(2.0, "soft") == pytest.approx(1 / (1 + math.exp(-1)))
    assert 0 < table.probability(-1e6, "unheard of") < table.probability(1e6, "good") <= 1


def test_coefficients_come_from_plain_values() -> None:
    head = head_from_json({"names": ["a"], "mean": [0], "scale": [1], "weights": [2], "bias": 1})
    assert head.log_odds([1.0]) == 3.0
    plain = {"temperatures": {"good": 1}, "reals": [0.3, 0.1], "copies": 1, "weight": 0.5}
    table = calibration_from_json({**plain, "high_precision_fpr": 0.05, "high_recall_fpr": 0.2})
    assert table.reals == (0.1, 0.3)
    with pytest.raises(KeyError):
        calibration_from_json(plain)
