"""Idempotency keys: who asks the same twice, since no answer came, gets the first answer and no second check.

A key is its tenant's. What is kept is the answer as it was sent, so it must hold no secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..settings import Settings
from . import packing, times
from .desk import Desk

KEPT_S = 24 * 3600.0
State = Literal["first", "running", "conflict", "answered"]


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """How a key stands: `first` may go on; `running`: the first is still at it; `conflict`: it asked something else."""

    state: State
    answer: Answer | None = None  # where it was answered


class Idempotency:
    """The idempotency keys of a service."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)

    def begin(self, tenant_id: str, key: str, route: str, request_hash: str) -> Standing:
        """Take a key for a request, or say how it stands; of many at once, one is the first.

        One that was begun and never answered, since the process died, may be begun again when no request can still be
        at it.
        """
        from ..store import idempotency_rows

        now = self._desk.now()
        given = {"tenant_id": tenant_id, "key": key, "route": route, "request_hash": request_hash, "at": now}
        with self._desk.changing() as connection:
            if idempotency_rows.claim(connection, {**given, "answer": None}):
                return Standing("first")
            row = idempotency_rows.locked(connection, tenant_id, key)
            if row is None or row["at"] < self._oldest(now, row["answer"] is None):
                idempotency_rows.remove(connection, tenant_id, key)
                idempotency_rows.claim(connection, {**given, "answer": None})
                return Standing("first")
            if (row["route"], row["request_hash"]) != (route, request_hash):
                return Standing("conflict")
            if row["answer"] is None:
                return Standing("running")
            return Standing("answered", Answer(**json.loads(row["answer"])))

    def answered(self, tenant_id: str, key: str, answer: Answer) -> None:
        """Keep what was answered."""
        from ..store import idempotency_rows

        packed = packing.json_of({"status": answer.status, "body": answer.body, "headers": dict(answer.headers)})
        with self._desk.changing() as connection:
            idempotency_rows.change(connection, tenant_id, key, answer=packed)

    def abandon(self, tenant_id: str, key: str) -> None:
        """Forget a key whose request came to nothing, so that it may be tried again."""
        from ..store import idempotency_rows

        with self._desk.changing() as connection:
            idempotency_rows.remove(connection, tenant_id, key)

    def _oldest(self, now: str, running: bool) -> str:
        longest = 2 * self._desk.options.service.upload_s  # one request brings its body within that time
        return times.later(now, seconds=-(min(longest, KEPT_S) if running else KEPT_S))


def sweep(desk: Desk) -> None:
    """Forget keys that are past their time."""
    from ..store import idempotency_rows

    with desk.changing() as connection:
        idempotency_rows.remove_before(connection, times.later(desk.now(), seconds=-KEPT_S))
