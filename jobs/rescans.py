"""Rescans as they are kept: what each is for, how far it has come, and one line for each check. Judges nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from ..docket import times
from ..docket.desk import Desk
from ..docket.secrets import new_id
from ..errors import ScanUnfit

if TYPE_CHECKING:
    from sqlalchemy import Connection

Because = Literal["model", "adapter", "trust", "revoked", "policy"]
End = Literal["changed", "same", "gone", "failed"]
State = Literal["going", "done", "cancelled"]

BECAUSE: tuple[Because, ...] = ("model", "adapter", "trust", "revoked", "policy")
_SETTLED: tuple[End, ...] = ("changed", "same", "gone")  # the same look would come to the same


@dataclass(frozen=True)
class Plan:
    """What a rescan is to go over, and why."""

    because: Because
    tenant: str = ""  # empty: all
    since: str = ""  # of checks that were laid then
    until: str = times.LAST
    share: float = 1.0
    limit: int | None = None

    def chooses(self, check_id: str) -> bool:
        """Whether a check is of the share; a larger share has it too."""
        return int(hashlib.sha256(check_id.encode()).hexdigest()[:12], 16) < self.share * (1 << 48)


@dataclass(frozen=True)
class Candidate:
    """A check that may be judged otherwise by now."""

    check_id: str
    tenant_id: str
    outcome: str
    revision: int
    kept: bool  # its media is still there
    seconds: float  # that it took when it was made
    against: str  # SHA-256 of what it would be judged by


@dataclass(frozen=True)
class Line:
    """One check of a rescan."""

    check_id: str
    revision: int
    outcome: End | None
    note: str
    shard: int  # in which it was dealt out last
    attempt: int  # at it, so far


@dataclass(frozen=True)
class Standing:
    """What is left of one: all that a round asks for, however many lines there are."""

    id: str
    plan: Plan
    state: State
    after: str
    listed: bool
    waiting: int


@dataclass(frozen=True)
class Rescan:
    """How far one is."""

    id: str
    plan: Plan
    state: State
    after: str
    listed: bool  # all that it goes over is known
    looked: int
    changed: int
    same: int
    gone: int  # of these the media is gone, and what was found stays
    failed: int
    waiting: int
    made_at: str
    finished_at: str | None

    @property
    def could_not(self) -> int:
        """Those that could not be judged anew."""
        return self.gone + self.failed


class Rescans:
    """All rescans of one database."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk."""
        self._desk = desk

    def open(self, plan: Plan) -> str:
        """Lay one down; workers begin it. Give its id."""
        from ..store import ledger, rescan_rows

        rescan_id = new_id("rsc")
        with self._desk.writing() as connection:
            row = {"id": rescan_id, "plan": json.dumps(asdict(plan)), "state": "going", "after": "", "shards": 0}
            rescan_rows.add(connection, row | {"made_at": self._desk.now()})
            body = {"rescan": rescan_id, "because": plan.because, "tenant": plan.tenant or None}
            ledger.append(connection, "rescan.begun", body)
        return rescan_id

    def get(self, rescan_id: str) -> Rescan:
        """Read one, and count its lines."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            row = _known(connection, rescan_id)
            counts = rescan_rows.counts(connection, rescan_id) if connection is not None else {}
        return _rescan(row, counts)

    def standing(self, rescan_id: str) -> Standing:
        """Read what is left of one."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            row = _known(connection, rescan_id)
            waiting = rescan_rows.waiting(connection, rescan_id) if connection is not None else 0
        plan, listed = Plan(**json.loads(row["plan"])), row["listed_at"] is not None
        return Standing(row["id"], plan, cast(State, row["state"]), row["after"], listed, waiting)

    def listed(self, rescan_id: str) -> int:
        """Count all of its lines."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            return 0 if connection is None else sum(rescan_rows.counts(connection, rescan_id).values())

    def going(self) -> tuple[str, ...]:
        """Give the ids of those that are not over."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            return () if connection is None else tuple(rescan_rows.going(connection))

    def list(self, rescan_id: str, was: str, after: str | None, found: Iterable[Candidate]) -> None:
        """Add what a page of the past brought; `was`: where the page began, so that none is added twice.

        after: where it ended; None: it was the last.
        """
        from ..store import rescan_rows

        with self._desk.writing() as connection:
            row = rescan_rows.one(connection, rescan_id)
            if row is None or row["state"] != "going" or row["after"] != was or row["listed_at"] is not None:
                return
            rows = [
                {
                    **{"rescan_id": rescan_id, "of_check": one.check_id, "revision": one.revision},
                    **{"against": one.against, "shard": 0, "attempt": 0, "note": ""},
                }
                for one in found
            ]
            rescan_rows.add_lines(connection, rows)
            come = {"listed_at": self._desk.now()} if after is None else {"after": after}
            rescan_rows.change(connection, rescan_id, **come)

    def dealt(self, rescan_id: str) -> tuple[int, ...]:
        """Give the numbers of the shards that have lines without an outcome."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            return () if connection is None else tuple(rescan_rows.dealt(connection, rescan_id))

    def deal(self, rescan_id: str, over: Collection[int], most: int) -> int | None:
        """Make a shard of lines that are in none, or left of one that is over; None: there are none."""
        from ..store import rescan_rows

        with self._desk.writing() as connection:
            row = rescan_rows.one(connection, rescan_id)
            found = rescan_rows.free(connection, rescan_id, (0, *over), most)
            if row is None or row["state"] != "going" or not found:
                return None
            shard = int(row["shards"]) + 1
            rescan_rows.change(connection, rescan_id, shards=shard)
            rescan_rows.put(connection, rescan_id, found, shard)
        return shard

    def of_shard(self, rescan_id: str, shard: int) -> tuple[str, ...]:
        """Give the checks of a shard that have no outcome."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            return () if connection is None else tuple(rescan_rows.free(connection, rescan_id, (shard,), None))

    def begun(self, rescan_id: str, check_id: str, shard: int) -> Line | None:
        """Count an attempt at a check; None: it has its outcome, is another shard's, or the rescan is over."""
        from ..store import rescan_rows

        with self._desk.changing() as connection:
            rescan, row = rescan_rows.one(connection, rescan_id), rescan_rows.line(connection, rescan_id, check_id)
            if rescan is None or rescan["state"] != "going" or row is None:
                return None
            counted = rescan_rows.try_line(connection, rescan_id, check_id, shard, row["attempt"], 1)
            return replace(_line(row), shard=shard, attempt=row["attempt"] + 1) if counted else None

    def left(self, rescan_id: str, begun: Line) -> None:
        """Take back that a check was begun: whoever was at it was told to stop."""
        from ..store import rescan_rows

        with self._desk.changing() as connection:
            rescan_rows.try_line(connection, rescan_id, begun.check_id, begun.shard, begun.attempt, -1)

    def lines(self, rescan_id: str, outcomes: tuple[End, ...], limit: int = 10) -> tuple[Line, ...]:
        """Give some lines that came to one of these."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else rescan_rows.lines(connection, rescan_id, outcomes, limit)
        return tuple(map(_line, rows))

    def settled(self, found: Iterable[Candidate]) -> set[str]:
        """Say which of these were held to exactly this before, by whatever rescan."""
        from ..store import rescan_rows

        against = {one.check_id: one.against for one in found}
        with self._desk.reading() as connection:
            if connection is None or not against:
                return set()
            known = rescan_rows.known(connection, tuple(against), _SETTLED)
        return {check_id for check_id, of in against.items() if (check_id, of) in known}

    def seconds(self, because: Because) -> float | None:
        """Give what a check took on average in earlier rescans of this kind; None: there were none."""
        from ..store import rescan_rows

        with self._desk.reading() as connection:
            return None if connection is None else rescan_rows.seconds(connection, because)

    def told(self, rescan_id: str, check_id: str, end: End, note: str, seconds: float | None = None) -> bool:
        """Write the outcome of a check; of several who do, the first is believed."""
        from ..store import rescan_rows

        values = {"outcome": end, "note": note, "seconds": seconds, "at": self._desk.now()}
        with self._desk.changing() as connection:
            return rescan_rows.change_line(connection, rescan_id, check_id, **values)

    def finish(self, rescan_id: str) -> bool:
        """Say that each check of it has its line; False where some have not, or it was over before."""
        from ..store import ledger, rescan_rows

        with self._desk.writing() as connection:
            row = rescan_rows.one(connection, rescan_id)
            one = None if row is None else _rescan(row, rescan_rows.counts(connection, rescan_id))
            if one is None or not one.listed or one.waiting:
                return False
            over = rescan_rows.change(connection, rescan_id, state="done", finished_at=self._desk.now())
            if over:
                counts = {name: getattr(one, name) for name in ("looked", "changed", "same", "gone", "failed")}
                ledger.append(connection, "rescan.done", {"rescan": rescan_id, **counts})
            return over

    def cancel(self, rescan_id: str) -> bool:
        """End one that is not over; what it brought stays."""
        from ..store import ledger, rescan_rows

        with self._desk.writing() as connection:
            over = rescan_rows.change(connection, rescan_id, state="cancelled", finished_at=self._desk.now())
            if over:
                ledger.append(connection, "rescan.cancelled", {"rescan": rescan_id})
            return over


def _known(connection: Connection | None, rescan_id: str) -> dict[str, Any]:
    from ..store import rescan_rows

    row = None if connection is None else rescan_rows.one(connection, rescan_id)
    if row is None:
        advice = "see that the id is right, and of this database"
        raise ScanUnfit(f"there is no rescan {rescan_id}", advice=advice)
    return row


def _rescan(row: dict[str, Any], counts: dict[str | None, int]) -> Rescan:
    by = {name: counts.get(name, 0) for name in ("changed", "same", "gone", "failed")}
    return Rescan(
        id=row["id"],
        plan=Plan(**json.loads(row["plan"])),
        state=cast(State, row["state"]),
        after=row["after"],
        listed=row["listed_at"] is not None,
        looked=sum(by.values()),
        **by,
        waiting=counts.get(None, 0),
        made_at=row["made_at"],
        finished_at=row["finished_at"],
    )


def _line(row: dict[str, Any]) -> Line:
    outcome = cast("End | None", row["outcome"])
    return Line(row["of_check"], row["revision"], outcome, row["note"], row["shard"], row["attempt"])
