"""What the hand-made numbers are worth alone: measured on every copy of the clips, judged with families held out.

Knows clips, conditions and heads; knows no network. Beside the conditions of the bench it measures draws of the chain
that networks are trained through, which only heads are fitted on.

    python -m countermark.training.detector.statistics_fit --clips DIR --work statistics
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...bench.detector.conditions import CONDITIONS, copy_of
from ...bench.detector.metrics import Class, auc, auc_by_group, worst_quartile
from ...detector.looker import LENGTH, Looker
from ...detector.statistics import NAMES, measure
from ...errors import CountermarkError
from ...media import probe, show
from ...media.probe import digest_of
from ...settings import Limits
from .chain import through
from .cut import draw, frames_of
from .folds import FOLDS, Clip, read_clips
from .heads import fit_statistics
from .readings import Numbers, save, saved

DRAWS = 3  # of the chain, for each clip
FIRST_DRAW = 2000  # far from the numbers that networks are trained on
DRAWN = "drawn"


class _Blind:
    """Stands where a network would: the numbers do without one."""

    def read(self, pairs: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Say nothing of any pair."""
        return np.zeros((len(pairs), 2), np.float32), np.zeros((len(pairs), 1), np.float32)


def measured(clip: Clip, work: Path) -> list[Numbers]:
    """Measure a clip under each condition of the bench, in the segments that a verdict looks at."""
    found = []
    for condition in CONDITIONS:
        try:
            path = copy_of(clip.path, digest_of(clip.path), condition, work)
            video, looker = probe(path, Limits(), digest="0" * 64), Looker(_Blind())
            for _, view in show(video, (looker.plan(video),), limits=Limits()):
                looker.see(view)
        except CountermarkError as error:
            print(f"left out: {clip.path.name} {condition.name}: {error}", file=sys.stderr)
            continue
        numbers = looker.reading().statistics
        if numbers is not None:
            found.append(_numbers(clip, condition.name, numbers))
    return found


def drawn(clip: Clip, number: int = DRAWS) -> list[Numbers]:
    """Measure a clip after draws of the chain: other crops, sizes, paces and codecs, for fitting alone."""
    found = []
    for variant in range(FIRST_DRAW, FIRST_DRAW + number):
        try:
            chance = draw(clip, variant)
            frames = through(frames_of(clip, chance), chance.chain)
        except CountermarkError as error:
            print(f"left out: {clip.path.name}: {error}", file=sys.stderr)
            continue
        if len(frames) >= LENGTH:
            found.append(_numbers(clip, DRAWN, measure(list(frames[:LENGTH]))))
    return found


def out_of_fold(numbers: Sequence[Numbers], names: tuple[str, ...] = NAMES) -> list[tuple[Numbers, float]]:
    """Give each copy the log-odds of a head that was fitted without its fold, from the numbers named alone."""
    columns = [NAMES.index(name) for name in names]
    rows = [replace(one, statistics=tuple(one.statistics[i] for i in columns)) for one in numbers]
    judged = []
    for fold in range(FOLDS):
        head = fit_statistics([row for row in rows if row.fold != fold], names)
        judged += [(row, head.log_odds(row.statistics)) for row in rows if row.fold == fold]
    return judged


def worth(judged: Sequence[tuple[Numbers, float]], condition: str) -> tuple[float, float, float]:
    """Give a condition's pooled AUC, its mean by generator, and that of the worst quarter of generators."""
    rows = [(one, odds) for one, odds in judged if one.condition == condition]
    real = Class.of([(odds, one.group) for one, odds in rows if not one.synthetic])
    synthetic = Class.of([(odds, one.group) for one, odds in rows if one.synthetic])
    by_group = list(auc_by_group(real, synthetic).values())
    return auc(real.scores, synthetic.scores), float(np.mean(by_group)), worst_quartile(by_group)


def _numbers(clip: Clip, condition: str, numbers: NDArray[Any]) -> Numbers:
    return Numbers(
        clip=clip.path.name, label=clip.label, group=clip.group, kind=clip.kind, fold=clip.fold, condition=condition,
        stratum="", generated=(), manipulated=(), statistics=tuple(map(float, numbers)), embedding=(), judged=True,
    )  # fmt: skip


def _all_of(work: Path, clip: Clip) -> list[Numbers]:
    return [*measured(clip, work), *drawn(clip)]


def _table(clips: Sequence[Clip], work: Path, processes: int) -> list[Numbers]:
    work.mkdir(parents=True, exist_ok=True)
    kept = work / "statistics.jsonl"
    if not kept.is_file():
        with ProcessPoolExecutor(processes, initializer=partial(cv2.setNumThreads, 1)) as pool:
            save([one for some in pool.map(partial(_all_of, work), clips) for one in some], kept)
    return saved(kept)


def _say(title: str, judged: Sequence[tuple[Numbers, float]]) -> None:
    cells = (worth(judged, condition.name) for condition in CONDITIONS)
    print(f"| {title} | " + " | ".join(" ".join(f"{value:.3f}" for value in cell) for cell in cells) + " |", flush=True)


def main() -> None:
    """Measure what was not measured yet, then print what all numbers are worth, each kind alone, and all but a kind."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    asked.add_argument("--work", type=Path, default=Path("statistics"), help="where copies and numbers are kept")
    asked.add_argument("--processes", type=int, default=1)
    given = asked.parse_args()
    numbers = _table(read_clips(given.clips / "clips.tsv"), given.work, given.processes)
    print("| fitted on | " + " | ".join(condition.name for condition in CONDITIONS) + " |")
    _say("all numbers", out_of_fold(numbers))
    _say("all numbers, no draws", out_of_fold([one for one in numbers if one.condition != DRAWN]))
    for kind in dict.fromkeys(name.split(".")[0] for name in NAMES):
        _say(f"{kind} alone", out_of_fold(numbers, tuple(n for n in NAMES if n.startswith(f"{kind}."))))
        _say(f"all but {kind}", out_of_fold(numbers, tuple(n for n in NAMES if not n.startswith(f"{kind}."))))


if __name__ == "__main__":
    main()
