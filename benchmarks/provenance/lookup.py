"""How long it takes to find a record by the payload of a mark, and to walk the whole ledger.

    python -m benchmarks.provenance.lookup [--quick]

The rule: a SQLite registry of 10^4, 10^5, 10^6 made-up records, each with a manifest store of 300 random bytes and a
fingerprint of two hashes, so that a million fit on a common disk; a hundred of them, spread over the whole, are as
large as those of a real clip of a minute (a store of 20,000 bytes, 240 hashes, 80,000 bytes of local features).
Payloads are random and looked up in random order, after a hundred that do not count; the median is given, in ms.

- `payload`: the query and the making of the record, on a connection that is open.
- `payload_open`: `Registry.by_payload`, as the product asks: the database is opened anew each time.
- `payload_open_99`: of the same, what 99 of 100 do not exceed.
- `payload_large`: the same, of the large records.
- `payload_absent`: the same, of payloads that nobody registered.

`measure_verify` gives the seconds that `ledger verify` takes over a ledger of as many lines as there are records.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from countermark.evidence import FingerprintDetails
from countermark.provenance import Record, Registry
from countermark.provenance.registry.record import digest, pack, unpack
from countermark.store import ledger, rows
from countermark.store.engine import reading

from ..record import say

COUNTS = (10_000, 100_000, 1_000_000)
LARGE = 100
WARM, ASKED = 100, 1000
_AT = "2026-01-01T00:00:00.000+00:00"


def measure_payload(quick: bool) -> list[dict[str, Any]]:
    """Measure each number of records; the quick form leaves out the largest."""
    figures = []
    for count in COUNTS[: 2 if quick else 3]:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/registry.sqlite"
            payloads = made_up(url, count)
            figures.append({"records": count, **_looked_up(url, payloads)})
            figures[-1]["megabytes"] = Path(folder, "registry.sqlite").stat().st_size >> 20
        say(str(figures[-1]))
    return figures


def measure_verify(quick: bool) -> list[dict[str, Any]]:
    """Measure how long it takes to check everything."""
    figures = []
    for count in COUNTS[: 1 if quick else 3]:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/registry.sqlite"
            made_up(url, count, chained=True)
            start = time.perf_counter()
            checked = Registry(url).verify()
            assert checked.records == checked.lines == count
            figures.append({"records": count, "verify_s": round(time.perf_counter() - start, 2)})
        say(str(figures[-1]))
    return figures


def made_up(url: str, count: int, *, chained: bool = False) -> list[str]:
    """Fill a registry past the product, for speed; `chained`: with a ledger. Give the payloads, large ones first."""
    random.seed(count)
    Registry(url).prepare()
    path = url.removeprefix("sqlite:///")
    database = sqlite3.connect(path, isolation_level=None)
    triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -400000")
    database.execute("BEGIN")
    payloads = list(_fill(database, count, chained))
    database.execute("COMMIT")
    for _, sql in triggers:
        database.execute(sql)
    database.close()
    with_large = set(payloads[:: max(1, count // LARGE)][:LARGE])
    return sorted(payloads, key=lambda one: one not in with_large)


def _fill(database: sqlite3.Connection, count: int, chained: bool) -> Iterator[str]:
    small, large = _record(300, 2, None), _record(20_000, 240, os.urandom(80_000))
    kinds = (pack(small), pack(large))
    previous: ledger.Entry | None = None
    for number in range(count):
        facts, look, manifest = kinds[number % max(1, count // LARGE) == 0]
        payload, name = f"{random.getrandbits(64):016x}", f"urn:c2pa:{random.getrandbits(128):032x}"
        facts, look = facts | {"payload": payload}, look | {"payload": payload}
        manifest = manifest | {"payload": payload, "manifest_id": name, "content_digest": f"{number:064x}"}
        _insert(database, "records", facts | {"position": number + 1})
        _insert(database, "looks", look)
        _insert(database, "manifests", manifest | {"position": number + 1})
        if chained:
            body = {"manifest_id": name, "payload": payload, "digest": digest(facts, look, manifest)}
            previous = ledger.after(previous, _AT, "record.added", body)
            _insert(database, "ledger", vars(previous))
        yield payload


def _insert(database: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def _record(store: int, hashes: int, changes: bytes | None) -> Record:
    shape = FingerprintDetails(
        "pdq",
        tuple(0.25 * n for n in range(hashes)),
        tuple(os.urandom(32).hex() for _ in range(hashes)),
        (90,) * hashes,
    )
    record = Record("", "", os.urandom(store), "", shape, "a model", "an issuer", changes=changes)
    return replace(record, created_at=_AT)


def _looked_up(url: str, payloads: list[str]) -> dict[str, float]:
    registry, large, small = Registry(url), payloads[:LARGE], payloads[LARGE:]
    asked = random.sample(small, WARM + ASKED)
    absent = [f"{random.getrandbits(64):016x}" for _ in range(WARM + ASKED)]
    with reading(url) as connection:
        assert connection is not None
        inside = _times(lambda one: unpack(rows.find(connection, "payload", one)), asked)
    outside = _times(registry.by_payload, asked)
    found = {
        "payload": statistics.median(inside),
        "payload_open": statistics.median(outside),
        "payload_open_99": statistics.quantiles(outside, n=100)[-1],
        "payload_large": statistics.median(_times(registry.by_payload, random.choices(large, k=WARM + 200))),
        "payload_absent": statistics.median(_times(registry.by_payload, absent)),
    }
    return {name: round(value, 3) for name, value in found.items()}


def _times(ask: Callable[[str], object], keys: list[str]) -> list[float]:
    for key in keys[:WARM]:
        ask(key)
    taken = []
    for key in keys[WARM:]:
        start = time.perf_counter()
        ask(key)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without the largest")
    given = parser.parse_args()
    print(json.dumps({"lookup": measure_payload(given.quick), "verify": measure_verify(given.quick)}, indent=1))


if __name__ == "__main__":
    main()
