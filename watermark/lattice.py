"""Finds how the tiles lie in a picture that was cropped, turned, scaled or stretched: by their repeating, not by a key.

Knows pictures whose content is held down already; knows no lines, keys or payloads. A pattern of tiles agrees with
itself shifted by a tile. All shifts at once are one transform; candidates of steps are then sums over a few places.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

LEAST_STEP, MOST_STEP = 0.11, 0.62  # of a tile, in shares of the picture's short side; a quarter where nothing changed
STEP_GRAIN = 1.006  # from one candidate's step to the next
TURN_GRAIN = 0.4  # degrees
REACH = 3  # tiles each way over which a pattern is compared with itself
SMOOTH = 9  # points of the spectrum over which power is evened out
LOUD = 6.0  # times its neighbours' power that one point may weigh
SAME = 0.02  # candidates whose steps differ by less are one
LEAST_SHARE = 0.1  # of a picture that a shift must leave to be compared
SCORED = 1500  # candidates that are looked at closely
APART = 4  # pixels to either side over which a place must stand out to be isolated: half a wave, about
PEAKS = 24  # shifts that are paired with each other
STRETCHED_MOST = 1.9  # width against height, and the other way round

Matrix = NDArray[np.float64]
_SHIFTS = np.array([n for n in product(range(REACH + 1), range(-REACH, REACH + 1)) if n > (0, 0)], np.float64)

_NEAREST = np.array([(0, 1), (1, 0), (1, 1), (1, -1)], np.float64)


@dataclass(frozen=True)
class Lattice:
    """How tiles lie: `steps` @ (tiles down, tiles across) are pixels (down, across)."""

    steps: Matrix
    score: float  # deviations by which the pattern agrees with itself, were it noise


class Agreement:
    """How far a picture agrees with itself at every shift, in deviations."""

    def __init__(self, picture: NDArray[np.float32], *, isolated: bool = False) -> None:
        """Transform once; `isolated` leaves out what stands above its neighbours one way only, as edges do."""
        import cv2

        self.size = picture.shape
        high, wide = (cv2.getOptimalDFTSize(2 * side) for side in picture.shape)
        power = np.abs(np.fft.rfft2(picture, (high, wide))).astype(np.float32) ** 2
        even = power / (cv2.blur(power, (SMOOTH, SMOOTH)) + np.float32(1e-6))
        np.minimum(even, LOUD, out=even)
        even -= even.mean()
        shifts = np.fft.irfft2(even, (high, wide)).astype(np.float32)
        shifts /= shifts.std() + np.float32(1e-9)  # a flat picture agrees with itself everywhere
        reach = min(REACH * int(MOST_STEP * min(self.size)) + 8, high // 2 - 6, wide // 2 - 6)
        self.middle = reach
        wider = np.roll(shifts, (reach + APART,) * 2, (0, 1))[: 2 * (reach + APART) + 1, : 2 * (reach + APART) + 1]
        smooth = np.asarray(cv2.GaussianBlur(wider, (0, 0), 0.7), np.float32)
        self.plane = _isolated(smooth, APART) if isolated else smooth[APART:-APART, APART:-APART].copy()
        self.plane /= self.plane.std() + np.float32(1e-9)
        self.plane[reach, reach] = 0  # the picture and itself

    def at(self, places: NDArray[np.float64]) -> NDArray[np.float32]:
        """Look shifts up (..., 2), in pixels down and across, between the points; nothing beyond the edge."""
        last = 2 * self.middle - 1
        within = np.abs(places).max(axis=-1) < self.middle
        spot = np.clip(places + self.middle, 0, last)
        whole = spot.astype(np.int32)
        (down, across), (row, column) = np.moveaxis(spot - whole, -1, 0), np.moveaxis(whole, -1, 0)
        upper = self.plane[row, column] * (1 - across) + self.plane[row, column + 1] * across
        lower = self.plane[row + 1, column] * (1 - across) + self.plane[row + 1, column + 1] * across
        return np.where(within, upper * (1 - down) + lower * down, 0).astype(np.float32)

    def score(self, steps: Matrix) -> NDArray[np.float32]:
        """Score steps (..., 2, 2): shifts by whole tiles, each weighed by how much of the picture they overlap."""
        places = np.moveaxis(steps @ _SHIFTS.T, -1, -2)
        share = np.clip(1 - np.abs(places) / np.array(self.size), 0, None).prod(axis=-1)
        share[share < LEAST_SHARE] = 0
        total: NDArray[np.float32] = (self.at(places) * share).sum(axis=-1) / np.sqrt((share**2).sum(axis=-1) + 1e-9)
        return total

    def likeliest(self, steps: Matrix, most: int) -> Matrix:
        """Leave the steps that the four nearest shifts speak for, looked up roughly."""
        places = np.moveaxis(steps @ _NEAREST.T, -1, -2).astype(np.float32)
        spot = np.rint(places).astype(np.int32)
        spot[np.abs(spot).max(axis=-1) > self.middle] = 0  # nothing stands out there: see __init__
        said = self.plane[spot[..., 0] + self.middle, spot[..., 1] + self.middle].sum(axis=-1)
        return steps[np.argpartition(-said, most)[:most]] if len(steps) > most else steps


def find(agreement: Agreement, most: int) -> list[Lattice]:
    """Give the likeliest lattices, the best first, each brought to its peak."""
    found: list[Lattice] = []
    for candidates in (_turned(agreement), _stretched(agreement), _paired(agreement)):
        steps = agreement.likeliest(candidates, SCORED)
        scores = agreement.score(steps)
        fresh: list[Lattice] = []
        for index in np.argsort(-scores)[: 40 * most]:
            if len(fresh) == most:
                break
            if not any(_alike(steps[index], other.steps) for other in fresh):
                fresh.append(Lattice(steps[index], float(scores[index])))
        found += [settle(agreement, Lattice(_reduced(lattice.steps), lattice.score)) for lattice in fresh]
    best: list[Lattice] = []
    for lattice in sorted(found, key=lambda lattice: -lattice.score):
        if not any(_alike(lattice.steps, other.steps) for other in best):
            best.append(lattice)
    return best[:most]


def _sizes(agreement: Agreement) -> NDArray[np.float64]:
    count = int(np.log(MOST_STEP / LEAST_STEP) / np.log(STEP_GRAIN))
    return np.asarray(min(agreement.size) * LEAST_STEP * STEP_GRAIN ** np.arange(count))


def _turned(agreement: Agreement) -> Matrix:
    """Give square tiles of all sizes, turned by up to a quarter."""
    turns = np.deg2rad(np.arange(0, 90, TURN_GRAIN))
    spin = np.stack([np.stack([np.cos(turns), -np.sin(turns)], -1), np.stack([np.sin(turns), np.cos(turns)], -1)], -2)
    return np.asarray((_sizes(agreement)[:, None, None, None] * spin[None]).reshape(-1, 2, 2))


def _stretched(agreement: Agreement) -> Matrix:
    """Give upright tiles of all sizes that are no longer square."""
    high, wide = np.meshgrid(*(_sizes(agreement)[::2],) * 2, indexing="ij")
    ratio = np.maximum(high / wide, wide / high)
    kept = (ratio > STEP_GRAIN) & (ratio < STRETCHED_MOST)
    steps = np.zeros((int(kept.sum()), 2, 2))
    steps[:, 0, 0], steps[:, 1, 1] = high[kept], wide[kept]
    return steps


def _paired(agreement: Agreement) -> Matrix:
    """Give all pairs of shifts at which the picture agrees with itself most, whatever the angle between them."""
    import cv2

    reach = agreement.middle
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    distance, short = np.hypot(rows, columns), min(agreement.size)
    peaks = agreement.plane == cv2.dilate(agreement.plane, np.ones((7, 7), np.uint8))
    peaks &= (distance > LEAST_STEP * short) & (distance < MOST_STEP * short) & (columns >= 0)
    spots = np.argwhere(peaks)
    spots = spots[np.argsort(-agreement.plane[tuple(spots.T)])[:PEAKS]] - reach
    one, other = (index.reshape(-1) for index in np.meshgrid(*(np.arange(len(spots)),) * 2))
    steps = np.stack([spots[one], spots[other]], -1).astype(float)
    area = np.abs(np.linalg.det(steps))
    lengths = np.linalg.norm(steps, axis=1)
    ratio = lengths.max(axis=1) / lengths.min(axis=1)
    kept = (one < other) & (ratio < STRETCHED_MOST) & (area > 0.7 * lengths.prod(axis=1))
    return np.asarray(steps[kept]) if kept.any() else np.eye(2)[None] * min(agreement.size) / 4


def settle(agreement: Agreement, lattice: Lattice, rounds: int = 3) -> Lattice:
    """Move each shift to the peak beside it, and fit the steps to all of them."""
    best = lattice
    near = np.stack(np.meshgrid(*(np.arange(-2, 2.01, 0.5),) * 2, indexing="ij"), -1).reshape(-1, 2)
    for _ in range(rounds):
        places = _SHIFTS @ best.steps.T
        said = agreement.at(places[:, None, :] + near)
        share = np.clip(1 - np.abs(places) / np.array(agreement.size), 0, None).prod(axis=-1)
        peak = said.max(axis=1)
        weight = np.where((share > LEAST_SHARE) & (peak > 1.5), share * peak, 0)
        if (weight > 0).sum() < 3:
            break
        moved = places + near[said.argmax(axis=1)]
        left = (_SHIFTS * weight[:, None]).T @ _SHIFTS
        right = (_SHIFTS * weight[:, None]).T @ moved
        steps = np.linalg.lstsq(left, right, rcond=None)[0].T
        if abs(np.linalg.det(steps)) < 0.5 * abs(np.linalg.det(best.steps)):
            break
        fresh = Lattice(steps, float(agreement.score(steps[None])[0]))
        if fresh.score <= best.score:
            break
        best = fresh
    return best


def _isolated(plane: NDArray[np.float32], apart: int) -> NDArray[np.float32]:
    """Say how far each point stands above what lies on either side of it, whichever way one looks: edges are ridges."""
    inner = slice(apart, -apart)
    ends = {-1: slice(0, -2 * apart), 0: inner, 1: slice(2 * apart, None)}
    ways = ((0, 1), (1, 0), (1, 1), (1, -1))
    beside = [(plane[ends[y], ends[x]] + plane[ends[-y], ends[-x]]) / 2 for y, x in ways]
    stands: NDArray[np.float32] = plane[inner, inner] - np.max(beside, axis=0)
    return stands - np.float32(np.median(stands))


def _alike(one: Matrix, other: Matrix) -> bool:
    """Say whether two pairs of steps reach the same places."""
    change = np.linalg.solve(one, other)
    whole = change.round()
    return bool(np.abs(change - whole).max() < SAME * REACH and abs(abs(np.linalg.det(whole)) - 1) < 0.1)


def _reduced(steps: Matrix) -> Matrix:
    """Give the shortest steps that reach the same places, as tiles that are nearly square have them."""
    one, other = steps.T
    while True:
        if one @ one > other @ other:
            one, other = other, one
        times = round(float(one @ other / (one @ one)))
        if times == 0:
            return np.stack([one, other], axis=1)
        other = other - times * one
