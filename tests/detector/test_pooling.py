"""What tiles say becomes few numbers, in the order of their names."""

from __future__ import annotations

import numpy as np
import pytest

from countermark.detector.pooling import (
    GENERATED,
    MANIPULATED,
    embedding,
    frame_score,
    generated_numbers,
    manipulated_numbers,
    segment_scores,
    top_quarter,
)
from tests.detector.readings import reading


def _generated(segments: list[list[float]]) -> dict[str, float]:
    return dict(zip(GENERATED, map(float, generated_numbers(reading(segments))), strict=True))


def test_what_all_say_and_what_the_loudest_say() -> None:
    found = _generated([[1.0] * 8, [3.0] * 8])
    assert found["mean"] == pytest.approx(2.0)
    assert found["strongest segment"] == pytest.approx(3.0)
    assert found["spread"] == pytest.approx(1.0)
    assert found["unrest"] == pytest.approx(0.0)


def test_a_single_tile_can_say_no_more_than_so_much() -> None:
    assert _generated([[1000.0] * 8])["mean"] == pytest.approx(6.0)
    assert frame_score(reading([[1000.0]]).frames[0]) == pytest.approx(6.0)


def test_embeddings_that_turn_are_restless() -> None:
    steady, turning = [[0, 1, 2, 3, 4, 5, 6, 7]], [[0, 1, 0, 1, 0, 1, 0, 1]]
    assert _generated(steady)["unrest"] == pytest.approx(0.0, abs=1e-5)
    assert _generated(turning)["unrest"] > 1.5


def test_faces_are_asked_for_joins_where_there_are_faces() -> None:
    named = MANIPULATED.index("joins around faces")
    assert manipulated_numbers(reading([[0.0] * 8], joins=-1.0))[named] == pytest.approx(-1.0)
    assert manipulated_numbers(reading([[0.0] * 8], joins=-1.0, faces=2.0))[named] == pytest.approx(2.0)


def test_one_segment_unlike_the_rest_stands_out() -> None:
    named = MANIPULATED.index("one segment unlike the rest")
    alike, unlike = reading([[1.0] * 8] * 4), reading([[1.0] * 8] * 3 + [[5.0] * 8])
    assert manipulated_numbers(alike)[named] == pytest.approx(0.0)
    assert manipulated_numbers(unlike)[named] == pytest.approx(4.0)
    assert segment_scores(unlike) == pytest.approx({0: 1.0, 1: 1.0, 2: 1.0, 3: 5.0})


def test_numbers_have_as_many_places_as_names_and_embeddings_are_averaged() -> None:
    seen = reading([[1.0] * 8, [3.0] * 2])
    assert generated_numbers(seen).shape == (len(GENERATED),)
    assert manipulated_numbers(seen).shape == (len(MANIPULATED),)
    assert np.allclose(embedding(seen), 1.4)
    assert top_quarter([4.0]) == 4.0
