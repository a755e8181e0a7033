"""What makes pictures hard to judge, in plain words, and the stratum by which scores are calibrated.

Knows Readings and Videos; decides nothing about who made them.
"""

from __future__ import annotations

from statistics import median
from typing import Literal

from ..media.facts import Video
from .looker import Reading, frames_wanted

Stratum = Literal["good", "soft", "small", "palette"]
LEAST_FRAMES, LEAST_SIDE = 8, 64  # with fewer frames or pixels of the shorter side, nothing can be said
SMALL = 200  # pixels of the shorter side within black bars
SOFT = 1.6  # levels that a high-pass leaves on average: below it, compression or scaling took the detail
PALETTE = 256  # colours that a GIF has at most
NOTHING_SHOWN = 0.9  # share of flat tiles
NOTHING_MOVES = 0.9  # share of frames that repeat the one before
APART_S = 0.25  # from a picture to the next: networks were taught by pairs 1/12 to 1/6 of a second apart
LONG_S = 600.0  # a video this long is sampled sparsely
LATE_S = 1.0  # from the last picture that was seen to the last that was wanted, beyond the pace of looking


def stratum(reading: Reading) -> Stratum:
    """Give the kind of pictures that a score is calibrated among."""
    if reading.colours <= PALETTE:
        return "palette"
    if min(reading.size) < SMALL:
        return "small"
    return "soft" if reading.sharpness < SOFT else "good"


def cannot_judge(video: Video, reading: Reading) -> str:
    """Say why no score would mean anything; nothing where one does."""
    if reading.pictures < LEAST_FRAMES:
        return f"it showed {_counted(reading.pictures)} where it was looked at; {LEAST_FRAMES} are needed"
    if min(reading.size) < LEAST_SIDE:
        return f"its pictures are {reading.size[0]}x{reading.size[1]} within black bars; {LEAST_SIDE} pixels are needed"
    if reading.flat > NOTHING_SHOWN:
        return "its pictures show next to nothing (black, blank or all one colour)"
    return ""


def remarks(video: Video, reading: Reading) -> tuple[str, ...]:
    """Say what makes it harder to judge than usual."""
    said = []
    if min(reading.size) < SMALL:
        said.append(f"small pictures ({reading.size[0]}x{reading.size[1]})")
    elif stratum(reading) == "soft":
        said.append("soft pictures: strongly compressed, scaled or out of focus")
    if stratum(reading) == "palette":
        said.append(f"few colours ({reading.colours}), as in a GIF: dithering hides what is looked for")
    if reading.still > NOTHING_MOVES:
        said.append("next to nothing moves: a still image or a slideshow shown as video")
    elif reading.still > 0.3:
        said.append("many frames repeat the one before")
    if reading.flat > 0.5:
        said.append("most of the picture is flat")
    apart = _apart(reading)
    if apart > APART_S:
        said.append(f"few frames a second: they are {apart:.1f} s apart, further than what the detector was taught by")
    if video.duration_s > LONG_S:
        said.append(f"long: {reading.pictures} frames of {video.duration_s / 60:.0f} minutes were looked at")
    last = max((frame.seconds for frame in reading.frames), default=0.0)
    if _breaks_off(video, last):
        said.append(f"broken off: nothing could be judged after {last:.1f} of {video.duration_s:.1f} seconds")
    return tuple(said)


def _apart(reading: Reading) -> float:
    """Give the seconds from a picture to the one that it was compared with, as a rule."""
    pairs = zip(reading.frames, reading.frames[1:], strict=False)
    return median([b.seconds - a.seconds for a, b in pairs if a.segment == b.segment] or [0.0])


def _breaks_off(video: Video, last_s: float) -> bool:
    """Say whether pictures were wanted long after the last that came: a tail is missing, or stands still."""
    times = [time for time, _ in frames_wanted(video)]
    pace = times[-1] - times[-2] if len(times) > 1 else 0.0
    return times[-1] - last_s > 2 * pace + LATE_S  # the last pair is named by its first picture


def _counted(frames: int) -> str:
    return f"{frames} frame{'' if frames == 1 else 's'}"
