"""How long a lookup by fingerprint takes among 10^4, 10^5 and 10^6 made-up records.

The index is filled as a registry would fill it, written, and mapped anew by every search, as every verify does. A
search ends with the candidates held to their whole fingerprint; reading a record from a database is not part of it (it
stands beside it, by payload). Half of the searches are for copies, 30 of 256 bits off, half for what is not there.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from countermark.provenance.fingerprint import lookup
from countermark.provenance.fingerprint.index import Index

from ..record import say
from .made_up import PARTS, Shelf, details_of, hashes_of, payload_of

SEARCHES, OFF = 40, 30


def measure_lookup(quick: bool) -> list[dict[str, Any]]:
    """Give records and milliseconds: the median search, the slowest of twenty, and what was found of the copies."""
    rows = []
    for records in (10**3, 10**4) if quick else (10**4, 10**5, 10**6):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_row(records, Path(folder)))
        say(str(rows[-1]))
    return rows


def _row(records: int, home: Path) -> dict[str, Any]:
    shelf = Shelf(records)
    started = time.perf_counter()
    index = Index(lookup.folder_of(shelf, home))
    for number in range(records):
        keys = hashes_of(number)[:, 1:].reshape(-1, 32).view(np.uint64)
        index.add(keys, number + 1, payload_of(number))
    index.save()
    built = time.perf_counter() - started
    taken, found = [], 0
    for number in range(SEARCHES):
        there = number % 2 == 0
        wanted = (number * 7919) % records
        copy = details_of(wanted if there else records + number, OFF)
        begun = time.perf_counter()
        candidates = lookup.find(shelf, home, copy).candidates
        taken.append(1000 * (time.perf_counter() - begun))
        assert there or not candidates, "a made-up record was taken for another"
        found += there and [one.payload for one in candidates] == [payload_of(wanted)]
    megabytes = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6
    return {
        "records": records,
        "fingerprint": round(statistics.median(taken), 2),
        "fingerprint_95": round(float(np.percentile(taken, 95)), 2),
        "fingerprint_found": f"{found} of {SEARCHES // 2}",
        "fingerprint_index_mb": round(megabytes, 1),
        "fingerprint_built_s": round(built, 1),
        "fingerprint_hashes": records * len(hashes_of(0)) * PARTS,
    }
