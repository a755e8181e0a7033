"""Writes and reads shards: one array of tile pairs, and a row beside each that says what it is and who may see it.

Knows files of numbers; nothing of networks.

    python -m countermark.training.detector.shards --clips DIR --out shards/clips --synthetic 8 --real 16
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...detector.tiles import SIDE
from ...errors import CountermarkError
from .cut import untouched
from .folds import Clip, read_clips

UNKNOWN = float("nan")  # a target that a row does not teach
NO_DECODER = -1


@dataclass(frozen=True)
class Rows:
    """Some tile pairs of one making."""

    pairs: NDArray[np.uint8]  # (N, 2, SIDE, SIDE, 3)
    synthetic: NDArray[np.float32]  # (N,): 0 to 1, or UNKNOWN
    blended: NDArray[np.float32]  # (N,)
    fold: int  # of the clip
    decoder_fold: int  # of the decoder that a fake was made with, or NO_DECODER
    clip: str
    group: str
    making: str  # clip, reconstruction, splice ...


Job = tuple[Clip, int]


@dataclass(frozen=True)
class Shard:
    """What was written."""

    pairs: NDArray[np.uint8]
    synthetic: NDArray[np.float32]
    blended: NDArray[np.float32]
    fold: NDArray[np.int8]
    decoder_fold: NDArray[np.int8]
    clip: NDArray[np.int16]  # index into `clips`
    group: NDArray[np.int16]  # index into `groups`
    making: NDArray[np.int16]  # index into `makings`
    clips: tuple[str, ...]
    groups: tuple[str, ...]
    makings: tuple[str, ...]


def as_it_is(job: Job) -> list[Rows]:
    """Cut one variant of a clip, untouched but for the chain."""
    clip, variant = job
    pairs, _, _ = untouched(clip, variant)
    number = len(pairs)
    target = np.full(number, float(clip.synthetic), np.float32)
    return [Rows(pairs, target, np.zeros(number, np.float32), clip.fold, NO_DECODER, clip.name, clip.group, "clip")]


def write(make: Callable[[Job], list[Rows]], jobs: Sequence[Job], out: Path, processes: int) -> int:
    """Make all rows and write one shard; a clip that cannot be read is said and left out."""
    out.mkdir(parents=True, exist_ok=True)
    columns: dict[str, list[NDArray[np.float32]]] = {"synthetic": [], "blended": [], "fold": [], "decoder_fold": []}
    names: dict[str, list[str]] = {"clip": [], "group": [], "making": []}
    count, digest = 0, hashlib.sha256()
    with (out / "pairs.part").open("wb") as file:
        for number, made in enumerate(_each(partial(_shielded, make), jobs, processes)):
            for rows in made:
                content = np.ascontiguousarray(rows.pairs).tobytes()
                digest.update(content)
                file.write(content)
                size = len(rows.pairs)
                count += size
                columns["synthetic"].append(rows.synthetic)
                columns["blended"].append(rows.blended)
                columns["fold"].append(np.full(size, rows.fold, np.float32))
                columns["decoder_fold"].append(np.full(size, rows.decoder_fold, np.float32))
                names["clip"] += [rows.clip] * size
                names["group"] += [rows.group] * size
                names["making"] += [rows.making] * size
            if number % 200 == 0:
                print(f"{number} of {len(jobs)} variants, {count} pairs", file=sys.stderr, flush=True)
    joined: dict[str, Any] = {key: np.concatenate(parts) for key, parts in columns.items()}
    joined |= {key: np.array(words) for key, words in names.items()}
    np.savez(out / "rows.npz", **joined)
    os.replace(out / "pairs.part", out / "pairs.u8")
    (out / "shard.json").write_text(json.dumps({"pairs": count, "side": SIDE, "sha256": digest.hexdigest()}))
    return count


def _each(make: Callable[[Job], list[Rows]], jobs: Sequence[Job], processes: int) -> Iterator[list[Rows]]:
    """Make all in order; one process is this one, since what was forked beside torch's threads may never end."""
    if processes == 1:
        yield from map(make, jobs)
        return
    with ProcessPoolExecutor(processes, initializer=_quiet) as pool:
        yield from pool.map(make, jobs, chunksize=4)


def read(folders: Iterable[Path]) -> list[Shard]:
    """Load shards: pairs are drawn at random, and from a mapped file each draw would wait for the disk."""
    return [_read(folder) for folder in folders]


def digest_of(folder: Path) -> str:
    """Give the digest of a shard's pairs, as it was written."""
    return str(json.loads((folder / "shard.json").read_text())["sha256"])


def _read(folder: Path) -> Shard:
    count = json.loads((folder / "shard.json").read_text())["pairs"]
    rows = np.load(folder / "rows.npz", allow_pickle=False)
    clips, clip = np.unique(rows["clip"], return_inverse=True)
    groups, group = np.unique(rows["group"], return_inverse=True)
    makings, making = np.unique(rows["making"], return_inverse=True)
    return Shard(
        pairs=np.fromfile(folder / "pairs.u8", np.uint8).reshape(count, 2, SIDE, SIDE, 3),
        synthetic=rows["synthetic"],
        blended=rows["blended"],
        fold=rows["fold"].astype(np.int8),
        decoder_fold=rows["decoder_fold"].astype(np.int8),
        clip=clip.astype(np.int16),
        group=group.astype(np.int16),
        making=making.astype(np.int16),
        clips=tuple(map(str, clips)),
        groups=tuple(map(str, groups)),
        makings=tuple(map(str, makings)),
    )


def _quiet() -> None:
    cv2.setNumThreads(1)


def _shielded(make: Callable[[Job], list[Rows]], job: Job) -> list[Rows]:
    try:
        return make(job)
    except CountermarkError as error:
        print(f"left out: {error}", file=sys.stderr, flush=True)
        return []


def variants(clips: Sequence[Clip], synthetic: int, real: int, first: int = 0) -> list[Job]:
    """List what is to be cut: so many variants of each clip, in turns."""
    most = max(synthetic, real)
    return [(c, first + v) for v in range(most) for c in clips if v < (synthetic if c.synthetic else real)]


def main() -> None:
    """Cut the clips of a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--synthetic", type=int, default=8, help="variants of each synthetic clip")
    asked.add_argument("--real", type=int, default=16)
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = asked.parse_args()
    jobs = variants(read_clips(given.clips / "clips.tsv"), given.synthetic, given.real)
    print(f"{write(as_it_is, jobs, given.out, given.processes)} pairs")


if __name__ == "__main__":
    main()
