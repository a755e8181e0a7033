"""A full disk, a database that is away: said in words, and nothing is half written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from countermark.docket import Docket, callbacks
from countermark.errors import RegistryUnavailable
from countermark.store import engine
from countermark.tests import databases
from countermark.tests.docket.rooms import VERSIONS, Clock, Room, by_a_person, options


def _small(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let the database grow no further."""
    (row,) = databases.ask(url, "PRAGMA page_count")
    use_wal = engine._use_wal

    def limited(connection: sqlite3.Connection) -> None:
        use_wal(connection)
        connection.execute(f"PRAGMA max_page_count = {row[0]}")

    monkeypatch.setattr(engine, "_use_wal", limited)


WRITES: dict[str, Callable[[Room, str], object]] = {
    "open": lambda room, id: room.laid(metadata={"a": "b" * 300_000}),
    "keep": lambda room, id: room.docket.keep_looked(id, {str(n): hash(str(n)) for n in range(30_000)}),
    "finish": lambda room, id: room.docket.finish(id, by_a_person(), {"a": "b" * 300_000}),
}


@pytest.mark.parametrize("call", WRITES)
def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    room = Room(options(databases.new("sqlite", tmp_path), tmp_path), "ten_a")
    check_id = room.fetched(callback_url="https://example.org/back")
    before, events = room.docket.get(check_id), room.docket.events(check_id)
    with monkeypatch.context() as patch:
        _small(patch, room.url)
        with pytest.raises(RegistryUnavailable, match="disk is full"):
            WRITES[call](room, check_id)
        assert room.docket.get(check_id) == before and room.docket.events(check_id) == events
        assert [c.id for c in room.docket.listed("ten_a").checks] == [check_id]
        assert room.docket.looked(check_id) is None and room.count("callbacks", check_id) == 0
    assert room.docket.finish(check_id, by_a_person(), VERSIONS).over, "when there is room again, it goes on"


def test_a_server_that_cuts_the_line_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(options(databases.new("postgresql", tmp_path), tmp_path), "ten_a")
    check_id = room.fetched(callback_url="https://example.org/back")
    before, owe = room.docket.get(check_id), callbacks.owe

    def cut(*given: Any) -> None:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        databases.ask(room.url, f"{others} AND pid <> pg_backend_pid()")
        owe(*given)

    with monkeypatch.context() as patch:
        patch.setattr(callbacks, "owe", cut)
        with pytest.raises(RegistryUnavailable):
            room.docket.finish(check_id, by_a_person(), VERSIONS)
    assert room.docket.get(check_id) == before
    check = room.docket.finish(check_id, by_a_person(), VERSIONS)
    assert len(check.revisions) == 1 and room.count("callbacks", check_id) == 1


def test_a_database_that_is_away_is_said_so_without_its_password(tmp_path: Path) -> None:
    docket = Docket(options("postgresql://me:hunter2@127.0.0.1:1/none", tmp_path), clock=Clock())
    room = Room(options(databases.new("sqlite", tmp_path), tmp_path), "ten_a")
    calls: list[Callable[[], object]] = [
        lambda: docket.open(room.request()),
        lambda: docket.get("chk_a"),
        lambda: docket.finish("chk_a", by_a_person(), VERSIONS),
        lambda: docket.delete("chk_a", "key:1"),
        lambda: docket.sweep(),
    ]
    for call in calls:
        with pytest.raises(RegistryUnavailable) as caught:
            call()
        assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(docket._desk)


def test_who_writes_checks_does_not_wait_for_who_writes_the_registry(tmp_path: Path) -> None:
    """On a server: the lock of the ledger is long where much is taken in, and checks go on."""
    room = Room(options(databases.new("postgresql", tmp_path), tmp_path), "ten_a")
    check_id = room.fetched()
    with engine.writing(room.url):
        room.docket.at_stage(check_id, "look")
        assert room.docket.finish(check_id, by_a_person(), VERSIONS).over
