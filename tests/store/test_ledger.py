"""The ledger: bound line by line, closed to change, sound under many writers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from countermark.errors import LedgerBroken, RegistryRefused
from countermark.store import engine, ledger
from countermark.tests import databases


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = databases.new(request.param, tmp_path)
    with engine.writing(url) as connection:
        for number in range(5):
            ledger.append(connection, "test", {"number": number, "text": "ü\n"})
    return url


def _lines(url: str) -> list[ledger.Entry]:
    with engine.reading(url) as connection:
        assert connection is not None
        return list(ledger.entries(connection))


def _count(url: str) -> int:
    return len(_lines(url))


def test_a_sound_chain_is_counted(url: str) -> None:
    assert _count(url) == 5
    lines = _lines(url)
    with engine.reading(url) as connection:
        assert connection is not None and ledger.head(connection) == lines[-1]
    assert lines[0].previous == ledger.START and lines[0].body == '{"number":0,"text":"\\u00fc\\n"}'


COMMON = ("UPDATE ledger SET body = '{}'", "DELETE FROM ledger WHERE seq = 5")
REFUSED = {
    "sqlite": (
        *COMMON,
        "INSERT OR REPLACE INTO ledger SELECT seq, at, 'x', body, previous, hash FROM ledger WHERE seq = 2",
        "REPLACE INTO ledger SELECT 9, at, kind, body, previous, hash FROM ledger WHERE seq = 2",
    ),
    "postgresql": (*COMMON, "TRUNCATE ledger"),
}


def test_the_database_refuses_to_change_a_line(url: str) -> None:
    for statement in REFUSED[url.partition(":")[0]]:
        with pytest.raises(RegistryRefused, match="append-only"), engine.writing(url) as connection:
            connection.exec_driver_sql(statement)
    assert _count(url) == 5


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE ledger SET body = '{}' WHERE seq = 3", "line 3"),
        ("UPDATE ledger SET kind = 'other' WHERE seq = 1", "line 1"),
        ("UPDATE ledger SET at = '2000' WHERE seq = 5", "line 5"),
        ("DELETE FROM ledger WHERE seq = 2", "line 2"),
        ("DELETE FROM ledger WHERE seq = 1", "line 1"),
    ],
)
def test_a_change_behind_its_back_is_found(url: str, statement: str, line: str) -> None:
    """As someone who owns the database would: without the triggers."""
    databases.without_triggers(url)
    databases.ask(url, statement)
    with pytest.raises(LedgerBroken, match=line):
        _count(url)


def test_a_line_falls_with_its_transaction(url: str) -> None:
    with pytest.raises(RuntimeError), engine.writing(url) as connection:
        ledger.append(connection, "test", {})
        raise RuntimeError
    assert _count(url) == 5


def test_many_writers_make_one_chain(url: str) -> None:
    code = (
        "import sys; from countermark.store import engine, ledger\n"
        f"url = {url!r}; sys.stdin.readline()\n"
        "for n in range(20):\n"
        "    with engine.writing(url) as connection: ledger.append(connection, 'many', {'n': n})\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) for _ in range(3)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert _count(url) == 65
