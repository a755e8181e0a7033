"""Tries how log-odds are best turned into probabilities: by a temperature or by a monotone curve for each quality.

Knows readings that are kept and scikit-learn; changes no coefficient. Nested: heads and calibrations are fitted to four
folds, by odds that are out of fold among these, and judge the fifth. What came of it stands in docs/detector.md.

    python -m countermark.training.detector.calibration_trial --readings readings/clips-*.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...bench.detector.metrics import Floats, ece
from ...detector.statistics import NAMES
from .folds import FOLDS
from .heads import calibrate, fit_generated, out_of_fold, with_statistics
from .readings import Numbers, saved

SURE = 0.01  # no curve says less, nor more than one less this: or one wrong clip would cost everything
Probability = Callable[[float, str], float]  # of log-odds, at a quality


def isotonic(rows: Sequence[Numbers], odds: Floats, truth: Floats) -> Probability:
    """Fit a monotone curve to each quality, both classes weighed alike."""
    from sklearn.isotonic import IsotonicRegression

    curves, weights, strata = {}, _as_many(truth), np.array([one.stratum for one in rows])
    for name in map(str, np.unique(strata)):
        curves[name] = IsotonicRegression(y_min=SURE, y_max=1 - SURE, out_of_bounds="clip")
        inside = strata == name
        curves[name].fit(odds[inside], truth[inside], sample_weight=weights[inside])
    return lambda odd, stratum: float(curves[stratum].predict([odd])[0])


def tried(numbers: Sequence[Numbers]) -> dict[str, dict[str, dict[str, float]]]:
    """Give both ways' calibration error and log loss under each condition, both classes weighed alike."""
    outside = with_statistics(numbers, NAMES)
    said = {"temperature": np.zeros(len(numbers)), "isotonic": np.zeros(len(numbers))}
    for fold in range(FOLDS):
        inside = with_statistics([one for one in numbers if one.fold != fold], NAMES)
        truth, head = np.array([one.synthetic for one in inside], float), fit_generated(inside)
        odds = out_of_fold(inside, truth, lambda rows, _: fit_generated(rows), "generated")
        ways = {"temperature": calibrate(inside, odds, truth).probability, "isotonic": isotonic(inside, odds, truth)}
        for place in [place for place, one in enumerate(outside) if one.fold == fold]:
            odd = head.log_odds(outside[place].generated)
            for name, probability in ways.items():
                said[name][place] = probability(odd, outside[place].stratum)
    return {name: _by_condition(outside, scores) for name, scores in said.items()}


def _by_condition(rows: Sequence[Numbers], scores: Floats) -> dict[str, dict[str, float]]:
    found = {}
    for condition in dict.fromkeys(one.condition for one in rows):
        inside = np.array([one.condition == condition for one in rows])
        truth, score = np.array([one.synthetic for one in rows])[inside], scores[inside]
        losses = -np.log(np.where(truth, score, 1 - score))
        loss = float(np.average(losses, weights=_as_many(truth)))
        found[condition] = {"ece": round(ece(score, truth, balanced=True), 4), "log_loss": round(loss, 4)}
    return found


def _as_many(truth: Floats) -> Floats:
    return np.asarray(np.where(truth > 0, 0.5 / truth.mean(), 0.5 / (1 - truth.mean())), np.float64)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--readings", type=Path, nargs="+", required=True, help="what `heads` kept of all five folds")
    read = [one for path in asked.parse_args().readings for one in saved(path)]
    print(json.dumps({"copies": len(read), "ways": tried(read)}))
