"""Plans, counts and lines: what they refuse, and that they come back from JSON as they were."""

from __future__ import annotations

import json
import os

import pytest

from countermark.scan import STAGES, Counts, Outcomes, Plan, packing
from countermark.tests.scan.rooms import line

NOT_TEXT = os.fsdecode(b"not text \xff.mp4")


@pytest.mark.parametrize(
    "bad",
    [{"urls": ()}, {"share": 0.0}, {"share": 1.1}, {"shard": 0}, {"shard": 1025}],
    ids=lambda bad: next(iter(bad)),
)
def test_what_no_scan_can_be_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a scan needs"):
        Plan(**{"urls": ("file:///a",), **bad})  # type: ignore[arg-type]


def test_all_of_them_come_back_from_json_as_they_were() -> None:
    plan = Plan(("file:///a", "s3://b/c"), "pictures", (), 0.5, "*.mp4", 8, '{"policy": "x"}')
    counts = Counts(3, 9, {"no_evidence": 1, "InputEmpty": 2}, {"digest": 3}, {"digest": 0.5}, {"review": 1})
    one = line(NOT_TEXT, outcome="likely_ai", also=("altered",), scores={"generated": {"score": 0.9, "fpr": 0.01}})
    two = line("a\nb\u2028", error={"type": "InputEmpty", "message": "m", "advice": "a"}, ruling={"effect": "none"})
    assert packing.plan(packing.written(plan)) == plan
    assert packing.counts(packing.written(counts)) == counts
    for made in (one, two):
        text = packing.written(made)
        assert packing.line(text) == made
        assert text.isascii() and "\n" not in text


def test_what_is_no_line_is_refused() -> None:
    with pytest.raises(ValueError):
        packing.line(json.dumps({**json.loads(packing.written(line("a"))), "stage": "guess"}))


def test_a_line_counts_as_one_of_its_outcome_or_its_error() -> None:
    good = Outcomes(
        "file:///a", "x", 7, "detector", {"digest": 0.5}, outcome="no_evidence", ruling={"effect": "review"}
    )
    bad = line("y", error={"type": "InputEmpty", "message": "", "advice": ""})
    sum_of = good.counted.plus(bad.counted).plus(Counts())
    assert sum_of == Counts(
        2, 12, {"no_evidence": 1, "InputEmpty": 1}, {"detector": 1, "digest": 1}, {"digest": 0.5}, {"review": 1}
    )
    assert set(sum_of.stages) <= set(STAGES)
