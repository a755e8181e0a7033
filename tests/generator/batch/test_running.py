"""Requests are made, some at once; what fails spoils no other, and what was stopped goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from countermark import keyring
from countermark.errors import ConsentRefused, MemoryShort
from countermark.generator.batch import Common, Item, Outcome, Standing, how_many, read, run
from countermark.generator.batch.state import State, digest_of
from countermark.generator.maker import Plan
from countermark.generator.request import Request
from countermark.settings import Settings
from countermark.verify import verify

SMALL = {"model": "procedural", "size": "320x240", "seconds": 0.5, "fps": 24}


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


@pytest.fixture
def common(tmp_path: Path, options: Settings) -> Common:
    (tmp_path / "out").mkdir()
    return Common(tmp_path / "out", options)


def written(common: Common, *lines: dict[str, object]) -> Path:
    path = common.folder.parent / "prompts.jsonl"
    path.write_text("\n".join(json.dumps({**SMALL, **line}) for line in lines))
    return path


def outcomes(prompts: Path, common: Common, **asked: int) -> dict[str, Outcome]:
    return {one.item.output.name: one for one in run(read(prompts, common), common, prompts, **asked)}


def test_one_that_fails_spoils_no_other_and_none_is_made_twice(common: Common) -> None:
    prompts = written(
        common,
        {"prompt": "the sea at sunset", "output": "sea.mp4"},
        {"prompt": "naked children", "output": "never.mp4"},
        {"prompt": "snow over a forest", "output": "snow.mp4"},
    )
    items, told = read(prompts, common), list[Standing]()
    found = {one.item.output.name: one for one in run(items, common, prompts, workers=2, progress=told.append)}
    assert {name: one.kind for name, one in found.items()} == {
        "sea.mp4": "made",
        "never.mp4": "failed",
        "snow.mp4": "made",
    }
    assert isinstance(found["never.mp4"].error, ConsentRefused) and "minors" in str(found["never.mp4"].error)
    assert verify(common.folder / "sea.mp4", options=common.options).outcome == "ai_generated"
    assert (told[-1].made, told[-1].failed, told[-1].share, told[-1].seconds_left) == (2, 1, 1.0, 0.0)
    assert all(before.share <= after.share for before, after in zip(told, told[1:], strict=False))
    assert sorted(path.name for path in common.folder.iterdir()) == ["prompts.jsonl.begun", "sea.mp4", "snow.mp4"]

    again = outcomes(prompts, common)
    assert {name: one.kind for name, one in again.items()} == {
        "sea.mp4": "skipped",
        "snow.mp4": "skipped",
        "never.mp4": "failed",
    }
    (common.folder / "snow.mp4").unlink()
    assert [item.finished for item in read(prompts, common)] == [True, False, False]
    assert [item.finished for item in read(prompts, replace(common, force=True))] == [True, False, False]


def test_a_worker_that_is_killed_costs_its_request_alone(common: Common) -> None:
    prompts = written(
        common,
        {"prompt": "the sea", "output": "long.mp4", "seconds": 60},
        {"prompt": "snow", "output": "short.mp4"},
    )
    seen, killed = list[Outcome](), list[int]()

    def kill(standing: Standing) -> None:
        if standing.share > 0 and not killed:
            killed.extend(_workers(os.getpid()))
            os.kill(killed[0], signal.SIGKILL)

    seen += run(read(prompts, common), common, prompts, workers=1, progress=kill)
    assert [one.kind for one in seen] == ["failed", "made"]
    assert isinstance(seen[0].error, MemoryShort)


def test_a_worker_that_dies_idle_costs_nothing(common: Common) -> None:
    lines = [{"prompt": "the sea", "output": f"{n}.mp4", "seed": n} for n in range(2)]
    prompts = written(common, *lines)
    running = run(read(prompts, common), common, prompts, workers=1)
    seen = [next(running)]
    (idle,) = _workers(os.getpid())
    os.kill(idle, signal.SIGKILL)
    _gone([idle])
    seen += running
    assert [one.kind for one in seen] == ["made", "made"]


def test_a_batch_that_is_killed_goes_on(common: Common) -> None:
    lines = [{"prompt": "the sea", "output": f"{n}.mp4", "seed": n} for n in range(2)]
    prompts = written(common, *lines, {"prompt": "the sea", "output": "long.mp4", "seconds": 120})
    program = (
        "import sys; from pathlib import Path; from countermark.settings import Settings\n"
        "from countermark.generator.batch import Common, read, run\n"
        "if __name__ == '__main__':\n"
        "    prompts = Path(sys.argv[1])\n"
        "    common = Common(prompts.parent / 'out', Settings(home=Path(sys.argv[2])))\n"
        "    for one in run(read(prompts, common), common, prompts, workers=1): print(one.kind, flush=True)\n"
    )
    script = common.folder.parent / "batch.py"
    script.write_text(program)
    command = [sys.executable, str(script), str(prompts), str(common.options.home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert [running.stdout.readline().strip() for _ in range(2)] == ["made", "made"]
        workers = _workers(running.pid)
        os.kill(running.pid, signal.SIGKILL)
    assert workers
    _gone(workers)
    released = {path.name for path in common.folder.glob("*.mp4")}
    assert released == {"0.mp4", "1.mp4"}, "what was half made is not there"
    assert not [path for path in common.folder.iterdir() if path.name.endswith(".part")], "and left nothing behind"
    assert [item.finished for item in read(prompts, common)] == [True, True, False]


def test_what_stood_there_before_is_not_taken_for_finished(common: Common, tmp_path: Path) -> None:
    output = common.folder / "sea.mp4"
    prompts = written(common, {"prompt": "the sea", "output": "sea.mp4"})
    made = outcomes(prompts, common)["sea.mp4"]
    state, other = State(prompts, common.folder, common.options.home), "another request"
    state.begin(output, other)  # and is killed before it has made anything
    assert made.stamped is not None and made.stamped.digest == digest_of(output)
    assert not State(prompts, common.folder, common.options.home).finished(output, other, common.options)
    with state.path.open("a") as file:
        file.write('\n{"output": "sea.mp4", "requ')  # a line that a kill cut short
    State(prompts, common.folder, common.options.home).begin(output, made.item.digest)
    assert State(prompts, common.folder, common.options.home).path.read_bytes().count(b"\n") == 4


def test_how_many_at_once() -> None:
    def items(*memory: int | None) -> list[Item]:
        plans = [Plan((320, 240), 24, Fraction(24), memory_bytes=one) for one in memory]
        return [Item(n, Path(f"{n}.mp4"), "m", Request("x"), None, plan, "") for n, plan in enumerate(plans)]

    gib = 1 << 30
    assert how_many(items(gib, gib, gib, gib), None, 64 * gib, 8) == 4
    assert how_many(items(gib, gib, gib, gib), None, 64 * gib, 4) == 2, "as cores allow"
    assert how_many(items(gib, 6 * gib, gib), None, 18 * gib, 64) == 2, "as memory allows for the largest"
    assert how_many(items(gib, gib), 8, gib, 64) == 1, "asking for more makes no memory"
    assert how_many(items(None, gib), None, 64 * gib, 64) == 1, "one that is not known goes alone"
    assert how_many(items(None, None, None), 2, 64 * gib, 2) == 2, "unless it is asked for"
    assert how_many(items(gib), 9, None, 9) == 1 and how_many(items(gib, gib), None, None, 9) == 1


def _workers(parent: int) -> list[int]:
    """Processes that a batch has started, but for the tracker that Python keeps."""
    found = [int(one) for one in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return [one for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def _gone(processes: list[int]) -> None:
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{one}").exists() and _state(one) != "Z" for one in processes):
        assert time.monotonic() < deadline, "a worker outlived its batch"
        time.sleep(0.1)


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
