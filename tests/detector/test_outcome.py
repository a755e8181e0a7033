"""Two findings and a threshold make one of four outcomes; none of them says that anything is genuine."""

from __future__ import annotations

from typing import get_args

import pytest

from countermark.detector.outcome import Outcome, Threshold, outcome
from countermark.evidence import DetectorDetails, Evidence, FailureDetails, Finding
from countermark.evidence.judges import Thresholds
from countermark.verdict import Outcome as Verdicts

LIMITS = Thresholds(0.8, 0.05, 0.5, 0.2)


def finding(score: float | None, limits: Thresholds = LIMITS) -> Evidence:
    if score is None:
        return Evidence("ab" * 32, "video", "detector", "1", "inconclusive", details=FailureDetails("can't judge"))
    details = DetectorDetails("generated", "small 1", 0.03, limits)
    found: Finding = "present" if score >= limits.high_precision else "absent"
    found = "inconclusive" if limits.high_recall <= score < limits.high_precision else found
    return Evidence("ab" * 32, "video", "detector", "1", found, score, details=details)


@pytest.mark.parametrize(
    ("generated", "manipulated", "threshold", "found"),
    [
        (0.1, 0.1, "high-precision", "no_evidence"),
        (0.6, 0.1, "high-precision", "inconclusive"),
        (0.1, 0.6, "high-precision", "inconclusive"),
        (0.6, 0.1, "high-recall", "likely_ai"),
        (0.8, 0.1, "high-precision", "likely_ai"),
        (0.1, 0.9, "high-precision", "likely_manipulated"),
        (0.9, 0.9, "high-precision", "likely_manipulated"),
        (None, None, "high-precision", "inconclusive"),
        (None, None, "high-recall", "inconclusive"),
        (0.1, None, "high-recall", "inconclusive"),
        (0.49, 0.49, "high-recall", "no_evidence"),
    ],
)
def test_every_case(generated: float | None, manipulated: float | None, threshold: Threshold, found: Outcome) -> None:
    assert outcome(finding(generated), finding(manipulated), threshold) == found


def test_a_threshold_that_cannot_be_promised_is_never_reached() -> None:
    none = Thresholds(1.0000000000000002, 0.01, 1.0000000000000002, 0.2)
    assert outcome(finding(1.0, none), finding(1.0, none), "high-recall") == "no_evidence"


def test_its_words_are_those_of_the_table_of_verdicts() -> None:
    assert set(get_args(Outcome)) <= set(get_args(Verdicts))
