"""Says in numbers how a marked picture lies in a copy. Knows steps of tiles and alignments; looks at no pixel."""

from __future__ import annotations

import math

import numpy as np

from ..evidence import MarkGeometry
from .alignment import Alignment
from .carriers import TILES
from .reading import TILE, TURNS, Matrix


def described(places: Matrix, alignment: Alignment, *, searched: bool) -> MarkGeometry:
    """Take apart what happened: mirrored first, then stretched and turned."""
    whole = places[:2, :2] @ TURNS[alignment.turn]  # pixels for each tile of what was marked, (down, across)
    mirrored = bool(np.linalg.det(whole) < 0)
    turned = whole @ np.diag([1.0, -1.0]) if mirrored else whole
    down, across = (math.hypot(*turned[:, axis]) for axis in (0, 1))
    nearest = (np.array(alignment.shift) + 0.5) % 1 - 0.5  # in tiles, whose whole numbers nobody can tell apart
    moved = places[:2, :2] @ nearest / (TILES * math.sqrt(down * across))
    return MarkGeometry(
        scale=round(math.sqrt(down * across) / TILE, 4),
        stretch=round(across / down, 4),
        rotation=round(math.degrees(math.atan2(turned[1, 0], turned[0, 0])), 2) + 0.0,
        mirrored=mirrored,
        shift=(round(float(moved[0]), 4) + 0.0, round(float(moved[1]), 4) + 0.0),
        perspective=bool(np.abs(places[2, :2]).max() > 1e-6),
        searched=searched,
    )
