"""The frames that say most, drawn with their heat. A second, short look in a limited child of its own.

Knows which frames were told tile by tile; judges nothing. No picture is decoded outside the child, and what it gives is
files that are written as they are.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..evidence import DetectorDetails
from ..evidence.judges import FrameLook
from ..media import Plan, isolation, probe, show
from ..settings import Limits, Settings

MOST = 6  # pictures of one video
_MOST_BYTES = 4 << 20  # of one picture
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class HeatMap:
    """One frame with its heat."""

    seconds: float
    score: float  # of the frame
    png: bytes

    def __post_init__(self) -> None:
        """It is what its name says, and no larger than drawn pictures are."""
        if not self.png.startswith(_PNG) or len(self.png) > _MOST_BYTES:
            raise ValueError("no picture of ours")


def heat_maps(path: Path, details: DetectorDetails, options: Settings) -> tuple[HeatMap, ...]:
    """Draw the frames that say most, in the order of time."""
    frames = sorted(details.frames[:MOST], key=lambda frame: frame.seconds)
    if not frames:
        return ()
    request = {"limits": options.limits.model_dump(), "frames": [asdict(frame) for frame in frames]}

    def rebuilt(answer: Any) -> tuple[HeatMap, ...]:
        drawn = [base64.b64decode(text, validate=True) for text in answer]
        return tuple(HeatMap(one.seconds, one.score, png) for one, png in zip(frames, drawn, strict=True))

    return isolation.checked(path, rebuilt, isolation.run(_drawn, path, request, limits=options.limits))


def _drawn(path: Path, request: Any, report: Callable[[Any], None]) -> list[str]:
    """In the child: decode the frames, draw on each."""
    from pydantic import TypeAdapter

    from .report.heat_map import draw

    limits = Limits.model_validate(request["limits"])
    frames = TypeAdapter(tuple[FrameLook, ...]).validate_python(request["frames"])
    video = probe(path, limits)
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    plan, drawn = Plan(tuple(frame.seconds for frame in frames), "rgb"), []
    for (_, view), frame in zip(show(video, (plan,), limits=limits), frames, strict=True):
        drawn.append(base64.b64encode(draw(view.pixels, frame)).decode())
    return drawn
