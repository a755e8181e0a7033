"""Kappas and intervals, held to scikit-learn, to worked examples in print, and to SciPy."""

from __future__ import annotations

import random

import pytest

from countermark.moderation.people.agreement import cohen_kappa, fleiss_kappa, share

LABELS = ("synthetic", "manipulated", "genuine", "unclear")


@pytest.mark.parametrize("seed", range(20))
def test_cohen_is_as_scikit_learn_has_it(seed: int) -> None:
    from sklearn.metrics import cohen_kappa_score

    drawn = random.Random(seed)
    first = [drawn.choice(LABELS) for _ in range(drawn.randint(5, 60))]
    second = [one if drawn.random() < 0.6 else drawn.choice(LABELS) for one in first]
    found = cohen_kappa(list(zip(first, second, strict=True)))
    assert found == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_fleiss_is_as_in_the_worked_example() -> None:
    # Ten subjects, fourteen raters, five categories: kappa is .210.
    table = (
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    )
    items = [[str(n) for n, count in enumerate(row) for _ in range(count)] for row in table]
    assert fleiss_kappa(items) == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize("seed", range(10))
def test_fleiss_of_two_is_cohen_where_both_say_each_as_often(seed: int) -> None:
    """With each pair also the other way round, both have the same shares; the two kappas are one then."""
    from sklearn.metrics import cohen_kappa_score

    drawn = random.Random(seed)
    pairs = [(drawn.choice(LABELS), drawn.choice(LABELS)) for _ in range(20)]
    pairs += [(b, a) for a, b in pairs]
    first, second = zip(*pairs, strict=True)
    assert fleiss_kappa(pairs) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_where_nothing_can_be_said_nothing_is() -> None:
    assert cohen_kappa([]) is None and fleiss_kappa([]) is None
    assert cohen_kappa([("genuine", "genuine")] * 5) is None
    assert fleiss_kappa([("genuine", "genuine")] * 5) is None
    with pytest.raises(ValueError, match="as many"):
        fleiss_kappa([("a", "b"), ("a", "b", "c")])
    with pytest.raises(ValueError, match="at least two"):
        fleiss_kappa([("a",)])


@pytest.mark.parametrize(("count", "of"), [(0, 1), (1, 1), (0, 20), (3, 20), (20, 20), (7, 1000)])
def test_shares_have_the_interval_of_wilson(count: int, of: int) -> None:
    from scipy.stats import binomtest

    interval = binomtest(count, of).proportion_ci(method="wilson")
    found = share(count, of)
    assert (found.count, found.of) == (count, of)
    assert (found.low, found.high) == (pytest.approx(interval.low, abs=1e-12), pytest.approx(interval.high, abs=1e-12))
