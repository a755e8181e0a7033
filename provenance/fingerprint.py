"""What the content looks like: PDQ hashes of frames, and whether a copy's fit an original's. Knows no mark, no record.

Frames are hashed upright, in square pixels, on a grid of times that original and copy share: whole, without bars where
there are any, and of some of an original's frames the parts that a cropped copy may show. Hashes of one frame have the
same time. A match says that two pictures look alike; it does not show that nothing in them was changed. The distances
behind the thresholds are in docs/provenance.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from ..evidence import Evidence, Finding, FingerprintDetails, Fit, Track

if TYPE_CHECKING:  # who looks up a record looks at no pictures
    from numpy.typing import NDArray

    from ..media.facts import Geometry, Video
    from ..media.plan import Plan, View

ALGORITHM = "pdq"
STEP_S = 0.25  # between samples; doubled each time that a long video has filled the list
MOST_SAMPLES = 240
SHORT_SIDE = 256
MATCH = 31  # bits of 256 that may differ, and the least quality: the rule of vPDQ
USABLE = 50
PARTS_EVERY, MOST_WITH_PARTS = 4, 48  # of which samples of an original parts are hashed too
LEAST_FRAMES = 2  # usable ones on either side; fewer say nothing
FITS_SHARE = 0.7
LEAST_SHOWN = 0.5  # of the moments looked at
DIFFERS_FRAMES = 3
DIFFERS_MEDIAN = 104  # bits; docs/provenance.md says what that costs
DIFFERS_NEAREST = 92
_MIRROR = int("55" * 32, 16)  # mirroring turns the sign of every other column of the transform, and so these bits
_BLACK, _WHITE = 30, 222  # they are 16 and 235; compression stirs them
_BAR_SHARE = 0.02  # of a line that may be otherwise, and it still is a bar
_LEAST_PICTURE = 0.4  # of a side; where bars would leave less, it is a dark picture


@dataclass(frozen=True)
class Comparison:
    """Whether a copy shows what an original showed, and why that is so, in words."""

    fit: Fit
    reason: str
    matching: int = 0  # of the copy's usable frames
    usable: int = 0
    median_distance: float | None = None  # of the copy's frames, each to the nearest of the original's
    nearest_distance: int | None = None


def compare(copy: FingerprintDetails, original: FingerprintDetails, *, mirrored: bool = False) -> Comparison:
    """Hold a copy to an original; `mirrored`: the copy is known to be mirrored left to right."""
    if copy.algorithm != ALGORITHM or original.algorithm != ALGORITHM:
        return Comparison("unclear", f"no way to compare {copy.algorithm} with {original.algorithm}")
    turn = _MIRROR if mirrored else 0
    shown, known = _usable(copy), _usable(original)
    if min(len(shown), len(known)) < LEAST_FRAMES:
        return Comparison("unclear", "too few of its frames show enough to compare", usable=len(shown))
    others = [bits ^ turn for frame in known.values() for bits in frame]
    nearest = [min((bits ^ other).bit_count() for bits in frame for other in others) for frame in shown.values()]
    matching, middle = sum(distance <= MATCH for distance in nearest), float(median(nearest))
    figures = (matching, len(shown), middle, min(nearest))
    of = f"{matching} of {len(shown)} frames"
    if _shown_share(copy) < LEAST_SHOWN <= _shown_share(original):
        # most of it shows too little to compare, and the original did not: something else may be hidden in there
        return Comparison("unclear", f"{of} look like frames of the original, and most show too little", *figures)
    if matching >= FITS_SHARE * len(shown):
        return Comparison("fits", f"{of} look like frames of the original", *figures)
    if len(shown) >= DIFFERS_FRAMES and middle >= DIFFERS_MEDIAN and min(nearest) >= DIFFERS_NEAREST:
        return Comparison("differs", f"none of its {len(shown)} frames looks like any of the original", *figures)
    return Comparison("unclear", f"only {of} look like frames of the original", *figures)


def _shown_share(details: FingerprintDetails) -> float:
    """Share of the moments looked at that show enough to compare."""
    rows = list(zip(details.times_s, details.qualities, strict=True))
    return len({at for at, quality in rows if quality >= USABLE}) / max(1, len({at for at, _ in rows}))


def _usable(details: FingerprintDetails) -> dict[float, list[int]]:
    """Give hashes that say something, by the frame that they are of."""
    frames: dict[float, list[int]] = {}
    for seconds, text, quality in zip(details.times_s, details.hashes, details.qualities, strict=True):
        if quality >= USABLE:
            frames.setdefault(seconds, []).append(int(text, 16))
    return frames


class FingerprintExaminer:
    """Takes the fingerprint of what a video shows: a `media.plan.Examiner`."""

    name = "fingerprint"
    version = "1"
    track: Track = "video"

    def __init__(self, max_frames: int = 24) -> None:
        """Take how many frames to look at, at most."""
        self._most = max_frames
        self._frames: list[_Frame] = []

    def plan(self, video: Video) -> Plan:
        """Choose from the times at which an original of this length is sampled."""
        from ..media.plan import Plan

        return Plan(grid(video.duration_s, self._most), "luma", SHORT_SIDE)

    def see(self, view: View) -> None:
        """Hash one picture."""
        picture = _eight_bits(view.pixels, 8)
        self._frames.append(_hashed(view.seconds, [picture, *without_bars(picture)]))

    def conclude(self, video: Video) -> Evidence:
        """Give the hashes; they are no signal by themselves."""
        finding: Finding = "present" if self._frames else "failed"
        return Evidence(video.digest, self.track, self.name, self.version, finding, details=_details(self._frames))


class Fingerprinter:
    """Takes the fingerprint of an original while it is encoded: called with each brightness plane and its time."""

    def __init__(self, geometry: Geometry, bit_depth: int = 8) -> None:
        """Take how the coded planes become the picture that a person sees, and what their numbers mean."""
        self._geometry, self._depth = geometry, bit_depth
        self._frames: list[_Frame] = []
        self._parts: list[_Frame] = []
        self._last: float | None = None
        self._step, self._next, self._every = STEP_S, 0.0, PARTS_EVERY

    def __call__(self, luma: NDArray[Any], seconds: float) -> None:
        """Hash the plane if it is on show at a sampled time; leaves it as it is, and keeps a bounded number of hashes.

        How long it stays is not known yet: as long as the one before, it is taken to be.
        """
        ends = seconds + (seconds - self._last if self._last is not None else 0.0)
        first, self._last = self._last is None, seconds
        if not first and ends < self._next + 0.001:
            return
        picture = self._upright(luma)
        bare = without_bars(picture)
        self._frames.append(_hashed(seconds, [picture, *bare]))
        if round(self._next / STEP_S) % self._every == self._every // 2:
            self._parts.append(_hashed(seconds, parts_of(bare[0] if bare else picture)))
        if len(self._parts) >= MOST_WITH_PARTS:
            del self._parts[1::2]
            self._every *= 2
        if len(self._frames) >= MOST_SAMPLES:
            del self._frames[1::2]
            self._step *= 2
        self._next = max(1, math.ceil((ends - 0.001) / self._step)) * self._step

    def details(self) -> FingerprintDetails:
        """Give what was taken so far: hashes of whole frames, then those of parts of some of them."""
        return _details([*self._frames, *self._parts])

    def _upright(self, luma: NDArray[Any]) -> NDArray[Any]:
        import cv2
        import numpy as np

        wide, high = self._geometry.display_size
        luma = _eight_bits(luma, self._depth)
        turned = np.rot90(luma[:, ::-1] if self._geometry.flipped else luma, self._geometry.rotation // 90)
        scale = SHORT_SIDE / min(wide, high)
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        return np.asarray(cv2.resize(np.ascontiguousarray(turned), size, interpolation=cv2.INTER_AREA))


def grid(duration_s: float, most: int) -> tuple[float, ...]:
    """Times at which the original of a video of this length was sampled, `most` of them, spread evenly.

    >>> grid(1.0, 24)
    (0.0, 0.25, 0.5, 0.75)
    >>> grid(100.0, 3)
    (16.5, 50.0, 83.0)
    """
    step = STEP_S
    while duration_s / step >= MOST_SAMPLES:
        step *= 2
    count = max(1, int((duration_s - 0.001) / step) + 1)
    chosen = range(count) if count <= most else [int((i + 0.5) * count / most) for i in range(most)]
    return tuple(i * step for i in chosen)


# Hashes --------------------------------------------------------------------------------------------------------------

_Frame = list[tuple[float, str, int]]  # time, hash, quality: one for each way to cut the same frame


def _hashed(seconds: float, pictures: Sequence[NDArray[Any]]) -> _Frame:
    return [(round(seconds, 3), *hash_of(picture)) for picture in pictures]


def _details(frames: list[_Frame]) -> FingerprintDetails:
    rows = [row for frame in frames for row in frame]
    times, hashes, qualities = zip(*rows, strict=True) if rows else ((), (), ())
    return FingerprintDetails(ALGORITHM, times, hashes, qualities)


def hash_of(luma: NDArray[Any]) -> tuple[str, int]:
    """Give PDQ, as hexadecimal, and quality of one picture, (H, W) uint8."""
    import numpy as np
    import pdqhash

    bits, quality = pdqhash.compute(np.ascontiguousarray(np.repeat(luma[:, :, None], 3, axis=2)))
    return np.packbits(bits.astype(np.uint8)).tobytes().hex(), int(quality)


def parts_of(luma: NDArray[Any]) -> list[NDArray[Any]]:
    """Parts that a cropped copy may show: most of it from the middle or a corner, a square, an upright strip."""
    high, wide = luma.shape
    parts = []
    for share in (0.9, 0.8):
        y, x = round(high * (1 - share)), round(wide * (1 - share))
        for top, left in ((y // 2, x // 2), (0, 0), (0, x), (y, 0), (y, x)):
            parts.append(luma[top : top + high - y, left : left + wide - x])
    for tall, broad in ((0.65, 0.65), (0.5, 0.5)):
        parts.append(_middle(luma, round(high * tall), round(wide * broad)))
    for shape in (1.0, 9 / 16, 16 / 9):  # width over height
        broad, tall = min(wide, round(high * shape)), min(high, round(wide / shape))
        if broad < 0.9 * wide or tall < 0.9 * high:
            parts.append(_middle(luma, tall, broad))
    return parts


def _middle(luma: NDArray[Any], high: int, wide: int) -> NDArray[Any]:
    top, left = (luma.shape[0] - high) // 2, (luma.shape[1] - wide) // 2
    return luma[top : top + high, left : left + wide]


def without_bars(luma: NDArray[Any]) -> list[NDArray[Any]]:
    """Give the picture without its black, and without its white bars; nothing where there are none.

    A part of the picture itself may be black or white, and no longer so in a brighter or darker copy: that is why the
    whole frame is hashed as well.
    """
    import numpy as np

    found = []
    for bare in (luma <= _BLACK, luma >= _WHITE):
        spans = []
        for axis in (1, 0):
            lines = np.flatnonzero(bare.mean(axis=axis) < 1 - _BAR_SHARE)
            if len(lines) and lines[-1] + 1 - lines[0] >= _LEAST_PICTURE * bare.shape[1 - axis]:
                spans.append(slice(int(lines[0]), int(lines[-1]) + 1))
        if len(spans) == 2:
            inner = luma[spans[0], spans[1]]
            found += [inner] if inner.shape != luma.shape else []
    return found


def _eight_bits(luma: NDArray[Any], depth: int) -> NDArray[Any]:
    import numpy as np

    if luma.dtype == np.uint8:
        return luma
    return np.clip(np.rint(luma.astype(np.float32) / (1 << (depth - 8))), 0, 255).astype(np.uint8)
