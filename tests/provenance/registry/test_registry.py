"""Records: found by mark, manifest and bytes, never lost, and held to the ledger, in either database."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from countermark.errors import LedgerBroken, LedgerCut, RecordExists, RegistryUnavailable, UnknownRecord
from countermark.evidence import FingerprintDetails
from countermark.provenance import Former, Head, Record, Registry
from countermark.tests import databases

SHAPE = FingerprintDetails("pdq", (0.5, 1.5), ("00" * 32, "ff" * 32), (100, 70))
FULL = {"changes": b"\x00grid", "earlier_marks": ("beef", "other-mark:1")}


def _record(number: int = 1) -> Record:
    return Record(f"{number:016x}", f"urn:c2pa:{number}", b"\x00store\xff", "ab" * 32, SHAPE, "model", "someone")


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return databases.new(request.param, tmp_path)


@pytest.fixture
def registry(url: str) -> Registry:
    return Registry(url)


@pytest.mark.parametrize("record", [_record(), replace(_record(), **FULL), replace(_record(), fingerprint=None)])
def test_what_was_added_is_found(registry: Registry, record: Record) -> None:
    stored = registry.add(record)
    assert stored.created_at is not None and replace(stored, created_at=None) == record
    assert registry.by_payload("0000000000000001") == stored
    assert registry.by_manifest("urn:c2pa:1") == stored
    assert registry.by_digest("ab" * 32) == stored
    assert registry.by_payload("0000000000000002") is None
    assert registry.verify().records == 1


def test_a_registry_that_is_not_there_knows_nothing(registry: Registry, tmp_path: Path) -> None:
    assert registry.by_payload("00") is None and registry.by_manifest("x") is None and registry.listing() == ()
    assert registry.verify().records == registry.last_position() == 0
    assert registry.settle() == () and list(registry.fingerprints()) == [] and registry.stats().records == 0
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnknownRecord):
        registry.withdraw("urn:c2pa:1", "none")


def test_payload_and_manifest_are_unique(registry: Registry) -> None:
    registry.add(_record())
    for twin in (replace(_record(2), payload=_record().payload), replace(_record(2), manifest_id="urn:c2pa:1")):
        with pytest.raises(RecordExists, match="already"):
            registry.add(twin)
    assert len(registry.listing()) == 1 and registry.verify().lines == 1


def test_the_listing_is_in_pages(registry: Registry) -> None:
    for number in range(5):
        registry.add(replace(_record(number), model=f"m{number % 2}"))
    registry.withdraw("urn:c2pa:3", "a mistake")
    first = registry.listing(limit=2)
    assert [one.manifest_id for one in first] == ["urn:c2pa:4", "urn:c2pa:3"]
    rest = registry.listing(limit=9, before=first[-1].position)
    assert [one.manifest_id for one in rest] == ["urn:c2pa:2", "urn:c2pa:1", "urn:c2pa:0"]
    assert [one.manifest_id for one in registry.listing(status="withdrawn")] == ["urn:c2pa:3"]
    of_model = registry.listing(model="m0", issuer="someone")
    assert [one.manifest_id for one in of_model] == ["urn:c2pa:4", "urn:c2pa:2", "urn:c2pa:0"]
    day = first[0].created_at[:10]
    assert len(registry.listing(since=day, until=day)) == 5 and registry.listing(until="2020") == ()
    assert first[0].manifest_bytes == len(_record().manifest_store)


def test_a_status_only_gets_graver(registry: Registry, url: str) -> None:
    registry.add(_record())
    assert registry.withdraw("urn:c2pa:1", "a mistake").status == "withdrawn"
    assert registry.revoke("urn:c2pa:1", "stolen key").status == "revoked"
    assert registry.withdraw("urn:c2pa:1", "again").status_reason == "stolen key"
    found = registry.by_payload(_record().payload)
    assert found is not None and (found.status, found.status_reason) == ("revoked", "stolen key")
    assert registry.verify().lines == 3
    with pytest.raises(UnknownRecord):
        registry.revoke("urn:c2pa:9", "none")
    with pytest.raises(RegistryUnavailable, match="meanwhile"):
        registry.confirm("urn:c2pa:1")
    with pytest.raises(Exception, match="append-only"):
        databases.ask(url, "UPDATE records SET status = 'live'")


def test_a_file_signed_anew_is_found_by_either_manifest(registry: Registry) -> None:
    registry.add(_record(1))
    registry.add(replace(_record(2), content_digest="02" * 32))
    newer = registry.follow("urn:c2pa:1", "urn:c2pa:1b", b"newer", "1b" * 32)
    newest = registry.follow("urn:c2pa:1b", "urn:c2pa:1c", b"newest", "1c" * 32)
    assert (newest.manifest_id, newest.manifest_store, newest.content_digest) == ("urn:c2pa:1c", b"newest", "1c" * 32)
    assert newer.former == (Former("urn:c2pa:1", "ab" * 32),)
    assert [one.manifest_id for one in newest.former] == ["urn:c2pa:1", "urn:c2pa:1b"]
    assert newest == registry.by_payload("0000000000000001")
    assert all(registry.by_manifest(f"urn:c2pa:1{letter}") == newest for letter in ("", "b", "c"))
    assert all(registry.by_digest(digest) == newest for digest in ("ab" * 32, "1b" * 32, "1c" * 32))
    assert newest.has_bytes("ab" * 32) and newest.has_bytes("1c" * 32) and not newest.has_bytes("02" * 32)
    assert [one.manifest_id for one in registry.listing()] == ["urn:c2pa:2", "urn:c2pa:1c"]
    assert registry.revoke("urn:c2pa:1b", "all of it").status == "revoked"
    assert registry.verify().lines == 5
    with pytest.raises(RecordExists):
        registry.follow("urn:c2pa:1", "urn:c2pa:2", b"x", "00" * 32)
    with pytest.raises(UnknownRecord):
        registry.follow("urn:c2pa:9", "urn:c2pa:10", b"x", "00" * 32)


def test_fingerprints_come_in_the_order_of_their_positions(registry: Registry) -> None:
    for number in range(1, 4):
        registry.add(replace(_record(number), fingerprint=SHAPE if number != 2 else None))
        registry.withdraw(f"urn:c2pa:{number}", "a line between")
    assert list(registry.fingerprints()) == [(1, f"{1:016x}", SHAPE), (5, f"{3:016x}", SHAPE)]
    assert list(registry.fingerprints(after=1)) == [(5, f"{3:016x}", SHAPE)]
    assert list(registry.fingerprints(after=registry.last_position())) == []


def test_verify_counts_and_names_the_head(registry: Registry) -> None:
    registry.add(_record(1))
    before = registry.verify()
    registry.add(_record(2))
    after = registry.verify(Head.parse(str(before.noted)))
    assert (after.records, after.lines) == (2, 2) and before.head != after.head
    assert registry.verify(after.noted) == after


def test_a_ledger_that_was_cut_or_replaced_is_noticed(registry: Registry, url: str) -> None:
    for number in range(3):
        registry.add(_record(number))
    noted = registry.verify().noted
    assert noted is not None
    databases.without_triggers(url)
    for table in ("looks", "manifests", "records"):
        databases.ask(url, f"DELETE FROM {table} WHERE payload = '{2:016x}'")
    databases.ask(url, "DELETE FROM ledger WHERE seq = 3")
    assert registry.verify().lines == 2, "sound in itself"
    with pytest.raises(LedgerCut):
        registry.verify(noted)
    with pytest.raises(LedgerCut):
        registry.verify(Head(2, "ab" * 32))


def test_what_is_no_head_is_said_so() -> None:
    for text in ("", "ab", "ab:2", "g" * 64 + ":2", "a" * 64 + ":0", "a" * 64 + ":x"):
        with pytest.raises(ValueError):
            Head.parse(text)


CHANGED = [
    "UPDATE manifests SET manifest_store = '00'",
    "UPDATE manifests SET content_digest = 'cd'",
    "UPDATE looks SET fingerprint = NULL",
    "UPDATE looks SET changes = NULL",
    "UPDATE records SET earlier_marks = NULL",
    "UPDATE records SET created_at = '2020-01-01'",
    "DELETE FROM looks",
    "DELETE FROM manifests",
]
ADDED = [
    "UPDATE records SET status = 'revoked', status_reason = 'x'",
    "UPDATE records SET status_reason = 'x'",
    "INSERT INTO records SELECT 'beef', 9, status, NULL, model, issuer, created_at, NULL FROM records",
    "INSERT INTO manifests SELECT 'urn:x', payload, 9, content_digest, manifest_store FROM manifests",
]


@pytest.mark.parametrize("kind", databases.KINDS)
def test_the_database_refuses_to_change_a_record(kind: str, tmp_path: Path) -> None:
    url = databases.new(kind, tmp_path)
    registry = Registry(url)
    registry.add(replace(_record(), changes=b"grid", earlier_marks=("beef",)))
    for statement in CHANGED:
        with pytest.raises(Exception, match="append-only"):
            databases.ask(url, statement)
    if kind == "sqlite":
        with pytest.raises(Exception, match="append-only"):
            databases.ask(url, "INSERT OR REPLACE INTO looks SELECT payload, NULL, NULL FROM looks")
    else:
        with pytest.raises(Exception, match="append-only"):
            databases.ask(url, "TRUNCATE looks")
    assert registry.verify().records == 1


EVERYWHERE = [("sqlite", statement) for statement in CHANGED + ADDED] + [
    ("postgresql", statement) for statement in (CHANGED[2], CHANGED[-1], ADDED[0], ADDED[-1])
]


@pytest.mark.parametrize(("kind", "statement"), EVERYWHERE)
def test_a_record_changed_behind_the_ledger_s_back_is_found(kind: str, statement: str, tmp_path: Path) -> None:
    url = databases.new(kind, tmp_path)
    registry = Registry(url)
    registry.add(replace(_record(), changes=b"grid", earlier_marks=("beef",)))
    registry.verify()
    databases.without_triggers(url)
    databases.ask(url, statement)
    with pytest.raises(LedgerBroken):
        registry.verify()


def test_a_record_slipped_in_at_another_line_is_found(registry: Registry, url: str) -> None:
    """A line that tells of something else vouches for nothing."""
    registry.add(_record())
    registry.withdraw("urn:c2pa:1", "a mistake")
    databases.ask(
        url,
        "INSERT INTO records SELECT 'beef', 2, 'live', NULL, model, issuer, created_at, NULL FROM records",
        "INSERT INTO looks SELECT 'beef', fingerprint, changes FROM looks",
        "INSERT INTO manifests SELECT 'urn:x', 'beef', 2, content_digest, manifest_store FROM manifests",
    )
    assert registry.by_payload("beef") is not None
    with pytest.raises(LedgerBroken, match="line 2"):
        registry.verify()


def test_processes_add_at_once(registry: Registry, url: str) -> None:
    """All of them first: the tables are made by one."""
    code = (
        "import sys; from countermark.provenance import Record, Registry\n"
        f"registry = Registry({url!r}); sys.stdin.readline()\n"
        "for n in range(8): registry.add(Record(sys.argv[1] + str(n), 'urn:' + sys.argv[1] + str(n), b's', 'd'))\n"
        "registry.revoke('urn:a0', sys.argv[1]) if registry.by_payload('a0') else None\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, who], stdin=subprocess.PIPE) for who in "abc"]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait(120) for process in running] == [0, 0, 0]
    checked = registry.verify()
    assert (checked.records, checked.lines) == (24, 25), "a revocation is written once"


def test_stats_add_up(registry: Registry) -> None:
    for number in range(3):
        registry.add(replace(_record(number), model=("m", None)[number % 2]))
    registry.revoke("urn:c2pa:0", "a mistake")
    stats = registry.stats()
    assert (stats.records, stats.lines) == (3, 4) and stats.head == registry.verify().head
    assert stats.by_status == {"live": 2, "revoked": 1} and stats.by_model == {"m": 2, "": 1}
    assert stats.by_issuer == {"someone": 3} and list(stats.by_month.values()) == [3]
    assert stats.bytes["manifest_store"] == 3 * len(_record().manifest_store)


def test_neither_repr_shows_secrets() -> None:
    assert "hunter2" not in repr(Registry("postgresql://a:hunter2@b/c"))
    assert "store" not in repr(_record()).replace("of store", "")
