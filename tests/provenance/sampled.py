"""Made-up fingerprints for tests, of as many samples as are asked for."""

from random import Random

from countermark.evidence import FingerprintDetails


def sampled(count: int, parts: int = 5) -> FingerprintDetails:
    random = Random(count)
    hashes = tuple(f"{random.getrandbits(256):064x}" for _ in range(count))
    held = tuple(f"{random.getrandbits(256 * parts):0{64 * parts}x}" for _ in range(count)) if parts else ()
    return FingerprintDetails("pdq", tuple(round(0.24 * i, 3) for i in range(count)), hashes, (90,) * count, held)
