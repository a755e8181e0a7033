"""Tiles through which a seam runs, and tiles of the same videos through which none does: what the second logit learns.

Knows splices, blends and rebuilt regions; the ground is real or synthetic, so that a seam says nothing of either. What
is put into a clip comes from the same fold.

    python -m countermark.training.detector.seams --clips DIR --out shards/seams --variants 6
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...detector.tiles import SIDE
from ...media.plan import Tile
from .chain import through
from .cut import covered, pairs_of, places_of
from .decoders import decoders
from .fakes import LEAST, LEAST_SIDE, MOST, Means, begun, patched, resized
from .folds import read_clips
from .shards import UNKNOWN, Job, Rows, variants, write

_MAKINGS = ("splice", "rebuilt-region", "self-blend")
_SHARES = (0.4, 0.2, 0.4)
_ON_SEAM = 0.6  # of the pairs are cut where a seam runs
_FIRST = 500  # the number of the first variant: other draws than those of clips and fakes


def seams_of(means: Means, job: Job) -> list[Rows]:
    """Make one changed variant of a clip, and cut most of its pairs along the seam."""
    clip, variant = job
    chance, plain, rng = begun("seam", job)
    if min(plain.shape[1:3]) < LEAST_SIDE:
        return []
    making = str(rng.choice(_MAKINGS, p=_SHARES))
    made, mask, decoder_fold = patched(making, means, clip, variant, plain, rng)
    shown = through(made, chance.chain)
    mask = resized(mask, shown.shape[1:3])
    chosen = [
        (first, _on_seam(mask[first], place, rng) if rng.random() < _ON_SEAM else place)
        for first, place in places_of(shown, chance)
    ]
    share = covered(mask, chosen)
    seam = (share > LEAST) & (share < MOST)
    blended = np.where(seam, 1.0, np.where(share <= 0.01, 0.0, UNKNOWN)).astype(np.float32)
    ground = np.where(share <= 0.01, float(clip.synthetic), UNKNOWN).astype(np.float32)
    return [Rows(pairs_of(shown, chosen), ground, blended, clip.fold, decoder_fold, clip.name, clip.group, "seam")]


def _on_seam(mask: NDArray[np.float32], otherwise: Tile, rng: np.random.Generator) -> Tile:
    """Lay a square over the edge of a mask (H, W), not always its middle; `otherwise` where it has no edge."""
    rows, columns = np.nonzero((mask > 0.2) & (mask < 0.8))
    if not len(rows):
        return otherwise
    at = int(rng.integers(len(rows)))
    high, wide = mask.shape
    x = int(columns[at] - SIDE / 2 + rng.uniform(-SIDE / 4, SIDE / 4))
    y = int(rows[at] - SIDE / 2 + rng.uniform(-SIDE / 4, SIDE / 4))
    return Tile(min(max(0, x), max(0, wide - SIDE)), min(max(0, y), max(0, high - SIDE)), SIDE, SIDE)


def main() -> None:
    """Cut seams into the clips of a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--variants", type=int, default=6, help="of each clip")
    asked.add_argument("--decoders", type=int, nargs="+", help="their numbers; default: all")
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = asked.parse_args()
    clips = read_clips(given.clips / "clips.tsv")
    chosen = tuple(d for d in decoders(None) if given.decoders is None or d.number in given.decoders)
    jobs = variants(clips, given.variants, given.variants, _FIRST)
    print(f"{write(partial(seams_of, Means(clips, chosen)), jobs, given.out, given.processes)} pairs")


if __name__ == "__main__":
    main()
