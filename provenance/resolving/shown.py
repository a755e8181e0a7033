"""The fingerprint in a manifest: what the signed video shows, for whoever has the manifest and not the registry.

A mark can be moved to other pictures. The registry notices by its fingerprint; another machine that is given a manifest
by a resolver has none, unless the manifest carries it: then its signer vouches for it. Few samples are enough, at 264
letters each. Knows how they are written and read; compares nothing.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from ...evidence import FingerprintDetails

SHOWN_LABEL = "org.countermark.fingerprint"
MOST = 72  # moments, 19 kB: three times those at which a reader looks, so that they are among them
MOST_ROWS = 3 * MOST  # whole, without black bars, without white ones
MOST_PARTS = 16  # hashes of parts to a sample
_HASH = 32  # bytes


def assertion_of(shown: FingerprintDetails) -> dict[str, Any]:
    """Write a fingerprint as the data of an assertion, thinned evenly where it has more moments than a manifest holds.

    The samples are bytes in base64, since C2PA's library writes a list of numbers as bytes and cuts off what is larger.
    """
    parts = shown.parts or ("",) * len(shown.hashes)
    times = sorted(set(shown.times_s))
    chosen = times if len(times) <= MOST else [times[int((i + 0.5) * len(times) / MOST)] for i in range(MOST)]
    rows = [row for row in zip(shown.times_s, shown.qualities, shown.hashes, parts, strict=True) if row[0] in chosen]
    sample = _sample(len(parts[0]) // (2 * _HASH) if rows else 0)
    samples = b"".join(
        sample.pack(round(1000 * at), quality, bytes.fromhex(whole), bytes.fromhex(part))
        for at, quality, whole, part in rows
    )
    return {
        "algorithm": shown.algorithm,
        "parts": (sample.size - _sample(0).size) // _HASH,
        "samples": base64.b64encode(samples).decode("ascii"),
    }


def fingerprint_in(data: Any) -> FingerprintDetails:
    """Read such data, from whoever signed it; ValueError for what is none."""
    given = data if isinstance(data, dict) else {}
    algorithm, count, text = given.get("algorithm"), given.get("parts"), given.get("samples")
    if not isinstance(algorithm, str) or not isinstance(text, str):
        raise ValueError("no fingerprint")
    if not isinstance(count, int) or not 0 <= count <= MOST_PARTS:
        raise ValueError("a fingerprint says how many parts a sample has")
    samples, sample = base64.b64decode(text, validate=True), _sample(count)
    if not 0 < len(samples) <= MOST_ROWS * sample.size or len(samples) % sample.size:
        raise ValueError(f"a fingerprint in a manifest has 1 to {MOST_ROWS} samples")
    times, qualities, wholes, parts = zip(*sample.iter_unpack(samples), strict=True)
    return FingerprintDetails(
        algorithm[:64],
        tuple(at / 1000 for at in times),
        tuple(whole.hex() for whole in wholes),
        qualities,
        tuple(part.hex() for part in parts) if count else (),
    )


def _sample(parts: int) -> struct.Struct:
    """Milliseconds, quality, the hash of a whole frame, and those of its parts."""
    return struct.Struct(f">IB{_HASH}s{_HASH * parts}s")
