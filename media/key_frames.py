"""A few pictures of a video for people to see: upright, small, JPEG. Knows when they are on show, not what is in them.

A limited child decodes and writes them; what it says of them is checked, and they are shown as they are.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..settings import Limits
from . import isolation
from .decode import show
from .facts import Video
from .plan import Plan, spread
from .probe import probe

LONGEST, QUALITY = 640, 80  # pixels of the longer side; of 100
_MOST_BYTES = 1 << 20  # of one picture
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True)
class KeyFrame:
    """One picture, and since when it is on show."""

    seconds: float
    jpeg: bytes

    def __post_init__(self) -> None:
        """It is what its name says, and no larger than such pictures are."""
        if not 0 <= self.seconds < math.inf or not self.jpeg.startswith(_JPEG) or len(self.jpeg) > _MOST_BYTES:
            raise ValueError("no picture of ours")

    def __repr__(self) -> str:
        """Sizes, not bytes."""
        return f"KeyFrame({self.seconds:.3f} s, {len(self.jpeg)} bytes)"


@dataclass(frozen=True)
class KeyFrames:
    """Pictures of one video in the order of time, and what they are taken from."""

    frames: tuple[KeyFrame, ...]
    duration_s: float
    size: tuple[int, int]  # native, as shown: square pixels, upright

    def __post_init__(self) -> None:
        """Time goes on, and a video has a size."""
        seconds = [frame.seconds for frame in self.frames]
        if seconds != sorted(seconds) or not 0 <= self.duration_s < math.inf or min(self.size) < 1:
            raise ValueError("no pictures of a video")

    def nearest(self, seconds: float) -> KeyFrame | None:
        """Give the one nearest to a time."""
        return min(self.frames, key=lambda frame: abs(frame.seconds - seconds), default=None)


def key_frames(path: Path, count: int, limits: Limits, also: Sequence[float] = ()) -> KeyFrames:
    """Give `count` pictures: those on show at `also`, and others as far from these and each other as may be.

    There are fewer where the video has fewer.
    """
    request = {"limits": limits.model_dump(), "count": count, "also": [*also]}

    def rebuilt(answer: Any) -> KeyFrames:
        frames = tuple(KeyFrame(float(s), base64.b64decode(text, validate=True)) for s, text in answer["frames"])
        if len(frames) > count:
            raise ValueError("more pictures than were asked for")
        wide, high = answer["size"]
        return KeyFrames(frames, float(answer["duration_s"]), (int(wide), int(high)))

    return isolation.checked(path, rebuilt, isolation.run(_taken, path, request, limits=limits))


def _taken(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: decode the pictures."""
    limits = Limits.model_validate(request["limits"])
    video = probe(path, limits, digest="not needed")
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    times = _times(request["also"], request["count"], video.duration_s)
    shown = show(video, (Plan(times, "rgb", _short_side(video)),), limits=limits)
    frames = [(view.seconds, base64.b64encode(_jpeg(view.pixels)).decode()) for _, view in shown]
    return {"frames": frames, "duration_s": video.duration_s, "size": video.geometry.display_size}


def _times(also: Sequence[float], count: int, duration_s: float) -> tuple[float, ...]:
    chosen = list(dict.fromkeys(min(max(0.0, time), duration_s) for time in also))[:count]
    if not chosen:
        return tuple(sorted({*spread(duration_s, count)}))
    free = {*spread(duration_s, 2 * count)} - {*chosen}
    while free and len(chosen) < count:
        furthest = max(sorted(free), key=lambda time: min(abs(time - other) for other in chosen))
        chosen.append(furthest)
        free.remove(furthest)
    return tuple(sorted(chosen))


def _short_side(video: Video) -> int:
    """Give the side to which the picture is made smaller; it is never made larger."""
    shorter, longer = sorted(video.geometry.display_size)
    if longer <= LONGEST:
        return shorter
    side = max(1, round(shorter * LONGEST / longer))
    return side if round(longer * side / shorter) <= LONGEST else max(1, side - 1)


def _jpeg(picture: Any) -> bytes:
    import cv2

    made, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not made:
        raise ValueError(f"no picture of {picture.shape[1]}x{picture.shape[0]} could be made")
    return bytes(data)
