"""What a scan leaves: lines, the same as a table, a summary and a page; whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from countermark.errors import CountermarkError, OutputExists
from countermark.scan import Counts, Outcomes, Plan, packing
from countermark.scan.results import LINES, PAGE, SUMMARY, TABLE, check_folder, write
from countermark.tests.jobs.rooms import options
from countermark.tests.scan.rooms import Room, line, words

NOT_TEXT = os.fsdecode(b"not text \xff.mp4")
ERROR = {"type": "UnreadableVideo", "message": f"{NOT_TEXT}: no video", "advice": f"fetch {NOT_TEXT} again"}
MADE = (
    line("a b.mp4", stage="detector", sha256="ab" * 32, outcome="likely_ai", sureness="likely", basis=("detector",),
         reasons=("says so",), seconds={"digest": 0.5, "detector": 1.0},
         scores={"generated": {"score": 0.9, "fpr": 0.01}, "manipulated": {"score": 0.1, "fpr": 1.0}},
         ruling={"effect": "label", "actions": ["label: AI"], "rules": ["r1"], "unsure": []}),
    line(NOT_TEXT, error=ERROR),
    line("雪.mp4", same_as=NOT_TEXT, outcome="no_evidence", not_looked_at=("the sound",)),
)  # fmt: skip


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(options("sqlite", tmp_path))


def through(room: Room, made: tuple[Outcomes, ...] = MADE, times: int = 1) -> str:
    """Bring a scan to its end with these lines in each of some shards."""
    folder = words(room.options.home.parent / "listed", len(made) * times)
    scan = room.laid(folder, shard=len(made))
    for number in range(scan.shards):
        shard = room.shards.begin(scan.id, number)
        assert shard is not None
        counts = Counts()
        for one in made:
            counts = counts.plus(one.counted)
        data = "".join(f"{packing.written(one)}\n" for one in made).encode()
        room.objects.put_bytes(f"scans/{scan.id}/{number}.1.ndjson", data, "application/x-ndjson")
        assert room.shards.done(shard, f"scans/{scan.id}/{number}.1.ndjson", counts)
    assert room.shards.finish(scan.id)
    return scan.id


def test_the_lines_the_table_and_the_summary_say_the_same(room: Room, tmp_path: Path) -> None:
    scan, out = room.shards.get(through(room, times=800)), tmp_path / "out"
    write(room.shards, room.objects, scan, out)
    assert sorted(path.name for path in out.iterdir()) == sorted((LINES, TABLE, SUMMARY, PAGE))
    lines = [packing.line(text) for text in (out / LINES).read_text("ascii").splitlines()]
    assert lines == [*MADE] * 800
    table = parquet.read_table(out / TABLE)
    assert table.num_rows == 2400
    rows = table.slice(0, 3).to_pylist()
    assert [row["name"] for row in rows] == ["a b.mp4", "not text ?.mp4", "雪.mp4"]
    first, broken, same = rows
    assert (first["outcome"], first["seconds"], first["basis"]) == ("likely_ai", 1.5, ["detector"])
    assert (first["generated_score"], first["generated_fpr"], first["manipulated_score"]) == (0.9, 0.01, 0.1)
    assert (first["effect"], first["rules"], first["error"]) == ("label", ["r1"], None)
    assert (broken["error_type"], broken["error"]) == ("UnreadableVideo", "not text ?.mp4: no video")
    assert (broken["outcome"], broken["generated_score"], broken["effect"]) == (None, None, None)
    assert (same["same_as"], same["not_looked_at"]) == ("not text ?.mp4", ["the sound"])
    said = json.loads((out / SUMMARY).read_text())
    assert said["outcomes"] == {"likely_ai": 800, "UnreadableVideo": 800, "no_evidence": 800}
    assert (said["results"], said["objects"], said["state"]) == (2400, 2400, "done")
    assert said["plan"]["urls"] == list(scan.plan.urls) and said["effects"] == {"label": 800}


def test_a_scan_of_nothing_has_results_too(room: Room, tmp_path: Path) -> None:
    made = room.laid(words(tmp_path / "nothing", 0))
    assert room.shards.finish(made.id)
    write(room.shards, room.objects, room.shards.get(made.id), tmp_path / "out")
    assert (tmp_path / "out" / LINES).read_text() == ""
    assert parquet.read_table(tmp_path / "out" / TABLE).num_rows == 0


def test_what_lies_there_is_never_replaced(room: Room, tmp_path: Path) -> None:
    scan = room.shards.get(through(room))
    full, file, empty = tmp_path / "full", tmp_path / "file", tmp_path / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "mine").write_text("mine")
    file.write_text("mine")
    for out in (full, file):
        with pytest.raises(OutputExists):
            check_folder(out)
    with pytest.raises(CountermarkError):
        write(room.shards, room.objects, scan, full)  # it was empty when the scan began
    assert [path.name for path in full.iterdir()] == ["mine"]
    check_folder(empty)
    write(room.shards, room.objects, scan, empty)
    assert (empty / LINES).exists() and not list(tmp_path.glob(".*.part"))


def test_a_folder_that_can_not_be_made_is_said_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(CountermarkError):
        check_folder(tmp_path / "none" / "out")
    check_folder(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_folder_appears_whole_or_not_at_all(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan, out = room.shards.get(through(room, times=3)), tmp_path / "out"
    chunks = room.objects.chunks

    def broken(key: str) -> Iterator[bytes]:
        assert not out.exists()
        if "/1." in key:
            raise OSError(28, "No space left on device")
        return chunks(key)

    monkeypatch.setattr(room.objects, "chunks", broken)
    with pytest.raises(CountermarkError):
        write(room.shards, room.objects, scan, out)
    assert not out.exists() and not list(tmp_path.glob(".*.part"))


def test_a_plan_with_a_policy_is_told_as_it_is(room: Room, tmp_path: Path) -> None:
    plan = Plan((tmp_path.as_uri(),), policy='{"policy": "house"}')
    made = room.shards.lay(room.shards.open(plan), ())
    write(room.shards, room.objects, made, tmp_path / "out")
    assert json.loads((tmp_path / "out" / SUMMARY).read_text())["plan"]["policy"] == {"policy": "house"}
    assert "not through" in (tmp_path / "out" / PAGE).read_text()
