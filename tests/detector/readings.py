"""Readings for tests, of numbers that were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from countermark.detector.looker import Frame, Reading
from countermark.media import Geometry, Tile, Video

PLACES = (Tile(0, 0, 128, 128), Tile(128, 0, 128, 128), Tile(256, 128, 128, 128))


def video(duration_s: float = 4.0, **facts: object) -> Video:
    plain = dict(
        path=Path("clip.mp4"), digest="ab" * 32, bytes=1000, container="mp4", codec="h264",
        geometry=Geometry(640, 360), pixel_format="yuv420p", bit_depth=8, duration_s=duration_s,
        frame_rate=Fraction(25), variable_rate=False, frames=int(duration_s * 25),
    )  # fmt: skip
    return Video(**{**plain, **facts})


def reading(
    segments: Sequence[Sequence[float]],
    joins: float = -3.0,
    faces: float | None = None,
    **facts: object,
) -> Reading:
    """Three tiles a frame; `segments`: what the tiles of each frame say, frame by frame."""
    frames = tuple(
        Frame(
            segment,
            segment + number / 25,
            PLACES,
            np.array([[logit, joins]] * 3, np.float32),
            np.full((3, 4), logit, np.float32),
            (PLACES[0],) if faces is not None else (),
            np.array([[0.0, faces]], np.float32) if faces is not None else None,
        )
        for segment, logits in enumerate(segments)
        for number, logit in enumerate(logits)
    )
    plain = dict(
        frames=frames, statistics=None, size=(640, 360), pictures=len(frames) + len(segments), flat=0.0, still=0.0,
        sharpness=3.0, colours=9000,
    )  # fmt: skip
    return Reading(**{**plain, **facts})
