"""Opens the database: for reading what is there, or for writing, where it is made and brought up to date first.

SQLite runs in WAL mode with foreign keys on. A writing transaction takes the registry's one lock at once (BEGIN
IMMEDIATE; an advisory lock of PostgreSQL), so that what it has read still holds when it writes. A changing transaction
is for rows that are nobody's but their own, and no line of the ledger: on PostgreSQL it waits only for who has locked
the same rows. Errors of drivers become RegistryUnavailable, or RegistryRefused where to wait would mend
nothing; without passwords.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NoSuchModuleError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.pool import NullPool

from ..errors import RegistryRefused, RegistryUnavailable
from ..settings import is_secret, without_secrets

HEAD = "0004"  # the newest migration; a test holds it to the folder
VERSION_TABLE = "countermark_version"
BUSY_S = 15.0  # how long a writer waits for another
_LOCK = 7310271  # PostgreSQL: one writer at a time, until its transaction ends
_MIGRATIONS = Path(__file__).parent / "migrations"
_OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
_OF_SQLITE = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.NotSupportedError, sqlite3.ProgrammingError)
_FORBIDDEN = "42501"  # PostgreSQL: this user may not


@contextmanager
def reading(url: str) -> Iterator[Connection | None]:
    """Give one snapshot of what is there; None where no registry was ever written. Makes no file."""
    parsed = _parse(url)
    path = _sqlite_path(parsed)
    with reporting(url):
        if path is not None and not path.exists():
            yield None
            return
        with _reader(url, os.getpid()).connect() as connection:
            version = _version(connection)
            if version is not None and version != HEAD and not _is_newer(connection, version):
                raise RegistryUnavailable(
                    f"the registry is of version {version}, this program reads {HEAD}",
                    advice="anything that writes brings it up to date",
                )
            yield None if version is None else connection


@contextmanager
def writing(url: str) -> Iterator[Connection]:
    """Give a transaction that no other writer shares; the database and its tables are made where they are missing."""
    parsed = _parse(url)
    path = _sqlite_path(parsed)
    with reporting(url):
        if path is not None:
            _make_file(path)
        with _writer(url, os.getpid()).begin() as connection:
            version = _version(connection)
            if version is None or (version != HEAD and not _is_newer(connection, version)):
                _migrate(connection, version)
            yield connection


@contextmanager
def changing(url: str) -> Iterator[Connection]:
    """Give a transaction beside others; whoever uses it locks the rows it reads before it writes, and no ledger."""
    if _sqlite_path(_parse(url)) is not None:  # one writer at a time is all that there is
        with writing(url) as connection:
            yield connection
        return
    with reporting(url):
        while True:
            with _changer(url, os.getpid()).begin() as connection:
                version = _version(connection)
                if version == HEAD or (version is not None and _is_newer(connection, version)):
                    yield connection
                    return
            with writing(url):  # makes the tables, or says that they are of a newer program
                pass


@contextmanager
def reporting(url: str) -> Iterator[None]:
    """Turn what drivers and the system raise into errors of ours, in words and without a password."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        said: BaseException = (error.orig or error) if isinstance(error, DBAPIError) else error
        kind = RegistryUnavailable if _passes(error) else RegistryRefused
        raise kind(f"{without_secrets(url)}: {_words(str(said), url)}") from None
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise RegistryUnavailable(f"{without_secrets(url)}: {reason}") from None


def _passes(error: SQLAlchemyError | sqlite3.Error) -> bool:
    """Whether the database is away, locked, full or not to be opened, and may be back; else the fault is ours."""
    if isinstance(error, (DisconnectionError, NoneFree)):
        return True
    said = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(said, sqlite3.Error):
        asked_wrongly = getattr(said, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
        return not asked_wrongly and not isinstance(said, _OF_SQLITE)
    if not isinstance(error, DBAPIError):
        return False
    forbidden = getattr(said, "sqlstate", None) == _FORBIDDEN  # the operator's to mend, and waited for
    return forbidden or error.connection_invalidated or not isinstance(error, _OURS)


def _words(message: str, url: str) -> str:
    parsed = make_url(url)
    for secret in (parsed.password, *(value for name, value in parsed.query.items() if is_secret(name))):
        for one in secret if isinstance(secret, tuple) else (secret,):
            message = message.replace(str(one), "***") if one else message
    lower = message.lower()
    for sign, meaning in (
        ("lock timeout", f"another process has kept it locked for {BUSY_S:.0f} s"),
        ("database is locked", f"another process has kept it locked for {BUSY_S:.0f} s"),
        ("readonly database", "it can't be written by this user"),
        ("not a database", "the file is no database"),
        ("malformed", "the database is damaged"),
        ("disk is full", "the disk is full"),
        ("unable to open", "it can't be opened by this user"),
    ):
        if sign in lower:
            return meaning
    return message.split("\n")[0]


@lru_cache(maxsize=8)
def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise RegistryUnavailable(
            "`database` is no URL of a database",
            advice="say: sqlite:////path/file.sqlite, or postgresql://user@host/name",
        ) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise RegistryUnavailable(
            f"no support for {parsed.get_backend_name()} databases",
            advice="say: sqlite:////path/file.sqlite, or postgresql://…",
        )
    return parsed


def _sqlite_path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise RegistryUnavailable("a registry in memory keeps nothing", advice="say: sqlite:////path/file.sqlite")
    return Path(url.database)


# An engine keeps what SQLAlchemy has worked out about a statement. A file is opened anew each time; a server's
# connections, which take it many times as long as a lookup, are kept, by the process that made them alone.


@lru_cache(maxsize=8)
def _reader(url: str, process: int) -> Engine:
    parsed = _parse(url)
    path = _sqlite_path(parsed)
    # One snapshot for all that is read, so that records and ledger can be held to each other. SQLite gives no other.
    return _sqlite(path, "ro") if path is not None else _server(parsed, "REPEATABLE READ", alone=False)


@lru_cache(maxsize=8)
def _writer(url: str, process: int) -> Engine:
    parsed = _parse(url)
    path = _sqlite_path(parsed)
    return _sqlite(path, "rw") if path is not None else _server(parsed, "READ COMMITTED", alone=True)


@lru_cache(maxsize=8)
def _changer(url: str, process: int) -> Engine:
    return _server(_parse(url), "READ COMMITTED", alone=False)


def _server(url: URL, isolation: Literal["REPEATABLE READ", "READ COMMITTED"], alone: bool) -> Engine:
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": round(BUSY_S)}
    try:
        engine = create_engine(url, isolation_level=isolation, pool_pre_ping=True, connect_args=patience)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise RegistryUnavailable(
            f"no driver for {url.drivername} is installed",
            advice="`pip install '.[postgres]'` in the folder of Countermark's sources installs one for postgresql://",
        ) from None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if isolation == "READ COMMITTED":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(BUSY_S * 1000)}")
        if alone:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    return engine


def _sqlite(path: Path, mode: Literal["ro", "rw"]) -> Engine:
    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path.absolute()))}?mode={mode}"
        if mode == "ro" and not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists():
            address += "&immutable=1"  # WAL wants to write a file beside it, even to read
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        if mode == "rw":
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what goes is overwritten: the file keeps none of it
            _use_wal(connection)
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "rw" else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Change over once for each file; SQLite does not wait for others in this, so it is tried again."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            return  # a file system without shared memory: slower, and still right
        time.sleep(0.02)


def _make_file(path: Path) -> None:
    """Make an empty file that only its owner can read, where there is none.

    One that is there is not opened: closing it again would let go of every lock that this process has on it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _version(connection: Connection) -> str | None:
    if connection.dialect.name == "postgresql":  # there, a question that fails spoils the transaction
        if connection.exec_driver_sql(f"SELECT to_regclass('{VERSION_TABLE}')").scalar() is None:
            return None
    try:
        found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()
    except OperationalError as error:
        if "no such table" in str(error.orig):
            return None
        raise
    return None if found is None else str(found)


def _is_newer(connection: Connection, version: str) -> bool:
    """Whether a newer program has brought it up to date, and left all that this one asks of it; RegistryUnavailable
    where it did not."""
    if version < HEAD:
        return False
    oldest = connection.exec_driver_sql("SELECT oldest FROM readers").scalar()
    if oldest is None or oldest > HEAD:
        raise RegistryUnavailable(
            f"the registry is of version {version}, which this program, of {HEAD}, does not know",
            advice="update Countermark",
        )
    return True


def _migrate(connection: Connection, version: str | None) -> None:
    from alembic import command  # .3 s, spared where nothing is to be done
    from alembic.config import Config
    from alembic.util import CommandError

    attributes: dict[str, Any] = {"connection": connection, "version_table": VERSION_TABLE}
    config = Config(attributes=attributes)
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise RegistryUnavailable(
            f"the registry is of version {version}, which this program does not know", advice="update Countermark"
        ) from None
