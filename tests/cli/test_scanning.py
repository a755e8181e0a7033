"""`countermark scan`, as a person has it: results in a folder, broken off and gone on with, refused in words."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import InputMissing, ScanUnfit
from countermark.errors.files import OutputExists
from countermark.tests import recipes
from countermark.tests.cli.command import SECONDS, Ran, arguments, environment, run
from countermark.tests.scan.rooms import words

NOT_TEXT = os.fsdecode(b"not text \xff.txt")


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "results.ndjson").read_text("ascii").splitlines()]


@contextmanager
def begun(home: Path, *given: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Begin a scan; gives its process and its id, once it is under way."""
    process = subprocess.Popen(
        arguments("scan", *given),
        env=environment(home),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while not (found := re.findall(r"scn_\w+", said)):
            line = process.stdout.readline()
            assert line, said
            said += line
        yield process, found[0]
    finally:
        process.kill()
        process.wait(20)


def test_a_folder_is_scanned_into_results(tmp_path: Path) -> None:
    root = words(tmp_path / "in put", 3)
    (root / NOT_TEXT).write_text("words")
    recipes.clip(root / "clip 雪.mp4", seconds=0.04, size=(32, 32))
    shutil.copyfile(root / "clip 雪.mp4", root / "clip again.mp4")
    (tmp_path / "out").mkdir()
    said = run(tmp_path, "scan", root, root, "-o", tmp_path / "out", "--shard", 4)
    assert said.code == 0 and "Traceback" not in said.out, said.err
    assert "6 objects" in said.out and "of one worker" in said.out and "6 of 6 objects, done" in said.out
    found = {line["name"]: line["outcome"] or line["error"]["type"] for line in lines(tmp_path / "out")}
    assert len(lines(tmp_path / "out")) == 6 and found[NOT_TEXT] == "UnreadableVideo"
    assert found["clip 雪.mp4"] == found["clip again.mp4"] == "no_evidence"
    assert (tmp_path / "out" / "report.html").stat().st_size > 1000
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["state"] == "done"
    again = run(tmp_path, "scan", root, "-o", tmp_path / "out")
    assert again.code == OutputExists.exit_code and "scn_" not in again.out


def test_what_it_would_cost_is_said_and_nothing_begun(tmp_path: Path) -> None:
    said = run(tmp_path, "scan", words(tmp_path / "in", 5), "-o", tmp_path / "out", "--estimate", "--to", "container")
    assert said.code == 0 and "5 objects" in said.out and "of one worker" in said.out
    assert not (tmp_path / "out").exists() and "scn_" not in said.out


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [
        ((), 2, "name what is to be scanned"),
        (("none",), InputMissing.exit_code, "no such folder"),
        ((".", "--to", "guess"), 2, "container"),
        ((".", "--share", "0"), 2, "--share"),
        ((".", "--resume", "scn_a"), 2, "--resume ID"),
        (("--resume", "scn_a"), ScanUnfit.exit_code, "no scan scn_a"),
        ((".", "--policy", "none.yaml"), InputMissing.exit_code, "none.yaml"),
        (("ftp://host/x",), None, "no such place"),
    ],
)
def test_what_can_not_be_scanned_is_said(tmp_path: Path, given: tuple[str, ...], code: int | None, word: str) -> None:
    said = run(tmp_path, "scan", *given, "-o", tmp_path / "out")
    assert said.code and code in (None, said.code) and word in " ".join(said.err.split()), said.err
    assert "Traceback" not in said.err and not (tmp_path / "out").exists()


def test_ctrl_c_hands_back_and_resume_goes_on(tmp_path: Path) -> None:
    root, out = words(tmp_path / "in", 60), tmp_path / "out"
    with begun(tmp_path, root, "-o", out, "--shard", 8) as (process, id):
        time.sleep(1)  # wherever that is in its work
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130 and not out.exists()
        assert "Traceback" not in process.stdout.read()  # type: ignore[union-attr]
    said = run(tmp_path, "scan", "--resume", id, "-o", out)
    assert said.code == 0 and "60 of 60 objects, done" in said.out, said.err
    assert len({line["name"] for line in lines(out)}) == len(lines(out)) == 60


def test_killed_it_goes_on_and_two_at_one_scan_agree(tmp_path: Path) -> None:
    root = words(tmp_path / "in", 40)
    with begun(tmp_path, root, "-o", tmp_path / "dead", "--shard", 8) as (process, id):
        process.kill()
        process.wait()
    assert not (tmp_path / "dead").exists()
    with subprocess.Popen(
        arguments("scan", "--resume", id, "-o", tmp_path / "one"),
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    ) as other:
        said: Ran = run(tmp_path, "scan", "--resume", id, "-o", tmp_path / "two")
        _, told = other.communicate(timeout=SECONDS)
    assert (said.code, other.returncode) == (0, 0), said.err + told
    assert lines(tmp_path / "one") == lines(tmp_path / "two")
    assert len({line["name"] for line in lines(tmp_path / "one")}) == len(lines(tmp_path / "one")) == 40
    done = run(tmp_path, "scan", "--resume", id, "-o", tmp_path / "three", "--no-work")
    assert done.code == 0 and lines(tmp_path / "three") == lines(tmp_path / "one"), "what is done is written again"
