"""Sets the constants of the comparison on clips of the sources set apart for it. Knows what copies reached, no video.

Norms are what all but 2 % of honest copies stay under. The weights are of a logistic regression, and the threshold is
what the asked share of honest copies stay under when their source was left out of the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from countermark.provenance.changes import constants, weighing

from ..record import say
from .tampering import TIMES

FALSE_ALARMS = 0.0  # the most that any honest copy reaches: a wrong alarm costs more than a change unseen
FOLDS = 8  # each is answered by what was fitted on the others
STRENGTH = 0.3  # of the evidence against the wish for small weights
SPEEDS = ("cut", "inserted", "replaced", "speed")  # told by time alone: no weight should bend to them


def fit(rows: Sequence[Any], target: Path) -> None:
    """Write the constants."""
    for row in rows:
        moved = [f"{one.kind} {one.span}" for one in row.changes or () if one.kind in SPEEDS]
        if row.changes is None or (moved and row.copy.kind not in TIMES):
            say(f"  {row.copy.kind}, {row.clip}: {moved if moved else 'not laid over'}")
        elif row.copy.kind in TIMES and not moved:
            say(f"  {row.copy.kind}, {row.clip}: not seen in time")
    rows = [row for row in rows if row.heights and row.copy.kind not in SPEEDS]
    honest = np.array([row.copy.honest for row in rows])
    norms = _norms([row for row in rows if row.copy.honest])
    signs = np.array([_signs(row, norms) for row in rows])

    answers = np.zeros(len(rows))
    folds = _folds([row.source for row in rows])
    for fold in range(FOLDS):
        asked = folds == fold
        weights, bias = _logistic(signs[~asked], ~honest[~asked])
        answers[asked] = signs[asked] @ weights + bias
    threshold = float(np.quantile(answers[honest], 1 - FALSE_ALARMS))
    found = answers[~honest] > threshold
    say(f"{honest.sum()} honest, {len(found)} changed; found {found.mean():.3f} at {threshold:.2f}, sources left out")
    for kind in sorted({row.copy.kind for row in rows if not row.copy.honest}):
        which = np.array([row.copy.kind == kind for row in rows if not row.copy.honest])
        say(f"  {kind}: {found[which].mean():.2f} of {which.sum()}")
    worst = sorted(zip(answers[honest], [r for r in rows if r.copy.honest], strict=True), key=lambda one: -one[0])
    for answer, row in worst[:8]:
        say(f"  honest {answer:.2f}: {row.copy.kind}, {row.clip}")
    weights, bias = _logistic(signs, ~honest)
    target.write_text(_text(norms, weights, bias, threshold), encoding="utf-8")


def _folds(sources: Sequence[str]) -> Any:
    """Give each row a fold: sources stay whole, the largest first, each to the smallest fold."""
    names, place, counts = np.unique(sources, return_inverse=True, return_counts=True)
    loads, fold_of = np.zeros(FOLDS), np.zeros(len(names), int)
    for name in np.argsort(counts)[::-1]:
        fold_of[name] = loads.argmin()
        loads[fold_of[name]] += counts[name]
    return fold_of[place]


def _logistic(signs: Any, changed: Any) -> tuple[Any, float]:
    """Fit weights and bias by Newton's method, both classes of one weight, weights held small."""
    middle, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    basis = np.hstack([(signs - middle) / spread, np.ones((len(signs), 1))])
    counts = np.where(changed, 0.5 / changed.mean(), 0.5 / (~changed).mean())
    held = np.diag([1 / STRENGTH] * signs.shape[1] + [0.0])
    fitted = np.zeros(basis.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(basis @ fitted, -30, 30)))
        slope = basis.T @ (counts * (likely - changed)) + held @ fitted
        bend = (basis * (counts * likely * (1 - likely))[:, None]).T @ basis + held
        fitted = fitted - np.linalg.solve(bend, slope)
    weights = fitted[:-1] / spread
    return weights, float(fitted[-1] - weights @ middle)


def _norms(rows: Sequence[Any]) -> dict[tuple[str, int, int], float]:
    keys = sorted({key for row in rows for key in row.heights})
    return {key: float(np.quantile([r.heights[key][0] for r in rows if key in r.heights], 0.98)) for key in keys}


def _signs(row: Any, norms: dict[tuple[str, int, int], float]) -> list[float]:
    heights: weighing.Heights = {}
    for key, (high, most, more) in row.heights.items():
        heights[key] = (high / norms[key], most / norms[key], more / norms[key])
    return weighing.signs_of(heights, row.copying)


def _text(norms: dict[tuple[str, int, int], float], weights: Any, bias: float, threshold: float) -> str:
    def table(kind: str) -> str:
        lines = []
        for size in sorted({key[1] for key in norms if key[0] == kind}):
            row = [f"({size}, {key[2]}): {norms[key]:.2f}" for key in sorted(norms) if key[:2] == (kind, size)]
            lines.append("    " + ", ".join(row) + ",\n")
        return "{\n" + "".join(lines) + "}"

    rows = [weights[at : at + 6] for at in range(0, len(weights), 6)]
    lines = "".join("    " + ", ".join(f"{weight:.4f}" for weight in row) + ",\n" for row in rows)
    head = "What was fitted on clips by `python -m benchmarks.provenance.changed --fit`, on sources set apart for it."
    return f'''"""{head}

Each norm is what all but 2 % of honest copies stay under, in sums of squared spreads over the root of their cells.
"""

# fmt: off
FLOOR = {constants.FLOOR}  # levels: what a cell's brightness may be off where nothing else says so
ERROR_WEIGHT = {constants.ERROR_WEIGHT}  # of the rounding of what was kept
DETAIL_FLOOR = {constants.DETAIL_FLOOR}  # doublings of its detail
PART_PRICE = {constants.PART_PRICE}  # by which the threshold rises with the logarithm of a long video's parts
NORMS = {table("brightness")}
SIGNED_NORMS = {table("signed")}
DETAIL_NORMS = {table("detail")}
THRESHOLD = {threshold:.3f}  # of the answer, from which on it is a change
BIAS = {bias:.4f}
WEIGHTS = (  # of the highest boxes by length, of small ones, of what most reach; thrice; then of how stirred it is
{lines})
'''
