"""Sums up what pictures show, cell by cell and window by window, while they pass. Knows planes and times, and no file.

The same sums are taken of an original while it is encoded and of a copy while it is looked at. A picture counts for as
long as it is on show, so that frame rates do not matter. Memory is bounded: each time the list of windows is full,
neighbours are joined, and windows are twice as long from there on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .coding import MOST_WINDOWS, Grid, pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...media.facts import Geometry

CELLS = 2304  # of a grid, about
FINE = 4  # pixels of the reduced picture to a side of a cell
WINDOW_S = 0.5
RATE = 24.0  # pictures a second that are looked at, at most
DETAIL_EVERY = 3  # of which every third for its detail


def grid_of(wide: int, high: int) -> tuple[int, int]:
    """Give rows and columns for an upright picture: even, of nearly square cells.

    >>> grid_of(1920, 1080)
    (36, 64)
    """
    rows = max(8, min(128, round((CELLS * high / wide) ** 0.5 / 2) * 2))
    return rows, max(8, min(128, round(CELLS / rows / 2) * 2))


def cells_of(picture: NDArray[Any], side: int = FINE) -> NDArray[Any]:
    """Give the mean of each cell of `side` pixels; (H, W) float32, whole cells."""
    import cv2
    import numpy as np

    size = (picture.shape[1] // side, picture.shape[0] // side)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def detail_of(picture: NDArray[Any]) -> NDArray[Any]:
    """Give the energy of what is finer than a cell, (H, W) float32."""
    import cv2
    import numpy as np

    fine = picture - cv2.GaussianBlur(picture, (0, 0), 1.2)
    return np.asarray(fine * fine)


def log_of(energy: NDArray[Any]) -> NDArray[Any]:
    """Give detail as it is kept and compared."""
    import numpy as np

    return np.asarray(np.log2(energy + 2), np.float32)


class ChangeRecorder:
    """Takes the grid of an original while it is encoded: called with each brightness plane and its time."""

    def __init__(self, geometry: Geometry, bit_depth: int = 8) -> None:
        """Take how the coded planes become the picture that a person sees, and what their numbers mean."""
        wide, high = geometry.display_size
        self._geometry, self._depth = geometry, bit_depth
        self._rows, self._columns = grid_of(wide, high)
        self._window_s = WINDOW_S
        self._sums: list[list[Any]] = []  # brightness, seconds of it, detail, seconds of it: of each window
        self._shown: tuple[float, Any, Any] | None = None  # since when, cells, detail
        self._count, self._frame_s = 0, 1 / RATE

    def __call__(self, luma: NDArray[Any], seconds: float) -> None:
        """Add the plane; leaves it as it is."""
        if self._shown is not None:
            if seconds < self._shown[0] + 0.75 / RATE:
                return
            self._frame_s = min(1.0, seconds - self._shown[0])
            self._add(seconds)
        reduced = self._reduced(luma)
        detail = cells_of(detail_of(reduced), 2 * FINE) if self._count % DETAIL_EVERY == 0 else None
        self._shown = (seconds, cells_of(reduced), detail)
        self._count += 1

    def record(self) -> bytes:
        """Give what is kept; nothing where no plane came."""
        import numpy as np

        if self._shown is None:
            return b""
        self._add(self._shown[0] + self._frame_s)
        self._shown = None
        if len(self._sums) > 1 and self._sums[-1][1] < 0.4 * self._window_s:
            self._sums.pop()  # too short to say much
        brightness: list[NDArray[Any]] = []
        detail: list[NDArray[Any]] = []
        for total, seconds, energy, its_seconds in self._sums:
            # a window that nothing fell in shows what the one before did
            grey = np.full((self._rows, self._columns), 128.0)
            brightness.append(total / seconds if seconds else brightness[-1] if brightness else grey)
            energy = energy / its_seconds if its_seconds else None
            last = detail[-1] if detail else np.ones((self._rows // 2, self._columns // 2), np.float32)
            detail.append(last if energy is None else log_of(energy))
        return pack(Grid(np.stack(brightness).astype(np.float32), np.stack(detail), self._window_s))

    def _reduced(self, luma: NDArray[Any]) -> NDArray[Any]:
        """Turn upright and shrink, to levels of 8 bits."""
        import cv2
        import numpy as np

        turned = self._geometry.rotation in (90, 270)
        size = (self._columns * FINE, self._rows * FINE)
        wide, high = size[::-1] if turned else size
        for _ in range(3):  # halving is fast, and leaves little to what isn't
            if luma.shape[0] < 2 * high or luma.shape[1] < 2 * wide:
                break
            even = luma[: luma.shape[0] // 2 * 2, : luma.shape[1] // 2 * 2]
            luma = cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
        small = cv2.resize(luma, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._depth > 8:
            small *= np.float32(1 / (1 << self._depth - 8))
        upright = np.rot90(small[:, ::-1] if self._geometry.flipped else small, self._geometry.rotation // 90)
        return np.ascontiguousarray(upright)

    def _add(self, until: float) -> None:
        """Share the picture on show out among the windows that it is on show in."""
        assert self._shown is not None
        start, cells, detail = self._shown
        while until > MOST_WINDOWS * self._window_s:
            self._join()
        first = int(start / self._window_s)
        for window in range(first, math.ceil(until / self._window_s - 1e-6)):
            while len(self._sums) <= window:
                self._sums.append([0.0, 0.0, 0.0, 0.0])
            begins = window * self._window_s
            share = min(until, begins + self._window_s) - max(start, begins)
            if share > 1e-6:
                sums = self._sums[window]
                sums[0], sums[1] = sums[0] + cells * share, sums[1] + share
                if detail is not None:
                    sums[2], sums[3] = sums[2] + detail * share, sums[3] + share

    def _join(self) -> None:
        """Make windows twice as long."""
        nothing = [0.0, 0.0, 0.0, 0.0]
        pairs = [self._sums[at : at + 2] for at in range(0, len(self._sums), 2)]
        self._sums = [[a + b for a, b in zip(*(pair + [nothing])[:2], strict=True)] for pair in pairs]
        self._window_s *= 2
