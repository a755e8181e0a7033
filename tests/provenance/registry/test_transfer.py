"""A registry goes out into a file and comes back whole, or not at all."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countermark.errors import ArchiveInvalid, InputMissing, LedgerBroken, LedgerCut, OutputExists
from countermark.evidence import FingerprintDetails
from countermark.provenance import Record, Registry
from countermark.provenance.registry.audit import Audit
from countermark.provenance.registry.transfer import check, read
from countermark.tests import databases

SHAPE = FingerprintDetails("pdq", (0.5,), ("0f" * 32,), (100,))


def _record(number: int) -> Record:
    marks = ("beef",) if number % 2 else ()
    return Record(
        f"{number:016x}", f"urn:c2pa:{number}", b"\x00store\xff", f"{number:064x}", SHAPE, "modèle", "someone",
        changes=b"grid" * number or None, earlier_marks=marks,
    )  # fmt: skip


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return databases.new(request.param, tmp_path)


@pytest.fixture
def full(tmp_path: Path) -> Registry:
    """One of everything that may be in a registry."""
    registry = Registry(databases.new("sqlite", tmp_path / "full"))
    for number in range(4):
        registry.add(_record(number))
    registry.follow("urn:c2pa:1", "urn:c2pa:1b", b"newer", "1b" * 32)
    registry.withdraw("urn:c2pa:2", "a mistake")
    registry.revoke("urn:c2pa:1", "stolen key")
    registry.reserve(_record(4), tmp_path / "a.mp4")
    registry.confirm("urn:c2pa:4")
    registry.reserve(_record(5), tmp_path / "b.mp4")
    return registry


@pytest.fixture
def file(full: Registry, tmp_path: Path) -> Path:
    full.export(tmp_path / "out.ndjson")
    return tmp_path / "out.ndjson"


def _all(registry: Registry) -> list[Record | None]:
    return [registry.by_payload(f"{number:016x}") for number in range(5)]


@pytest.mark.parametrize("name", ["out.ndjson", "out.ndjson.gz"])
def test_what_went_out_comes_back(full: Registry, url: str, tmp_path: Path, name: str) -> None:
    written = full.export(tmp_path / name)
    assert written == full.verify() == check(tmp_path / name, written.noted)
    other = Registry(url)
    imported = other.take_in(tmp_path / name, written.noted)
    assert (imported.records, imported.manifests, imported.already, imported.left_out) == (5, 1, 0, 1)
    assert _all(other) == _all(full), "issuers, times and statuses too"
    assert other.by_payload(f"{5:016x}") is None, "nobody knows yet whether that one was released"
    checked = other.verify()
    assert checked.lines == 9, "five records, one that followed, two statuses, and the import itself"
    again = other.take_in(tmp_path / name)
    assert (again.records, again.manifests, again.statuses, again.already) == (0, 0, 0, 5)
    assert other.verify() == checked, "what brings nothing leaves no line"
    assert other.export(tmp_path / "back.ndjson") == checked


def test_a_status_that_grew_graver_elsewhere_is_taken_over(full: Registry, file: Path, tmp_path: Path) -> None:
    other = Registry(databases.new("sqlite", tmp_path / "other"))
    other.take_in(file)
    full.revoke("urn:c2pa:0", "late")
    other.revoke("urn:c2pa:3", "here alone")
    full.export(file, force=True)
    assert other.take_in(file).statuses == 1
    zero, three = other.by_payload(f"{0:016x}"), other.by_payload(f"{3:016x}")
    assert zero is not None and (zero.status, zero.status_reason) == ("revoked", "late")
    assert three is not None and three.status == "revoked", "what is revoked here stays so"
    other.verify()


def test_registries_can_be_joined(file: Path, url: str) -> None:
    registry = Registry(url)
    registry.add(_record(9))
    assert registry.take_in(file).records == 5
    assert (registry.verify().records, len(registry.listing())) == (6, 6)


@pytest.mark.parametrize(
    "twin",
    [
        replace(_record(3), manifest_store=b"other"),
        replace(_record(3), payload="feed"),
        replace(_record(3), manifest_id="urn:c2pa:else"),
        replace(_record(9), manifest_id="urn:c2pa:1b"),
    ],
)
def test_what_contradicts_is_refused_as_a_whole(file: Path, url: str, twin: Record) -> None:
    registry = Registry(url)
    registry.add(twin)
    before = registry.verify()
    with pytest.raises(ArchiveInvalid):
        registry.take_in(file)
    assert registry.verify() == before and len(registry.listing()) == 1


def _edit(number: int, change: Callable[[dict[str, Any]], object]) -> Callable[[list[bytes]], list[bytes]]:
    def edit(lines: list[bytes]) -> list[bytes]:
        value = json.loads(lines[number])
        change(value)
        return [*lines[:number], json.dumps(value).encode() + b"\n", *lines[number + 1 :]]

    return edit


DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "the end is missing": lambda lines: lines[:-1],
    "cut in a line": lambda lines: [*lines[:3], lines[3][:50]],
    "a line is missing": lambda lines: [*lines[:3], *lines[4:]],
    "two lines changed places": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "something after the end": lambda lines: [*lines, lines[1]],
    "two ends": lambda lines: [*lines, lines[-1]],
    "another format": lambda lines: [b'{"format": "x"}\n', *lines[1:]],
    "no JSON": lambda lines: [*lines[:2], b"\xff\x00\n"],
    "a list": lambda lines: [*lines[:2], b"[]\n"],
    "deep": lambda lines: [*lines[:2], b"[" * 100000 + b"\n"],
    "empty line": lambda lines: [*lines[:2], b"{}\n", *lines[2:]],
    "no record": _edit(1, lambda value: value.pop("record")),
    "no manifest": _edit(5, lambda value: value.pop("manifest")),
    "another store": _edit(1, lambda value: value["manifest"].update(manifest_store="AAAA")),
    "no base64": _edit(1, lambda value: value["manifest"].update(manifest_store="\u00e9")),
    "another time": _edit(1, lambda value: value["record"].update(created_at="2020-01-01T00:00:00")),
    "another issuer": _edit(1, lambda value: value["record"].update(issuer="someone else")),
    "another status": _edit(1, lambda value: value["record"].update(status="revoked")),
    "no such status": _edit(1, lambda value: value["record"].update(status="blessed")),
    "a number": _edit(1, lambda value: value["record"].update(payload=7)),
    "a fingerprint that is none": _edit(1, lambda value: value["record"].update(fingerprint="AAAA")),
    "another's manifest": _edit(1, lambda value: value["manifest"].update(payload="feed")),
    "a record where none was added": _edit(6, lambda value: value.update(record={})),
    "half a letter": _edit(1, lambda value: value["record"].update(model="\ud800")),
    "a line of the wrong shape": _edit(2, lambda value: value.update(line=[2])),
    "another body": _edit(6, lambda value: value["line"].__setitem__(3, "{}")),
    "another end": lambda lines: [*lines[:-1], lines[-1].replace(b'"records":6', b'"records":5')],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_as_a_whole(file: Path, tmp_path: Path, damage: str) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    changed = DAMAGES[damage](lines)
    assert changed != lines
    file.write_bytes(b"".join(changed))
    registry = Registry(databases.new("sqlite", tmp_path / "other"))
    with pytest.raises(ArchiveInvalid):
        registry.take_in(file)
    assert registry.listing() == ()


@pytest.mark.parametrize(
    "change",
    [
        {"qualities": ["x"]},
        {"qualities": ["100"]},
        {"qualities": [1000]},
        {"times_s": ["x"]},
        {"times_s": [float("nan")]},
        {"hashes": ["0f" * 31]},
        {"parts": ["zz" * 32]},
        {"parts": ["0f" * 33]},
        {"parts": ["0f" * 32 * 65]},
        {"times_s": [0.5] * 1001, "hashes": ["0f" * 32] * 1001, "qualities": [100] * 1001},
        {"algorithm": 7},
    ],
    ids=str,
)
def test_a_made_up_file_with_a_fingerprint_like_none_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """Its chain and every digest are right: whoever wrote it meant it so."""
    odd = json.dumps({**asdict(SHAPE), **change})
    theirs = Registry(databases.new("sqlite", tmp_path / "theirs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("countermark.provenance.registry.record._shape_text", lambda _: odd)
        theirs.add(_record(3))
    theirs.export(tmp_path / "odd.ndjson")
    registry = Registry(databases.new("sqlite", tmp_path / "other"))
    with pytest.raises(ArchiveInvalid):
        registry.take_in(tmp_path / "odd.ndjson")
    assert registry.listing() == ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_byte_may_change(file: Path, data: st.DataObject) -> None:
    """What passes holds just what was written: some bits of base64 mean nothing."""
    whole = file.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = file.with_name("changed.ndjson")
    changed.write_bytes(whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + 1 :])
    try:
        passed = list(read(changed, Audit()))
    except ArchiveInvalid:
        return
    assert passed == list(read(file, Audit()))


def test_a_compressed_file_that_is_cut_or_none_is_refused(full: Registry, tmp_path: Path) -> None:
    file = tmp_path / "out.ndjson.gz"
    full.export(file)
    for content in (file.read_bytes()[:-20], gzip.compress(b""), b"no gzip"):
        file.write_bytes(content)
        with pytest.raises(ArchiveInvalid):
            check(file)
    with pytest.raises(InputMissing):
        check(tmp_path / "none")


def test_a_file_of_another_ledger_is_not_what_was_noted(full: Registry, file: Path, tmp_path: Path) -> None:
    other = Registry(databases.new("sqlite", tmp_path / "other"))
    other.take_in(file)
    with pytest.raises(LedgerCut):
        check(file, other.verify().noted)


def test_nothing_is_written_over_or_left_half(full: Registry, tmp_path: Path) -> None:
    file = tmp_path / "out" / "out.ndjson"
    file.parent.mkdir()
    file.write_text("mine")
    with pytest.raises(OutputExists):
        full.export(file)
    full.withdraw("urn:c2pa:3", "a line")
    url = databases.new("sqlite", tmp_path / "full")
    databases.without_triggers(url)
    databases.ask(url, "UPDATE manifests SET manifest_store = 'x' WHERE manifest_id = 'urn:c2pa:3'")
    with pytest.raises(LedgerBroken):
        full.export(file, force=True)
    assert file.read_text() == "mine" and [path.name for path in file.parent.iterdir()] == ["out.ndjson"]


def test_a_copy_of_the_file_made_while_it_is_written_is_a_backup(full: Registry, tmp_path: Path) -> None:
    """SQLite's own way to copy a database that is in use; afterwards the head that was noted tells what is lost."""
    source = sqlite3.connect(tmp_path / "full" / "home" / "registry.sqlite")
    copy = sqlite3.connect(tmp_path / "copy.sqlite")
    saved = full.verify()
    source.backup(copy)
    source.close()
    copy.close()
    full.add(_record(7))
    restored = Registry(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    assert restored.verify(saved.noted) == saved and _all(restored) == _all(full)
    with pytest.raises(LedgerCut):
        restored.verify(full.verify().noted)
    restored.add(_record(8))
    restored.verify(saved.noted)
