"""What the content looks like: PDQ hashes of frames, and whether a copy's fit an original's. Knows no mark, no record.

Frames are hashed upright, in square pixels, without black bars, on a grid of times that original and copy share. A
match says that two pictures look alike; it does not show that nothing in them was changed. docs/provenance.md has the
distances behind the thresholds.
"""

from __future__ import annotations

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
LEAST_FRAMES = 2  # usable ones on either side; fewer say nothing
FITS_SHARE = 0.7
DIFFERS_FRAMES = 3
DIFFERS_MEDIAN = 100  # see benchmarks/results/fingerprint.json
DIFFERS_NEAREST = 88
_MIRROR = int("55" * 32, 16)  # mirroring turns the sign of every other column of the transform, and so these bits
_BAR_LEVEL = 30  # black is 16; compression stirs it
_BAR_SHARE = 0.02  # of a line that may be brighter, and it still is a bar
_LEAST_PICTURE = 0.4  # of a side; where bars would leave less, it is a dark picture


@dataclass(frozen=True)
class Comparison:
    """Whether a copy shows what an original showed, and why that is so, in words."""

    fit: Fit
    reason: str
    matching: int = 0  # of the copy's usable frames
    usable: int = 0
    median_distance: float | None = None  # of the copy's frames to the nearest of the original's


def compare(copy: FingerprintDetails, original: FingerprintDetails, *, mirrored: bool = False) -> Comparison:
    """Hold a copy to an original; `mirrored`: the copy is known to be mirrored left to right."""
    if copy.algorithm != ALGORITHM or original.algorithm != ALGORITHM:
        return Comparison("unclear", f"no way to compare {copy.algorithm} with {original.algorithm}")
    turn = _MIRROR if mirrored else 0
    shown, known = [bits ^ turn for bits in _usable(copy)], _usable(original)
    if min(len(shown), len(known)) < LEAST_FRAMES:
        return Comparison("unclear", "too few of its frames show enough to compare", usable=len(shown))
    nearest = [min((bits ^ other).bit_count() for other in known) for bits in shown]
    matching, middle = sum(distance <= MATCH for distance in nearest), float(median(nearest))
    figures = (matching, len(shown), middle)
    of = f"{matching} of {len(shown)} frames"
    if matching >= FITS_SHARE * len(shown):
        return Comparison("fits", f"{of} look like frames of the original", *figures)
    if len(shown) >= DIFFERS_FRAMES and middle >= DIFFERS_MEDIAN and min(nearest) >= DIFFERS_NEAREST:
        return Comparison("differs", f"none of its {len(shown)} frames looks like any of the original", *figures)
    return Comparison("unclear", f"only {of} look like frames of the original", *figures)


def _usable(details: FingerprintDetails) -> list[int]:
    pairs = zip(details.hashes, details.qualities, strict=True)
    return [int(text, 16) for text, quality in pairs if quality >= USABLE]


class FingerprintExaminer:
    """Takes the fingerprint of what a video shows: a `media.plan.Examiner`."""

    name = "fingerprint"
    version = "1"
    track: Track = "video"

    def __init__(self, max_frames: int = 24) -> None:
        """Take how many frames to look at, at most."""
        self._most = max_frames
        self._taken = _Samples()

    def plan(self, video: Video) -> Plan:
        """Choose from the times at which an original of this length is sampled."""
        from ..media.plan import Plan

        return Plan(grid(video.duration_s, self._most), "luma", SHORT_SIDE)

    def see(self, view: View) -> None:
        """Hash one picture."""
        self._taken.add(view.seconds, _eight_bits(view.pixels, 8))

    def conclude(self, video: Video) -> Evidence:
        """Give the hashes; they are no signal by themselves."""
        details = self._taken.details()
        finding: Finding = "present" if details.hashes else "failed"
        return Evidence(video.digest, self.track, self.name, self.version, finding, details=details)


class Fingerprinter:
    """Takes the fingerprint of an original while it is encoded: called with each brightness plane and its time."""

    def __init__(self, geometry: Geometry, bit_depth: int = 8) -> None:
        """Take how the coded planes become the picture that a person sees, and what their numbers mean."""
        self._geometry, self._depth = geometry, bit_depth
        self._taken = _Samples()
        self._step, self._next = STEP_S, 0.0

    def __call__(self, luma: NDArray[Any], seconds: float) -> None:
        """Hash the plane if its time has come; leaves it as it is. Uses bounded memory, however long the video."""
        if seconds < self._next - 0.001:
            return
        self._taken.add(seconds, self._upright(luma))
        if len(self._taken) >= MOST_SAMPLES:
            self._taken.thin()
            self._step *= 2
        self._next = (int((seconds + 0.001) / self._step) + 1) * self._step

    def details(self) -> FingerprintDetails:
        """Give what was taken so far."""
        return self._taken.details()

    def _upright(self, luma: NDArray[Any]) -> NDArray[Any]:
        import cv2
        import numpy as np

        wide, high = self._geometry.display_size
        turned = np.rot90(luma[:, ::-1] if self._geometry.flipped else luma, self._geometry.rotation // 90)
        scale = SHORT_SIDE / min(wide, high)
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        return _eight_bits(cv2.resize(np.ascontiguousarray(turned), size, interpolation=cv2.INTER_AREA), self._depth)


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


class _Samples:
    """Times, hashes and qualities, as they come."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, str, int]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, seconds: float, luma: NDArray[Any]) -> None:
        bits, quality = hash_of(luma)
        self._rows.append((round(seconds, 3), bits, quality))

    def thin(self) -> None:
        """Drop every other one."""
        del self._rows[1::2]

    def details(self) -> FingerprintDetails:
        rows: Sequence[tuple[float, str, int]] = self._rows
        return FingerprintDetails(
            ALGORITHM, tuple(r[0] for r in rows), tuple(r[1] for r in rows), tuple(r[2] for r in rows)
        )


def hash_of(luma: NDArray[Any]) -> tuple[str, int]:
    """Give PDQ, as hexadecimal, and quality of one picture, (H, W) uint8, without its black bars."""
    import numpy as np
    import pdqhash

    picture = without_bars(luma)
    bits, quality = pdqhash.compute(np.ascontiguousarray(np.repeat(picture[:, :, None], 3, axis=2)))
    return np.packbits(bits.astype(np.uint8)).tobytes().hex(), int(quality)


def without_bars(luma: NDArray[Any]) -> NDArray[Any]:
    """Cut off black bars on any side; a picture that is dark throughout stays whole."""
    import numpy as np

    lit = luma > _BAR_LEVEL
    spans = []
    for axis in (1, 0):
        lines = np.flatnonzero(lit.mean(axis=axis) > _BAR_SHARE)
        whole = luma.shape[1 - axis]
        if len(lines) == 0 or lines[-1] + 1 - lines[0] < _LEAST_PICTURE * whole:
            return luma
        spans.append(slice(int(lines[0]), int(lines[-1]) + 1))
    return luma[spans[0], spans[1]]


def _eight_bits(luma: NDArray[Any], depth: int) -> NDArray[Any]:
    import numpy as np

    if luma.dtype == np.uint8:
        return luma
    return np.clip(np.rint(luma.astype(np.float32) / (1 << (depth - 8))), 0, 255).astype(np.uint8)
