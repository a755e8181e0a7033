"""Rows of checks: what is asked often goes by an index, and what is large or secret stays apart from what is shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert

from countermark.store import (
    callback_rows,
    check_rows,
    checks,
    engine,
    idempotency_rows,
    stamp_rows,
    unfinished_rows,
    upload_rows,
)
from countermark.tests import databases

NOW = "2026-03-01T12:00:00.000000+00:00"


def _check(id: str, **more: object) -> dict[str, Any]:
    plain = {
        "id": id,
        "tenant_id": "ten_a",
        "made_by": "key:1",
        "source": "upload",
        "name": "a.mp4",
        "lane": "live",
        "status": "queued",
        "stage": "waiting",
        "revision": 0,
        "options": "{}",
        "created_at": NOW,
    }
    return {**plain, **more}


ASKED: dict[str, Callable[[Connection], object]] = {
    "one": lambda c: check_rows.one(c, "chk_1"),
    "listing": lambda c: check_rows.listing(c, "ten_a", 50, (NOW, "chk_1"), {"status": "queued"}),
    "grouped": lambda c: check_rows.grouped(c, "grp", "ten_a"),
    "listing by outcome": lambda c: check_rows.listing(c, "ten_a", 50, None, {"outcome": "likely_ai"}),
    "listing of all": lambda c: check_rows.listing(c, "ten_a", 50, None, {}),
    "standing": lambda c: upload_rows.standing(c, "ten_a"),
    "standing of an address": lambda c: upload_rows.standing_of(c, "a" * 43),
    "open checks": lambda c: unfinished_rows.some(c, checks.checks, (NOW, "chk_1"), NOW, 50),
    "open stamps": lambda c: unfinished_rows.some(c, checks.stamps, (NOW, "stp_1"), NOW, 50),
    "manifest": lambda c: check_rows.with_manifest(c, "urn:1"),
    "media due": lambda c: check_rows.media_due(c, NOW, 50),
    "records due": lambda c: check_rows.records_due(c, NOW, 50),
    "erasing due": lambda c: check_rows.erasing_due(c, NOW, 50),
    "events": lambda c: check_rows.children(c, checks.check_events, "chk_1", 7),
    "holds": lambda c: check_rows.placed(c, "chk_1"),
    "feedback": lambda c: check_rows.said(c, "chk_1"),
    "clear": lambda c: check_rows.clear(c, "chk_1"),
    "callbacks due": lambda c: callback_rows.due(c, NOW, 50),
    "callbacks of a check": lambda c: callback_rows.of_check(c, "chk_1"),
    "uploads due": lambda c: upload_rows.due(c, NOW, 50),
    "owner": lambda c: upload_rows.has_owner(c, "uploads/a"),
    "key": lambda c: idempotency_rows.one(c, "ten_a", "k"),
    "old keys": lambda c: idempotency_rows.remove_before(c, NOW),
    "stamps": lambda c: stamp_rows.listing(c, "ten_a", 50, (NOW, "stp_1")),
    "files due": lambda c: stamp_rows.files_due(c, NOW, 50),
    "old stamps": lambda c: stamp_rows.remove_due(c, NOW),
}


ORDERED = {"listing", "listing by outcome", "listing of all", "stamps", "media due", "records due", "events"}
ORDERED |= {"open checks", "open stamps"}
BY_OWN = {  # else rows that match are looked for among many that do not
    "listing": "checks_status_of",
    "listing by outcome": "checks_outcome",
    "listing of all": "checks_tenant",
    "open checks": "checks_going",
    "open stamps": "stamps_going",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return databases.new("sqlite", tmp_path_factory.mktemp("rows"))


@pytest.mark.parametrize("question", ASKED)
def test_what_is_asked_often_reads_no_table_from_end_to_end(url: str, question: str) -> None:
    said: list[tuple[str, Any]] = []

    def note(_1: object, _2: object, statement: str, given: Any, _3: object, _4: object) -> None:
        said.append((statement, given))

    with engine.writing(url) as connection:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            ASKED[question](connection)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert said
    with sqlite3.connect(url.removeprefix("sqlite:///")) as plain:
        for statement, given in said:
            plan = " / ".join(str(row[-1]) for row in plain.execute(f"EXPLAIN QUERY PLAN {statement}", given))
            assert "SEARCH" in plan and "SCAN" not in plan, f"{statement}: {plan}"
            if question in ORDERED:
                assert "TEMP B-TREE" not in plan, f"{statement}: {plan}"
            if question in BY_OWN:
                assert BY_OWN[question] in plan, f"{statement}: {plan}"
    plain.close()


def test_what_is_large_or_secret_is_not_among_what_is_shown(tmp_path: Path) -> None:
    with engine.writing(databases.new("sqlite", tmp_path)) as connection:
        check_rows.add(connection, _check("chk_1", looked=b"large", manage_hash="secret"))
        shown = [check_rows.one(connection, "chk_1"), *check_rows.listing(connection, "ten_a", 9, None, {})]
        assert len(shown) == 2
        assert all(row and {"looked", "manage_hash"}.isdisjoint(row) for row in shown)
        assert check_rows.looked(connection, "chk_1") == b"large"
        assert check_rows.manage_hash(connection, "chk_1") == "secret"


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_key_is_claimed_once(kind: str, tmp_path: Path) -> None:
    values = {"tenant_id": "t", "key": "k", "route": "r", "request_hash": "a", "at": NOW, "made_id": "chk_1"}
    with engine.changing(databases.new(kind, tmp_path)) as connection:
        assert idempotency_rows.claim(connection, values)
        assert not idempotency_rows.claim(connection, {**values, "request_hash": "b"})
        row = idempotency_rows.one(connection, "t", "k")
        assert row is not None and row["request_hash"] == "a"


@pytest.mark.parametrize("kind", databases.KINDS)
def test_all_that_belongs_to_a_check_is_cleared_and_nothing_else(kind: str, tmp_path: Path) -> None:
    with engine.changing(databases.new(kind, tmp_path)) as connection:
        for id in ("chk_1", "chk_2"):
            check_rows.add(connection, _check(id))
            check_rows.rest_on(connection, id, ["urn:1", "urn:2"])
            told = {"check_id": id, "number": 1, "at": NOW, "kind": "stage", "body": "{}"}
            connection.execute(insert(checks.check_events), told)
        check_rows.rest_on(connection, "chk_1", ["urn:2"])
        assert check_rows.with_manifest(connection, "urn:1") == ["chk_2"]
        assert check_rows.with_manifest(connection, "urn:2") == ["chk_1", "chk_2"]
        check_rows.clear(connection, "chk_1")
        assert check_rows.with_manifest(connection, "urn:2") == ["chk_2"]
        assert check_rows.last_number(connection, checks.check_events, "chk_1") == 0
        assert check_rows.last_number(connection, checks.check_events, "chk_2") == 1


def test_every_table_that_names_a_check_is_cleared() -> None:
    """A table that is added later and forgotten here would outlive what it belongs to."""
    naming = {table for table in checks.metadata.tables.values() if "check_id" in table.c}
    assert naming == set(check_rows._CHILDREN)
