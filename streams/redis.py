"""A stream of a Redis server, read by a consumer group: several listeners share it, and take over from a dead one.

An entry is acknowledged after it is laid down. What a listener had taken that died is claimed by the others after a
while, and given again; each entry is known by its `id`, or by its number in the stream.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from typing import Any
from uuid import uuid4

from ..errors import PackageMissing, StreamUnavailable
from .messages import read
from .values import Allowed, Arrival, Batch, Refused

FIELDS = (b"message", b"data", b"body", b"value")  # of an entry, the first that is there
CLAIM_S = 60.0  # for which nothing was heard of an entry that was taken
_ANSWER_S = 10.0
Entries = list[tuple[bytes, dict[bytes, bytes] | None]]


class Stream:
    """One member of a group that reads a stream."""

    def __init__(
        self, url: str, stream: str, name: str, allowed: Allowed, dead_letters: str = "", claim_s: float = CLAIM_S
    ) -> None:
        """Take the server's URL; user and password come from REDIS_USERNAME and REDISCLI_AUTH. Nothing is asked yet."""
        try:
            import redis
        except ImportError:
            raise PackageMissing("a stream is read by redis", advice="pip install redis") from None
        self._server: Any = redis.Redis.from_url(
            url,
            username=os.environ.get("REDIS_USERNAME") or None,
            password=os.environ.get("REDISCLI_AUTH") or None,
            socket_timeout=_ANSWER_S,
            socket_connect_timeout=_ANSWER_S,
            protocol=2,
        )
        self._stream, self._name, self._allowed, self._dead_letters = stream, name, allowed, dead_letters
        self._group = f"countermark.{name}"
        self._me = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._claim_s, self._claimed_at = claim_s, -claim_s
        self._claim_from = b"0-0"
        self._made = self._dry = False

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def dry(self) -> bool:
        """Whether the last reading gave nothing."""
        return self._dry

    @property
    def left(self) -> str:
        """Nothing is passed over: a message is whole."""
        return ""

    def read(self, wait_s: float, most: int) -> Batch | None:
        """Take what others left behind, else what is new."""
        from redis.exceptions import ResponseError

        with self._reporting():
            try:
                self._begin()
                entries = self._claimed(most) or self._new(wait_s, most)
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                self._made = False  # the stream was taken away, or its server forgot: it is begun anew
                return None
        self._dry = not entries
        return self._batch(entries) if entries else None

    def acknowledge(self, batch: Batch) -> None:
        """Hand on what could not be taken, then acknowledge."""
        with self._reporting():
            both = self._server.pipeline(transaction=True)  # or a letter would be sent again with the next try
            refused = (one for one in batch.arrived if isinstance(one, Refused)) if self._dead_letters else ()
            for raw, ones in groupby(refused, key=lambda one: one.raw):
                told = list(ones)
                why = "; ".join(dict.fromkeys(one.reason for one in told))
                both.xadd(self._dead_letters, {"message": raw, "reason": why, "key": told[0].key})
            both.xack(self._stream, self._group, *json.loads(batch.position))
            both.execute()

    def idle(self) -> None:
        """A group of Redis asks nothing of its members."""

    def close(self) -> None:
        """Leave the group, unless something is still noted for this member: that is for the others to claim."""
        from redis.exceptions import RedisError

        with suppress(RedisError):
            if self._made:
                mine = self._server.xpending_range(self._stream, self._group, "-", "+", 1, self._me)
                if not mine:
                    self._server.xgroup_delconsumer(self._stream, self._group, self._me)
            self._server.close()

    def _begin(self) -> None:
        from redis.exceptions import ResponseError

        if self._made:
            return
        try:
            self._server.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._made = True

    def _claimed(self, most: int) -> Entries:
        """Take over what was taken and not acknowledged for so long that its listener must be gone."""
        if self._claim_from == b"0-0" and time.monotonic() - self._claimed_at < self._claim_s / 2:
            return []
        idle = round(1000 * self._claim_s)
        said = self._server.xautoclaim(self._stream, self._group, self._me, idle, self._claim_from, count=most)
        self._claim_from, self._claimed_at = bytes(said[0]), time.monotonic()
        return list(said[1])

    def _new(self, wait_s: float, most: int) -> Entries:
        block = max(1, round(1000 * wait_s))
        said = self._server.xreadgroup(self._group, self._me, {self._stream: ">"}, count=most, block=block)
        return [entry for _, entries in said or () for entry in entries]

    def _batch(self, entries: Entries) -> Batch:
        arrived: list[Arrival | Refused] = []
        for number, fields in entries:
            if fields:  # or else it was deleted meanwhile
                arrived += self._read(number.decode(), fields)
        return Batch(tuple(arrived), json.dumps([number.decode() for number, _ in entries]))

    def _read(self, number: str, fields: dict[bytes, bytes]) -> tuple[Arrival | Refused, ...]:
        raw = next((fields[name] for name in FIELDS if name in fields), None)
        if raw is None:
            return (Refused(number, "it has no field `message`"),)
        return read(raw, number, self._allowed)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        from redis.exceptions import RedisError

        try:
            yield
        except (RedisError, OSError) as error:
            raise StreamUnavailable(f"the server of {self._stream}: {type(error).__name__}") from None
