"""Finds the records that a copy may be of, by its fingerprint alone. Knows the registry's list of fingerprints, and
which hashes are indexed; knows no pictures and no verdict.

A few hashes of each record are indexed; what they lead to is held to the record's whole fingerprint, and only that
decides. The index is a cache: it is brought up to date from the registry, and made anew where it is missing, damaged or
of another registry.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import LedgerBroken
from ...evidence import FingerprintDetails, Match
from .index import Index
from .matching import ALGORITHM, Shape, nearness, readable, segments_of, shape_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..registry.record import Record

log = logging.getLogger(__name__)

KEYS, APART = 8, 60  # moments of a record that are indexed, and the bits by which their middles differ at least
ASKED, ASKED_APART = 8, 30  # the same of a copy ...
ASKED_CROPPED = 6  # ... of which so many as if it were a crop: that takes many more hashes
HELD = 12  # candidates that are held to their whole fingerprint: so many that stand, and so many that were revoked
LOOKED_AT = 200  # candidates that are read from the registry at most, whatever became of them
LEADS_BACK = ("live", "revoked")  # records of these alone are found by looks; the first ones count before the others
MOST_AT_ONCE = 5000  # records taken in while someone waits for a search
_FOLDER = "fingerprints"
_EMPTY = FingerprintDetails(ALGORITHM, (), (), ())


class Fingerprints(Protocol):
    """What is asked of a registry."""

    def fingerprints(self, after: int = 0) -> Iterator[tuple[int, str, FingerprintDetails | None]]:
        """Give position, payload and fingerprint (None: damaged) of what was registered after a position, in order."""
        ...

    def by_payload(self, payload: str) -> Record | None:
        """Give a record."""
        ...


@dataclass(frozen=True)
class Candidate:
    """A record that a copy is taken to be of."""

    payload: str
    score: float  # 0.5 where it is just enough, 1 where nothing differs
    segments: tuple[Match, ...]


@dataclass(frozen=True)
class Found:
    """What a search gave: its candidates, one after the other, and whether it was one of all records."""

    candidates: tuple[Candidate, ...] = ()  # the nearest first
    behind: bool = False  # there are records that the index has not taken in yet; the next search takes in more

    def __iter__(self) -> Iterator[Candidate]:
        """Give the candidates."""
        return iter(self.candidates)


def find(registry: Fingerprints, home: Path, copy: FingerprintDetails, most: int = 5) -> Found:
    """Give the records that a copy shows: those that stand, the nearest first, then those that were revoked."""
    if not readable(copy) or not copy.parts:
        return Found()
    seen = shape_of(copy)
    index, behind = update(registry, home, MOST_AT_ONCE)
    found, room = [], dict.fromkeys(LEADS_BACK, HELD)
    for payload in index.near(asked_of(seen))[:LOOKED_AT]:
        record = _record(registry, payload)
        if record is None or record.fingerprint is None or not readable(record.fingerprint):
            continue
        if not room.get(record.status):
            continue
        room[record.status] -= 1
        known = shape_of(record.fingerprint)
        near = nearness(seen, known)
        if (score := near.score()) <= 1:
            candidate = Candidate(payload, round(1 - score / 2, 3), segments_of(near, known))
            found.append((LEADS_BACK.index(record.status), -candidate.score, payload, candidate))
        if not room["live"]:
            break
    return Found(tuple(one for *_, one in sorted(found, key=lambda row: row[:3])[:most]), behind)


def _record(registry: Fingerprints, payload: str) -> Record | None:
    try:
        return registry.by_payload(payload)
    except LedgerBroken as error:  # one that is damaged must not keep the others from being found
        log.warning("left out of a search: %s", error)
        return None


def update(registry: Fingerprints, home: Path, most: int | None = None) -> tuple[Index, bool]:
    """Bring the index up to date, by so many records at most, and open it; say whether there are more."""
    folder = folder_of(registry, home)
    index = Index.opened(folder) or Index(folder)
    news = registry.fingerprints(index.position - 1 if index.position else 0)
    if index.position and next(((at, payload) for at, payload, _ in news), None) != (index.position, index.payload):
        log.warning("the index of fingerprints is of another registry, or of another state of it: made anew")
        index = Index(folder)
        news = registry.fingerprints()
    count = 0
    for position, payload, details in islice(news, most):
        if details is None:
            log.warning("the fingerprint of %s is damaged: it is left out of the index", payload)
        index.add(keys_of(shape_of(details if details and readable(details) else _EMPTY)), position, payload)
        count += 1
    behind = next(news, None) is not None
    if count:
        index.save()
    return index, behind


def folder_of(registry: Fingerprints, home: Path) -> Path:
    """Give the place of a registry's index; its `repr` says which one it is, without a password."""
    return home / _FOLDER / hashlib.sha256(repr(registry).encode()).hexdigest()[:16]


# Which hashes --------------------------------------------------------------------------------------------------------


def keys_of(shape: Shape) -> NDArray[Any]:
    """Give the hashes by which a record can be found, (hashes, 4): middle and quarters of moments that differ."""
    return _told(shape.parts[_moments(shape, KEYS, APART)].reshape(-1, 4))


def asked_of(shape: Shape) -> NDArray[Any]:
    """Give the hashes to look for: those of moments that differ, and their middles as of a crop."""
    import numpy as np

    moments = _moments(shape, ASKED, ASKED_APART)
    moved = shape.moved[_moments(shape, ASKED_CROPPED, ASKED_APART)]
    return _told(np.concatenate([shape.parts[moments].reshape(-1, 4), moved.reshape(-1, 4)]))


def _told(hashes: NDArray[Any]) -> NDArray[Any]:
    """Leave out what was too flat to say anything."""
    told: NDArray[Any] = hashes[hashes.any(axis=1)]
    return told


def _moments(shape: Shape, most: int, apart: int) -> NDArray[Any]:
    """Choose moments whose middles differ, evenly where there are more than enough; give the rows of each, all of them.

    Of a moment that was seen with and without bars, the row without them says how it differs.
    """
    import numpy as np

    times, last = np.unique(shape.times[::-1], return_index=True)
    middles = shape.parts[len(shape.times) - 1 - last, 0]
    kept: list[int] = []
    for moment in range(len(times)):
        if not kept or np.bitwise_count(middles[kept] ^ middles[moment]).sum(axis=1).min() > apart:
            kept.append(moment)
    if len(kept) > most:
        kept = [kept[int((i + 0.5) * len(kept) / most)] for i in range(most)]
    return np.isin(shape.times, times[kept])
