"""Changes of which pictures are shown, and when. Knows indices and rates; changes no picture but by mixing two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from .footage import Case, Change, Footage, Picture

Choose = Callable[[int, Fraction, np.random.Generator], Sequence[int]]


def picked(choose: Choose, rate: Fraction | None = None) -> Change:
    """Show the pictures whose numbers are chosen, at another rate if one is given."""

    def change(footage: Footage, case: Case) -> Footage:
        numbers = choose(footage.count, footage.rate, case.random())
        return Footage(_taken(footage.pictures, numbers), rate or footage.rate, len(numbers))

    return change


def spread_out(most: int) -> Change:
    """Show so many pictures of the whole clip."""
    return picked(lambda count, rate, random: [i * count // min(most, count) for i in range(min(most, count))])


def half_dropped(count: int, rate: Fraction, random: np.random.Generator) -> Sequence[int]:
    """Drop half of them, any."""
    return sorted(int(number) for number in random.permutation(count)[: max(1, count // 2)])


def window(seconds: float) -> Choose:
    """Keep a stretch of so many seconds, from anywhere."""
    return lambda count, rate, random: _stretch(count, round(seconds * rate), random)


def run_of(length: int) -> Choose:
    """Keep so many that follow each other, from anywhere."""
    return lambda count, rate, random: _stretch(count, length, random)


def faster(count: int, rate: Fraction, random: np.random.Generator) -> Sequence[int]:
    """Show every second one: twice the speed."""
    return range(0, count, 2)


def slower(count: int, rate: Fraction, random: np.random.Generator) -> Sequence[int]:
    """Show each twice: half the speed."""
    return [number // 2 for number in range(2 * count)]


def backwards(count: int, rate: Fraction, random: np.random.Generator) -> Sequence[int]:
    """Show the last first."""
    return range(count - 1, -1, -1)


def resampled(to: int) -> Change:
    """Show what was on show at the times of another rate, as players convert."""

    def choose(count: int, rate: Fraction, random: np.random.Generator) -> Sequence[int]:
        return [min(count - 1, int(i * rate / to)) for i in range(max(1, round(count * to / rate)))]

    return picked(choose, Fraction(to))


def interpolated(footage: Footage, case: Case) -> Footage:
    """Put the mean of its neighbours in place of every second picture."""
    return Footage(_mixed(footage.pictures), footage.rate, footage.count)


def _mixed(pictures: Iterable[Picture]) -> Iterator[Picture]:
    before: Picture | None = None
    lacking = False
    for number, picture in enumerate(pictures):
        if number % 2:
            lacking, last = True, picture
            continue
        if lacking and before is not None:
            yield ((before.astype(np.uint16) + picture + 1) // 2).astype(np.uint8)
        yield picture
        before, lacking = picture, False
    if lacking:
        yield last  # it has one neighbour only


def _stretch(count: int, length: int, random: np.random.Generator) -> range:
    length = max(1, min(count, length))
    start = int(random.integers(0, count - length + 1))
    return range(start, start + length)


def _taken(pictures: Iterable[Picture], numbers: Sequence[int]) -> Iterator[Picture]:
    if any(later < sooner for sooner, later in zip(numbers, numbers[1:], strict=False)):
        held = list(pictures)
        yield from (held[number] for number in numbers)
        return
    waiting = iter(numbers)
    wanted = next(waiting, None)
    for number, picture in enumerate(pictures):
        while wanted == number:
            yield picture
            wanted = next(waiting, None)
        if wanted is None:
            return
