"""Tries an idea on one fold: what a network is worth on the variants of clips that were held out, before anything else.

Quick, and no figure to publish: clips are judged by the mean of their tiles alone, under random chains. What is tried,
and what came of it, stands in docs/detector.md.

    python -m countermark.training.detector.trial --shards shards --fold 0 --steps 700
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...detector.network import TileReader
from .__main__ import SHARDS
from .fit import FitSettings, fit, scores
from .shards import Shard, read

MOST = 96  # pairs of a clip, as many as a look has
Judge = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def worth(judge: Judge, shard: Shard, fold: int) -> dict[str, Any]:
    """Give the areas under the curve for tiles and clips of a fold, and for each generator against its real clips."""
    from sklearn.metrics import roc_auc_score

    plain = np.array([making == "clip" for making in shard.makings])[shard.making]
    rows = np.flatnonzero(plain & (shard.fold == fold))
    rows = np.concatenate([rows[shard.clip[rows] == clip][:MOST] for clip in np.unique(shard.clip[rows])])
    odds = judge(np.asarray(shard.pairs[rows]))[:, 0]
    means, truths, groups = [], [], []
    for clip in np.unique(shard.clip[rows]):
        inside = shard.clip[rows] == clip
        means.append(float(odds[inside].mean()))
        truths.append(bool(shard.synthetic[rows][inside][0] > 0.5))
        groups.append(shard.groups[shard.group[rows][inside][0]])
    reals = [mean for mean, synthetic in zip(means, truths, strict=True) if not synthetic]
    by_group = {}
    for group in sorted({group for group, synthetic in zip(groups, truths, strict=True) if synthetic}):
        mine = [mean for mean, one, synthetic in zip(means, groups, truths, strict=True) if synthetic and one == group]
        by_group[group] = round(float(roc_auc_score([1] * len(mine) + [0] * len(reals), mine + reals)), 2)
    return {
        "fold": fold,
        "tiles": round(float(roc_auc_score(shard.synthetic[rows] > 0.5, odds)), 3),
        "clips": round(float(roc_auc_score(truths, means)), 3),
        "by_group": by_group,
    }


def main() -> None:
    """Train for a while, or take weights that are there, and print what they are worth."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--shards", type=Path, required=True)
    asked.add_argument("--fold", type=int, required=True)
    asked.add_argument("--steps", type=int, default=700)
    asked.add_argument("--weights", type=Path, help="judge these in place of training")
    given = asked.parse_args()
    (clips,) = read([given.shards / "clips"])
    if given.weights is not None:
        reader = TileReader(given.weights)
        print(json.dumps(worth(lambda pairs: reader.read(pairs)[0], clips, given.fold)))
        return
    others = read(given.shards / name for name in SHARDS if name != "clips")
    network = fit([clips, *others], FitSettings(held_out=given.fold, steps=given.steps))
    print(json.dumps(worth(lambda pairs: scores(network, pairs), clips, given.fold)))


if __name__ == "__main__":
    main()
