"""Looks for marks of known keys in a few pictures of a video.

Knows which views it wants and what they mean; does not decode video. It reads the upright picture first, any way
round; then parts of its time; and only then it searches for a lattice of tiles. A mark counts as present when check
bits agree, never because pilots or lattices do: these only say what to try first.
"""

from __future__ import annotations

import time

import numpy as np

from ..evidence import Evidence, Finding, MarkDetails, NoMarkDetails, OtherMark, Span, Track
from ..media.facts import Video
from ..media.plan import Plan, View, spread
from .code import false_accept_bound
from .geometry import described
from .keys import OPEN_KEY, MarkKey
from .reader import Reader
from .reading import SHORT_SIDE
from .room import hopeless
from .spans import covered

NEAR_S = 8.0  # a start this long is decoded anyway, up to a usual distance between key frames
FAR_PLACES = 4  # in the rest of a long video: each costs decoding from its key frame
SEARCH_S = 4.0  # of its thread's processor time that a search may take


class MarkExaminer:
    """Reads one video's marks."""

    name = "watermark"
    version = "3"
    track: Track = "video"

    def __init__(
        self, keys: tuple[MarkKey, ...] = (OPEN_KEY,), max_frames: int = 24, search_s: float = SEARCH_S
    ) -> None:
        """Look with these keys at no more than so many frames; `search_s` 0: upright pictures only."""
        if not keys or max_frames < 1:
            raise ValueError("an examiner needs a key and a frame")
        self._keys, self._max_frames, self._search_s = keys, max_frames, search_s
        self._reader = Reader(keys)
        self._times: list[float] = []
        self._hopeless = False

    def plan(self, video: Video) -> Plan:
        """Ask for small luma views, more of them where decoding passes anyway."""
        return Plan(times_s=_times(video, self._max_frames), pixels="luma", short_side=SHORT_SIDE)

    def see(self, view: View) -> None:
        """Measure one picture."""
        high, wide = view.pixels.shape
        if hopeless(high, wide):
            self._hopeless = True  # it costs no work
        else:
            self._reader.add(np.ascontiguousarray(view.pixels, np.float32))
            self._times.append(view.seconds)

    def conclude(self, video: Video) -> Evidence:
        """Read what there is; the trials of all that was tried count in the bound."""
        details, spans = summed_up(self._reader, self._keys, self._times, video.duration_s, self._search_s)
        finding: Finding = "absent" if self._times or self._hopeless else "inconclusive"
        if isinstance(details, MarkDetails):
            finding = "present"
        return Evidence(video.digest, self.track, self.name, self.version, finding, spans=spans, details=details)


def summed_up(
    reader: Reader, keys: tuple[MarkKey, ...], times_s: list[float], duration_s: float, search_s: float = SEARCH_S
) -> tuple[MarkDetails | NoMarkDetails, tuple[Span, ...]]:
    """Read what was measured at these times; the trials of all that was tried count in the bound."""
    found = reader.read(time.thread_time() + search_s) if times_s else []
    if not found:
        return NoMarkDetails(tuple(key.name for key in keys), reader.trials, len(times_s)), ()
    spans = [covered(times_s, one.scores, duration_s) for one in found]
    first = found[0]
    details = MarkDetails(
        payload=first.payload,
        key=first.alignment.key.name,
        trials=reader.trials,
        false_accept_bound=false_accept_bound(reader.trials),
        bit_accuracy=round(first.bit_accuracy, 4),
        geometry=described(first.places, first.alignment, searched=first.searched),
        also=tuple(
            OtherMark(
                payload=other.payload,
                key=other.alignment.key.name,
                bit_accuracy=round(other.bit_accuracy, 4),
                spans=where,
                geometry=described(other.places, other.alignment, searched=other.searched),
            )
            for other, where in zip(found[1:], spans[1:], strict=True)
        ),
        frames=len(times_s),
    )
    return details, spans[0]


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
