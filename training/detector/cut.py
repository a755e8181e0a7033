"""Cuts clips into shards of native tile pairs, each variant through a codec chain of its own.

Knows clips, tiles and chains; nothing of networks. A draw depends on the clip's name and the variant's number alone, so
that a reconstruction of a clip goes through the very chain, crop and places of the clip itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...detector.tiles import cut, pair, places, window
from ...media import Video, probe, show
from ...media.plan import Plan, Tile
from ...settings import Limits
from .chain import Chain, Frames, random_chain, through
from .folds import Clip

FRAMES = 12  # of a variant
SQUARE = 448  # pixels of a crop's side at most
PAIRS = 12  # of a variant
_RATES = (6, 8, 8, 8, 10, 12)  # frames a second that both classes are thinned to, as the looker does: about PACE


@dataclass(frozen=True)
class Draw:
    """What chance decides for one variant of one clip."""

    start: float  # share of the clip
    rate: int
    square: tuple[float, float, int]  # where the crop lies, as shares of the room there is, and its side
    chain: Chain
    turns: tuple[int, ...]  # which grid each pair takes its place from


def draw(clip: Clip, variant: int) -> Draw:
    """Draw one variant, the same each time."""
    rng = seeded(f"{clip.label}/{clip.group}/{clip.path.name}", variant)
    side = int(rng.choice([256, 320, 448, 448]))
    return Draw(
        start=float(rng.random()),
        rate=int(rng.choice(_RATES)),
        square=(float(rng.random()), float(rng.random()), side),
        chain=random_chain(rng),
        turns=tuple(int(turn) for turn in rng.integers(0, 1 << 16, PAIRS)),
    )


def seeded(name: str, variant: int) -> np.random.Generator:
    """Give the chance of one name and number."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(f"{name}\0{variant}".encode()).digest()[:8], "big"))


def frames_of(clip: Clip, chance: Draw, most: int = FRAMES) -> Frames:
    """Decode a variant's frames, native, cropped, thinned to the rate drawn: (T, H, W, 3)."""
    video = _probed(clip.path)
    step = max(1, round(float(video.frame_rate) / chance.rate))
    number = max(2, min(most, _count(video) // step))
    first = int(chance.start * max(0, _count(video) - number * step + 1))
    rate = float(video.frame_rate)
    times = tuple((first + i * step + 0.25) / rate for i in range(number))
    shown = [view.pixels for _, view in show(video, (Plan(times, "rgb"),), limits=Limits())]
    room = window(shown)
    across, down, side = chance.square
    wide, high = min(side, room.width), min(side, room.height)
    x, y = room.x + int(across * (room.width - wide)), room.y + int(down * (room.height - high))
    return np.stack([picture[y : y + high, x : x + wide] for picture in shown])


def places_of(frames: Frames, chance: Draw) -> list[tuple[int, Tile]]:
    """Choose where pairs are cut: the number of the first frame, and the place."""
    chosen = []
    for i, turn in enumerate(chance.turns):
        first = i % (len(frames) - 1)
        chosen.append((first, places(frames[first], turn, count=1)[0]))
    return chosen


def pairs_of(frames: Frames, chosen: list[tuple[int, Tile]]) -> NDArray[np.uint8]:
    """Cut the pairs: (N, 2, SIDE, SIDE, 3)."""
    return np.stack([pair(frames[first], frames[first + 1], place) for first, place in chosen])


def covered(mask: NDArray[np.float32], chosen: list[tuple[int, Tile]]) -> NDArray[np.float32]:
    """Give the share of each pair that a mask (T, H, W) covers: (N,)."""
    return np.array([cut(mask[first][..., None], place).mean() for first, place in chosen], np.float32)


def untouched(clip: Clip, variant: int) -> tuple[NDArray[np.uint8], Draw, list[tuple[int, Tile]]]:
    """Cut one variant of a clip as it is: its pairs, the draw, and the places."""
    chance = draw(clip, variant)
    shown = through(frames_of(clip, chance), chance.chain)
    chosen = places_of(shown, chance)
    return pairs_of(shown, chosen), chance, chosen


@lru_cache(maxsize=512)
def _probed(path: Path) -> Video:
    return probe(path, Limits(), digest="0" * 64)


def _count(video: Video) -> int:
    return video.frames or max(2, int(video.duration_s * float(video.frame_rate)))
