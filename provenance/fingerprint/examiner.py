"""Takes the fingerprint of a video: PDQ hashes of frames and of their parts. Knows no mark, no record, no other video.

Frames are hashed upright, in square pixels, on a grid of times that original and copy share: whole, and without bars
where there are any. Hashes of one frame have the same time. `picture_hashes` says which parts there are, `matching`
what follows from two fingerprints.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...evidence import (
    Evidence,
    Finding,
    FingerprintDetails,
    Track,
)
from .hashes import (
    hash_of,
    moved_of,
    parts_of,
    without_bars,
)

if TYPE_CHECKING:  # who looks up a record looks at no pictures
    from numpy.typing import NDArray

    from ...media.facts import Geometry, Video
    from ...media.plan import Plan, View

ALGORITHM = "pdq"
STEP_S = 0.25  # between samples; doubled each time that a long video has filled the list
MOST_SAMPLES = 240
SHORT_SIDE = 256
_Frame = list[tuple[float, str, int, str]]  # time, hash, quality, parts: one for each way to see the same frame


class FingerprintExaminer:
    """Takes the fingerprint of what a video shows: a `media.plan.Examiner`."""

    name = "fingerprint"
    version = "2"
    track: Track = "video"

    def __init__(self, max_frames: int = 24) -> None:
        """Take how many frames to look at, at most."""
        self._most = max_frames
        self._frames: list[_Frame] = []

    def plan(self, video: Video) -> Plan:
        """Choose from the times at which an original of this length is sampled, and between them where it is short."""
        from ...media.plan import Plan

        return Plan(grid(video.duration_s, self._most), "luma", SHORT_SIDE)

    def see(self, view: View) -> None:
        """Hash one picture."""
        self._frames.append(_hashed(view.seconds, _eight_bits(view.pixels, 8), lambda p: parts_of(p) + moved_of(p)))

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
        self._last: float | None = None
        self._step, self._next = STEP_S, 0.0

    def __call__(self, luma: NDArray[Any], seconds: float) -> None:
        """Hash the plane if it is on show at a sampled time; leaves it as it is, and keeps a bounded number of hashes.

        How long it stays is not known yet: as long as the one before, it is taken to be.
        """
        ends = seconds + (seconds - self._last if self._last is not None else 0.0)
        first, self._last = self._last is None, seconds
        if not first and ends < self._next + 0.001:
            return
        self._frames.append(_hashed(seconds, self._upright(luma), parts_of))
        if len(self._frames) >= MOST_SAMPLES:
            del self._frames[1::2]
            self._step *= 2
        self._next = max(1, math.ceil((ends - 0.001) / self._step)) * self._step

    def details(self) -> FingerprintDetails:
        """Give what was taken so far."""
        return _details(self._frames)

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

    Where there are fewer, times between them too: what was cut out of an original starts anywhere.

    >>> grid(1.0, 6)
    (0.0, 0.25, 0.5, 0.75)
    >>> grid(1.0, 24)[:5]
    (0.0, 0.125, 0.25, 0.375, 0.5)
    >>> grid(100.0, 3)
    (16.5, 50.0, 83.0)
    """
    step = STEP_S
    while duration_s / step >= MOST_SAMPLES:
        step *= 2
    if _samples(duration_s, step / 2) <= most:
        step /= 2
    count = _samples(duration_s, step)
    chosen = range(count) if count <= most else [int((i + 0.5) * count / most) for i in range(most)]
    return tuple(i * step for i in chosen)


def _samples(duration_s: float, step: float) -> int:
    return max(1, int((duration_s - 0.001) / step) + 1)


def _hashed(seconds: float, picture: NDArray[Any], parts: Callable[[NDArray[Any]], str]) -> _Frame:
    """Hash a picture as it is and without bars."""
    return [(round(seconds, 3), *hash_of(seen), parts(seen)) for seen in (picture, *without_bars(picture))]


def _details(frames: list[_Frame]) -> FingerprintDetails:
    rows = [row for frame in frames for row in frame]
    times, hashes, qualities, parts = zip(*rows, strict=True) if rows else ((), (), (), ())
    return FingerprintDetails(ALGORITHM, times, hashes, qualities, parts)


def _eight_bits(luma: NDArray[Any], depth: int) -> NDArray[Any]:
    import numpy as np

    if luma.dtype == np.uint8:
        return luma
    return np.clip(np.rint(luma.astype(np.float32) / (1 << (depth - 8))), 0, 255).astype(np.uint8)
