"""What the detector's two findings add up to, at one of two named thresholds. A pure function of Evidence.

Knows scores and thresholds; knows nothing of pictures, nor of what else is known of a file. No outcome says that
anything is genuine.
"""

from __future__ import annotations

from typing import Literal

from ..evidence import DetectorDetails, Evidence

Outcome = Literal["likely_ai", "likely_manipulated", "no_evidence", "inconclusive"]
Threshold = Literal["high-precision", "high-recall"]


def outcome(generated: Evidence, manipulated: Evidence, threshold: Threshold = "high-precision") -> Outcome:
    """Sum both findings up; what was changed in parts comes first, as in the table of verdicts."""
    if counts(manipulated, threshold):
        return "likely_manipulated"
    if counts(generated, threshold):
        return "likely_ai"
    left_open = undecided(generated, threshold) or undecided(manipulated, threshold)
    return "inconclusive" if left_open else "no_evidence"


def least(details: DetectorDetails, threshold: Threshold) -> float:
    """Give the score from which on a finding counts; above 1: it never does."""
    limits = details.thresholds
    return limits.high_precision if threshold == "high-precision" else limits.high_recall


def counts(evidence: Evidence, threshold: Threshold) -> bool:
    """Say whether a finding is an alarm: one between the two thresholds is `inconclusive`, and counts for recall."""
    alarms = ("present",) if threshold == "high-precision" else ("present", "inconclusive")
    return isinstance(evidence.details, DetectorDetails) and evidence.finding in alarms


def undecided(evidence: Evidence, threshold: Threshold) -> bool:
    """Say whether a finding leaves it open: nothing could be judged, or the score lies between the thresholds."""
    if not isinstance(evidence.details, DetectorDetails):
        return True
    return evidence.finding == "inconclusive" and not counts(evidence, threshold)
