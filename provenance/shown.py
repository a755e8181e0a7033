"""The fingerprint in a manifest: what the signed video shows, for whoever has the manifest and not the registry.

A mark can be moved to other pictures. The registry notices by its fingerprint; another machine that is given a manifest
by a resolver has none, unless the manifest carries it: then its signer vouches for it. Hashes of whole frames alone are
written, 50 letters a sample. Knows how it is written and read; compares nothing.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from ..evidence import FingerprintDetails

SHOWN_LABEL = "org.countermark.fingerprint"
MOST = 240  # samples
_SAMPLE = struct.Struct(">IB32s")  # milliseconds, quality, hash: as bytes, since C2PA's library cuts lists of numbers


def assertion_of(shown: FingerprintDetails) -> dict[str, Any]:
    """Write a fingerprint as the data of an assertion; what is too much for a manifest is thinned evenly."""
    rows = list(zip(shown.times_s, shown.qualities, shown.hashes, strict=True))
    kept = rows[:: -(-len(rows) // MOST) or 1]
    samples = b"".join(_SAMPLE.pack(round(1000 * at), quality, bytes.fromhex(bits)) for at, quality, bits in kept)
    return {"algorithm": shown.algorithm, "samples": base64.b64encode(samples).decode("ascii")}


def fingerprint_in(data: Any) -> FingerprintDetails:
    """Read such data, from whoever signed it; ValueError for what is none."""
    given = data if isinstance(data, dict) else {}
    algorithm, text = given.get("algorithm"), given.get("samples")
    if not isinstance(algorithm, str) or not isinstance(text, str):
        raise ValueError("no fingerprint")
    samples = base64.b64decode(text, validate=True)
    if not 0 < len(samples) <= MOST * _SAMPLE.size or len(samples) % _SAMPLE.size:
        raise ValueError(f"a fingerprint has 1 to {MOST} samples")
    times, qualities, hashes = zip(*_SAMPLE.iter_unpack(samples), strict=True)
    seconds = tuple(at / 1000 for at in times)
    return FingerprintDetails(algorithm[:64], seconds, tuple(bits.hex() for bits in hashes), qualities)
