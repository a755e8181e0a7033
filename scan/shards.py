"""Scans and their shards, as they are kept: laid down, begun, gone on with after a death, done once.

A shard that is broken off goes on from what was kept of it. Where a worker died over it twice, each object is noted
before it is looked at, and one over which workers die twice more is given up with that reason.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..docket.desk import Desk
from ..docket.secrets import new_id
from ..errors import ScanUnfit
from ..objects import Listed
from . import packing
from .values import Counts, Outcomes, Plan, Scan

CAREFUL = 3  # the try from which on each object is noted before it is looked at
DEADLY = 2  # so many deaths over one object that was noted are no accident
_LAID = 100  # shards written in one transaction


@dataclass(frozen=True)
class Shard:
    """Some objects of a scan, and what is there of their lines."""

    scan_id: str
    number: int
    plan: Plan
    url: str
    objects: tuple[Listed, ...]
    lines: tuple[str, ...]  # of the first of them, from a try before
    tries: int
    poison: int | None  # the object over which workers died again and again while each was noted

    @property
    def careful(self) -> bool:
        """Whether each object is to be noted before it is looked at."""
        return self.tries >= CAREFUL


class Shards:
    """All scans of one database."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk."""
        self._desk = desk

    def open(self, plan: Plan) -> str:
        """Lay a scan down; give its id."""
        from ..store import ledger, scan_rows

        scan_id = new_id("scn")
        with self._desk.writing() as connection:
            row = {"id": scan_id, "plan": packing.written(plan), "state": "listing", "made_at": self._desk.now()}
            scan_rows.add(connection, row)
            ledger.append(connection, "scan.begun", {"scan": scan_id})
        return scan_id

    def lay(self, scan_id: str, found: Iterable[tuple[str, Listed]], *, go: bool = True) -> Scan:
        """Write all that is to be looked at, as it is listed; only then may it be begun. `go`: it may be."""
        from ..store import scan_rows

        plan = self.get(scan_id).plan
        with self._desk.changing() as connection:
            scan_rows.drop_shards(connection, scan_id)  # of a listing that was broken off
        rows: list[dict[str, Any]] = []
        for number, (url, some) in enumerate(_gathered(found, plan.shard)):
            plain = [[one.name, one.bytes] for one in some]
            rows.append(
                {
                    **{"scan_id": scan_id, "number": number, "url": url, "objects": _packed(json.dumps(plain))},
                    **{
                        "count": len(some),
                        "bytes": sum(one.bytes for one in some),
                        "attempt": 0,
                        "tries": 0,
                        "deaths": 0,
                    },
                }
            )
            if len(rows) == _LAID:
                self._add(rows)
                rows = []
        self._add(rows)
        if go:
            with self._desk.changing() as connection:
                scan_rows.change(connection, scan_id, ("listing",), state="going")
        return self.get(scan_id)

    def get(self, scan_id: str) -> Scan:
        """Read a scan, and add up what its shards came to."""
        from ..store import scan_rows

        standing, counts = self.standing(scan_id), Counts()
        with self._desk.reading() as connection:
            for one in () if connection is None else scan_rows.done(connection, scan_id):
                counts = counts.plus(packing.counts(one["counts"]))
        return replace(standing, counts=counts)

    def standing(self, scan_id: str) -> Scan:
        """Read how far a scan is, without what it came to."""
        from ..store import scan_rows

        with self._desk.reading() as connection:
            row = None if connection is None else scan_rows.one(connection, scan_id)
            if connection is None or row is None:
                raise ScanUnfit(f"there is no scan {scan_id}", advice="see that the id is right, and of this database")
            totals = scan_rows.totals(connection, scan_id)
        return Scan(
            row["id"], packing.plan(row["plan"]), row["state"], row["made_at"], *totals, Counts(), row["finished_at"]
        )

    def objects(self, scan_id: str, number: int) -> tuple[str, tuple[Listed, ...]]:
        """Give the place of a shard, and what it holds."""
        from ..store import scan_rows

        with self._desk.changing() as connection:
            row = scan_rows.shard(connection, scan_id, number)
        if row is None:
            raise ScanUnfit(f"scan {scan_id} has no shard {number}")
        return row["url"], _listed(row["objects"])

    def going(self) -> tuple[str, ...]:
        """Give the ids of scans that are not over, and may be worked on."""
        from ..store import scan_rows

        with self._desk.reading() as connection:
            return () if connection is None else tuple(row["id"] for row in scan_rows.every(connection, "going"))

    def begin(self, scan_id: str, number: int) -> Shard | None:
        """Begin a shard, or go on with it; None where it is done, or the scan is over."""
        from ..store import scan_rows

        with self._desk.changing() as connection:
            row, scan = scan_rows.shard(connection, scan_id, number), scan_rows.one(connection, scan_id)
            if row is None or scan is None or row["done_at"] is not None or scan["state"] != "going":
                return None
            tries, at = row["tries"] + 1, row["at"]
            deaths = 0 if at is None else row["deaths"] + 1 if at == row["died_at"] else 1
            noted = {} if at is None else {"at": None, "died_at": at, "deaths": deaths}
            scan_rows.change_shard(connection, scan_id, number, tries=tries, **noted)
            poison = at if deaths >= DEADLY else None
        plan, objects = packing.plan(scan["plan"]), _listed(row["objects"])
        lines = () if row["partial"] is None else tuple(_unpacked(row["partial"]).split("\n"))
        return Shard(scan_id, number, plan, row["url"], objects, lines, tries, poison)

    def keep(self, shard: Shard, lines: list[str], at: int | None = None) -> None:
        """Keep what is there so far, and which object is looked at next, if any is."""
        from ..store import scan_rows

        with self._desk.changing() as connection:
            packed = _packed("\n".join(lines)) if lines else None
            scan_rows.change_shard(connection, shard.scan_id, shard.number, partial=packed, at=at)

    def done(self, shard: Shard, part: str, counts: Counts, lines: Iterable[Outcomes] = ()) -> bool:
        """Say that a shard is done, and where its lines lie; of several who say so, the first is believed.

        lines: those that serve for other objects with the same bytes.
        """
        from ..store import scan_rows

        values = {"part": part, "counts": packing.written(counts), "done_at": self._desk.now()}
        with self._desk.changing() as connection:
            first = scan_rows.change_shard(connection, shard.scan_id, shard.number, partial=None, at=None, **values)
            if first:
                served = {one.sha256: _packed(packing.written(one)) for one in lines if one.sha256}
                scan_rows.add_seen(connection, shard.scan_id, served)
            return first

    def seen(self, scan_id: str, digest: str) -> Outcomes | None:
        """Give the line of an object of this scan with these bytes, of a shard that is done."""
        from ..store import scan_rows

        with self._desk.reading() as connection:
            kept = None if connection is None else scan_rows.seen(connection, scan_id, digest)
        return None if kept is None else packing.line(_unpacked(kept))

    def asked(self, scan_id: str, number: int, attempt: int) -> None:
        """Note that a job of this number is to make a shard."""
        from ..store import scan_rows

        with self._desk.changing() as connection:
            scan_rows.change_shard(connection, scan_id, number, attempt=attempt)

    def undone(self, scan_id: str, after: int = -1, limit: int = 1000) -> list[tuple[int, int, int]]:
        """Give number, attempt and tries of shards that are not done."""
        from ..store import scan_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else scan_rows.undone(connection, scan_id, after, limit)
        return [(row["number"], row["attempt"], row["tries"]) for row in rows]

    def parts(self, scan_id: str) -> Iterator[str]:
        """Give the keys of lines of all shards that are done, in order."""
        from ..store import scan_rows

        with self._desk.reading() as connection:
            keys = [] if connection is None else [row["part"] for row in scan_rows.done(connection, scan_id)]
        yield from keys

    def finish(self, scan_id: str) -> bool:
        """Say that all shards are done; False where some are not, or it was over before."""
        from ..store import ledger, scan_rows

        with self._desk.writing() as connection:
            shards, objects, _, done = scan_rows.totals(connection, scan_id)
            if shards != done:
                return False
            over = scan_rows.change(connection, scan_id, ("going",), state="done", finished_at=self._desk.now())
            if over:
                scan_rows.forget_seen(connection, scan_id)
                ledger.append(connection, "scan.done", {"scan": scan_id, "objects": objects})
            return over

    def cancel(self, scan_id: str) -> bool:
        """End a scan that is not over; what is done of it stays."""
        from ..store import ledger, scan_rows

        with self._desk.writing() as connection:
            now = self._desk.now()
            over = scan_rows.change(connection, scan_id, ("listing", "going"), state="cancelled", finished_at=now)
            if over:
                scan_rows.forget_seen(connection, scan_id)
                ledger.append(connection, "scan.cancelled", {"scan": scan_id})
            return over

    def _add(self, rows: list[dict[str, Any]]) -> None:
        from ..store import scan_rows

        with self._desk.changing() as connection:
            scan_rows.add_shards(connection, rows)


def _gathered(found: Iterable[tuple[str, Listed]], most: int) -> Iterator[tuple[str, list[Listed]]]:
    """Gather what is listed, as it comes, into shards of one place each."""
    at, some = "", list[Listed]()
    for url, one in found:
        if some and (url != at or len(some) == most):
            yield at, some
            some = []
        at = url
        some.append(one)
    if some:
        yield at, some


def _listed(packed: bytes) -> tuple[Listed, ...]:
    return tuple(Listed(name, size) for name, size in json.loads(_unpacked(packed)))


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 6)


def _unpacked(data: bytes) -> str:
    return zlib.decompress(data).decode("utf-8", "surrogatepass")
