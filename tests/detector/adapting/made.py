"""Clips for tests of adapting: as numbers that were drawn, and as files.

What the model knows is what is redder than blue; the new generator's pictures are full of coarse grain.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from countermark.detector.adapting.samples import COPIES, Sample, Seen
from countermark.detector.statistics import NAMES
from tests import recipes
from tests.detector import small

SIZE = (160, 144)
_LATENT = 5  # ways in which drawn statistics vary
_MIXED = np.random.default_rng(0).normal(0, 1, (_LATENT, len(NAMES)))


def numbers(shift: float, seed: int, red: float = 0.0, **facts: object) -> Sample:
    """A clip as a bank holds it: statistics that a new generator shifts, and what the small model makes of red."""
    chance = np.random.default_rng(seed)
    latent = chance.normal(0, 1, _LATENT) + shift * np.eye(_LATENT)[0]
    looks = []
    for _ in range(1 + len(COPIES)):
        logit = red / small.LEVELS + chance.normal(0, 0.5)
        said = np.array([logit, logit, logit, logit, 0.5, logit, 0.1, 0.0])  # as COLUMNS says
        looks.append(
            Seen(np.concatenate([said, latent @ _MIXED + chance.normal(0, 0.3, len(NAMES))]).astype(np.float32))
        )
    plain = {"name": str(seed), "group": f"source {seed % 11}", "synthetic": False, "seconds": 2.0}
    return Sample(**{**plain, **facts}, found=looks[0], copies=tuple(looks[1:]))


REALS = [numbers(0, seed) for seed in range(66)]  # so many that no alarm in all bounds their rate below 5 %
REDS = [numbers(0, seed, 60, group=f"reds {seed % 2}", synthetic=True) for seed in range(100, 110)]


def grainy(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
    """Pictures with coarse grain, another in each."""
    chance = np.random.default_rng(seed)
    for picture in recipes.pictures(count, size, seed):
        grain = chance.normal(0, 25, (size[1] // 2, size[0] // 2, 1)).repeat(2, axis=0).repeat(2, axis=1)
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def clip(path: Path, seed: int, *, new: bool = False, frames: int = 10) -> Path:
    """Write a clip of the new generator, or a plain one."""
    source = grainy if new else recipes.pictures
    return recipes.clip(path, seconds=frames / 8, size=SIZE, fps=8, seed=seed, source=source)
