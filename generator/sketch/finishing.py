"""From the model's own frames to the size and rate that were asked for. Not the model's work, and said to be not.

Between two frames, what moves is moved by optical flow; where it fails, the two are mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from ..pictures import covering

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


def finished(
    own: Iterable[Pixels], own_rate: int, rate: Fraction, size: tuple[int, int], frames: int
) -> Iterator[Pixels]:
    """Give so many frames of that rate and size (width, height); the model's last frame stays when no more come."""
    source = iter(own)
    now = next(source)
    then: Pixels | None = next(source, None)
    pair = _Pair(now, then)
    place = 0
    for number in range(frames):
        at = number * own_rate / rate
        while int(at) > place and then is not None:
            place, now, then = place + 1, then, next(source, None)
            pair = _Pair(now, then)
        yield covering(pair.between(min(float(at - place), 1.0)), size)


class _Pair:
    """Two frames, and what moves from one to the other."""

    def __init__(self, one: Pixels, two: Pixels | None) -> None:
        self.one, self.two = one, two
        self.flow: NDArray[np.float32] | None = None

    def between(self, share: float) -> Pixels:
        """Give the picture at that share of the way."""
        import cv2
        import numpy as np

        if self.two is None or share < 0.01:
            return self.one
        if self.flow is None:
            finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
            grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (self.one, self.two)]
            self.flow = np.asarray(finder.calc(grey[0], grey[1], np.zeros((*grey[0].shape, 2), np.float32)), np.float32)
        rows, columns = np.mgrid[: self.one.shape[0], : self.one.shape[1]].astype(np.float32)
        taken = [
            cv2.remap(frame, columns + by * self.flow[..., 0], rows + by * self.flow[..., 1], cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
            for frame, by in ((self.one, -share), (self.two, 1 - share))
        ]  # fmt: skip
        apart = np.abs(taken[0] - taken[1]).max(2, keepdims=True)
        mixed = taken[0] * (1 - share) + taken[1] * share
        near = taken[0] if share < 0.5 else taken[1]
        doubt = np.clip(apart / 64 - 0.5, 0, 1)  # where the two disagree, neither is shown through the other
        return np.asarray(np.rint(mixed * (1 - doubt) + near * doubt), np.uint8)
