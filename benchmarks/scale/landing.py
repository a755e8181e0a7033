"""The objects of a measurement: clips of several kinds, words, and very many files of a line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from countermark.tests.recipes import clip

A_FOLDER = 1000  # files


@dataclass(frozen=True)
class Kind:
    """A kind of clip; no two clips are the same."""

    name: str
    seconds: float
    size: tuple[int, int]


SHORT = Kind("2 s of 320x180", 2, (320, 180))
LONG = Kind("5 s of 1280x720", 5, (1280, 720))
TINY = Kind("0.2 s of 64x64", 0.2, (64, 64))


def clips(folder: Path, kind: Kind, count: int, first: int = 0) -> Path:
    """Lay clips without a mark, so that each is looked at to the last."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        clip(folder / f"clip-{number:04}.mp4", seconds=kind.seconds, size=kind.size, seed=number)
    return folder


def cut(folder: Path, whole: Iterable[Path], count: int) -> Path:
    """Lay files that begin like a clip and are none: to see so takes a child, and no decoding."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = [path.read_bytes() for path in whole]
    for number in range(count):
        data = begun[number % len(begun)][: 200 + number]
        (folder / f"cut-{number:04}.mp4").write_bytes(data)
    return folder


def crowd(folder: Path, count: int) -> Path:
    """Lay files of one line each, no two the same, a thousand to a folder."""
    for number in range(count):
        if number % A_FOLDER == 0:
            below = folder / f"{number // A_FOLDER:05}"
            below.mkdir(parents=True)
        with open(f"{below}/{number:08}.txt", "x") as file:  # noqa: PTH123  a million times
            file.write(f"object {number}\n")
    return folder
