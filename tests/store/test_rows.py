"""Rows: every lookup goes by an index, and what is large stays apart from what is listed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from countermark.evidence import FingerprintDetails
from countermark.provenance import Record, Registry
from countermark.store import rows
from countermark.tests import databases


def _plan(url: str, statement: str) -> str:
    return " / ".join(str(row[-1]) for row in databases.ask(url, f"EXPLAIN QUERY PLAN {statement}"))


@pytest.mark.parametrize("by", ["payload", "manifest_id", "content_digest"])
def test_a_lookup_reads_no_table_from_end_to_end(tmp_path: Path, by: rows.Key) -> None:
    url = databases.new("sqlite", tmp_path)
    Registry(url).prepare()
    compiled = (
        rows._FOUND[by].params(key="ab").compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    )
    plan = _plan(url, str(compiled))
    assert plan.count("SEARCH") >= 3 and "SCAN" not in plan, plan


def test_a_record_is_little_more_than_its_store(tmp_path: Path) -> None:
    """A minute of video: 240 hashes, which can't be told from noise, so nothing but their writing can be spared."""
    shape = FingerprintDetails(
        "pdq", tuple(n / 4 for n in range(240)), tuple(os.urandom(32).hex() for _ in range(240)), (100,) * 240
    )
    registry = Registry(databases.new("sqlite", tmp_path))
    registry.add(Record("ab", "urn:1", b"s" * 20_000, "d", shape))
    size = registry.stats().bytes["fingerprint"]
    assert size < 1.4 * 240 * 32 and size < 0.55 * len(json.dumps(asdict(shape)))
