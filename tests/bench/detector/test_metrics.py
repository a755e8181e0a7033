"""Figures over scores, held to what they must be for scores whose truth is known."""

import numpy as np
import pytest

from countermark.bench.detector import metrics
from countermark.bench.detector.metrics import Class

random = np.random.default_rng(5)


def drawn(groups: int, each: int, mean: float, spread: float = 0.0) -> Class:
    """Scores of groups that differ among themselves by `spread`."""
    return Class.of(
        [
            (float(random.normal(centre, 1)), f"g{number:02}")
            for number, centre in enumerate(random.normal(mean, spread, groups))
            for _ in range(each)
        ]
    )


def test_auc_is_the_share_of_pairs_in_order() -> None:
    real, fake = random.integers(0, 8, 31), random.integers(2, 10, 17)  # many ties
    pairs = [1.0 if f > r else 0.5 if f == r else 0.0 for f in fake for r in real]
    assert metrics.auc(real, fake) == pytest.approx(np.mean(pairs))
    assert metrics.auc([0, 1], [2, 3]) == 1 and metrics.auc([2], [2]) == 0.5


def test_an_interval_holds_the_figure_and_knows_that_clips_of_one_group_are_alike() -> None:
    real, alike = drawn(20, 4, 0), drawn(10, 10, 1, spread=1.0)
    low, high = metrics.auc_interval(real, alike)
    assert low < metrics.auc(real.scores, alike.scores) < high
    single = Class(alike.scores, tuple(f"c{number:03}" for number in range(100)))  # as if each clip stood for itself
    assert high - low > 1.3 * np.diff(metrics.auc_interval(real, single))[0]
    assert metrics.auc_interval(real, alike) == (low, high), "the same draws each time"


def test_a_generator_is_held_to_all_real_clips() -> None:
    real = Class.of([(0.1, "a"), (0.3, "b")])
    fake = Class.of([(0.9, "x"), (0.2, "y"), (0.9, "x")])
    assert metrics.auc_by_group(real, fake) == {"x": 1.0, "y": 0.5}
    assert metrics.worst_quartile([1.0, 0.5]) == 0.5


@pytest.mark.parametrize(("fpr", "found"), [(0.05, 0.75), (0.0, 0.25), (0.5, 1.0)])
def test_true_alarms_at_a_rate_of_false_ones(fpr: float, found: float) -> None:
    real = np.arange(20) / 20  # the highest is .95, the next .9
    synthetic = np.array([0.7, 0.92, 0.93, 0.96])
    assert metrics.tpr_at_fpr(real, synthetic, fpr, 20) == found
    assert metrics.tpr_at_fpr(real, synthetic, fpr, 21) is None


def test_a_tie_with_the_threshold_is_no_alarm() -> None:
    assert metrics.tpr_at_fpr(np.full(40, 0.5), np.full(10, 0.5), 0.05, 20) == 0


def test_the_curve_has_the_area_that_is_said() -> None:
    real, fake = random.normal(0, 1, 40).round(1), random.normal(1, 1, 30).round(1)
    false, true = metrics.roc(real, fake)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(true, false) == pytest.approx(metrics.auc(real, fake))


def test_true_probabilities_are_found_true_and_shifted_ones_are_not() -> None:
    said = random.uniform(0, 1, 4000)
    true = random.uniform(0, 1, 4000) < said
    assert metrics.ece(said, true) < 0.03
    assert metrics.ece(np.clip(said + 0.2, 0, 1), true) == pytest.approx(0.18, abs=0.03)
    assert metrics.ece(np.full(10, 0.5), np.arange(10) < 5) == pytest.approx(
        0.5
    )  # a clip a bin: each is all or nothing


def test_balanced_means_as_if_both_classes_were_as_many() -> None:
    """Nine of ten are synthetic, and scored so; who expects as many of both is told too much."""
    labels = np.arange(1000) % 10 > 0
    scores = np.full(1000, 0.9)
    mixed = random.permutation(1000)
    assert metrics.ece(scores[mixed], labels[mixed]) < 0.05
    assert metrics.ece(scores[mixed], labels[mixed], balanced=True) == pytest.approx(0.4, abs=0.05)


def test_bins_hold_all_clips_in_order() -> None:
    scores = random.uniform(0, 1, 57)
    bins = metrics.bins_of(scores, scores > 0.5)
    assert [b.n for b in bins] == [6] * 7 + [5] * 3
    assert [b.said for b in bins] == sorted(b.said for b in bins)
    assert sum(b.n * b.true for b in bins) == pytest.approx((scores > 0.5).sum())


def test_the_surest_are_called_first() -> None:
    scores = np.array([0.01, 0.99, 0.6, 0.45, 0.98])
    labels = np.array([False, True, False, True, True])  # both that are near one half are called wrongly
    assert metrics.error_at(0.6, scores, labels) == 0
    assert metrics.error_at(0.8, scores, labels) == 0.25
    assert metrics.error_at(1.0, scores, labels) == 0.4


def test_a_score_of_one_half_calls_nothing_and_is_half_wrong() -> None:
    for label in (True, False):
        assert metrics.error_at(1.0, np.array([0.5, 0.9]), np.array([label, True])) == 0.25


def test_clips_that_are_equally_sure_have_no_order() -> None:
    scores = np.full(10, 0.9)
    labels = np.arange(10) < 6
    covered, risk = metrics.risk_coverage(scores, labels)
    assert np.allclose(risk, 0.4) and covered[-1] == 1


def test_labels_dealt_anew_are_as_many_and_keep_groups_whole() -> None:
    labels = {f"g{number}": number < 7 for number in range(20)}
    dealt = [metrics.permuted_groups(labels, seed) for seed in range(50)]
    assert all(sum(one.values()) == 7 and one.keys() == labels.keys() for one in dealt)
    assert len({tuple(one.values()) for one in dealt}) > 40
