"""Whether a copy shows what was registered: in the seconds where its mark lies, held as the mark says that it lies.

Knows what turning and mirroring do to a fingerprint, and where one of whole pictures can say nothing; knows no
registry and looks at no pictures.
"""

from __future__ import annotations

from dataclasses import replace

from .evidence import FingerprintDetails, Fit, MarkGeometry, Span

_EDGE_S = 0.01  # times were rounded on their way here
_SIDE = 16  # a hash is the signs of so many rows and columns of a transform
_ODD_ROWS = int("0000ffff" * (_SIDE // 2), 16)


def fit_of(
    copy: FingerprintDetails, original: FingerprintDetails, geometry: MarkGeometry | None, spans: tuple[Span, ...] = ()
) -> tuple[Fit, str]:
    """Hold a copy, or of it the spans given, to an original; and say in words what came of it.

    geometry: how the marked picture lies in the copy; None where that is not known.
    """
    from .provenance import compare

    held = geometry or MarkGeometry()
    compared = compare(turned_back(within(copy, spans), held.quarter_turns), original, mirrored=held.mirrored)
    if compared.fit == "fits" or (geometry is not None and geometry.plain):
        return compared.fit, compared.reason
    if geometry is None:
        return "unclear", f"{compared.reason}, but how the marked picture lies in this one is not known"
    return "unclear", f"{compared.reason}, but this one is {geometry}, and whole pictures are compared"


def within(copy: FingerprintDetails, spans: tuple[Span, ...]) -> FingerprintDetails:
    """Keep the frames on show in these spans; no spans: all."""
    if not spans:
        return copy
    rows = zip(copy.times_s, copy.hashes, copy.qualities, strict=True)
    kept = [row for row in rows if any(s.start_s - _EDGE_S <= row[0] <= s.end_s + _EDGE_S for s in spans)]
    times, hashes, qualities = zip(*kept, strict=True) if kept else ((), (), ())
    return FingerprintDetails(copy.algorithm, times, hashes, qualities)


def turned_back(copy: FingerprintDetails, quarter_turns: int) -> FingerprintDetails:
    """Give the fingerprint of the same pictures turned clockwise by so many quarters."""
    hashes = copy.hashes
    for _ in range(quarter_turns):
        hashes = tuple(f"{_clockwise(int(text, 16)):064x}" for text in hashes)
    return replace(copy, hashes=hashes)


def _clockwise(bits: int) -> int:
    """Upside down, every other row has its signs turned; then rows become columns."""
    text = f"{bits ^ _ODD_ROWS:0256b}"
    return int("".join(text[column::_SIDE] for column in range(_SIDE)), 2)
