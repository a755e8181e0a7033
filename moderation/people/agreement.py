"""How far people agree with each other beyond chance, and the interval of a share. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from .values import Share

Said = TypeVar("Said", bound=Hashable)
_Z = 1.959963984540054  # 95 %


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Give the agreement of two reviewers about the same items; None where chance alone explains all, or none is there.

    >>> cohen_kappa([("synthetic", "synthetic"), ("genuine", "genuine"), ("genuine", "synthetic"), ("unclear",) * 2])
    0.6363636363636364
    """
    return cohen_kappa_of(Counter(pairs))


def cohen_kappa_of(counts: Mapping[tuple[Said, Said], int]) -> float | None:
    """Give the same where it is known how often each pair was said."""
    n = sum(counts.values())
    if not n:
        return None
    first, second = Counter[Said](), Counter[Said]()
    for (a, b), count in counts.items():
        first[a] += count
        second[b] += count
    seen = sum(count for (a, b), count in counts.items() if a == b) / n
    by_chance = sum(first[label] * second[label] for label in first) / (n * n)
    return None if by_chance >= 1.0 else (seen - by_chance) / (1.0 - by_chance)


def fleiss_kappa(items: Sequence[Sequence[str]]) -> float | None:
    """Give the agreement of any reviewers, as many for each item; None as above.

    >>> fleiss_kappa([("a", "a"), ("b", "b"), ("c", "b"), ("c", "c")])
    0.6190476190476191
    """
    if not items:
        return None
    raters = len(items[0])
    if raters < 2 or any(len(one) != raters for one in items):
        raise ValueError("each item needs as many opinions as the others, and at least two")
    counts = [Counter(one) for one in items]
    seen = sum(sum(k * (k - 1) for k in one.values()) for one in counts) / (len(items) * raters * (raters - 1))
    total = sum(counts, Counter[str]())
    by_chance = sum((k / (len(items) * raters)) ** 2 for k in total.values())
    return None if by_chance >= 1.0 else (seen - by_chance) / (1.0 - by_chance)


def share(count: int, of: int) -> Share:
    """Give a share with its interval of Wilson; of nothing, all is possible.

    >>> share(0, 0), round(share(5, 10).low, 3), round(share(5, 10).high, 3)
    (Share(count=0, of=0, low=0.0, high=1.0), 0.237, 0.763)
    """
    if of == 0:
        return Share(0, 0, 0.0, 1.0)
    rate = count / of
    middle = rate + _Z * _Z / (2 * of)
    spread = _Z * math.sqrt(rate * (1 - rate) / of + _Z * _Z / (4 * of * of))
    whole = 1 + _Z * _Z / of
    return Share(count, of, max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole))
