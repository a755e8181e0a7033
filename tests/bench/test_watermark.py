"""The real command on two made clips: killed on its way, gone on with, and what it leaves behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from countermark.bench.watermark.attacks import QUICK
from tests import recipes
from tests.cli.command import SECONDS, Ran, arguments, environment, run, snapshot

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "report.schema.json").read_text())
THEIRS = ("work/notes.txt", "work/.hidden/more.txt", ".notes")  # of the user's own, in the folder that is written into
FORMS = {"watermark.json", "watermark.md", "recovery.svg", "recovery.png", "quality.png"}


@dataclass(frozen=True)
class Bench:
    home: Path
    killed: list[str]  # lines that were there when it was killed
    orphans: set[int]  # workers that outlived it
    ran: Ran
    clips_before: dict[str, str]

    @property
    def out(self) -> Path:
        return self.home / "out"

    @property
    def lines(self) -> list[str]:
        return (self.out / "work.ndjson").read_text().splitlines()

    @property
    def written(self) -> Any:
        return json.loads((self.out / "watermark.json").read_text())


def words(*more: str) -> list[str]:
    return ["bench", "watermark", "--clips", "clips", "--out", "out", "--count", "2", "--workers", "2", *more]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("bench")
    for name, seed in (("a/one.mp4", 1), ("b/two.mp4", 2)):
        (home / "clips" / name).parent.mkdir(parents=True)
        recipes.clip(home / "clips" / name, size=(480, 480), seconds=0.4, seed=seed)
    (home / "clips" / "broken.mp4").write_bytes(b"no video" * 100)
    for name in THEIRS:
        (home / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "out" / name).write_text("theirs")
    before = snapshot(home / "clips")
    process = subprocess.Popen(arguments(*words("-q")), cwd=home, env=environment(home))
    journal = home / "out" / "work.ndjson"
    until(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= 4)
    children = descendants(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not {pid for pid in children if alive(pid)}, must=False)
    orphans = {pid for pid in children if alive(pid)}
    killed = journal.read_text().splitlines()
    yield Bench(home, killed, orphans, run(home, *words("--json")), before)


def until(holds: Any, must: bool = True) -> None:
    ends = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > ends:
            assert not must, "it never came to that"
            return
        time.sleep(0.02)


def descendants(pid: int) -> set[int]:
    found = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return found | {below for child in found for below in descendants(child)}


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_killed_run_goes_on_where_it_was(bench: Bench) -> None:
    assert bench.orphans == set()
    assert 4 <= len(bench.killed) < 2 + 2 * len(QUICK) + 2
    assert bench.lines[: len(bench.killed)] == bench.killed
    keys = [json.loads(line)["key"] for line in bench.lines]
    assert len(keys) == len(set(keys)) == 2 + 2 * len(QUICK) + 2, "nothing was done twice"
    assert not (bench.out / ".countermark-bench").exists()


def test_done_is_done(bench: Bench) -> None:
    lines, again = bench.lines, run(bench.home, *words("--json"))
    assert bench.lines == lines
    assert again.report()["results"] == bench.ran.report()["results"]


def test_the_report_fits_the_schema_and_the_file(bench: Bench) -> None:
    assert (bench.ran.code, bench.ran.err) == (0, "")
    report = bench.ran.report()
    jsonschema.validate(report, SCHEMA)
    (item,) = report["results"]
    assert item["kind"] == "bench_watermark"
    assert item["report"] == bench.written
    assert {Path(name).name for name in item["files"]} == FORMS
    assert {path.name for path in bench.out.iterdir()} == FORMS | {"work.ndjson", "work", ".notes"}


def test_every_attack_is_counted_on_every_clip(bench: Bench) -> None:
    rows = {row["name"]: row for row in bench.written["attacks"]}
    assert tuple(rows) == QUICK
    for row in rows.values():
        assert row["n"] == 2 == row["recovered"] + len(row["lost"])
        assert (row["bit_accuracy_mean"] is None) == (row["recovered"] == 0)
        assert row["direct"] <= row["recovered"]
        assert row["kbit_s"] > 0
    assert rows["identity"]["recovered"] == 2
    assert bench.written["problems"] == []


def test_the_rest_is_measured_too(bench: Bench) -> None:
    written = bench.written
    assert [clip["frames"] for clip in written["clips"]] == [10, 10] and written["payloads"] == 2
    assert written["command"] == "countermark bench watermark --clips clips --suite quick --count 2"
    assert 35 < written["quality"]["psnr_rgb"]["min"] <= written["quality"]["psnr_rgb"]["max"] < 60
    assert 0.9 < written["quality"]["ssim"]["median"] < 1
    found = written["false_accepts"]
    assert (found["looks"], found["keys"], found["accepts"]) == (2, 4, 0)
    assert found["trials"] >= 4 and 0 < found["bound"] < 1e-6
    (broken,) = written["unreadable"]
    assert "broken.mp4" in broken
    table = (bench.out / "watermark.md").read_text()
    assert all(f"\n| {name} " in table for name in QUICK) and "broken.mp4" in table


def test_clips_are_only_read_and_files_of_the_users_own_are_left(bench: Bench) -> None:
    assert snapshot(bench.home / "clips") == bench.clips_before
    assert [(bench.out / name).read_text() for name in THEIRS] == ["theirs"] * len(THEIRS)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (("--clips", "nowhere", "--out", "elsewhere"), "InputMissing"),
        (("--clips", "clips/a", "--out", "clips/a/out"), "OutputIsInput"),
        (("--clips", "small", "--out", "elsewhere"), "TooSmall"),
        (("--clips", "empty", "--out", "elsewhere"), "InputMissing"),
        (("--clips", "clips", "--out", "clips/broken.mp4/out"), "OutputIsInput"),
        (("--clips", "clips/a", "--out", "taken"), "OutputUnwritable"),
    ],
)
def test_what_cannot_be_measured_says_why(bench: Bench, given: tuple[str, ...], error: str) -> None:
    (bench.home / "empty").mkdir(exist_ok=True)
    (bench.home / "taken").write_text("a file")
    small = bench.home / "small" / "clip.mp4"
    if not small.exists():
        small.parent.mkdir()
        recipes.clip(small, size=(160, 160), seconds=0.4)
    ran = run(bench.home, "bench", "watermark", *given, "--json")
    (failure,) = ran.report()["failures"]
    assert (failure["error"], failure["exit_code"]) == (error, ran.code)
    assert failure["advice"] and "Traceback" not in ran.err


def test_an_unknown_suite_is_a_matter_of_usage(bench: Bench) -> None:
    ran = run(bench.home, "bench", "watermark", "--clips", "clips", "--out", "elsewhere", "--suite", "huge")
    assert ran.code == 2 and "quick, full" in ran.err


def test_an_interruption_leaves_work_that_can_go_on(bench: Bench) -> None:
    command = arguments("bench", "watermark", "--clips", "clips", "--out", "stopped", "--count", "1", "-q")
    process = subprocess.Popen(command, cwd=bench.home, env=environment(bench.home), stderr=subprocess.PIPE, text=True)
    journal = bench.home / "stopped" / "work.ndjson"
    until(lambda: journal.exists() and journal.stat().st_size > 0)
    children = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert all(json.loads(line)["outcome"] for line in journal.read_text().splitlines())
    until(lambda: not any(alive(pid) for pid in children))
