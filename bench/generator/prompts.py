"""Chooses what is asked for: combinations drawn by number, as prompts that leave nothing unsaid. Knows no pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .rendered.clips import source
from .rendered.grammar import Shot, any_shot, caption, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = 50_000_000  # numbers that neither the model's nor the probe's training uses
A_SEED = 100_000  # numbers of one seed


@dataclass(frozen=True)
class Prompt:
    """One combination in words, and the number that it is rendered from."""

    number: int
    held_out: bool
    shot: Shot
    words: str
    labels: tuple[int, ...]


def prompt(number: int, held_out: bool) -> Prompt:
    """Give the prompt of a number."""
    shot = any_shot(source("square", number, held_out), held_out)
    return Prompt(number, held_out, shot, caption(shot), labels(shot))


def prompts(count: int, seed: int, held_out: bool) -> tuple[Prompt, ...]:
    """Draw prompts whose combinations were never trained, or were."""
    first = FIRST + seed * A_SEED
    return tuple(prompt(number, held_out) for number in range(first, first + count))


def like(asked: Sequence[Prompt], each: int, among: int) -> tuple[int, ...]:
    """Give the numbers of training clips that share most with each prompt; `among`: those of the first numbers."""
    import numpy as np

    taught = np.asarray([labels(any_shot(source("square", number), False)) for number in range(among)])
    found = set[int]()
    for one in asked:
        shared = (taught == np.asarray(one.labels)).sum(1)
        found.update(int(row) for row in np.argsort(-shared, kind="stable")[:each])
    return tuple(sorted(found))
