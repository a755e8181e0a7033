"""Writes videos that parts of the detector are fitted to and measured on: splices, swapped faces, own decoders' fakes.

Knows how each is made and of which fold it is; nothing of networks. Every fake of a fold is made of that fold's clips
and that fold's decoders alone, so that a network which holds the fold out has seen nothing of it.

    python -m countermark.training.detector.material --clips DIR --out material --seed 1
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ...errors import CountermarkError
from ...media import EncodeSettings, encode, faces
from ...media.plan import Tile
from .blends import face_swapped, spliced
from .chain import Frames
from .cut import draw, frames_of, seeded
from .decoders import decoders
from .folds import Clip, read_clips
from .reconstruct import reconstruct

FRAMES, RATE = 20, 8
COLUMNS = ("path", "label", "group", "kind", "source", "fold", "maker")


@dataclass(frozen=True)
class Made:
    """One file that was written."""

    path: str
    label: str
    group: str
    kind: str
    source: str
    fold: int
    maker: str  # the decoder that drew it; empty: none did


def make(clips: tuple[Clip, ...], out: Path, seed: int, clip: Clip) -> list[Made]:
    """Write what can be made of one real clip: itself at the same pace, a splice, a swapped face, a decoder's fake."""
    chance = draw(clip, 1000 + seed)
    rng = seeded(f"material/{clip.group}/{clip.path.name}", seed)
    try:
        plain = frames_of(clip, chance, FRAMES)
    except CountermarkError as error:
        print(f"left out: {error}", file=sys.stderr)
        return []
    made = [("untouched", plain), ("splice", _spliced(clips, clip, plain, seed, rng))]
    swapped = _swapped(clips, clip, plain, seed, rng)
    if swapped is not None:
        made.append(("face-swap", swapped))
    own = [decoder for decoder in decoders(None) if decoder.fold == clip.fold]
    maker = own[int(rng.integers(len(own)))]
    if min(plain.shape[1:3]) >= 64:
        made.append(("own-decoder", reconstruct(maker, plain)))
    return [
        _written(out, clip, kind, frames, float(rng.uniform(18, 26)), maker.name if kind == "own-decoder" else "")
        for kind, frames in made
    ]


def _spliced(clips: tuple[Clip, ...], clip: Clip, plain: Frames, seed: int, rng: np.random.Generator) -> Frames:
    others = [other for other in clips if other.fold == clip.fold and other.synthetic]
    other = others[int(rng.integers(len(others)))]
    return spliced(plain, frames_of(other, draw(other, 1000 + seed), FRAMES), rng)[0]


def _swapped(clips: tuple[Clip, ...], clip: Clip, plain: Frames, seed: int, rng: np.random.Generator) -> Frames | None:
    boxes = _faces(plain)
    if not boxes:
        return None
    for index in rng.permutation(len(clips)):
        donor = clips[int(index)]
        if donor.synthetic or donor.fold != clip.fold or donor.path == clip.path:
            continue
        frames = frames_of(donor, draw(donor, 1000 + seed), FRAMES)
        found = _faces(frames)
        if found:
            return face_swapped(plain, boxes, frames, found, rng)[0]
    return None


def _faces(frames: Frames) -> list[Tile]:
    return [Tile(box.x, box.y, box.width, box.height) for box in faces.faces_in(list(frames[::6]))]


def _written(out: Path, clip: Clip, kind: str, frames: Frames, crf: float, maker: str) -> Made:
    high, wide = frames.shape[1] // 2 * 2, frames.shape[2] // 2 * 2
    path = out / kind / f"{clip.name}-{clip.path.suffix[1:]}.mp4"  # one name may stand for two files
    path.parent.mkdir(parents=True, exist_ok=True)
    encode(
        (frame[:high, :wide] for frame in frames), path, size=(wide, high), frame_rate=Fraction(RATE),
        settings=EncodeSettings(crf=round(crf), threads=1),
    )  # fmt: skip
    label = "real" if kind == "untouched" else "synthetic"
    group = clip.group if kind == "untouched" else f"{kind}-{clip.group}"
    return Made(str(path.relative_to(out)), label, group, kind, clip.group, clip.fold, maker)


def main() -> None:
    """Write the files and their table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--seed", type=int, default=1, help="other seeds, other places, donors and decoders")
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = asked.parse_args()
    clips = read_clips(given.clips / "clips.tsv")
    ground = [clip for clip in clips if not clip.synthetic and clip.kind in ("camera", "face")]
    given.out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(given.processes, initializer=partial(cv2.setNumThreads, 1)) as pool:
        rows = [row for made in pool.map(partial(make, clips, given.out, given.seed), ground) for row in made]
    with (given.out / "clips.tsv").open("w", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows([getattr(row, column) for column in COLUMNS] for row in rows)
    print(f"{len(rows)} files")


if __name__ == "__main__":
    main()
