"""Looks at clips as they come and keeps what is counted later: answers, small pictures, flicker. Keeps no clip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .reading import Probe

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIMES = (0, 6, 12, 18, 24)  # frames that are shown, and compared in small
SMALL = 16  # pixels a side
_BATCH = 16


@dataclass(frozen=True)
class Looked:
    """What was seen of clips, in their order."""

    answers: dict[str, NDArray[Any]]
    small: NDArray[Any]  # (N, 5 * 16 * 16 * 3), 0 to 1
    flicker: float  # mean of all clips
    shown: NDArray[Any]  # (at most as many as asked for, 5, H, W, 3)


def look(clips: Iterable[NDArray[Any]], probe: Probe, shown: int = 0, told: Callable[[], None] | None = None) -> Looked:
    """Look at clips of (25, 128, 128, 3) bytes; `told` is called after each."""
    import numpy as np

    answers, smalls, shakes, kept, waiting = [], list[Any](), list[float](), list[Any](), list[Any]()
    for clip in clips:
        waiting.append(clip)
        smalls.append(small(clip))
        shakes.append(flicker(clip))
        if len(kept) < shown:
            kept.append(clip[list(TIMES)])
        if len(waiting) == _BATCH:
            answers.append(probe.read(np.stack(waiting)))
            waiting = []
        if told:
            told()
    if waiting:
        answers.append(probe.read(np.stack(waiting)))
    together = {name: np.concatenate([part[name] for part in answers]) for name in probe.answers}
    return Looked(together, np.stack(smalls), float(np.mean(shakes)), np.asarray(kept, np.uint8))


def small(clip: NDArray[Any]) -> NDArray[Any]:
    """Sum a clip up in a few small pictures, in a row of numbers from 0 to 1."""
    import numpy as np

    frames = clip[list(TIMES)].astype(np.float32) / 255
    count, high, wide, _ = frames.shape
    cells = frames.reshape(count, SMALL, high // SMALL, SMALL, wide // SMALL, 3)
    return np.asarray(cells.mean((2, 4)).ravel(), np.float32)


def flicker(clip: NDArray[Any]) -> float:
    """Give the mean size of the second difference in time: what moves on evenly has none."""
    import numpy as np

    return float(np.abs(np.diff(clip.astype(np.int16), 2, axis=0)).mean())
