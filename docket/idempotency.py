"""Idempotency keys: who asks the same twice, since no answer came, gets what was made the first time, and no second.

A key is its tenant's. It is written in the transaction that lays what was asked for, or not at all: a process that dies
leaves either both or neither, and nobody waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..settings import Settings
from . import times
from .desk import Desk

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEPT_S = 24 * 3600.0
State = Literal["first", "conflict", "made"]


@dataclass(frozen=True)
class Claim:
    """A key, and what is asked under it."""

    tenant_id: str
    key: str
    route: str
    request_hash: str


@dataclass(frozen=True)
class Standing:
    """How a key stands: `first` may go on; `made`: it was done already; `conflict`: it asked something else."""

    state: State
    made_id: str | None = None  # of the check or stamp that was made


class KeyTaken(Exception):
    """Somebody else took the key meanwhile, and nothing was laid: ask how it stands."""


class Idempotency:
    """The idempotency keys of a service."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)

    def standing(self, claim: Claim) -> Standing:
        """Say how a key stands. It is taken by what is laid under it."""
        from ..store import idempotency_rows

        with self._desk.reading() as connection:
            row = None if connection is None else idempotency_rows.one(connection, claim.tenant_id, claim.key)
        if row is None or row["at"] < _oldest(self._desk.now()):
            return Standing("first")
        if (row["route"], row["request_hash"]) != (claim.route, claim.request_hash):
            return Standing("conflict")
        return Standing("made", row["made_id"])


def take(connection: Connection, claim: Claim | None, made_id: str, now: str) -> None:
    """Take a key for what is laid in this transaction; KeyTaken where another was quicker, who is waited for."""
    from ..store import idempotency_rows

    if claim is None:
        return
    idempotency_rows.remove_before(connection, _oldest(now), claim.key)
    if not idempotency_rows.claim(connection, {**vars(claim), "made_id": made_id, "at": now}):
        raise KeyTaken


def sweep(desk: Desk) -> None:
    """Forget keys that are past their time."""
    from ..store import idempotency_rows

    with desk.changing() as connection:
        idempotency_rows.remove_before(connection, _oldest(desk.now()))


def _oldest(now: str) -> str:
    return times.later(now, seconds=-KEPT_S)
