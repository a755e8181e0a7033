"""Opening: nothing made by reading, everything made by writing, errors in words."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import countermark.store
from countermark.errors import RegistryRefused, RegistryUnavailable
from countermark.store import engine, ledger
from countermark.tests import databases


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "registry.sqlite"


def _url(file: Path) -> str:
    return f"sqlite:///{file}"


def _make(url: str) -> None:
    with engine.writing(url):
        pass


def _is_there(url: str) -> bool:
    with engine.reading(url) as connection:
        return connection is not None


def test_reading_what_is_not_there_makes_nothing(file: Path) -> None:
    assert not _is_there(_url(file))
    assert not file.parent.exists()


def test_writing_makes_it_private_and_in_wal_mode(file: Path) -> None:
    with engine.writing(_url(file)) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert _is_there(_url(file))


def test_the_constant_is_the_newest_migration() -> None:
    folder = Path(countermark.store.__path__[0]) / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [engine.HEAD]


def test_alembic_is_not_imported_where_nothing_is_to_migrate(file: Path) -> None:
    _make(_url(file))
    code = (
        "import sys; from countermark.store import engine; "
        f"engine.writing({_url(file)!r}).__enter__(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize("kind", databases.KINDS)
def test_many_processes_may_be_first(kind: str, tmp_path: Path) -> None:
    url = databases.new(kind, tmp_path)
    code = (
        "import sys; from countermark.store import engine; sys.stdin.readline(); "
        f"\nwith engine.writing({url!r}): pass"
    )  # fmt: skip
    running = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) for _ in range(4)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    assert _is_there(url)


def test_a_server_s_writers_wait_for_each_other_and_not_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.new("postgresql", tmp_path)
    _make(url)
    monkeypatch.setattr(engine, "BUSY_S", 0.2)
    with engine.writing(url):
        with pytest.raises(RegistryUnavailable, match="locked"):
            _make(url)
        assert _is_there(url), "readers do not wait"


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_change_makes_the_tables_where_there_are_none_and_is_undone_by_an_error(kind: str, tmp_path: Path) -> None:
    url = databases.new(kind, tmp_path)
    add = "INSERT INTO tenants (id, name, may_stamp, created_at) VALUES ('{}', '', false, '')"
    with engine.changing(url) as connection:
        connection.exec_driver_sql(add.format("kept"))
    with pytest.raises(ZeroDivisionError), engine.changing(url) as connection:
        connection.exec_driver_sql(add.format("undone"))
        raise ZeroDivisionError
    assert databases.ask(url, "SELECT id FROM tenants") == [("kept",)]


def test_a_server_s_changes_wait_for_the_same_row_alone_and_not_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.new("postgresql", tmp_path)
    monkeypatch.setattr(engine, "BUSY_S", 0.2)
    with engine.changing(url) as connection:
        for name in ("a", "b"):
            add = "INSERT INTO tenants (id, name, may_stamp, created_at) VALUES ('{}', '', false, '')"
            connection.exec_driver_sql(add.format(name))
    lock = "SELECT * FROM tenants WHERE id = '{}' FOR UPDATE"
    with engine.writing(url), engine.changing(url) as one:
        one.exec_driver_sql(lock.format("a"))
        with engine.changing(url) as other:
            other.exec_driver_sql(lock.format("b"))
        with pytest.raises(RegistryUnavailable, match="locked"), engine.changing(url) as other:
            other.exec_driver_sql(lock.format("a"))


def test_a_newer_registry_is_not_changed(tmp_path: Path) -> None:
    url = databases.new("postgresql", tmp_path)
    _make(url)
    databases.ask(url, f"UPDATE {engine.VERSION_TABLE} SET version_num = '9999'")
    databases.ask(url, "UPDATE readers SET oldest = '9999'")
    with pytest.raises(RegistryUnavailable, match="9999"), engine.changing(url):
        pass


@pytest.mark.parametrize("kind", databases.KINDS)
def test_beside_a_newer_program_that_only_added_something_the_older_one_goes_on(kind: str, tmp_path: Path) -> None:
    url = databases.new(kind, tmp_path)
    _make(url)
    with engine.writing(url) as connection:  # as a newer program's migration
        connection.exec_driver_sql("ALTER TABLE tenants ADD COLUMN colour VARCHAR(20)")
        connection.exec_driver_sql(f"UPDATE {engine.VERSION_TABLE} SET version_num = '9999'")
    with engine.changing(url) as connection:
        connection.exec_driver_sql("INSERT INTO tenants (id, name, may_stamp, created_at) VALUES ('a', '', false, '')")
    with engine.writing(url) as connection:
        ledger.append(connection, "test", {})
    assert _is_there(url)
    assert databases.ask(url, f"SELECT version_num FROM {engine.VERSION_TABLE}") == [("9999",)]


def test_an_empty_file_is_no_registry_yet(file: Path) -> None:
    file.parent.mkdir()
    file.touch()
    assert not _is_there(_url(file))


def test_a_file_that_is_no_database_is_said_so(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database at all" * 100)
    for opening in (_is_there, _make):
        with pytest.raises(RegistryUnavailable, match="no database"):
            opening(_url(file))
    assert file.read_bytes() == b"no database at all" * 100


def test_a_newer_registry_is_left_alone(file: Path) -> None:
    _make(_url(file))
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE {engine.VERSION_TABLE} SET version_num = '9999'")
        connection.execute("UPDATE readers SET oldest = '9999'")
    for opening in (_is_there, _make):
        with pytest.raises(RegistryUnavailable, match="9999"):
            opening(_url(file))


def test_a_locked_database_is_said_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(_url(file))
    monkeypatch.setattr(engine, "BUSY_S", 0.2)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegistryUnavailable, match="locked"):
        _make(_url(file))
    assert _is_there(_url(file))  # readers do not wait for writers
    holder.close()


def test_a_full_disk_is_said_so(file: Path) -> None:
    _make(_url(file))
    with pytest.raises(RegistryUnavailable, match="disk is full"):
        with engine.writing(_url(file)) as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.exec_driver_sql("CREATE TABLE big (content BLOB)")
            connection.exec_driver_sql("INSERT INTO big VALUES (zeroblob(1000000))")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_can_be_read(file: Path) -> None:
    _make(_url(file))
    file.parent.chmod(0o500)
    try:
        assert _is_there(_url(file))
        with pytest.raises(RegistryUnavailable):
            _make(_url(file))
    finally:
        file.parent.chmod(0o700)


@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b", "sqlite://", "sqlite:///:memory:"])
def test_what_is_no_registry_s_url_is_refused(url: str) -> None:
    with pytest.raises(RegistryUnavailable):
        _is_there(url)


@pytest.mark.parametrize("url", ["postgresql://someone:hunter2@127.0.0.1:1/none", "postgresql:x:hunter2@db"])
def test_no_message_shows_a_password(url: str) -> None:
    for opening in (_is_there, _make):
        with pytest.raises(RegistryUnavailable) as caught:
            opening(url)
        assert "hunter2" not in str(caught.value) + caught.value.advice


def test_a_driver_that_repeats_a_parameter_shows_no_password() -> None:
    url = "postgresql://127.0.0.1:1/none?password=hunter2&sslpassword=hunter3"
    with pytest.raises(RegistryUnavailable) as caught, engine.reporting(url):
        raise sqlite3.OperationalError("no connection by password=hunter2 sslpassword=hunter3")
    assert "hunter" not in str(caught.value)


def test_names_with_odd_letters_work(tmp_path: Path) -> None:
    file = tmp_path / "100% sure #1" / "régistry.sqlite"
    _make(_url(file))
    assert file.exists() and _is_there(_url(file))


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_fork_takes_no_connection_with_it(kind: str, tmp_path: Path) -> None:
    code = (
        "import os, sys; from countermark.provenance import Record, Registry\n"
        "registry = Registry(sys.argv[1]); registry.add(Record('ab', 'urn:1', b's', 'd'))\n"
        "for _ in range(3):\n"
        "    assert registry.by_payload('ab')\n"
        "    child = os.fork()\n"
        "    found = [registry.by_payload('ab') for _ in range(20)]\n"
        "    if not child: sys.exit(0 if all(found) else 3)\n"
        "    assert all(found) and os.waitpid(child, 0)[1] == 0\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, databases.new(kind, tmp_path)], timeout=120, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_server_that_was_started_again_is_asked_again(tmp_path: Path) -> None:
    url = databases.new("postgresql", tmp_path)
    _make(url)
    assert _is_there(url)
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert databases.ask(url, f"SELECT pg_terminate_backend(pid) {others}") != []
    assert _is_there(url)


@pytest.mark.parametrize("kind", databases.KINDS)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger (seq) VALUES (1)",
        "SELECT nothing FROM nowhere",
        "UPDATE checks SET bytes = 'a word' WHERE 1 = 'x y'",
    ],
)
def test_what_the_database_refuses_is_no_reason_to_wait(kind: str, statement: str, tmp_path: Path) -> None:
    url = databases.new(kind, tmp_path)
    _make(url)
    if kind == "sqlite" and statement.startswith("UPDATE"):
        pytest.skip("SQLite takes any value")
    with pytest.raises(RegistryRefused), engine.writing(url) as connection:
        connection.exec_driver_sql(statement)


def test_what_may_pass_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_S", 0.2)
    url = databases.new("sqlite", tmp_path)
    with engine.writing(url), pytest.raises(RegistryUnavailable) as locked:
        _make(url)
    assert type(locked.value) is RegistryUnavailable
    with pytest.raises(RegistryUnavailable) as away:
        _make("postgresql://postgres@127.0.0.1:9/nothing")
    assert type(away.value) is RegistryUnavailable
