"""From one version of the tables to the next, with what is in them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

import countermark.store
from countermark.errors import LedgerBroken, RegistryUnavailable
from countermark.evidence import FingerprintDetails
from countermark.provenance import Record, Registry
from countermark.store import (
    accounts,
    banks,
    checks,
    engine,
    hooks,
    ledger,
    moderation,
    reviews,
    scans,
    schema,
    statements,
    streams,
)
from countermark.tests import databases

FOLDER = Path(countermark.store.__path__[0]) / "migrations"
SHAPE = FingerprintDetails("pdq", (0.5,), ("0f" * 32,), (100,))


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return databases.new(request.param, tmp_path)


def _first_version(url: str, numbers: range) -> None:
    """A registry as the first version of the program wrote it, told apart by hand from what it is today."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    opened = create_engine(url)
    config = Config(attributes={"version_table": engine.VERSION_TABLE})
    config.set_main_option("script_location", str(FOLDER))
    with opened.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number in numbers:
            shape = json.dumps(asdict(SHAPE), separators=(",", ":"), sort_keys=True)
            values = {
                "payload": f"{number:016x}", "manifest_id": f"urn:{number}", "manifest_store": b"store",
                "content_digest": f"{number:064x}", "fingerprint": shape if number % 2 else None,
                "model": "m", "issuer": None, "created_at": f"2026-01-0{number}T00:00:00.000+00:00",
            }  # fmt: skip
            fixed = values | {"manifest_store": hashlib.sha256(b"store").hexdigest()}
            digest = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()
            body = {"manifest_id": f"urn:{number}", "payload": values["payload"], "digest": digest}
            ledger.append(connection, "record.added", body)
            names = ", ".join([*values, "status"])
            marks = ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO records ({names}) VALUES ({marks}, 'live')"), values)
    opened.dispose()


def test_what_the_first_version_wrote_is_taken_over(url: str) -> None:
    _first_version(url, range(1, 5))
    registry = Registry(url)
    with pytest.raises(RegistryUnavailable, match="0001"):
        registry.by_payload(f"{1:016x}")
    registry.prepare()
    assert registry.verify().records == 4
    one = registry.by_payload(f"{1:016x}")
    assert one == Record(
        f"{1:016x}", "urn:1", b"store", f"{1:064x}", SHAPE, "m", created_at="2026-01-01T00:00:00.000+00:00"
    )
    assert [listed.manifest_id for listed in registry.listing()] == ["urn:4", "urn:3", "urn:2", "urn:1"]
    registry.revoke("urn:2", "a mistake")
    registry.add(Record("ab", "urn:new", b"s", "d"))
    assert registry.verify().lines == 6


def test_a_record_that_the_ledger_never_knew_is_not_hidden(tmp_path: Path) -> None:
    url = databases.new("sqlite", tmp_path)
    _first_version(url, range(1, 3))
    databases.ask(url, "UPDATE records SET manifest_id = 'urn:other' WHERE manifest_id = 'urn:2'")
    Registry(url).prepare()
    with pytest.raises(LedgerBroken):
        Registry(url).verify()


def test_migrations_and_schema_agree(url: str) -> None:
    with engine.writing(url) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": engine.VERSION_TABLE})
        rooms = (accounts, banks, checks, hooks, moderation, reviews, scans, statements, streams)
        assert all(room.metadata is schema.metadata for room in rooms)
        assert compare_metadata(context, schema.metadata) == []
