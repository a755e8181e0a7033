"""Scans and shards as they are kept, on each database: begun, gone on with after deaths, done once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from countermark.errors import ScanUnfit
from countermark.objects import Listed
from countermark.scan import Counts, Plan, Shards, packing
from countermark.scan.shards import CAREFUL, DEADLY
from countermark.store import engine, ledger
from countermark.tests import databases
from countermark.tests.jobs.rooms import options
from countermark.tests.scan.rooms import Room, line, words

NOT_TEXT = os.fsdecode(b"\xff")


@pytest.fixture(params=databases.KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    return Room(options(request.param, tmp_path))


def listed(count: int, url: str = "file:///a") -> list[tuple[str, Listed]]:
    return [(url, Listed(f"{number}", 10)) for number in range(count)]


def kinds(room: Room) -> list[str]:
    with engine.reading(room.options.database_url) as connection:
        assert connection is not None
        return [entry.kind for entry in ledger.entries(connection) if entry.kind.startswith("scan.")]


def test_what_is_listed_is_laid_in_shards_of_one_place_each(room: Room) -> None:
    plan = Plan(("file:///a", "file:///b"), shard=3)
    scan_id = room.shards.open(plan)
    assert room.shards.get(scan_id).state == "listing" and room.shards.going() == ()
    found = [*listed(4), *listed(2, "file:///b"), ("file:///b", Listed(f"{NOT_TEXT}\n", 1))]
    made = room.shards.lay(scan_id, found)
    assert (made.state, made.shards, made.objects, made.bytes, made.plan) == ("going", 3, 7, 61, plan)
    assert [len(room.shards.objects(scan_id, number)[1]) for number in range(3)] == [3, 1, 3]
    assert room.shards.objects(scan_id, 2) == ("file:///b", tuple(one for _, one in found[4:]))
    assert room.shards.going() == (scan_id,)
    assert room.shards.undone(scan_id, after=0, limit=1) == [(1, 0, 0)]


def test_a_listing_that_was_broken_off_is_laid_anew(room: Room) -> None:
    scan_id = room.shards.open(Plan(("file:///a",), shard=1))
    assert room.shards.lay(scan_id, listed(250), go=False).shards == 250
    assert room.shards.begin(scan_id, 0) is None, "nothing is begun before all is listed"
    assert room.shards.lay(scan_id, listed(2)).shards == 2


def test_a_shard_is_done_once_and_its_counts_are_added_up(room: Room) -> None:
    made = room.shards.lay(room.shards.open(Plan(("file:///a",), shard=2)), listed(3))
    shard = room.shards.begin(made.id, 0)
    assert shard is not None and (shard.tries, shard.lines, shard.poison, len(shard.objects)) == (1, (), None, 2)
    assert not room.shards.finish(made.id), "not before all are done"
    known = line("0", sha256="ab" * 32, outcome="no_evidence")
    assert room.shards.done(shard, "a.ndjson", Counts(2, 20, {"no_evidence": 2}), [known])
    assert not room.shards.done(shard, "b.ndjson", Counts(2, 20)), "of two who say so, the first is believed"
    room.shards.keep(shard, ["late"], 1)
    assert room.shards.begin(made.id, 0) is None
    assert room.shards.seen(made.id, "ab" * 32) == known and room.shards.seen("scn_other", "ab" * 32) is None
    last = room.shards.begin(made.id, 1)
    assert last is not None and room.shards.done(last, "c.ndjson", Counts(1, 10, {"InputEmpty": 1}))
    assert room.shards.finish(made.id) and not room.shards.finish(made.id)
    done = room.shards.get(made.id)
    assert (done.state, done.shards_done, done.counts.outcomes) == ("done", 2, {"no_evidence": 2, "InputEmpty": 1})
    assert done.finished_at and list(room.shards.parts(made.id)) == ["a.ndjson", "c.ndjson"]
    assert room.shards.seen(made.id, "ab" * 32) is None, "what served is let go of"
    assert kinds(room) == ["scan.begun", "scan.done"]


def test_a_shard_goes_on_from_what_was_kept(room: Room) -> None:
    made = room.shards.lay(room.shards.open(Plan(("file:///a",))), listed(3))
    first = room.shards.begin(made.id, 0)
    assert first is not None and not first.careful
    lines = [packing.written(line(NOT_TEXT)), packing.written(line("1"))]
    room.shards.keep(first, lines)
    again = room.shards.begin(made.id, 0)
    assert again is not None and (list(again.lines), again.tries) == (lines, 2)


def test_an_object_over_which_workers_die_is_known_in_the_end(room: Room) -> None:
    made = room.shards.lay(room.shards.open(Plan(("file:///a",))), listed(3))
    for _ in range(CAREFUL - 1):
        shard = room.shards.begin(made.id, 0)
        assert shard is not None and not shard.careful and shard.poison is None
    for deaths in range(DEADLY):
        shard = room.shards.begin(made.id, 0)
        assert shard is not None and shard.careful and shard.poison is None, deaths
        room.shards.keep(shard, ["a line"], 1)
    shard = room.shards.begin(made.id, 0)
    assert shard is not None and (shard.poison, shard.lines) == (1, ("a line",))


def test_an_accident_and_a_peaceful_end_are_no_deaths_over_one_object(room: Room) -> None:
    made = room.shards.lay(room.shards.open(Plan(("file:///a",))), listed(9))
    for at in (1, 2, 3, None, 4, None, 4):  # another one each time, or put down in between
        shard = room.shards.begin(made.id, 0)
        assert shard is not None and shard.poison is None
        room.shards.keep(shard, [], at)


def test_many_who_say_that_a_shard_is_done_are_believed_once(room: Room) -> None:
    made = room.shards.lay(room.shards.open(Plan(("file:///a",))), listed(1))
    shard = room.shards.begin(made.id, 0)
    assert shard is not None
    others = [Shards(room.shards._desk) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda pair: pair[1].done(shard, f"{pair[0]}", Counts(1, 10)), enumerate(others)))
    assert said.count(True) == 1
    assert list(room.shards.parts(made.id)) == [f"{said.index(True)}"]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda one: one.finish(made.id), others)).count(True) == 1
    assert kinds(room) == ["scan.begun", "scan.done"]


def test_a_scan_that_is_cancelled_is_not_begun_any_more(room: Room) -> None:
    made = room.shards.lay(room.shards.open(Plan(("file:///a",))), listed(1))
    assert room.shards.cancel(made.id) and not room.shards.cancel(made.id)
    assert room.shards.begin(made.id, 0) is None and room.shards.going() == ()
    assert not room.shards.finish(made.id)
    assert room.shards.get(made.id).state == "cancelled" and kinds(room) == ["scan.begun", "scan.cancelled"]


def test_a_scan_that_is_not_there_is_said(room: Room, tmp_path: Path) -> None:
    for ask in (lambda: room.shards.get("scn_none"), lambda: room.shards.objects("scn_none", 0)):
        with pytest.raises(ScanUnfit):
            ask()
    assert room.laid(words(tmp_path / "none", 0)).shards == 0
