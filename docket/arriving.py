"""Arrivals of streams: a submission that is told of again, since nobody heard that it was taken, opens no second check.

An arrival is written in the transaction that opens its check, as an idempotency key is, and kept for good: a broker may
tell of the same thing after weeks, and an object lies where it lies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import packing
from .desk import Desk

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Arrived:
    """Something that a source told of, by the name that it has there for good."""

    tenant_id: str
    source: str
    key: str
    said: str = ""  # SHA-256 of what is asked for

    @property
    def id(self) -> str:
        """What it is known by here."""
        named = "\n".join((self.tenant_id, self.source, self.key))
        return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Became:
    """What came of an arrival: a check, or a reason why there is none."""

    check_id: str | None
    refused: str | None
    said: str


def take(connection: Connection, arrived: Arrived, check_id: str, now: str) -> bool:
    """Write that it becomes a check, in that one's transaction; False where it became something before."""
    return _write(connection, arrived, now, of_check=check_id)


class Arrivals:
    """What became of everything that streams brought."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk."""
        self._desk = desk

    def known(self, arrived: Sequence[Arrived]) -> dict[str, Became]:
        """Give what some arrivals became, by their ids; those that are new are missing."""
        from ..store import stream_rows

        with self._desk.reading() as connection:
            rows = {} if connection is None else stream_rows.some(connection, [one.id for one in arrived])
        return {id: Became(row["of_check"], row["refused"], row["said"]) for id, row in rows.items()}

    def refuse(self, arrived: Arrived, reason: str) -> bool:
        """Write why it becomes no check; False where it became something before."""
        with self._desk.changing() as connection:
            return _write(connection, arrived, self._desk.now(), refused=packing.text(reason))


def _write(connection: Connection, arrived: Arrived, now: str, **became: str) -> bool:
    from ..store import stream_rows

    named = {"id": arrived.id, "tenant_id": arrived.tenant_id, "source": packing.text(arrived.source)}
    return stream_rows.take(connection, {**named, "said": arrived.said, "at": now, **became})
