"""Measures what `adapt` is worth: for each generator, with the network that never saw its family.

Half of a generator's clips, under a minute of them, teach a head, beside the clips that the network was trained with;
the other half is told from real clips that neither has seen, all of these re-encoded alike. Knows folds, samples
and heads; trains no network. What was read of clips is kept in the work folder, so that the same command goes on.

python -m countermark.training.detector.adapt_bench --clips DIR --work DIR --out FILE.json
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ...bench.detector.conditions import MATCHED, copy_of, named
from ...detector.adapting.adapt import fit, threshold
from ...detector.adapting.adapted import log_odds
from ...detector.adapting.bank import read_bank, write_bank
from ...detector.adapting.head_fit import NEW, auc
from ...detector.adapting.samples import Sample, seen
from ...detector.calibration import Head
from ...detector.looker import Looker
from ...detector.model import Model, load, reader
from ...detector.network import read_card
from ...detector.quality import cannot_judge
from ...errors import CountermarkError
from ...media import probe, show
from ...media.probe import digest_of
from ...settings import Limits
from .folds import FOLDS, Clip, read_clips
from .reference import read_all

LEAST_CLIPS = 3  # of a generator
MOST_S = 60.0  # of clips that a head is fitted to
DRAWS = 3  # of the half that teaches
_RESAMPLES = 2000


@dataclass(frozen=True)
class Row:
    """One generator, one draw."""

    generator: str
    fold: int
    draw: int
    clips: int  # that taught
    seconds: float
    tested: int
    auc_before: float
    auc_after: float
    others_before: float  # the other generators of the fold, which nobody knows either
    others_after: float
    alarms_before: float  # share of held-out real clips at the default threshold
    alarms_after: float
    found_before: float
    found_after: float


@dataclass(frozen=True)
class Pool:
    """What a fold's network says of clips."""

    model: Model
    teaching: tuple[Sample, ...]  # other folds' clips, and this fold's generators: copies as `adapt` makes them
    tested: tuple[Sample, ...]  # this fold's clips, one copy each, as the bench judges them


def pool_of(fold: int, clips: Sequence[Clip], work: Path, workers: int) -> Pool:
    """Read what is not read yet."""
    model = load(f"fold-{fold}")
    network = read_card(model.weights).version
    teaching = [clip for clip in clips if clip.synthetic or clip.fold != fold]
    files = {name: work / f"fold-{fold}.{name}.npz" for name in ("teaching", "tested")}
    if not files["teaching"].exists():
        write_bank(read_all(teaching, model.weights, workers), files["teaching"], network)
    if not files["tested"].exists():
        held = [clip for clip in clips if clip.fold == fold and (clip.synthetic or clip.kind in ("camera", "face"))]
        with ThreadPoolExecutor(workers) as threads:
            looks = threads.map(lambda clip: _tested(clip, f"fold-{fold}", work), held)
            write_bank([one for one in looks if one is not None], files["tested"], network)
    return Pool(model, read_bank(files["teaching"], network), read_bank(files["tested"], network))


def _tested(clip: Clip, model: str, work: Path) -> Sample | None:
    """Look at a clip's matched copy, as `detect` does."""
    limits = Limits()
    try:
        copy = copy_of(clip.path, digest_of(clip.path), named(MATCHED), work)
        video = probe(copy, limits, digest="0" * 64)
        looker = Looker(reader(model))
        for _, view in show(video, (looker.plan(video),), limits=limits):
            looker.see(view)
    except CountermarkError as error:
        print(f"left out: {clip.name}: {error}", flush=True)
        return None
    reading = looker.reading()
    if why := cannot_judge(video, reading):
        print(f"left out: {clip.name}: {why}", flush=True)
        return None
    return Sample(clip.path.name, clip.group, clip.synthetic, video.duration_s, (seen(reading),))


def rows_of(pool: Pool, fold: int) -> list[Row]:
    """Adapt to each generator of a fold in turn."""
    network = read_card(pool.model.weights).version
    here = {one.group for one in pool.tested if one.synthetic}
    known = [one for one in pool.teaching if one.group not in here]
    held = [one for one in pool.tested if not one.synthetic]
    rows = []
    for generator in sorted(here):
        mine = {one.name: one for one in pool.teaching if one.group == generator and one.synthetic}
        tested = [one for one in pool.tested if one.group == generator and one.synthetic and one.name in mine]
        others = [one for one in pool.tested if one.synthetic and one.group != generator]
        if len(tested) < LEAST_CLIPS:
            continue
        for draw in range(DRAWS):
            taught = _half([one.name for one in tested], mine, np.random.default_rng((fold, draw)))
            new = [replace(mine[name], group=NEW) for name in taught]
            head = fit((*new, *known), pool.model, "bench", network).head
            rest = [one for one in tested if one.name not in taught]
            score = {id(one): _scores(one, head, pool.model) for one in (*held, *rest, *others)}

            def measured(some: Sequence[Sample], column: int, score: dict[int, tuple[float, float]] = score) -> float:
                both = [*some, *held]
                labels = np.array([True] * len(some) + [False] * len(held))
                return round(auc(labels, np.array([score[id(one)][column] for one in both])), 4)

            def above(some: Sequence[Sample], column: int, score: dict[int, tuple[float, float]] = score) -> float:
                least = threshold(pool.model.calibrations["generated"])
                return round(float(np.mean([score[id(one)][column] >= least for one in some])), 4)

            rows.append(
                Row(
                    generator=generator,
                    fold=fold,
                    draw=draw,
                    clips=len(new),
                    seconds=round(sum(one.seconds for one in new), 1),
                    tested=len(rest),
                    auc_before=measured(rest, 0),
                    auc_after=measured(rest, 1),
                    others_before=measured(others, 0),
                    others_after=measured(others, 1),
                    alarms_before=above(held, 0),
                    alarms_after=above(held, 1),
                    found_before=above(rest, 0),
                    found_after=above(rest, 1),
                )
            )
    return rows


def _half(names: Sequence[str], clips: dict[str, Sample], chance: np.random.Generator) -> list[str]:
    """Draw half of the clips, two at least, as long as they stay under a minute."""
    taken: list[str] = []
    for name in chance.permutation(sorted(names))[: max(2, len(names) // 2)].tolist():
        if sum(clips[one].seconds for one in (*taken, name)) <= MOST_S:
            taken.append(name)
    return taken


def _scores(one: Sample, head: Head, model: Model) -> tuple[float, float]:
    """Give the log-odds of the model and of the head."""
    return one.copies[0].release(model), log_odds(head, one.copies[0], model)


def summed(rows: Sequence[Row]) -> dict[str, object]:
    """Add up: the mean over generators, with the interval that drawing generators anew gives."""
    titles = [name for name in Row.__dataclass_fields__ if name.startswith(("auc", "others", "alarms", "found"))]
    generators = sorted({row.generator for row in rows})
    table = np.array(
        [
            [np.mean([getattr(row, title) for row in rows if row.generator == name]) for title in titles]
            for name in generators
        ]
    )
    drawn = np.random.default_rng(0).integers(len(generators), size=(_RESAMPLES, len(generators)))
    means = table[drawn].mean(axis=1)
    lowest = max(1, len(generators) // 4)
    return {
        "generators": len(generators),
        "seconds": round(float(np.mean([row.seconds for row in rows])), 1),
        **{
            title: {
                "mean": round(float(table[:, column].mean()), 4),
                "low": round(float(np.quantile(means[:, column], 0.025)), 4),
                "high": round(float(np.quantile(means[:, column], 0.975)), 4),
                "worst_quartile": round(float(np.sort(table[:, column])[:lowest].mean()), 4),
            }
            for column, title in enumerate(titles)
        },
    }


def main(given: Sequence[str] | None = None) -> None:
    """Measure, fold by fold, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder for what was read of clips")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(FOLDS)))
    asked = parser.parse_args(given)
    clips = read_clips(asked.clips / "clips.tsv")
    asked.work.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for fold in asked.folds:
        rows += rows_of(pool_of(fold, clips, asked.work, asked.workers), fold)
        print(f"fold {fold}: {json.dumps(summed(rows))}", flush=True)
    asked.out.write_text(json.dumps({"sum": summed(rows), "rows": [asdict(row) for row in rows]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
