"""Fits heads, temperatures and tables of false alarms on numbers that no network had seen the clips of.

Knows scikit-learn and Numbers; knows nothing of videos. For fold K everything is fitted to the other folds' clips, each
read by the network that lacked it; the release, to all of them. These networks were trained on fold K: what a head may
learn of it that way is how they judge what they have not seen, no clip of its own.

    python -m countermark.training.detector.heads --clips DIR --material DIR --negatives DIR
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bench.detector.conditions import AS_FOUND, CONDITIONS, HARDER, Condition, named
from ...bench.detector.keys import code
from ...detector.calibration import Calibration, Head
from ...detector.model import RELEASE
from ...detector.network import read_card
from ...detector.plugins.scores import weight_of
from ...detector.pooling import GENERATED, MANIPULATED
from ...media.probe import digest_of
from ...outputs import write_whole
from .__main__ import WEIGHTS
from .folds import FOLDS, Clip, family, read_clips
from .readings import Numbers, matrix, read_all, save, saved

STATISTICS = "statistics"  # the name of the other head's say
PRECISION_FPR, RECALL_FPR = 0.05, 0.2
ROOT = Path(__file__).resolve().parents[2]
_LOOKS = (
    *("detector/looker.py", "detector/tiles.py", "detector/pooling.py", "detector/faces.py", "detector/quality.py"),
    *("detector/statistics/*.py", "detector/network.py", "media/decode.py", "media/views.py"),
    "bench/detector/conditions.py",
)
UNTOUCHED = "untouched"  # material beside what was changed: a clip that is counted already
_SHOWN: dict[str, tuple[Condition, ...]] = {"material": (AS_FOUND, named("crf35"))}  # it was re-encoded once already
_STRATA = ("good", "soft", "small", "palette")
_SAY = 6.0  # log-odds at most that the other head may add
_STRENGTH = {"statistics": 0.01, "generated": 0.1, "manipulated": 0.1, "families": 0.02}  # the less, the smoother
_SURE = 0.5  # the share of belief that a guess of a family must have

Column = NDArray[np.float64]


def fit_statistics(numbers: Sequence[Numbers], names: tuple[str, ...]) -> Head:
    """Fit the head over hand-made numbers."""
    rows = [one for one in numbers if one.statistics]
    return _head(matrix(rows, "statistics"), _truth(rows), rows, names, _STRENGTH["statistics"])


def with_statistics(numbers: Sequence[Numbers], names: tuple[str, ...]) -> list[Numbers]:
    """Add the say of a statistics head to each fold's numbers, fitted on the other folds."""
    said = []
    for fold in range(FOLDS):
        head = fit_statistics([one for one in numbers if one.fold != fold], names)
        said += [_said(one, head) for one in numbers if one.fold == fold]
    return said


def _said(one: Numbers, head: Head) -> Numbers:
    say = head.log_odds(one.statistics) if one.statistics else 0.0
    return replace(one, generated=(*one.generated, max(-_SAY, min(_SAY, say))))


def fit_generated(numbers: Sequence[Numbers]) -> Head:
    """Fit the fusion: what the network saw, and the say of the statistics."""
    return _head(
        matrix(numbers, "generated"), _truth(numbers), numbers, (*GENERATED, STATISTICS), _STRENGTH["generated"]
    )


def fit_manipulated(numbers: Sequence[Numbers], manipulated: Sequence[bool]) -> Head:
    """Fit the head for parts that were changed."""
    truth = np.array(manipulated, float)
    return _head(matrix(numbers, "manipulated"), truth, numbers, MANIPULATED, _STRENGTH["manipulated"])


def _head(rows: Column, truth: Column, numbers: Sequence[Numbers], names: tuple[str, ...], strength: float) -> Head:
    from sklearn.linear_model import LogisticRegression

    middle = np.median(rows, axis=0)
    scale = (np.percentile(rows, 84, axis=0) - np.percentile(rows, 16, axis=0)) / 2 + 1e-6
    bounded = np.clip((rows - middle) / scale, -4, 4)
    fitted = LogisticRegression(C=strength, max_iter=2000)
    fitted.fit(bounded, truth, sample_weight=_weights(numbers, truth))
    mean, spread, weights = (tuple(map(float, row)) for row in (middle, scale, fitted.coef_[0]))
    return Head(names, mean, spread, weights, float(fitted.intercept_[0]))


def _truth(numbers: Sequence[Numbers]) -> Column:
    return np.array([one.synthetic for one in numbers], float)


def _weights(numbers: Sequence[Numbers], truth: Column) -> Column:
    """Weigh classes alike, and within each the groups by the square root of what they brought."""
    keys = np.array([f"{label}/{one.group}" for one, label in zip(numbers, truth, strict=True)])
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(counts[inverse])
    for label in (0.0, 1.0):
        weight[truth == label] *= len(truth) / 2 / weight[truth == label].sum()
    return np.asarray(weight)


def out_of_fold(numbers: Sequence[Numbers], truth: Column, fit: Any, column: str) -> Column:
    """Give each row the log-odds of a head that was fitted without its fold."""
    folds = np.array([one.fold for one in numbers])
    odds = np.zeros(len(numbers))
    for fold in np.unique(folds):
        inside = [i for i in range(len(numbers)) if folds[i] != fold]
        head = fit([numbers[i] for i in inside], truth[inside])
        for i in map(int, np.flatnonzero(folds == fold)):
            odds[i] = head.log_odds(getattr(numbers[i], column))
    return odds


def calibrate(numbers: Sequence[Numbers], odds: Column, truth: Column) -> Calibration:
    """Fit a temperature to each quality, and keep what real videos score."""
    weights = _weights(numbers, truth)
    strata = np.array([one.stratum for one in numbers])
    temperatures = dict.fromkeys(_STRATA, _temperature(odds, truth, weights))
    for name in _STRATA:
        inside = strata == name
        enough = min(truth[inside].sum(), (1 - truth[inside]).sum()) >= 20
        if enough:
            temperatures[name] = _temperature(odds[inside], truth[inside], weights[inside])
    table = Calibration(temperatures, (), PRECISION_FPR, RECALL_FPR)
    by_clip: dict[tuple[str, str], list[float]] = {}
    for one, odd in zip(numbers, odds, strict=True):
        if one.judged and not one.synthetic and one.kind != UNTOUCHED:
            by_clip.setdefault((one.group, one.clip), []).append(table.probability(float(odd), one.stratum))
    apart = [table.probability(float(odd), one.stratum) for one, odd in zip(numbers, odds, strict=True)]
    reals = map(max, by_clip.values())  # in its worst copy: so the rate holds for each kind of copy
    weight = weight_of(apart, [bool(label) for label in truth])
    return replace(table, reals=tuple(sorted(reals)), weight=round(weight, 4))


def _temperature(odds: Column, truth: Column, weights: Column) -> float:
    tried = np.geomspace(0.4, 8, 60)
    losses = [float((weights * np.logaddexp(0, np.where(truth > 0, -odds, odds) / t)).sum()) for t in tried]
    return round(float(tried[int(np.argmin(losses))]), 3)


def fit_families(numbers: Sequence[Numbers]) -> dict[str, Any]:
    """Fit the guess of the family that a generator belongs to."""
    from sklearn.linear_model import LogisticRegression

    rows = [one for one in numbers if one.synthetic]
    seen = matrix(rows, "embedding")
    mean = seen.mean(axis=0)
    fitted = LogisticRegression(C=_STRENGTH["families"], max_iter=2000, class_weight="balanced")
    fitted.fit(seen - mean, [family(one.group) for one in rows])
    return {
        "names": list(map(str, fitted.classes_)),
        "mean": _short(mean),
        "weights": [_short(row) for row in fitted.coef_],
        "bias": _short(fitted.intercept_),
        "least": _SURE,
    }


def _short(values: Any) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def coefficients(
    clips: Sequence[Numbers],
    material: Sequence[Numbers],
    names: tuple[str, ...],
    held_out: int | None,
    known: Sequence[Numbers] = (),
) -> dict[str, Any]:
    """Fit everything without one fold, or on all of them.

    known: clips that the very network has read which is to guess families. It was trained on them, and other networks'
    embeddings are other numbers: so a guess says what a video is like among these, and is no figure of anything.
    """
    plain = [one for one in clips if one.fold != held_out]
    made = [one for one in material if one.fold != held_out]
    said = with_statistics(plain, names)
    truth = _truth(said)
    odds = out_of_fold(said, truth, lambda rows, _: fit_generated(rows), "generated")
    # What is wholly generated was not changed in parts: both it and what a camera took are what a change differs from.
    rows = [*made, *(one for one in plain if one.judged)]
    changed = np.array([one.kind in ("splice", "face-swap") for one in rows], float)
    changed_odds = out_of_fold(rows, changed, lambda some, truths: fit_manipulated(some, truths > 0), "manipulated")
    values = {
        "statistics": asdict(fit_statistics(plain, names)),
        "generated": {
            "head": asdict(fit_generated(said)),
            "calibration": asdict(calibrate(said, odds, truth)),
        },
        "manipulated": {
            "head": asdict(fit_manipulated(rows, [bool(one) for one in changed])),
            "calibration": asdict(calibrate(rows, changed_odds, changed)),
        },
        "families": fit_families(known) if known else None,
    }
    version = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]
    return {"version": version, **values}


def main() -> None:
    """Read all clips by the networks of their folds, fit, and write the coefficients beside the weights."""
    from ...detector.statistics import NAMES

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    asked.add_argument("--material", type=Path, required=True, help="what `material` wrote")
    asked.add_argument("--negatives", type=Path, required=True, help="what `hard_negatives` wrote")
    asked.add_argument("--work", type=Path, default=Path("readings"), help="where copies and numbers are kept")
    asked.add_argument("--weights", type=Path, default=WEIGHTS)
    given = asked.parse_args()
    tables = {
        "clips": read_clips(given.clips / "clips.tsv"),
        "negatives": read_clips(given.negatives / "clips.tsv"),
        "material": made_of(given.material),
    }
    numbers = {
        name: [n for fold in range(FOLDS) for n in numbers_of_fold(some, fold, name, given.weights, given.work)]
        for name, some in tables.items()
    }
    found, made = [*numbers["clips"], *numbers["negatives"]], numbers["material"]
    known = _by_release(tables["clips"], given.weights, given.work)
    for held_out in (None, *range(FOLDS)):
        name = RELEASE if held_out is None else f"fold-{held_out}"
        values = coefficients(found, made, NAMES, held_out, known if held_out is None else ())
        text = json.dumps(values, indent=1)
        write_whole(given.weights / f"{name}.heads.json", text.encode() + b"\n")
    folds = {clip.group: clip.fold for some in tables.values() for clip in some}
    write_whole(given.weights / "folds.json", json.dumps(folds, indent=1, sort_keys=True).encode() + b"\n")


def numbers_of_fold(clips: Sequence[Clip], fold: int, name: str, weights: Path, work: Path) -> list[Numbers]:
    """Read a fold's clips by the network that lacks the fold; kept, so that these very weights read them once."""
    mine = [clip for clip in clips if clip.fold == fold]
    path = work / f"{name}-{fold}-{_key(mine, weights / f'fold-{fold}.safetensors')}.jsonl"
    if not path.is_file():
        save(read_all(mine, weights, work, _SHOWN.get(name, (*CONDITIONS, *HARDER))), path)
    return saved(path)


def _key(clips: Sequence[Clip], weights: Path) -> str:
    """Digest all that readings depend on: the weights, the files, and the code that looks."""
    parts = [read_card(weights).version, code(ROOT, _LOOKS), *(digest_of(clip.path) for clip in clips)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _by_release(clips: Sequence[Clip], weights: Path, work: Path) -> list[Numbers]:
    path = work / f"known-{_key(clips, weights / f'{RELEASE}.safetensors')}.jsonl"
    if not path.is_file():
        save(read_all(clips, weights, work, CONDITIONS[1:2], name=RELEASE), path)
    return saved(path)


def made_of(folder: Path) -> list[Clip]:
    """Read the table that `material` wrote, with the folds it states."""
    import csv

    with (folder / "clips.tsv").open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [Clip(folder / r["path"], r["label"], r["group"], r["kind"], int(r["fold"])) for r in rows]


if __name__ == "__main__":
    main()
