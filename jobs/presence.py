"""Who is at work: names that are held by a living process alone, whatever way it dies.

On PostgreSQL a name is an advisory lock of a connection kept for nothing else: the server lets go of it when the
process ends, or when its machine no longer answers. Beside SQLite it is a locked file, which the system lets go of.
Knows no jobs; neither clocks nor heartbeats are needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import quote

from ..settings import Settings
from .queue import prepared, reporting

if TYPE_CHECKING:
    from sqlalchemy import Connection

KIND = 7310272  # of the locks, apart from those of other programs in the same database
# A machine that vanished sends no farewell; after half a minute of silence the server takes it as gone.
_ALERT = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4"


class Presence(Protocol):
    """Names, each held by one process at a time."""

    def hold(self, name: str) -> bool:
        """Take a name, or say that another process has it. To take what is held already changes nothing."""

    def let_go(self, name: str) -> None:
        """Give it back."""

    def close(self) -> None:
        """Give back all of them."""


def presence(options: Settings) -> Presence:
    """Give the one that goes with the queue's database."""
    url = prepared(options)
    return _Files(Path(url.removeprefix("sqlite:///"))) if url.startswith("sqlite:") else _Locks(url)


def worker_name(name: str) -> str:
    """Give the name that a worker holds while it lives."""
    return f"worker {name}"


def number_of(name: str) -> int:
    """Give the number of the advisory lock that a name is on PostgreSQL."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)


def file_name(name: str) -> str:
    """Give the part of a locked file's name that a name is beside SQLite."""
    return quote(name, safe="")[:150]


class _Files:
    """Locked files beside the database."""

    def __init__(self, database: Path) -> None:
        self._database, self._held = database, dict[str, IO[bytes]]()
        self._guard = threading.Lock()

    def hold(self, name: str) -> bool:
        path = self._database.with_name(f"{self._database.name}.{file_name(name)}.lock")
        with self._guard:
            if name in self._held:
                return True
            with reporting(f"sqlite:///{self._database}"):
                file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    file.close()
                    return False
            self._held[name] = file
            return True

    def let_go(self, name: str) -> None:
        with self._guard:
            if name in self._held:
                self._held.pop(name).close()

    def close(self) -> None:
        for name in list(self._held):
            self.let_go(name)


class _Locks:
    """Advisory locks of one connection; where it breaks, all that was held is taken anew on the next."""

    def __init__(self, url: str) -> None:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        self._url = url
        with reporting(url):
            self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._held: set[str] = set()
        self._guard = threading.Lock()

    def hold(self, name: str) -> bool:
        with self._guard, reporting(self._url):
            lost = self._reached()
            if name in self._held and name not in lost:
                return True
            for other in lost - {name}:
                if not self._asked("pg_try_advisory_lock", other):
                    self._held.discard(other)
            got = self._asked("pg_try_advisory_lock", name)
            (self._held.add if got else self._held.discard)(name)
            return got

    def let_go(self, name: str) -> None:
        with self._guard, reporting(self._url):
            if name in self._held:
                self._held.discard(name)
                if not self._reached():
                    self._asked("pg_advisory_unlock", name)

    def close(self) -> None:
        with self._guard:
            self._held.clear()
            self._drop()

    def _reached(self) -> set[str]:
        """Be connected; give the names that were lost with a connection that broke."""
        from sqlalchemy.exc import SQLAlchemyError

        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.exec_driver_sql("SELECT 1")
                return set()
            self._drop()
        self._connection = self._engine.connect()
        self._connection.exec_driver_sql(_ALERT)
        return set(self._held)

    def _asked(self, function: str, name: str) -> bool:
        assert self._connection is not None
        return bool(self._connection.exec_driver_sql(f"SELECT {function}({KIND}, {number_of(name)})").scalar())

    def _drop(self) -> None:
        from sqlalchemy.exc import SQLAlchemyError

        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.invalidate()
            with suppress(SQLAlchemyError):
                self._connection.close()
        self._connection = None
