"""Makes up records by the million: fingerprints of independent bits, and a shelf that answers as a registry does.

Between clips that have nothing to do with each other, real hashes lie 128 bits apart with a spread of 8.2; independent
bits lie 128 apart with a spread of 8.0. So made-up records crowd an index as real ones would, but for look-alikes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countermark.evidence import FingerprintDetails
from countermark.provenance import Record
from countermark.provenance.fingerprint.hashes import MOVED, PARTS

KEYS = 4  # moments that differ in a made-up record, of five hashes each: real clips of up to 5 s have 21 hashes
FRAMES = 24
_FIRST = 1 << 48  # payloads from here on are made up


def payload_of(number: int) -> str:
    """Give the payload of a made-up record."""
    return f"{_FIRST + number:016x}"


def hashes_of(number: int) -> NDArray[Any]:
    """Give whole, middle and quarters of each moment, (moments, 6, 32) bytes: the same each time."""
    random = np.random.Generator(np.random.Philox(key=number))
    return random.integers(0, 256, (KEYS, 1 + PARTS, 32), np.uint8)


def details_of(number: int, off: int = 0) -> FingerprintDetails:
    """Give the fingerprint of a made-up record, or of a copy of it: `off` bits of every hash differ."""
    random = np.random.default_rng(number)
    frames = np.repeat(hashes_of(number), FRAMES // KEYS, axis=0)
    if off:
        turned = np.zeros((FRAMES, 1 + PARTS, 256), np.uint8)
        turned[..., :off] = 1
        frames = frames ^ np.packbits(random.permuted(turned, axis=-1), axis=-1)
        moved = random.integers(0, 256, (FRAMES, MOVED, 32), np.uint8)
        frames = np.concatenate([frames, moved], axis=1)
    return FingerprintDetails(
        "pdq",
        tuple(0.25 * frame for frame in range(FRAMES)),
        tuple(frame[0].tobytes().hex() for frame in frames),
        (100,) * FRAMES,
        tuple(frame[1:].tobytes().hex() for frame in frames),
    )


class Shelf:
    """Real records, if any, then made-up ones: what is asked of a registry, without a database."""

    def __init__(self, made_up: int, real: dict[str, FingerprintDetails] | None = None) -> None:
        """Take how many to make up."""
        self._made_up, self._real = made_up, real or {}

    def __repr__(self) -> str:
        """The index is kept by this name."""
        return f"Shelf({self._made_up}, {len(self._real)})"

    def fingerprints(self, after: int = 0) -> Iterator[tuple[int, str, FingerprintDetails]]:
        """Give position, payload and fingerprint."""
        known = list(self._real.items())
        for position in range(after, len(known) + self._made_up):
            number = position - len(known)
            yield position + 1, *(known[position] if number < 0 else (payload_of(number), details_of(number)))

    def by_payload(self, payload: str) -> Record | None:
        """Give a record."""
        details = self._real.get(payload) or details_of(int(payload, 16) - _FIRST)
        return Record(payload, f"urn:c2pa:{payload}", b"", "0" * 64, details)
