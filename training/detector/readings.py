"""Shows videos to the fold's network that never saw them, and keeps the numbers: what heads are fitted on.

Knows files, conditions and Readings; fits nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ...bench.detector.conditions import CONDITIONS, Condition, copy_of
from ...detector.looker import Looker, Reading
from ...detector.network import TileReader
from ...detector.pooling import embedding, generated_numbers, manipulated_numbers
from ...detector.quality import cannot_judge, stratum
from ...errors import CountermarkError
from ...media import probe, show
from ...media.probe import digest_of
from ...settings import Limits
from .folds import Clip


@dataclass(frozen=True)
class Numbers:
    """One copy of one clip, in numbers."""

    clip: str
    label: str
    group: str
    kind: str
    fold: int
    condition: str
    stratum: str
    generated: tuple[float, ...]
    manipulated: tuple[float, ...]
    statistics: tuple[float, ...]  # empty where no segment was long enough
    embedding: tuple[float, ...]
    judged: bool  # whether a verdict would be given

    @property
    def synthetic(self) -> bool:
        """Whether a generator made it."""
        return self.label == "synthetic"


def reading_of(path: Path, reader: TileReader) -> Reading:
    """Look at a file as the examiner does, in this process."""
    video = probe(path, Limits(), digest="0" * 64)
    looker = Looker(reader)
    for _, view in show(video, (looker.plan(video),), limits=Limits()):
        looker.see(view)
    return looker.reading()


def numbers_of(clip: Clip, condition: Condition, reading: Reading, judged: bool) -> Numbers:
    """Sum a reading up."""
    measured = () if reading.statistics is None else tuple(map(float, reading.statistics))
    return Numbers(
        clip=str(clip.path.name), label=clip.label, group=clip.group, kind=clip.kind, fold=clip.fold,
        condition=condition.name, stratum=stratum(reading),
        generated=tuple(map(float, generated_numbers(reading))),
        manipulated=tuple(map(float, manipulated_numbers(reading))),
        statistics=measured, embedding=tuple(map(float, embedding(reading))), judged=judged,
    )  # fmt: skip


def read_all(
    clips: Sequence[Clip], weights: Path, work: Path, conditions: Sequence[Condition] = CONDITIONS, *,
    name: str = "fold-{fold}", processes: int = 2,
) -> list[Numbers]:  # fmt: skip
    """Read every clip under every condition by the network of its fold."""
    work.mkdir(parents=True, exist_ok=True)
    found: list[Numbers] = []
    with ProcessPoolExecutor(processes, initializer=partial(cv2.setNumThreads, 1)) as pool:
        job = partial(_of_clip, weights, work, tuple(conditions), name)
        for number, made in enumerate(pool.map(job, clips, chunksize=4)):
            found += made
            if number % 50 == 0:
                print(f"{number} of {len(clips)} clips", file=sys.stderr, flush=True)
    return found


def _of_clip(weights: Path, work: Path, conditions: tuple[Condition, ...], name: str, clip: Clip) -> list[Numbers]:
    reader = _reader(weights / f"{name.format(fold=clip.fold)}.safetensors")
    found = []
    for condition in conditions:
        try:
            path = copy_of(clip.path, digest_of(clip.path), condition, work)
            reading = reading_of(path, reader)
            if not reading.frames:
                continue
            judged = not cannot_judge(probe(path, Limits(), digest="0" * 64), reading)
            found.append(numbers_of(clip, condition, reading, judged))
        except CountermarkError as error:
            print(f"left out: {clip.path.name} {condition.name}: {error}", file=sys.stderr)
    return found


_OPEN: dict[Path, TileReader] = {}


def _reader(weights: Path) -> TileReader:
    if weights not in _OPEN:
        _OPEN[weights] = TileReader(weights)
    return _OPEN[weights]


def save(numbers: Sequence[Numbers], path: Path) -> None:
    """Keep numbers as JSON lines."""
    path.write_text("\n".join(json.dumps(asdict(one)) for one in numbers) + "\n")


def saved(path: Path) -> list[Numbers]:
    """Read them again."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    lists = ("generated", "manipulated", "statistics", "embedding")
    return [Numbers(**(row | {name: tuple(row[name]) for name in lists})) for row in rows]


def matrix(numbers: Sequence[Numbers], column: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Give one kind of numbers as rows."""
    return np.array([getattr(one, column) for one in numbers], float)
