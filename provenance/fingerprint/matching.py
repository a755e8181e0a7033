"""What follows from two fingerprints: how near they are, whether one is of a copy of the other, and which seconds are.

Knows hashes and times; knows no pictures and no records. A match says that two pictures look alike; it does not show
that nothing in them was changed. How often the thresholds err is measured: docs/fingerprint.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...evidence import (
    FingerprintDetails,
    Fit,
    Match,
    Span,
)
from .hashes import MOVED, PARTS

if TYPE_CHECKING:  # who looks up a record by its mark needs no arrays
    from numpy.typing import NDArray

ALGORITHM = "pdq"
USABLE = 50  # of quality, and bits of 256 that may differ between whole frames: the rule of vPDQ
MATCH = 31
NEAREST_PARTS = 3  # of the five: an overlay spoils some
# A whole frame, its parts and its middle each are a way to see that a frame is of an original; these are the distances
# up to which it is taken to be, first where one record is asked about, then among a million of them.
ALIKE = (MATCH, 88.0, 78.0)
FOUND = (MATCH, 66.0, 43.0)
FITS_SHARE = 0.7  # of the frames that must look alike
FOUND_SHARE, LEAST_FOUND = 1 / 3, 3  # of the frames, and how many at least
LEAST_FRAMES = 2  # usable ones on either side; fewer say nothing
LEAST_SHOWN = 0.5  # of the moments looked at
DIFFERS_FRAMES = 3
DIFFERS = (104.0, 104.0, 95.0)  # medians; docs/fingerprint.md says what that costs
DIFFERS_NEAREST = 92
LEAST_SEGMENT = 2  # frames that agree on an offset
_CHANCE = 128.0  # the distance of what has nothing to do with each other
_MIRROR = int("55" * 32, 16)  # mirroring turns the sign of every other column of the transform, and so these bits
_TOLERANCE_S, _EDGE_S, _MOST_OFFSETS = 0.07, 0.011, 400
_WORD = 64


@dataclass(frozen=True)
class Comparison:
    """Whether a copy shows what an original showed, and why that is so, in words."""

    fit: Fit
    reason: str
    matching: int = 0  # of the copy's usable frames, one for each sample of the original
    segments: tuple[Match, ...] = ()


@dataclass(frozen=True)
class Shape:
    """A fingerprint as arrays: the rows of its usable frames, 256 bits as four numbers of 64."""

    times: NDArray[Any]
    wholes: NDArray[Any]  # (rows, 4)
    parts: NDArray[Any]  # (rows, 5, 4); all zero: too flat
    moved: NDArray[Any]  # (rows, places, 4); of a copy
    step_s: float
    shown: float  # share of the moments that show enough

    @property
    def frames(self) -> int:
        """How many frames the rows are of."""
        return len(set(self.times.tolist()))


@dataclass(frozen=True)
class Nearness:
    """How far each moment of a copy is from each row of an original: by whole, by parts, by the middle of a crop.

    A moment is as long as the original's samples lie apart: in fast motion no more than one frame in it can match.
    """

    times: NDArray[Any]  # of the moments
    distances: NDArray[Any]  # (3, moments, rows of the original)

    @property
    def nearest(self) -> NDArray[Any]:
        """To the nearest of the original's, (3, moments)."""
        found: NDArray[Any] = self.distances.min(axis=2)
        return found

    def within(self, limits: tuple[float, ...]) -> NDArray[Any]:
        """How near, 1 where the distance is the limit and less where it is nearer, (moments, rows)."""
        import numpy as np

        return np.asarray((self.distances / np.array(limits)[:, None, None]).min(axis=0))

    def score(self, limits: tuple[float, ...] = FOUND) -> float:
        """How near a good part of the copy is: found where this is 1 or less."""
        import numpy as np

        nearest = np.sort(self.within(limits).min(axis=1))
        enough = max(LEAST_FOUND, math.ceil(FOUND_SHARE * len(nearest)))
        return float(nearest[enough - 1]) if len(nearest) >= enough else math.inf


def readable(details: FingerprintDetails) -> bool:
    """Whether this is a fingerprint that can be held to others here."""
    lengths = {len(text) for text in details.hashes}, {len(text) % _WORD for text in details.parts}
    return details.algorithm == ALGORITHM and lengths[0] <= {_WORD} and lengths[1] <= {0}


def shape_of(details: FingerprintDetails, *, mirrored: bool = False) -> Shape:
    """Unpack a fingerprint; `mirrored`: as it would be of the pictures mirrored left to right."""
    import numpy as np

    kept = [number for number, quality in enumerate(details.qualities) if quality >= USABLE]
    turn = np.frombuffer(_MIRROR.to_bytes(32, "big"), np.uint64) if mirrored else np.zeros(4, np.uint64)

    def unpacked(texts: list[str]) -> NDArray[Any]:
        count = len(texts[0]) // _WORD if texts else 0
        hashes = np.frombuffer(bytes.fromhex("".join(texts)), np.uint64).reshape(len(texts), count, 4)
        return np.asarray(np.where(hashes.any(axis=2, keepdims=True), hashes ^ turn, hashes))

    seen = unpacked([details.parts[number] for number in kept]) if details.parts else np.zeros((len(kept), 0, 4), "u8")
    parts = seen[:, :PARTS] if seen.shape[1] >= PARTS else np.zeros((len(kept), PARTS, 4), "u8")
    every = sorted(set(details.times_s))
    steps = [later - sooner for sooner, later in zip(every, every[1:], strict=False)]
    times = np.array([details.times_s[number] for number in kept])
    return Shape(
        times,
        unpacked([details.hashes[number] for number in kept])[:, 0] if kept else np.zeros((0, 4), "u8"),
        parts[:, [0, 2, 1, 4, 3]] if mirrored else parts,
        seen[:, PARTS : PARTS + MOVED],
        float(np.median(steps)) if steps else 0.0,
        len(set(times.tolist())) / max(1, len(every)),
    )


def nearness(copy: Shape, original: Shape) -> Nearness:
    """Hold every frame of a copy to every frame of an original."""
    import numpy as np

    wholes = _bits(copy.wholes[:, None] ^ original.wholes[None])
    apart = _apart(copy.parts[:, None], original.parts[None])
    by_parts = np.sort(apart, axis=2)[:, :, :NEAREST_PARTS].mean(axis=2)
    middles = apart[:, :, 0]
    if copy.moved.shape[1]:
        moved = _apart(copy.moved[:, None], original.parts[None, :, :1])  # rows, rows of the original, places
        place = int(moved.min(axis=1).mean(axis=0).argmin())  # a crop stays where it is
        middles = np.minimum(middles, moved[:, :, place])
    rows = np.stack([wholes, by_parts, middles])
    # Whole or without bars, whichever is nearer; and of what lies between two samples of the original, the nearest too.
    _, first = np.unique(np.floor((copy.times + _EDGE_S) / (original.step_s or 1.0)), return_index=True)
    return Nearness(copy.times[first], np.minimum.reduceat(rows, first, axis=1))


def _bits(differing: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.asarray(np.bitwise_count(differing).sum(axis=-1), np.float32)


def _apart(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Give distances; where either is too flat, that of chance."""
    import numpy as np

    known = one.any(axis=-1) & other.any(axis=-1)
    return np.where(known, _bits(one ^ other), np.float32(_CHANCE))


def compare(copy: FingerprintDetails, original: FingerprintDetails, *, mirrored: bool = False) -> Comparison:
    """Hold a copy to an original; `mirrored`: the copy is known to be mirrored left to right."""
    if not (readable(copy) and readable(original)):
        return Comparison("unclear", f"no way to compare {copy.algorithm} with {original.algorithm}")
    seen, known = shape_of(copy, mirrored=mirrored), shape_of(original)
    if min(seen.frames, known.frames) < LEAST_FRAMES:
        return Comparison("unclear", "too few of its frames show enough to compare")
    near = nearness(seen, known)
    usable = len(near.times)
    matching = int((near.within(ALIKE).min(axis=1) <= 1).sum())
    of = f"{matching} of {usable} frames"
    fit, reason = _fit(near, matching, of, judged=_parts_shown(seen) and _parts_shown(known))
    if seen.shown < LEAST_SHOWN <= known.shown:
        # most of it shows too little to compare, and the original did not: something else may be hidden in there
        fit, reason = "unclear", f"{of} look like frames of the original, and most show too little"
    segments = segments_of(near, known, ALIKE) if fit == "fits" else ()
    return Comparison(fit, reason, matching, segments)


def _fit(near: Nearness, matching: int, of: str, *, judged: bool) -> tuple[Fit, str]:
    import numpy as np

    usable = len(near.times)
    if matching >= FITS_SHARE * usable:
        return "fits", f"{of} look like frames of the original"
    medians = np.median(near.nearest, axis=1)
    far = (medians >= np.array(DIFFERS)).all() and near.nearest[0].min() >= DIFFERS_NEAREST
    if judged and usable >= DIFFERS_FRAMES and matching == 0 and far:
        return "differs", f"none of its {usable} frames looks like any of the original"
    return "unclear", f"only {of} look like frames of the original"


def _parts_shown(shape: Shape) -> bool:
    """Whether most rows have enough parts that say something; fingerprints of before there were parts do not."""
    import numpy as np

    return bool(np.median(shape.parts.any(axis=2).sum(axis=1)) >= NEAREST_PARTS)


def segments_of(near: Nearness, original: Shape, limits: tuple[float, ...] = FOUND) -> tuple[Match, ...]:
    """Give the stretches of the copy that show stretches of the original, each at one offset in time, in order."""
    import numpy as np

    within = near.within(limits)
    step_s = float(np.median(np.diff(near.times))) if len(near.times) > 1 else original.step_s
    gain = np.maximum(0.0, 1.0 - within) + (within <= 1)  # frames count first, then how near they are
    ahead = original.times[None, :] - near.times[:, None]
    reach = max(step_s, original.step_s) / 2 + _TOLERANCE_S
    free = np.ones(len(near.times), bool)
    found: list[Match] = []
    while True:
        offsets = _offsets(ahead, within, free)
        gains = [
            float(np.where(np.abs(ahead - at) <= reach, gain, 0).max(axis=1)[free].sum()) - 1e-3 * abs(at)
            for at in offsets
        ]
        if not gains:
            break
        at = offsets[int(np.argmax(gains))]
        hits = free & (np.where(np.abs(ahead - at) <= reach, within, np.inf).min(axis=1) <= 1)
        if hits.sum() < LEAST_SEGMENT:
            break
        free &= ~hits
        found += _runs(near.times, hits, at, step_s)
    return tuple(sorted(found, key=lambda match: match.copy.start_s))


def _offsets(ahead: NDArray[Any], within: NDArray[Any], free: NDArray[Any]) -> list[float]:
    """Give the offsets that most frames not yet placed could have."""
    import numpy as np

    grain = 0.125
    values, counts = np.unique(np.rint(ahead[free][within[free] <= 1] / grain), return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_MOST_OFFSETS]
    return [float(value) * grain for value in values[most]]


def _runs(times: NDArray[Any], hits: NDArray[Any], at: float, step_s: float) -> list[Match]:
    """Join neighbours; one frame between them that does not agree changes nothing."""
    runs: list[list[int]] = []
    for number in (int(one) for one in hits.nonzero()[0]):
        if runs and number - runs[-1][-1] <= 2:
            runs[-1].append(number)
        else:
            runs.append([number])
    found = []
    for run in runs:
        start, end = float(times[run[0]]), float(times[run[-1]]) + step_s
        begins = max(0.0, start + at)
        found.append(Match(Span(start, end), Span(begins, begins + end - start)))
    return found
