"""Records: found by mark and manifest, never lost, and held to the ledger."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from countermark.errors import LedgerBroken, RecordExists, UnknownRecord
from countermark.evidence import FingerprintDetails
from countermark.provenance import Record, Registry

SHAPE = FingerprintDetails("pdq", (0.5, 1.5), ("00" * 32, "ff" * 32), (100, 70))


def _record(number: int = 1) -> Record:
    return Record(f"{number:016x}", f"urn:c2pa:{number}", b"\x00store\xff", "ab" * 32, SHAPE, "model", "someone")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "registry.sqlite"


@pytest.fixture
def registry(file: Path) -> Registry:
    return Registry(f"sqlite:///{file}")


def test_what_was_added_is_found(registry: Registry) -> None:
    stored = registry.add(_record())
    assert stored.created_at is not None and replace(stored, created_at=None) == _record()
    assert registry.by_payload("0000000000000001") == stored
    assert registry.by_manifest("urn:c2pa:1") == stored
    assert registry.by_digest("ab" * 32) == stored
    assert registry.by_payload("0000000000000002") is None


def test_a_registry_that_is_not_there_knows_nothing(registry: Registry, file: Path) -> None:
    assert registry.by_payload("00") is None and registry.by_manifest("x") is None and registry.listing() == ()
    assert registry.verify().records == 0
    assert not file.parent.exists()
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
    assert [one.manifest_id for one in registry.listing(model="m0", issuer="someone")] == [
        f"urn:c2pa:{n}" for n in (4, 2, 0)
    ]
    day = first[0].created_at[:10]
    assert len(registry.listing(since=day, until=day)) == 5 and registry.listing(until="2020") == ()
    assert first[0].manifest_bytes == len(_record().manifest_store)


def test_a_status_only_gets_graver(registry: Registry) -> None:
    registry.add(_record())
    assert registry.withdraw("urn:c2pa:1", "a mistake").status == "withdrawn"
    assert registry.revoke("urn:c2pa:1", "stolen key").status == "revoked"
    assert registry.withdraw("urn:c2pa:1", "again").status_reason == "stolen key"
    found = registry.by_payload(_record().payload)
    assert found is not None and (found.status, found.status_reason) == ("revoked", "stolen key")
    assert registry.verify().lines == 3
    with pytest.raises(UnknownRecord):
        registry.revoke("urn:c2pa:9", "none")


def test_verify_counts_and_names_the_head(registry: Registry) -> None:
    registry.add(_record(1))
    before = registry.verify()
    registry.add(_record(2))
    after = registry.verify()
    assert (after.records, after.lines) == (2, 2) and before.head != after.head


CHANGED = [
    "UPDATE manifests SET manifest_store = x'00'",
    "UPDATE manifests SET content_digest = 'cd'",
    "UPDATE records SET status = 'revoked', status_reason = 'x'",
    "UPDATE records SET status_reason = 'x'",
    "UPDATE looks SET fingerprint = NULL",
    "UPDATE looks SET changes = NULL",
    "UPDATE records SET earlier_marks = NULL",
    "UPDATE records SET created_at = '2020-01-01'",
    "DELETE FROM records",
    "DELETE FROM manifests",
    "INSERT INTO records SELECT 'beef', 9, status, NULL, model, issuer, created_at, NULL FROM records",
    "INSERT INTO manifests SELECT 'urn:x', payload, 9, content_digest, manifest_store FROM manifests",
]


@pytest.mark.parametrize("statement", CHANGED)
def test_a_record_changed_behind_the_ledger_s_back_is_found(registry: Registry, file: Path, statement: str) -> None:
    """As someone who owns the file would: without the triggers."""
    registry.add(replace(_record(), changes=b"grid", earlier_marks=("beef",)))
    registry.verify()
    with sqlite3.connect(file) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)
    with pytest.raises(LedgerBroken):
        registry.verify()


def test_two_processes_add_at_once(registry: Registry, file: Path) -> None:
    code = (
        "import sys; from countermark.provenance import Record, Registry\n"
        f"registry = Registry('sqlite:///{file}'); sys.stdin.readline()\n"
        "for n in range(10): registry.add(Record(sys.argv[1] + str(n), 'urn:' + sys.argv[1] + str(n), b's', 'd'))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, who], stdin=subprocess.PIPE) for who in ("a", "b")]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait(60) for process in running] == [0, 0]
    checked = registry.verify()
    assert (checked.records, checked.lines) == (20, 20)


def test_neither_repr_shows_secrets() -> None:
    assert "hunter2" not in repr(Registry("postgresql://a:hunter2@b/c"))
    assert "store" not in repr(_record()).replace("of store", "")
