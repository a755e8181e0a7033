"""Whether a copy shows what was registered: in the seconds where its mark lies, held as the mark says that it lies.

Knows what turning and mirroring do to a fingerprint, and where one of whole pictures can say nothing; knows no
registry and looks at no pictures.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING

from .evidence import FingerprintDetails, MarkGeometry, Span

if TYPE_CHECKING:
    from .provenance import Comparison

_EDGE_S = 0.01  # times were rounded on their way here
_MOST_CROPPED = 1.12  # of the short side over what is left of it; a crop by a tenth is 1.11
_SIDE = 16  # a hash is the signs of so many rows and columns of a transform ...
_LETTERS = 64  # ... in so many hexadecimal digits
_ODD_ROWS = int("0000ffff" * (_SIDE // 2), 16)


def fit_of(
    copy: FingerprintDetails, original: FingerprintDetails, geometry: MarkGeometry | None, spans: tuple[Span, ...] = ()
) -> Comparison:
    """Hold a copy, or of it the spans given, to an original.

    geometry: how the marked picture lies in the copy; None where that is not known.
    """
    from .provenance import compare

    held = geometry or MarkGeometry()
    compared = compare(turned_back(within(copy, spans), held.quarter_turns), original, mirrored=held.mirrored)
    if compared.fit != "differs" or (geometry is not None and _seen_through(geometry)):
        return compared
    how = f"this one is {geometry}, and only small crops are seen through"
    if geometry is None:
        how = "how the marked picture lies in this one is not known"
    return replace(compared, fit="unclear", reason=f"{compared.reason}, but {how}")


def _seen_through(geometry: MarkGeometry) -> bool:
    """Whether a copy that lies so would be known again: whole, or one of the crops that are tried."""
    upright = replace(geometry, scale=1.0, shift=(0.0, 0.0))
    return geometry.plain or (upright.plain and 1.0 <= geometry.scale <= _MOST_CROPPED)


def within(copy: FingerprintDetails, spans: tuple[Span, ...]) -> FingerprintDetails:
    """Keep the frames on show in these spans; no spans: all."""
    if not spans:
        return copy
    kept = [any(s.start_s - _EDGE_S <= at <= s.end_s + _EDGE_S for s in spans) for at in copy.times_s]
    return FingerprintDetails(
        copy.algorithm,
        tuple(compress(copy.times_s, kept)),
        tuple(compress(copy.hashes, kept)),
        tuple(compress(copy.qualities, kept)),
        tuple(compress(copy.parts, kept)),
    )


def turned_back(copy: FingerprintDetails, quarter_turns: int) -> FingerprintDetails:
    """Give the fingerprint of the same pictures turned clockwise by so many quarters."""
    hashes, parts = copy.hashes, copy.parts
    for _ in range(quarter_turns):
        hashes = tuple(map(_clockwise, hashes))
        parts = tuple(map(_parts_clockwise, parts))
    return replace(copy, hashes=hashes, parts=parts)


def _parts_clockwise(text: str) -> str:
    """Quarters change places too; where a crop may have moved the middle need not, all of it is tried."""
    parts = [_clockwise(text[start : start + _LETTERS]) for start in range(0, len(text), _LETTERS)]
    middle, upper_left, upper_right, lower_left, lower_right, *moved = parts
    return "".join([middle, lower_left, upper_left, lower_right, upper_right, *moved])


def _clockwise(text: str) -> str:
    """Upside down, every other row has its signs turned; then rows become columns. All zero: there is no hash."""
    if not (hashed := int(text, 16)):
        return text
    bits = f"{hashed ^ _ODD_ROWS:0256b}"
    return f"{int(''.join(bits[column::_SIDE] for column in range(_SIDE)), 2):064x}"
