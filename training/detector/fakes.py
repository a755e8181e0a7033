"""Fakes of our own making, each beside what it was made from: the same frames, crop, chain and places.

Knows decoders, splices and blends; nothing of networks that judge. Only real clips are the ground of a fake, and what
is put into one comes from the same fold, so that no split is crossed.

    python -m countermark.training.detector.fakes --clips DIR --out shards/own --variants 8
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...media import faces
from ...media.plan import Tile
from .blends import self_blended, spliced
from .chain import Frames, through
from .cut import covered, draw, frames_of, pairs_of, places_of, seeded
from .decoders import Decoder, decoders
from .folds import Clip, read_clips
from .reconstruct import low_band_swapped, reconstruct
from .shards import NO_DECODER, UNKNOWN, Job, Rows, variants, write

MAKINGS = ("reconstruction", "low-band", "rebuilt-region", "splice", "self-blend")
_SHARES = (0.42, 0.16, 0.14, 0.12, 0.16)
_LEAST, _MOST = 0.08, 0.92  # of a tile that is covered, for a seam to run through it
_LEAST_SIDE = 64  # pixels of frames that anything is put into
_TRACE = 0.5  # of a tile that is made by a decoder, from which on it counts as synthetic

Made = tuple[Frames, NDArray[np.float32] | None, int]  # frames, mask of what was put in, the decoder's fold


@dataclass(frozen=True)
class Means:
    """What fakes are made with."""

    clips: tuple[Clip, ...]
    decoders: tuple[Decoder, ...]

    def decoder(self, rng: np.random.Generator) -> Decoder:
        """Draw one decoder."""
        return self.decoders[int(rng.integers(len(self.decoders)))]


def fakes_of(means: Means, job: Job) -> list[Rows]:
    """Make one fake of one variant of a clip, and cut it where the clip itself is cut."""
    clip, variant = job
    chance = draw(clip, variant)
    plain = frames_of(clip, chance)
    if min(plain.shape[1:3]) < _LEAST_SIDE:
        return []
    rng = seeded(f"fake/{clip.group}/{clip.path.name}", variant)
    making = str(rng.choice(MAKINGS, p=_SHARES))
    made, mask, decoder_fold = _MADE[making](means, clip, variant, plain, rng)
    whole = through(plain, chance.chain)
    chosen = places_of(whole, chance)
    pairs = pairs_of(through(made, chance.chain), chosen)
    synthetic, blended = _targets(making, mask, whole, chosen)
    return [Rows(pairs, synthetic, blended, clip.fold, decoder_fold, clip.name, clip.group, making)]


def _targets(
    making: str, mask: NDArray[np.float32] | None, shown: Frames, chosen: list[tuple[int, Tile]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Say what each tile teaches: whether a decoder made it, and whether a seam runs through it."""
    number = len(chosen)
    if mask is None:
        return np.ones(number, np.float32), np.zeros(number, np.float32)
    share = covered(_resized(mask, shown.shape[1:3]), chosen)
    seam = (share > _LEAST) & (share < _MOST)
    blended = np.where(seam, 1.0, np.where(share <= 0.01, 0.0, UNKNOWN)).astype(np.float32)
    if making == "rebuilt-region":
        return np.where(share > _TRACE, 1.0, np.where(share <= 0.01, 0.0, UNKNOWN)).astype(np.float32), blended
    return np.where(share <= 0.01, 0.0, UNKNOWN).astype(np.float32), blended


def _resized(mask: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Bring a mask (T, H, W) to the size of the frames that are shown."""
    import cv2

    return np.stack([cv2.resize(one, (size[1], size[0]), interpolation=cv2.INTER_AREA) for one in mask])


def _reconstruction(means: Means, clip: Clip, variant: int, plain: Frames, rng: np.random.Generator) -> Made:
    decoder = means.decoder(rng)
    return reconstruct(decoder, plain), None, decoder.fold


def _low_band(means: Means, clip: Clip, variant: int, plain: Frames, rng: np.random.Generator) -> Made:
    decoder = means.decoder(rng)
    return low_band_swapped(plain, reconstruct(decoder, plain)), None, decoder.fold


def _rebuilt_region(means: Means, clip: Clip, variant: int, plain: Frames, rng: np.random.Generator) -> Made:
    decoder = means.decoder(rng)
    made, mask = spliced(plain, reconstruct(decoder, plain), rng)
    return made, mask, decoder.fold


def _splice(means: Means, clip: Clip, variant: int, plain: Frames, rng: np.random.Generator) -> Made:
    others = [other for other in means.clips if other.fold == clip.fold and other.path != clip.path]
    other = others[int(rng.integers(len(others)))]
    made, mask = spliced(plain, frames_of(other, draw(other, variant)), rng)
    return made, mask, NO_DECODER


def _self_blend(means: Means, clip: Clip, variant: int, plain: Frames, rng: np.random.Generator) -> Made:
    found = [Tile(box.x, box.y, box.width, box.height) for box in faces.find(plain[0])]
    made, mask = self_blended(plain, found, rng)
    return made, mask, NO_DECODER


_MADE: dict[str, Callable[[Means, Clip, int, Frames, np.random.Generator], Made]] = {
    "reconstruction": _reconstruction,
    "low-band": _low_band,
    "rebuilt-region": _rebuilt_region,
    "splice": _splice,
    "self-blend": _self_blend,
}


def main() -> None:
    """Make fakes of the real clips of a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--variants", type=int, default=8, help="of each real clip")
    asked.add_argument("--from-variant", type=int, default=0, help="the first")
    asked.add_argument("--decoders", type=int, nargs="+", help="their numbers; default: all")
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = asked.parse_args()
    clips = read_clips(given.clips / "clips.tsv")
    ground = [c for c in clips if not c.synthetic and c.kind in ("camera", "face", "edited")]
    chosen = tuple(d for d in decoders(None) if given.decoders is None or d.number in given.decoders)
    jobs = variants(ground, 0, given.variants, given.from_variant)
    print(f"{write(partial(fakes_of, Means(clips, chosen)), jobs, given.out, given.processes)} pairs")


if __name__ == "__main__":
    main()
