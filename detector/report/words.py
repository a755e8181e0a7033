"""What the detector's numbers mean, in words that a person understands. Knows names and rates; measures nothing."""

from __future__ import annotations

import math

from ...evidence import DetectorDetails, Evidence, FailureDetails
from ..examiner import ADAPTED
from ..model import UNKNOWN
from ..outcome import Outcome, Threshold, counts, least, undecided

MEANING: dict[Outcome, str] = {
    "likely_ai": "It probably was made by a generator. A detector says so, and detectors can be wrong.",
    "likely_manipulated": "Parts of it probably were changed. A detector says so, and detectors can be wrong.",
    "no_evidence": "No trace was found that the detector knows. That proves nothing: not that it was filmed either.",
    "inconclusive": "The detector can't say: take it as if it had not been asked.",
}
TARGETS = {"generated": "made by a generator", "manipulated": "changed in parts"}
DRIVERS = {
    "mean": "traces of a generator, over all squares",
    "top quarter": "the squares that show most of such traces",
    "bottom quarter": "the squares that show least of them",
    "spread": "how much squares differ from each other",
    "strongest segment": "the stretch of time that shows most of such traces",
    "unrest": "how restlessly textures change from frame to frame",
    "statistics": "noise, spectrum and change over time, measured without a network",
    ADAPTED: "the head that was adapted to a generator",
    "joins": "traces of joins, over all squares",
    "strongest joins": "the squares that look most like a join",
    "joins around faces": "traces of joins around faces",
    "one tile unlike the rest": "a square unlike the rest of its frame",
    "one segment unlike the rest": "a stretch of time unlike the rest",
}
MOST_DRIVERS, LEAST_WEIGHT = 4, 0.05  # that are told, and log-odds of each; the report for machines has all
_COMMON = 0.5  # a rate above which no number is told
_CANNOT = "can't judge"


def rate(fpr: float) -> str:
    """Say how often real videos score so: a bound, not a count, and for videos of the kinds that were measured alone.

    >>> rate(0.043)
    'at most 5 of 100 real videos like those measured score as high'
    >>> rate(0.9)
    'real videos often score as high'
    """
    if fpr > _COMMON:
        return "real videos often score as high"
    of = 100 if fpr >= 0.01 else 1000
    return f"at most {math.ceil(round(fpr * of, 6))} of {of} real videos like those measured score as high"


def standing(evidence: Evidence, threshold: Threshold) -> str:
    """Say one finding's score, what it means, and what it counts for."""
    details = evidence.details
    if isinstance(details, FailureDetails):
        return details.error if details.error.startswith(_CANNOT) else f"{_CANNOT}, because {details.error}"
    if not isinstance(details, DetectorDetails) or evidence.score is None:
        return "nothing was said"
    return f"score {evidence.score:.2f}, {_place(evidence, details, threshold)}; {rate(details.fpr)}"


def other(evidence: Evidence) -> str:
    """Say what a user's own detector found."""
    details = evidence.details
    if not isinstance(details, DetectorDetails):
        return standing(evidence, "high-precision")
    if evidence.score is None:
        raw = ", ".join(f"{one.name} {one.weight:.3f}" for one in details.drivers)
        return f"{raw}; it is not calibrated, so it does not count"
    return "; ".join((f"score {evidence.score:.2f}", rate(details.fpr), *details.quality))


def driven(details: DetectorDetails) -> tuple[tuple[float, str], ...]:
    """Give what moved a score most, each with its weight in log-odds; above 0: towards an alarm."""
    told = [one for one in details.drivers[:MOST_DRIVERS] if abs(one.weight) >= LEAST_WEIGHT]
    return tuple((one.weight, DRIVERS.get(one.name, one.name)) for one in told)


def hard(details: DetectorDetails) -> str:
    """Say what makes the pictures hard to judge."""
    return "; ".join(details.quality) or "nothing makes them hard to judge"


def family(details: DetectorDetails) -> str:
    """Say which generator it is most like."""
    if details.family in ("", UNKNOWN):
        return f"{UNKNOWN}: no family stands out"
    return f"most like {details.family}; a guess, and no proof"


def _place(evidence: Evidence, details: DetectorDetails, threshold: Threshold) -> str:
    limit, alarm = least(details, threshold), counts(evidence, threshold)
    if alarm != ((evidence.score or 0.0) >= limit):  # other detectors were weighed in: the rate decides, not the score
        return f"{'an' if alarm else 'no'} alarm ({threshold})"
    if limit > 1:
        return f"no score counts ({threshold}): too few real videos were measured"
    if alarm:
        return f"an alarm (from {limit:.2f} on, {threshold})"
    if undecided(evidence, threshold):
        below = f"nothing below {details.thresholds.high_recall:.2f}"
        return f"undecided (an alarm from {limit:.2f} on, {threshold}; {below})"
    return f"no alarm (from {limit:.2f} on, {threshold})"
