"""Pictures on their way from a marked file to an attacked one. Knows how a change is applied; knows no change.

Pictures stream: who needs them all at once holds no more than a clip has, `clips.MOST_FRAMES`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...media import frames
from ...settings import Limits
from .clips import Source

Picture = NDArray[np.uint8]  # RGB, (H, W, 3)
Size = tuple[int, int]  # width, height


@dataclass(frozen=True)
class Footage:
    """Pictures, to be gone through once."""

    pictures: Iterable[Picture]
    rate: Fraction
    count: int


@dataclass(frozen=True)
class Case:
    """One clip under one attack: what an attack may draw from, and what an attacker may have beside it."""

    source: Source
    attack: str
    sources: tuple[Source, ...]
    work: Path
    seconds: float

    def random(self) -> np.random.Generator:
        """Give numbers that are the same each time, and others for each clip and attack."""
        digest = hashlib.sha256(f"{self.attack}\0{self.source.name}".encode()).digest()
        return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))


Change = Callable[[Footage, Case], Footage]
Alter = Callable[[Picture], Picture]


def each(alter: Alter) -> Change:
    """Change every picture alike."""
    return lambda footage, case: replace(footage, pictures=map(alter, footage.pictures))


def drawn(make: Callable[[Size, np.random.Generator], Alter]) -> Change:
    """Change every picture by what is drawn once for a clip, knowing its size."""

    def change(footage: Footage, case: Case) -> Footage:
        size, pictures = sized(footage.pictures)
        return replace(footage, pictures=map(make(size, case.random()), pictures))

    return change


def in_turn(*changes: Change) -> Change:
    """Apply one change after the other."""

    def change(footage: Footage, case: Case) -> Footage:
        for one in changes:
            footage = one(footage, case)
        return footage

    return change


def sized(pictures: Iterable[Picture]) -> tuple[Size, Iterator[Picture]]:
    """Look at the first picture's size, and give all of them back."""
    rest = iter(pictures)
    first = next(rest)
    return (first.shape[1], first.shape[0]), chain([first], rest)


def decoded(path: Path) -> Iterator[Picture]:
    """Give all pictures of a file of ours, which lie upright."""
    for moment in frames(path, limits=Limits()):
        yield np.asarray(moment.frame.to_ndarray(format="rgb24"), np.uint8)
