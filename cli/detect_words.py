"""The detector's finding as lines for a terminal. Knows widths and bars; judges nothing.

What comes from a file stays on its line.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..detector.looking import Detected
from ..detector.outcome import Threshold
from ..detector.report.words import MEANING, driven, family, hard, other, standing
from ..evidence import DetectorDetails
from .session import one_line

_BAR = 24
_COLUMN = 13


def words(name: str, detected: Detected, threshold: Threshold) -> str:
    """Say what was found in one file."""
    outcome, details = detected.outcome(threshold), detected.shown(threshold)
    lines = [f"{name}: {outcome}", f"  {MEANING[outcome]}"]
    said = {one: standing(getattr(detected, one), threshold) for one in ("generated", "manipulated")}
    if details is None and len(set(said.values())) == 1:
        lines += [f"  {told}" for told in set(said.values())]
    else:
        lines += [_row(one, told) for one, told in said.items()]
        lines += _details(details) if details else []
    lines += [f"  {one.examiner}  {other(one)}" for one in detected.others]
    lines += [_row("by", detected.model)]
    lines += [f"  not looked at: {missing}" for missing in detected.not_looked_at]
    return "\n".join(one_line(line) for line in lines)


def bar(share: float) -> str:
    """Draw a share.

    >>> bar(0.5)
    '############------------'
    """
    full = round(share * _BAR)
    return "#" * full + "-" * (_BAR - full)


def _details(details: DetectorDetails) -> Iterator[str]:
    for number, (weight, what) in enumerate(driven(details)):
        yield _row("" if number else "because", f"{weight:+.1f}  {what}")
    yield _row("pictures", hard(details))
    for number, one in enumerate(details.timeline):
        span = f"{one.start_s:6.1f} to {one.end_s:5.1f} s"
        yield _row("" if number else "when", f"{span}  {bar(one.score)} {one.score:.2f}")
    if details.family:
        yield _row("generator", family(details))


def _row(head: str, told: str) -> str:
    return f"  {head:<{_COLUMN}}{told}"
