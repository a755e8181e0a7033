"""Where stretches of time lie on a bar, in the units of its drawing. Knows no drawing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...evidence import ChangesDetails, DetectorDetails, Evidence, FingerprintDetails, RecordDetails, Span

WIDE = 1000.0  # units of a bar
_LEAST = 6.0  # that a stretch is drawn wide, however short


@dataclass(frozen=True)
class Stretch:
    """A stretch as it is drawn."""

    span: Span
    x: float
    width: float
    level: float = 1.0  # 0 to 1: how high


def drawn(span: Span, length: float, level: float = 1.0) -> Stretch:
    """Place one on a bar of `length` seconds.

    >>> drawn(Span(1.0, 3.0), 4.0)
    Stretch(span=Span(start_s=1.0, end_s=3.0), x=250.0, width=500.0, level=1.0)
    """
    start = min(1.0, span.start_s / length) if length else 0.0
    end = min(1.0, span.end_s / length) if length else 1.0
    width = max(_LEAST, WIDE * (end - start))
    return Stretch(span, round(min(WIDE * start, WIDE - width), 2), round(width, 2), level)


def length_of(evidence: Iterable[Evidence]) -> float:
    """Give the last second that any examiner speaks of, for verdicts that do not say how long the video is."""
    return max((second for one in evidence for second in _seconds(one)), default=0.0)


def _seconds(one: Evidence) -> Iterable[float]:
    yield from (span.end_s for span in one.spans)
    match one.details:
        case ChangesDetails(compared=compared):
            yield from (span.end_s for span in compared)
        case DetectorDetails(timeline=timeline):
            yield from (part.end_s for part in timeline)
        case FingerprintDetails(times_s=times):
            yield from times
        case RecordDetails(segments=segments):
            yield from (match.copy.end_s for match in segments)
