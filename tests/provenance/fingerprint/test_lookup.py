"""Records found by fingerprint alone: copies lead to their record, others to none, and the index is only a cache."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from countermark.evidence import FingerprintDetails
from countermark.provenance import Record, Registry
from countermark.provenance.fingerprint import index as hash_index
from countermark.provenance.fingerprint import lookup
from countermark.provenance.fingerprint.hashes import MOVED, PARTS

FRAMES = 8


def _details(seed: int, off: int = 0, *, copy: bool = False) -> FingerprintDetails:
    """A made-up fingerprint of a video that moves; `off`: bits in which a copy of it differs, of every hash."""
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 256, (FRAMES, 1 + PARTS, 32), np.uint8)
    for one in hashes.reshape(-1, 32) if off else ():
        bits = np.unpackbits(one)
        bits[np.random.default_rng(off).permutation(256)[:off]] ^= 1
        one[:] = np.packbits(bits)
    moved = np.random.default_rng(seed + 10**6).integers(0, 256, (FRAMES, MOVED, 32), np.uint8)
    return FingerprintDetails(
        "pdq",
        tuple(0.25 * number for number in range(FRAMES)),
        tuple(frame[0].tobytes().hex() for frame in hashes),
        (100,) * FRAMES,
        tuple(
            frame[1:].tobytes().hex() + (places.tobytes().hex() if copy else "")
            for frame, places in zip(hashes, moved, strict=True)
        ),
    )


def _record(seed: int) -> Record:
    return Record(f"{seed:016x}", f"urn:c2pa:{seed}", b"store", f"{seed:064x}", _details(seed))


@dataclass
class Shelf:
    """Records in a list: what a registry answers, without a database."""

    seeds: list[int] = field(default_factory=list)
    read: int = 0

    def __repr__(self) -> str:
        return "Shelf"

    def fingerprints(self, after: int = 0) -> Iterator[tuple[int, str, FingerprintDetails]]:
        for position, seed in enumerate(self.seeds[after:], after + 1):
            self.read += 1
            yield position, f"{seed:016x}", _details(seed)

    def by_payload(self, payload: str) -> Record | None:
        return _record(int(payload, 16)) if int(payload, 16) in self.seeds else None


def _found(registry: lookup.Fingerprints, home: Path, seed: int, off: int = 40) -> list[str]:
    return [one.payload for one in lookup.find(registry, home, _details(seed, off, copy=True))]


def test_a_registry_is_searched_and_kept_up_with(tmp_path: Path) -> None:
    registry = Registry(f"sqlite:///{tmp_path / 'registry.db'}")
    assert lookup.find(registry, tmp_path, _details(1, copy=True)) == lookup.Found()
    for seed in (1, 2):
        registry.add(_record(seed))
    (found,) = lookup.find(registry, tmp_path, _details(2, 40, copy=True))
    assert found.payload == f"{2:016x}" and 0.5 <= found.score < 1
    assert [(m.copy, m.original) for m in found.segments] == [(found.segments[0].copy,) * 2]
    assert found.segments[0].copy.start_s == 0 and found.segments[0].copy.end_s == 2
    assert _found(registry, tmp_path, 3) == []
    registry.add(_record(3))
    assert _found(registry, tmp_path, 3) == [f"{3:016x}"]


def test_a_fingerprint_of_another_kind_finds_nothing(tmp_path: Path) -> None:
    shelf = Shelf([1])
    whole = _details(1)
    assert lookup.find(shelf, tmp_path, FingerprintDetails("other", (), (), ())) == lookup.Found()
    bare = FingerprintDetails("pdq", whole.times_s, whole.hashes, whole.qualities)
    assert lookup.find(shelf, tmp_path, bare) == lookup.Found()


COPIES = tuple(_details(1, off) for off in range(20, 40))
PLACES = range(0, 64 * PARTS, 64)


@dataclass
class Lookalikes(Shelf):
    """Copies of one video, each a little different, of which none stands."""

    status: Literal["pending", "revoked", "withdrawn"] = "withdrawn"
    asked: int = 0

    def fingerprints(self, after: int = 0) -> Iterator[tuple[int, str, FingerprintDetails]]:
        for position, seed in enumerate(self.seeds[after:], after + 1):
            yield position, f"{seed:016x}", self.look(seed)

    def look(self, seed: int) -> FingerprintDetails:
        nearer = iter(np.random.default_rng(seed).integers(0, len(COPIES), FRAMES * PARTS).tolist())
        parts = ("".join(COPIES[next(nearer)].parts[frame][at : at + 64] for at in PLACES) for frame in range(FRAMES))
        return replace(COPIES[0], parts=tuple(parts))

    def by_payload(self, payload: str) -> Record | None:
        self.asked += 1
        seed = int(payload, 16)
        return replace(_record(seed), fingerprint=self.look(seed), status=self.status)


@pytest.mark.parametrize("status", ["pending", "revoked", "withdrawn"])
def test_many_that_look_alike_and_do_not_stand_cost_no_more(
    status: Literal["pending", "revoked", "withdrawn"], tmp_path: Path
) -> None:
    shelf = Lookalikes(list(range(1, 401)), status=status)
    near = len(lookup.update(shelf, tmp_path)[0].near(lookup.asked_of(lookup.shape_of(_details(1, copy=True)))))
    found = lookup.find(shelf, tmp_path, _details(1, copy=True)).candidates
    assert shelf.asked == lookup.LOOKED_AT < near
    assert len(found) == (5 if status == "revoked" else 0)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists after some tens of records, so that growing is seen without thousands."""
    monkeypatch.setattr(hash_index, "MOST_RECENT", 40)


@pytest.mark.usefixtures("small")
def test_what_has_grown_into_lists_is_found_and_read_once(tmp_path: Path) -> None:
    shelf = Shelf(list(range(1, 101)))
    assert _found(shelf, tmp_path, 7, 20) == [f"{7:016x}"]
    (folder,) = (tmp_path / "fingerprints").iterdir()
    assert len(list(folder.glob("*.lists"))) == 1 and shelf.read == 100
    assert _found(shelf, tmp_path, 95, 20) == [f"{95:016x}"] and shelf.read == 101, (
        "the newest is read to know it again"
    )
    shelf.seeds += range(101, 221)
    for seed in (3, 60, 110, 219):
        assert _found(shelf, tmp_path, seed, 20) == [f"{seed:016x}"]
    assert len(list(folder.glob("*.lists"))) == 1, "old lists are put away"
    assert not list(folder.glob(".*"))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("harm", ["cut", "flipped", "no lists", "other lists", "gone", "another registry", "restored"])
def test_a_damaged_index_is_made_anew(tmp_path: Path, harm: str) -> None:
    shelf = Shelf(list(range(1, 61)))
    assert _found(shelf, tmp_path, 5, 20) == [f"{5:016x}"]
    (folder,) = (tmp_path / "fingerprints").iterdir()
    recent, lists = folder / "recent", next(folder.glob("*.lists"))
    if harm == "cut":
        recent.write_bytes(recent.read_bytes()[:-30])
    elif harm == "flipped":
        recent.write_bytes(recent.read_bytes()[:-1] + b"\0")
    elif harm == "no lists":
        lists.unlink()
    elif harm == "other lists":
        lists.write_bytes(lists.read_bytes()[:1000])
    elif harm == "gone":
        recent.unlink()
    elif harm == "another registry":
        shelf.seeds = list(range(1001, 1061))
    else:
        shelf.seeds = shelf.seeds[:30]
    wanted = 1005 if harm == "another registry" else 5
    assert _found(shelf, tmp_path, wanted, 20) == [f"{wanted:016x}"]
    assert _found(shelf, tmp_path, 55, 20) == ([f"{55:016x}"] if harm not in ("another registry", "restored") else [])
    assert len(list(folder.glob("*.lists"))) <= 1


def test_only_so_much_is_taken_in_while_someone_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "MOST_AT_ONCE", 10)
    shelf = Shelf(list(range(1, 26)))
    copy = _details(25, 40, copy=True)
    assert [lookup.find(shelf, tmp_path, copy) for _ in range(2)] == [lookup.Found(behind=True)] * 2, "and it says so"
    found = lookup.find(shelf, tmp_path, copy)
    assert [one.payload for one in found] == [f"{25:016x}"] and not found.behind
    fresh = Shelf(list(range(1, 26)))
    index, behind = lookup.update(fresh, tmp_path / "other")
    assert index.position == 25 and not behind


def test_a_record_that_cannot_be_read_keeps_no_other_from_being_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registry = Registry(f"sqlite:///{tmp_path / 'registry.db'}")
    for seed in (1, 2, 3):
        registry.add(_record(seed))

    def spoil(seed: int, qualities: object) -> None:
        with sqlite3.connect(tmp_path / "registry.db") as opened:
            for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                opened.execute(f"DROP TRIGGER {name}")  # whoever can write the file can do so
            key = {"payload": f"{seed:016x}"}
            ((shape,),) = opened.execute("SELECT fingerprint FROM looks WHERE payload = :payload", key)
            said = json.dumps({**json.loads(zlib.decompress(shape)), "qualities": qualities})
            opened.execute("UPDATE looks SET fingerprint = :shape WHERE payload = :payload", {
                **key, "shape": zlib.compress(said.encode()),
            })  # fmt: skip

    spoil(1, ["100"] * FRAMES)
    assert _found(registry, tmp_path, 2) == [f"{2:016x}"] and _found(registry, tmp_path, 1) == []
    assert f"{1:016x} is damaged" in caplog.text
    spoil(2, [1000] * FRAMES)  # one that is in the index already
    assert _found(registry, tmp_path, 2) == [] and "urn:c2pa:2" in caplog.text
    assert _found(registry, tmp_path, 3) == [f"{3:016x}"]


def test_a_folder_that_cannot_be_written_only_makes_it_slower(tmp_path: Path) -> None:
    (tmp_path / "fingerprints").write_text("in the way")
    assert _found(Shelf([1, 2]), tmp_path, 2) == [f"{2:016x}"]


def _search(home: Path, seed: int) -> None:
    hash_index.MOST_RECENT = 40
    shelf = Shelf(list(range(1, 101 + seed)))
    os._exit(0 if _found(shelf, home, seed, 20) == [f"{seed:016x}"] else 1)


def test_several_processes_search_at_once(tmp_path: Path) -> None:
    running = [
        multiprocessing.get_context("spawn").Process(target=_search, args=(tmp_path, seed)) for seed in (1, 2, 3)
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(60)
    assert [process.exitcode for process in running] == [0, 0, 0]
    assert len(list((tmp_path / "fingerprints").glob("*/*.lists"))) == 1
