"""Looks for a mark of known keys in a few pictures of a video.

Knows which views it wants and what they mean; does not decode video, and does not search for crops or turns: it reads
upright copies of any scale, and mirrored ones. A mark counts as present when check bits agree, never because pilots do:
pilots only say how much a picture is worth, and which way round to try first; textures raise them too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence import Evidence, Finding, MarkDetails, NoMarkDetails, Span, Track
from ..media.facts import Video
from ..media.plan import Plan, View, spread
from . import carriers
from .code import decode, false_accept_bound
from .keys import OPEN_KEY, MarkKey
from .reading import SHORT_SIDE, Reading, combine, measure
from .room import FLOOR

MOST_TRIALS = 4  # with 32 check bits: a bound under 1e-9
NEAR_S = 8.0  # a start this long is decoded anyway, up to a usual distance between key frames
FAR_PLACES = 4  # in the rest of a long video: each costs decoding from its key frame


@dataclass(frozen=True)
class Attempt:
    """One key, one way round, and the pictures added up for it."""

    key: MarkKey
    mirrored: bool
    reading: Reading


class MarkExaminer:
    """Reads one video's mark."""

    name = "watermark"
    version = "1"
    track: Track = "video"

    def __init__(self, keys: tuple[MarkKey, ...] = (OPEN_KEY,), max_frames: int = 24) -> None:
        """Look with these keys at no more than so many frames."""
        if not keys or max_frames < 1:
            raise ValueError("an examiner needs a key and a frame")
        self._keys = keys
        self._max_frames = max_frames
        self._grids: list[NDArray[np.complex64]] = []
        self._too_small = False

    def plan(self, video: Video) -> Plan:
        """Ask for small luma views, more of them where decoding passes anyway."""
        return Plan(times_s=_times(video, self._max_frames), pixels="luma", short_side=SHORT_SIDE)

    def see(self, view: View) -> None:
        """Measure one picture; its pixels are not kept."""
        high, wide = view.pixels.shape
        if max(high, wide) > 4 * FLOOR.aspect * min(high, wide):
            self._too_small = True  # what no embedder of ours would have marked costs no work
        else:
            self._grids.append(measure(np.ascontiguousarray(view.pixels, np.float32)))

    def conclude(self, video: Video) -> Evidence:
        """Try the likeliest keys and ways round until check bits agree, four times at most."""
        if not self._grids:
            return self._evidence(video, "absent" if self._too_small else "inconclusive", self._nothing(0))
        trials = 0
        for attempt in self.attempts()[:MOST_TRIALS]:
            trials += 1
            read = decode(attempt.reading.soft, attempt.key)
            if read.payload is not None:
                details = MarkDetails(
                    payload=read.payload,
                    key=attempt.key.name,
                    trials=trials,
                    false_accept_bound=false_accept_bound(trials),
                    bit_accuracy=round(read.bit_accuracy, 4),
                    mirrored=attempt.mirrored,
                    frames=len(self._grids),
                )
                return self._evidence(video, "present", details)
        return self._evidence(video, "absent", self._nothing(trials))

    def attempts(self) -> list[Attempt]:
        """All keys and both ways round, those first whose pilots stand out."""
        seen = np.array(self._grids)
        found = [
            Attempt(key, turned, combine(carriers.mirrored(seen) if turned else seen, carriers.layout(key)))
            for key in self._keys
            for turned in (False, True)
        ]
        return sorted(found, key=lambda attempt: -attempt.reading.pilot_score)

    def _nothing(self, trials: int) -> NoMarkDetails:
        return NoMarkDetails(tuple(key.name for key in self._keys), trials, len(self._grids))

    def _evidence(self, video: Video, finding: Finding, details: MarkDetails | NoMarkDetails) -> Evidence:
        whole = (Span(0.0, video.duration_s),) if finding == "present" else ()
        return Evidence(video.digest, self.track, self.name, self.version, finding, spans=whole, details=details)


def read_mark(pictures: Iterable[NDArray[Any]], key: MarkKey) -> str | None:
    """Read pictures that are at hand as upright luma planes of 8-bit levels: one trial, no mirror, no bound stated."""
    grids = np.array([measure(_small(picture)) for picture in pictures])
    return decode(combine(grids, carriers.layout(key)).soft, key).payload if len(grids) else None


def _small(picture: NDArray[Any]) -> NDArray[np.float32]:
    import cv2

    scale = SHORT_SIDE / min(picture.shape)
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture.astype(np.float32), size, interpolation=way))


def _times(video: Video, most: int) -> tuple[float, ...]:
    """Spread over a short video; of a long one, half at its start and the rest at a few places, for cheap decoding."""
    known = video.frames or int(video.duration_s * video.frame_rate)
    count = max(1, min(most, known))
    if video.duration_s <= 1.5 * NEAR_S or count < 2 * FAR_PLACES:
        return tuple(sorted({0.0, *spread(video.duration_s, count)[1:]}))
    near = count // 2
    runs, step = (count - near) // FAR_PLACES, 0.4
    begins = [NEAR_S + start for start in spread(video.duration_s - NEAR_S - runs * step, FAR_PLACES)]
    times = {0.0, *spread(NEAR_S, near)[1:], *(begin + i * step for begin in begins for i in range(runs))}
    return tuple(sorted(times))
