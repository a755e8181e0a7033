"""Scans by real workers: whatever dies, every object has exactly one line; and no check waits behind them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import RegistryUnavailable
from countermark.jobs import Worker, patience, queue, rounds, scanning
from countermark.scan import Cascade, Outcomes, Plan, Scan, Shards, packing
from countermark.scan.sources import found
from countermark.tests import databases, memory, object_stores, recipes
from countermark.tests.jobs.rooms import Room, options, small, until
from countermark.tests.scan import rooms
from countermark.tests.scan.rooms import words

QUICK_S = 0.1  # between two looks into the queue, and two rounds


class Scans(rooms.Room):
    """Scans, and the service beside them."""

    def lines(self, scan_id: str) -> list[Outcomes]:
        """Give the lines of the shards that are done, as results have them."""
        texts = [self.objects.read(key).decode("ascii").splitlines() for key in self.shards.parts(scan_id)]
        return [packing.line(text) for part in texts for text in part]

    def through(self, scan: Scan) -> list[Outcomes]:
        """Wait until a scan is done."""
        until(lambda: self.shards.standing(scan.id).state == "done")
        return self.lines(scan.id)

    def worker(self, name: str, code: str = "") -> subprocess.Popen[bytes]:
        """Begin a worker as a process; `code` is run in it before."""
        environment = {
            **os.environ,
            "COUNTERMARK_HOME": str(self.options.home),
            "COUNTERMARK_DATABASE": self.options.database_url,
            "COUNTERMARK_DETECTOR": "never",
            "OMP_NUM_THREADS": "1",
        }
        quick = (
            f"from countermark.jobs import queue, rounds\nqueue.POLL_S['scans'], rounds.QUICK_S = {QUICK_S}, {QUICK_S}"
        )
        begin = f"import sys\nfrom countermark.cli import main\nsys.argv[1:] = {['worker', '--name', name]}\nmain()"
        with (self.options.home.parent / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", f"{quick}\n{code}\n{begin}"], env=environment, stdout=log, stderr=log
            )


def names(lines: list[Outcomes]) -> list[str]:
    return [line.name for line in lines]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with memory.folder() as folder:
        yield folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(queue.POLL_S, queue.SCANS, QUICK_S)
    monkeypatch.setattr(rounds, "QUICK_S", QUICK_S)


@pytest.fixture(params=databases.KINDS)
def scans(request: pytest.FixtureRequest, tmp_path: Path) -> Scans:
    return Scans(options(request.param, tmp_path))


def test_every_object_has_one_line_in_order(scans: Scans, tmp_path: Path) -> None:
    root = words(tmp_path / "root", 9)
    (root / "empty.mp4").touch()
    (root / "gone.mp4").write_text("x")
    clip = small(root)
    shutil.copyfile(clip, root / "with a space.mp4")
    scan, nothing = scans.laid(root, shard=4), scans.laid(words(tmp_path / "nothing", 0))
    listed = [one.name for number in range(scan.shards) for one in scans.shards.objects(scan.id, number)[1]]
    (root / "gone.mp4").unlink()
    with Worker(scans.options):
        lines = scans.through(scan)
        assert scans.through(nothing) == []
    assert names(lines) == listed and len(lines) == 13
    said = {line.name: line.outcome or (line.error or {})["type"] for line in lines}
    assert Counter(said.values()) == {"UnreadableVideo": 9, "no_evidence": 2, "InputEmpty": 1, "ObjectMissing": 1}
    copied = next(line for line in lines if line.name == "with a space.mp4")
    assert (copied.same_as, copied.stage) == ("small.mp4", "digest"), "the same bytes are looked at once"
    counts = scans.shards.get(scan.id).counts
    assert (counts.objects, counts.outcomes) == (13, dict(Counter(said.values())))
    assert not list((scans.options.home / "work").rglob("*.mp4"))


def test_a_place_that_vanishes_ends_the_scan_with_a_reason_for_each(scans: Scans, tmp_path: Path) -> None:
    root = words(tmp_path / "root", 3)
    scan = scans.laid(root)
    shutil.rmtree(root)
    with Worker(scans.options):
        lines = scans.through(scan)
    assert [(line.error or {})["type"] for line in lines] == ["ObjectMissing"] * 3


def test_a_database_that_is_away_for_a_moment_is_waited_for(
    scans: Scans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = iter([True, True, False])

    def seen(self: Shards, scan_id: str, digest: str) -> None:
        if next(away, False):
            raise RegistryUnavailable("it is away")

    monkeypatch.setattr(Shards, "seen", seen)
    monkeypatch.setattr(patience, "_FIRST_S", 0.1)
    scan = scans.laid(words(tmp_path / "root", 2))
    with Worker(scans.options):
        lines = scans.through(scan)
    assert [(line.error or {})["type"] for line in lines] == ["UnreadableVideo"] * 2


def test_a_worker_killed_in_the_middle_of_a_shard_leaves_no_line_twice(scans: Scans, tmp_path: Path) -> None:
    root = words(tmp_path / "root", 12)
    scan = scans.laid(root, to="digest", shard=12)
    slow = (
        "import time\nfrom countermark.jobs import scanning\nfrom countermark.scan import Cascade\n"
        "scanning.KEEP_S = 0.0\nline = Cascade.line\n"
        "def slowly(*words):\n    time.sleep(0.2)\n    return line(*words)\nCascade.line = slowly\n"
    )
    process = scans.worker("one", slow)
    query = f"SELECT partial FROM scan_shards WHERE scan_id = '{scan.id}' AND partial IS NOT NULL"
    until(lambda: databases.ask(scans.options.database_url, query))
    process.kill()
    process.wait()
    assert scans.shards.undone(scan.id)[0][2] == 1
    with Worker(scans.options):
        lines = scans.through(scan)
    assert names(lines) == [f"{number:04}.txt" for number in range(12)]
    assert scans.shards.get(scan.id).counts.objects == 12


def test_what_kills_whoever_looks_is_given_up_and_the_shard_goes_on(tmp_path: Path) -> None:
    scans = Scans(options("postgresql", tmp_path))  # the other database has its poison below
    root = words(tmp_path / "root", 8)
    (root / "0003 poison.txt").write_text("x")
    scan = scans.laid(root, to="digest", shard=9)
    deadly = (
        "import os\nfrom countermark.scan import Cascade\nline = Cascade.line\n"
        "def dying(self, place, listed, *words):\n"
        "    if 'poison' in listed.name:\n        os._exit(86)\n"
        "    return line(self, place, listed, *words)\nCascade.line = dying\n"
    )
    deaths = 0
    process = scans.worker("one", deadly)
    try:

        def over() -> bool:
            nonlocal process, deaths
            if process.poll() is not None:
                assert process.returncode == 86, (tmp_path / "one.log").read_text()
                deaths += 1
                process = scans.worker("one", deadly)
            return scans.shards.standing(scan.id).state == "done"

        until(over, 120)
    finally:
        process.terminate()
        process.wait(60)
    lines = scans.lines(scan.id)
    assert len(names(lines)) == len(set(names(lines))) == 9
    kinds = {line.name: (line.error or {}).get("type") for line in lines}
    assert kinds.pop("0003 poison.txt") == "ObjectGivenUp" and set(kinds.values()) == {None}
    assert deaths == 4, "two before each object is noted, and two over one that was"


def test_a_shard_that_is_broken_off_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MOST_TRIES", 1)
    scans = Scans(options("sqlite", tmp_path))
    scan = scans.laid(words(tmp_path / "root", 2))
    assert scans.shards.begin(scan.id, 0) is not None
    with Worker(scans.options):
        lines = scans.through(scan)
    assert [(line.error or {})["type"] for line in lines] == ["ObjectGivenUp"] * 2


def test_a_worker_that_stops_in_peace_hands_back_what_it_has(
    scans: Scans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = words(tmp_path / "root", 24)
    scan = scans.laid(root, shard=24)
    original, looked = Cascade.line, threading.Event()

    def line(*given: Any) -> Outcomes:
        made = original(*given)
        looked.set()
        return made

    monkeypatch.setattr(Cascade, "line", line)
    with Worker(scans.options):
        assert looked.wait(60)
    assert scans.shards.standing(scan.id).state == "going"
    again = scans.shards.begin(scan.id, 0)
    assert again is not None and 0 < len(again.lines) < 24, "a try; what was there is kept"
    (died,) = databases.ask(scans.options.database_url, f"SELECT deaths FROM scan_shards WHERE scan_id = '{scan.id}'")
    assert died == (0,)
    with Worker(scans.options):
        assert len(set(names(scans.through(scan)))) == 24


def test_a_live_check_does_not_wait_for_a_scan(scans: Scans, tmp_path: Path) -> None:
    room = Room(scans.options)
    scan = scans.laid(words(tmp_path / "root", 400), shard=100)
    with Worker(scans.options):
        until(lambda: scans.shards.undone(scan.id)[0][2] == 1)
        assert room.over(room.asked(small(tmp_path))).status == "succeeded"
        standing = scans.shards.standing(scan.id)
        assert (standing.state, standing.shards_done < 4) == ("going", True), "the scan was under way all the while"
        scans.shards.cancel(scan.id)


@pytest.mark.parametrize("kind", ["rclone", "moto"])
def test_a_bucket_is_scanned(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, environment = object_stores.new(kind, tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    client, clip = (
        object_stores.client(os.environ["AWS_ENDPOINT_URL"]),
        recipes.clip(tmp_path / "a.mp4", seconds=0.04, size=(32, 32)).read_bytes(),
    )
    for name, data in (("a clip.mp4", clip), ("b/same ü.mp4", clip), ("c.txt", b"words"), ("gone.mp4", clip)):
        client.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=data)
    scans = Scans(options("sqlite", tmp_path))
    plan = Plan((url,), shard=2)
    scan = scans.shards.lay(scans.shards.open(plan), found(plan))
    client.delete_object(Bucket=bucket, Key=f"{prefix}/gone.mp4")
    with Worker(scans.options):
        lines = scans.through(scan)
    said = {line.name: line.outcome or (line.error or {})["type"] for line in lines}
    assert said == {
        "a clip.mp4": "no_evidence",
        "b/same ü.mp4": "no_evidence",
        "c.txt": "UnreadableVideo",
        "gone.mp4": "ObjectMissing",
    }
    assert [line.same_as for line in lines] == [None, "a clip.mp4", None, None]
    assert "object" not in json.dumps([line.error for line in lines if line.name == "c.txt"]), "in its own name"
    assert not list((scans.options.home / "work").rglob("object*"))
