"""Reads marks out of measured pictures: upright first, then parts of the time, then wherever a lattice is found.

Knows the order in which things are tried, and counts every comparison; knows no video and gives no Evidence.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from . import lattice, straighten
from .alignment import Alignment, anywhere, in_place
from .code import LIST, decode, encode
from .keys import MarkKey
from .perspective import leaning, unleaned
from .reading import TILE, Matrix, Spectrum, fold, whiten

MOST_TRIALS = 8192  # at 2^-43 each: a bound under 1e-9
MOST_MARKS = 3
STEADY = straighten.flat(TILE * np.eye(2))  # where tiles lie in an upright picture that shows all of what was marked
LEAST_PILOTS = 2.0  # deviations; below it, upright, nothing is decoded
LEAST_PART_PILOTS = 3.5  # the same for a part of the time, of which there are many
LEAST_DEEP_PILOTS = 2.8  # the same before a longer list is kept
MOST_DEEP_TRIALS = 2048  # made before: the rest is kept for a search
DEEP = 1024  # candidates of the longer list, for what is a little too weak for the short one
LEAST_FOUND_PILOTS = 4.0  # the same where the best of many shifts was taken
LEAST_LATTICE = 4.5  # deviations; below it, a lattice is not looked at
STORED = np.float32(40.0)  # steps of a stored picture to one deviation
LATTICES = 6  # that are looked at
LEANED = 3  # of those found in a picture that was seen at an angle
STANDS = 3.0  # deviations above which a view is said to carry a mark that was read
STANDS_BESIDE = 5.0  # the same where it carries another that is stronger: all its views may agree by the same chance
FIRST = 3.0  # weight of the first picture: an encoder spends most on it


@dataclass(frozen=True)
class Found:
    """A mark that was read."""

    payload: str
    alignment: Alignment
    places: Matrix  # of the tiles in a picture with a short side of reading.SHORT_SIDE: see straighten.py
    bit_accuracy: float
    scores: NDArray[np.float32]  # of each view, in deviations: how far it says the same
    searched: bool


@dataclass(frozen=True)
class Laid:
    """Pictures whose tiles lie upright, and how they came to lie so."""

    points: NDArray[np.complex64]  # of each view
    places: Matrix  # as in Found
    shift: tuple[float, float] = (0.0, 0.0)
    searched: bool = False


class Reader:
    """The pictures of one video, and what was tried on them."""

    def __init__(self, keys: tuple[MarkKey, ...]) -> None:
        """Read with these keys."""
        self._keys = keys
        self._pictures: list[NDArray[np.int8]] = []
        self._points: list[NDArray[np.complex64]] = []
        self.trials = 0

    def add(self, luma: NDArray[np.float32]) -> None:
        """Measure one upright picture in 8-bit levels."""
        even = whiten(luma)
        self._pictures.append(np.rint(even * STORED).astype(np.int8))
        self._points.append(fold(even))

    def read(self, until: float) -> list[Found]:
        """Give the marks that are there; a search ends at `until` of this thread's time."""
        laid = Laid(np.array(self._points), STEADY)
        views = np.arange(len(laid.points))
        first = self._upright(laid, views) or self._parts(laid, views) or self._search(until)
        if first is None:
            return []
        found = [first]
        if first.searched:
            laid = self._laid(first.places, first.alignment)
        for _ in range(MOST_MARKS - 1):
            more = self._beside(found, laid) or self._after(found, laid)
            if more is None:
                break
            found = _with(found, more)
        return _apart(found)

    # Upright pictures, or pictures made so -------------------------------------------------------------------------

    def _upright(self, laid: Laid, views: NDArray[np.int64], most: int = 3) -> Found | None:
        """Read these views, any way round, without a search."""
        spectrum = _spectrum(laid.points[views], _early(len(views)))
        for alignment in in_place(spectrum, self._keys, laid.shift)[:most]:
            if alignment.score < (LEAST_PILOTS if most > 1 else LEAST_PART_PILOTS):
                break
            found = self._decoded(laid, views, alignment, ways=4 if most > 1 else 1)
            if found:
                return found
        return None

    def _parts(self, laid: Laid, views: NDArray[np.int64]) -> Found | None:
        """Read parts of the time: of a video that was joined from several, one may be marked."""
        for share in (2, 4, 8):
            size = len(views) // share
            if size < 2:
                return None
            for start in range(0, len(views) - size + 1, max(1, size // 2)):
                found = self._upright(laid, views[start : start + size], most=1)
                if found:
                    return found
        return None

    def _decoded(self, laid: Laid, views: NDArray[np.int64], alignment: Alignment, ways: int = 4) -> Found | None:
        """Add the views up in several ways, and decode each sum."""
        points = laid.points
        standing = np.array([alignment.standing(Spectrum.of(points[view])) for view in views])
        by_pilots = np.maximum(standing, 0) + 1
        early = _early(len(views))
        sums = (by_pilots * np.sqrt(early), early, by_pilots**2, np.ones(len(views)))[:ways]
        spectra = [_spectrum(points[views], weights) for weights in sums]
        tries = [(spectrum, LIST) for spectrum in spectra]
        if alignment.score > LEAST_DEEP_PILOTS and self.trials < MOST_DEEP_TRIALS:
            tries += [(spectrum, DEEP) for spectrum in spectra[:2]]
        for spectrum, candidates in tries:
            payload, accuracy = self._tried(alignment, spectrum, candidates)
            if payload:
                scores = _scores(points, alignment, payload)
                return Found(payload, alignment, laid.places, accuracy, scores, laid.searched)
        return None

    def _tried(self, alignment: Alignment, spectrum: Spectrum, candidates: int = LIST) -> tuple[str | None, float]:
        if self.trials + candidates > MOST_TRIALS:
            return None, 0.0
        read = decode(alignment.soft(spectrum), alignment.key, alignment.variant, candidates)
        self.trials += read.trials
        return read.payload, read.bit_accuracy

    # More marks than one -----------------------------------------------------------------------------------------

    def _beside(self, found: list[Found], laid: Laid) -> Found | None:
        """Look for a second mark in the same pictures: one that was marked again."""
        known = {(f.alignment.key.name, f.alignment.variant) for f in found}
        spectrum = _spectrum(laid.points, _early(len(laid.points)))
        loud = float(np.sqrt(np.mean(np.abs(spectrum.lines()) ** 2) / 2))  # what was read is noise to what was not
        for alignment in in_place(spectrum, self._keys, laid.shift):
            if alignment.score < LEAST_FOUND_PILOTS * loud:
                return None
            if (alignment.key.name, alignment.variant) not in known:
                return self._decoded(laid, np.arange(len(laid.points)), alignment, ways=2)
        return None

    def _after(self, found: list[Found], laid: Laid) -> Found | None:
        """Look for another mark in the views that no mark explains so far; what lies there lies as the first does."""
        left = np.flatnonzero(np.max([f.scores for f in found], axis=0) < STANDS)
        if len(left) < 2:
            return None
        return self._upright(laid, left, most=2) or self._parts(laid, left)

    # Search ------------------------------------------------------------------------------------------------------

    def _search(self, until: float) -> Found | None:
        """Find lattices in the whole, then in halves of the time, and read what lies on them."""
        count = len(self._pictures)
        groups = [np.arange(count)] + ([np.arange(count // 2), np.arange(count // 2, count)] if count >= 8 else [])
        for views in groups:
            early = _early(len(views))
            picture = np.tensordot(early, np.array([self._pictures[view] for view in views]), 1).astype(np.float32)
            found = self._on_lattices(picture, views, until, angled=len(views) == count > 1)
            if found or time.thread_time() > until:
                return found
        return None

    def _on_lattices(
        self, picture: NDArray[np.float32], views: NDArray[np.int64], until: float, *, angled: bool
    ) -> Found | None:
        """Read what lies on the likeliest lattices; then look at the picture as seen from an angle."""
        promising: list[tuple[float, Matrix, Alignment]] = []
        for candidate in lattice.find(lattice.Agreement(picture), LATTICES):
            if candidate.score < LEAST_LATTICE or time.thread_time() > until:
                break
            places = straighten.flat(candidate.steps)
            found = self._on(picture, places, views, promising)
            if found:
                return found
        if angled and time.thread_time() < until:
            lean = leaning(picture)
            agreement = lattice.Agreement(unleaned(picture, lean), isolated=True)
            for candidate in lattice.find(agreement, LATTICES)[:LEANED]:
                if candidate.score < LEAST_LATTICE:
                    break
                found = self._on(picture, lean @ straighten.flat(candidate.steps), views, promising)
                if found:
                    return found
        for _, places, alignment in sorted(promising, key=lambda one: -one[0])[:2]:
            found = self._decoded(self._laid(places, alignment), views, alignment)
            if found:
                return found
        return None

    def _on(
        self,
        picture: NDArray[np.float32],
        places: Matrix,
        views: NDArray[np.int64],
        promising: list[tuple[float, Matrix, Alignment]],
    ) -> Found | None:
        """Read a picture whose tiles lie so."""
        straight = straighten.straightened(picture, places)
        spectrum = Spectrum.of(fold(straight, straighten.TILE))
        for alignment in anywhere(spectrum, self._keys)[:3]:
            if alignment.score < LEAST_FOUND_PILOTS:
                break
            promising.append((alignment.score, places, alignment))
            payload, accuracy = self._tried(alignment, spectrum)
            if payload:  # its check has passed: it counts, whatever the views say when they are weighed one by one
                laid = self._laid(places, alignment)
                scores = _scores(laid.points, alignment, payload)
                settled = self._decoded(laid, views, alignment)
                return settled or Found(payload, alignment, places, accuracy, scores, searched=True)
        return None

    def _laid(self, places: Matrix, alignment: Alignment) -> Laid:
        """Straighten each picture."""
        pictures = (picture.astype(np.float32) for picture in self._pictures)
        points = [fold(straighten.straightened(each, places), straighten.TILE) for each in pictures]
        return Laid(np.array(points), places, alignment.shift, searched=True)


def _with(found: list[Found], more: Found) -> list[Found]:
    """Add a mark; one that is known already, but lies otherwise there, only adds the views that say it."""
    for place, one in enumerate(found):
        if (one.payload, one.alignment.key) == (more.payload, more.alignment.key):
            both = replace(one, scores=np.maximum(one.scores, more.scores))
            return [*found[:place], both, *found[place + 1 :]]
    return [*found, more]


def _apart(found: list[Found]) -> list[Found]:
    """Take from each mark the views that say another, and it no more than chance would have them say."""
    strongest = np.max([one.scores for one in found], axis=0)
    return [
        replace(one, scores=np.where((one.scores < strongest) & (one.scores < STANDS_BESIDE), 0, one.scores))
        for one in found
    ]


def _spectrum(points: NDArray[np.complex64], weights: NDArray[np.float64]) -> Spectrum:
    return Spectrum.of(np.tensordot(weights.astype(np.float32), points, 1).astype(np.complex64))


def _early(count: int) -> NDArray[np.float64]:
    """Weigh the first view more than the others."""
    weights = np.ones(count)
    weights[0] = min(FIRST, count)
    return weights


def _scores(points: NDArray[np.complex64], alignment: Alignment, payload: str) -> NDArray[np.float32]:
    """Say how far each view says what was read: in deviations, were its lines as strong and said something else.

    Another mark is no silence: its lines are strong, and by chance agree with some of these. Pilots do not count: a
    mark of the same variant has the same.
    """
    written = encode(payload, alignment.key)
    soft = np.array([alignment.soft(Spectrum.of(each)) for each in points])
    strength = np.maximum(np.linalg.norm(soft, axis=1), 1e-6)
    return np.asarray(soft @ np.sign(written) / strength, np.float32)
