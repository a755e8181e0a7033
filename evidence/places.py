"""Where in a video something lies: stretches of time, and rectangles of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds from the start."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        """Refuse a stretch that ends before it starts."""
        if not 0 <= self.start_s <= self.end_s < inf:
            raise ValueError(f"no span: {self.start_s} to {self.end_s} s")

    def __str__(self) -> str:
        """In words."""
        return f"{self.start_s:.1f} to {self.end_s:.1f} s"


def seconds_in(spans: tuple[Span, ...]) -> float:
    """How long spans are together; what two of them share counts once."""
    total = reached = 0.0
    for span in sorted(spans, key=lambda one: one.start_s):
        total += max(0.0, span.end_s - max(span.start_s, reached))
        reached = max(reached, span.end_s)
    return total


def in_words(spans: tuple[Span, ...]) -> str:
    """Say spans in order.

    >>> in_words((Span(0, 5), Span(7, 9)))
    '0.0 to 5.0 s and 7.0 to 9.0 s'
    """
    return " and ".join(map(str, spans))


_PLACES = (
    ("at the upper left", "at the top", "at the upper right"),
    ("at the left", "in the middle", "at the right"),
    ("at the lower left", "at the bottom", "at the lower right"),
)


@dataclass(frozen=True)
class Region:
    """A rectangle of the upright picture, in shares of its width and height."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        """Refuse a rectangle that leaves the picture."""
        edges = (self.x, self.y, self.width, self.height, self.x + self.width, self.y + self.height)
        if not all(0 <= edge <= 1.0001 for edge in edges):
            raise ValueError(f"no region of the picture: {self.x}, {self.y}, {self.width}, {self.height}")

    def __str__(self) -> str:
        """In words.

        >>> str(Region(0.1, 0.6, 0.2, 0.3))
        'at the lower left, 6.0 % of it'
        >>> [str(Region(0.4, y, 0.2, 0.1)).split(",")[0] for y in (0.0, 0.45, 0.9)]
        ['at the top', 'in the middle', 'at the bottom']
        >>> [str(Region(x, 0.45, 0.1, 0.1)).split(",")[0] for x in (0.0, 0.9)]
        ['at the left', 'at the right']
        """
        return f"{self._place()}, {100 * self.width * self.height:.1f} % of it"

    def _place(self) -> str:
        across = min(2, int(3 * (self.x + self.width / 2)))
        down = min(2, int(3 * (self.y + self.height / 2)))
        return _PLACES[down][across]
