"""From views to stretches of time."""

import numpy as np
import pytest

from countermark.evidence import Span
from countermark.watermark.spans import LIKELY, SURE, covered

YES, MAYBE, NO = SURE + 1, (LIKELY + SURE) / 2, LIKELY - 1


@pytest.mark.parametrize(
    ("scores", "spans"),
    [
        ([YES, YES, YES, YES], [(0, 8)]),
        ([NO, NO, NO, NO], []),
        ([NO, YES, YES, NO], [(1, 5)]),
        ([YES, NO, NO, YES], [(0, 1), (5, 8)]),
        ([YES, MAYBE, YES, NO], [(0, 5)]),  # between two that are sure
        ([YES, MAYBE, MAYBE, YES], [(0, 1), (5, 8)]),
        ([NO, MAYBE, YES, YES], [(3, 8)]),
        ([MAYBE, YES, NO, NO], [(1, 3)]),
    ],
)
def test_neighbours_join(scores: list[float], spans: list[tuple[float, float]]) -> None:
    found = covered([0.0, 2.0, 4.0, 6.0], np.array(scores, np.float32), 8.0)
    assert found == tuple(Span(*span) for span in spans)


def test_one_view_is_all_there_is() -> None:
    assert covered([0.0], np.array([YES], np.float32), 0.04) == (Span(0.0, 0.04),)


def test_what_lies_between_two_views_that_carry_it_counts_however_long_it_is() -> None:
    assert covered([0.0, 1.0, 600.0], np.array([YES, YES, YES], np.float32), 601.0) == (Span(0.0, 601.0),)


def test_a_view_later_than_the_stated_end_counts() -> None:
    assert covered([0.0, 3.0], np.array([YES, YES], np.float32), 2.0) == (Span(0.0, 3.0),)
