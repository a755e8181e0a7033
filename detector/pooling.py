"""From what was seen in tiles to a few named numbers of a video: tile -> frame -> segment -> video.

Knows Readings; knows nothing of weights and thresholds. Every number is in log-odds or a difference of such, and none
tells a video's size, length, rate or codec.

>>> top_quarter([0.0, 1.0, 2.0, 3.0])
3.0
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .looker import Frame, Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SYNTHETIC, BLENDED = 0, 1  # columns of the logits
_CLIP = 6.0  # log-odds: one tile may say no more

GENERATED = ("mean", "top quarter", "bottom quarter", "spread", "strongest segment", "unrest")
MANIPULATED = (
    "joins",
    "strongest joins",
    "joins around faces",
    "one tile unlike the rest",
    "one segment unlike the rest",
)


def generated_numbers(reading: Reading) -> NDArray[np.float32]:
    """Give the numbers named in GENERATED."""
    import numpy as np

    frames = _logits(reading, SYNTHETIC)
    every = np.concatenate(frames)
    segments = segment_scores(reading)
    return np.array(
        [
            every.mean(),
            np.mean([top_quarter(frame) for frame in frames]),
            -np.mean([top_quarter(-frame) for frame in frames]),
            every.std(),
            max(segments.values()),
            _unrest(reading),
        ],
        np.float32,
    )


def manipulated_numbers(reading: Reading) -> NDArray[np.float32]:
    """Give the numbers named in MANIPULATED."""
    import numpy as np

    joins = np.concatenate(_logits(reading, BLENDED))
    frames = _logits(reading, SYNTHETIC)
    faces = [np.clip(f.face_logits[:, BLENDED], -_CLIP, _CLIP) for f in reading.frames if f.face_logits is not None]
    segments = sorted(segment_scores(reading).values())
    return np.array(
        [
            joins.mean(),
            top_quarter(joins),
            top_quarter(np.concatenate(faces)) if faces else top_quarter(joins),
            np.mean([frame.max() - np.median(frame) for frame in frames]),
            segments[-1] - segments[len(segments) // 2],
        ],
        np.float32,
    )


def embedding(reading: Reading) -> NDArray[np.float32]:
    """Give the mean of what the network saw, (E,)."""
    import numpy as np

    return np.asarray(np.concatenate([frame.embeddings for frame in reading.frames]).mean(axis=0), np.float32)


def frame_score(frame: Frame) -> float:
    """Give one frame's log-odds: the quarter of its tiles that says most."""
    import numpy as np

    return top_quarter(np.clip(frame.logits[:, SYNTHETIC], -_CLIP, _CLIP))


def segment_scores(reading: Reading) -> dict[int, float]:
    """Give the mean log-odds of each segment's tiles."""
    import numpy as np

    found: dict[int, list[NDArray[np.float32]]] = {}
    for frame in reading.frames:
        found.setdefault(frame.segment, []).append(np.clip(frame.logits[:, SYNTHETIC], -_CLIP, _CLIP))
    return {segment: float(np.concatenate(parts).mean()) for segment, parts in found.items()}


def top_quarter(values: Sequence[float] | NDArray[np.float32]) -> float:
    """Give the mean of the highest quarter, of one value at least."""
    ordered = sorted(map(float, values))
    kept = ordered[-max(1, round(len(ordered) / 4)) :]
    return sum(kept) / len(kept)


def _logits(reading: Reading, column: int) -> list[NDArray[np.float32]]:
    import numpy as np

    return [np.clip(frame.logits[:, column], -_CLIP, _CLIP) for frame in reading.frames]


def _unrest(reading: Reading) -> float:
    """How much the frames' embeddings turn from one to the next, against how far they move: curvature in time."""
    import numpy as np

    turns = []
    for segment in sorted({frame.segment for frame in reading.frames}):
        path = np.stack([f.embeddings.mean(axis=0) for f in reading.frames if f.segment == segment])  # (T, E)
        if len(path) < 3:
            continue
        steps = np.diff(path, axis=0)
        bends = np.diff(steps, axis=0)
        turns.append(float(np.linalg.norm(bends, axis=1).mean() / (np.linalg.norm(steps, axis=1).mean() + 1e-6)))
    return sum(turns) / len(turns) if turns else 0.0
