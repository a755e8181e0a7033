"""Measures what `adapt` is worth: for each generator, read by the network that never saw its family.

Half of a generator's clips, under a minute of them, teach a head, beside a bank that lacks the whole fold that the
generator lies in; the other half is told from that fold's real clips, whose sources neither the network nor the head
has seen. Of every clip the copy at CRF 23 is judged, so that no class is told by how it was stored. The bank's readings
serve here as well, so that nothing is read twice. Knows folds, Samples and heads; trains no network.

The networks that read the bank were trained on the generator's clips, each but for its own fold: a head learns from
them how they judge what they have not seen, as the release's does, and no clip of the generator.

    python -m countermark.training.detector.adapt_bench --clips DIR [DIR] --work DIR --out FILE.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...detector.adapting.adapt import fit, harm_of, threshold
from ...detector.adapting.adapted import AdaptedHead, calibration, log_odds
from ...detector.adapting.head_fit import NEW, auc
from ...detector.adapting.samples import Sample, Seen
from ...detector.model import Model, load
from .folds import FOLDS, Clip, family, read_clips
from .reference import samples_of

LEAST_CLIPS = 3  # of a generator
MOST_S = 60.0  # of clips that a head is fitted to
DRAWS = 3  # of the half that teaches
AS_FOUND, MATCHED = 0, 1  # looks at a clip: the file itself, and its copy at CRF 23
_RESAMPLES = 2000
_FOOTAGE = ("camera", "face")  # kinds of real clips that a generator's are told from


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
    as_found_before: float  # the AUC on the files themselves
    as_found_after: float
    others_before: float  # generators of the fold's other families, which nobody knows either
    others_after: float
    alarms_before: float  # share of files and copies of held-out real clips at the model's own default threshold
    alarms_after: float  # at the head's own
    found_before: float  # share of files and copies of the clips that taught nothing
    found_after: float
    refused: bool  # whether `adapt` would have asked for --force


Score = Callable[[Seen], float]


def rows_of(fold: int, known: Sequence[Sample], mine: Sequence[Sample], footage: frozenset[str]) -> list[Row]:
    """Adapt to each generator of a fold in turn; `known`: the other folds' clips, `footage`: names of real ones."""
    model = load(f"fold-{fold}")
    held = [one for one in mine if not one.synthetic and one.name in footage]
    rows = []
    for generator in sorted({one.group for one in mine if one.synthetic}):
        its = [one for one in mine if one.synthetic and one.group == generator]
        others = [one for one in mine if one.synthetic and family(one.group) != family(generator)]
        if len(its) < LEAST_CLIPS:
            continue
        for draw in range(DRAWS):
            taught = _half(its, np.random.default_rng((fold, draw)))
            head = fit((*(replace(one, group=NEW) for one in taught), *known), model, "bench")
            names = {one.name for one in taught}
            rest = [one for one in its if one.name not in names]
            rows.append(_row(generator, fold, draw, model, head, rest, others, held))
    return rows


def _row(
    generator: str, fold: int, draw: int, model: Model, head: AdaptedHead,
    rest: Sequence[Sample], others: Sequence[Sample], held: Sequence[Sample],
) -> Row:  # fmt: skip
    def before(look: Seen) -> float:
        return look.alone

    def after(look: Seen) -> float:
        return log_odds(head.head, look.row)

    least, own = threshold(model.calibrations["generated"]), threshold(calibration(model, head))
    return Row(
        generator=generator, fold=fold, draw=draw, clips=head.figures.clips, seconds=head.figures.seconds,
        tested=len(rest),
        auc_before=_told(rest, held, before), auc_after=_told(rest, held, after),
        as_found_before=_told(rest, held, before, AS_FOUND), as_found_after=_told(rest, held, after, AS_FOUND),
        others_before=_told(others, held, before), others_after=_told(others, held, after),
        alarms_before=_above(held, before, least), alarms_after=_above(held, after, own),
        found_before=_above(rest, before, least), found_after=_above(rest, after, own),
        refused=bool(harm_of(head.figures)),
    )  # fmt: skip


def _told(synthetic: Sequence[Sample], real: Sequence[Sample], score: Score, look: int = MATCHED) -> float:
    both = [*synthetic, *real]
    scores = np.array([score(one.looks[look]) for one in both])
    return round(auc(np.array([one.synthetic for one in both]), scores), 4)


def _above(some: Sequence[Sample], score: Score, least: float) -> float:
    return round(float(np.mean([score(look) >= least for one in some for look in one.looks])), 4)


def _half(clips: Sequence[Sample], chance: np.random.Generator) -> list[Sample]:
    """Draw half of the clips, two at least, as long as they stay under a minute."""
    taken: list[Sample] = []
    for place in chance.permutation(len(clips))[: max(2, len(clips) // 2)].tolist():
        if sum(one.seconds for one in (*taken, clips[place])) <= MOST_S:
            taken.append(clips[place])
    return taken


def summed(rows: Sequence[Row]) -> dict[str, Any]:
    """Add up: the mean over generators, with the interval that drawing generators anew gives."""
    facts = ("generator", "fold", "draw", "clips", "seconds", "tested")
    titles = [name for name in Row.__dataclass_fields__ if name not in facts]
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
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="folders with clips.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder for what was read of clips")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(given)
    clips = [clip for folder in asked.clips for clip in read_clips(folder / "clips.tsv")]
    folds = [samples_of(fold, clips, asked.work, asked.processes) for fold in range(FOLDS)]
    rows: list[Row] = []
    for fold, mine in enumerate(folds):
        known = [one for other, some in enumerate(folds) if other != fold for one in some]
        rows += rows_of(fold, known, mine, footage(clips))
        print(f"fold {fold}: {json.dumps(summed(rows))}", flush=True)
    asked.out.write_text(json.dumps({"sum": summed(rows), "rows": [asdict(row) for row in rows]}, indent=1) + "\n")


def footage(clips: Sequence[Clip]) -> frozenset[str]:
    """Name the real clips that a camera took, as `samples_of` names them."""
    return frozenset(str(place) for place, clip in enumerate(clips) if not clip.synthetic and clip.kind in _FOOTAGE)


if __name__ == "__main__":
    main()
