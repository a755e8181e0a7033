"""Names that are held by the living: by one process at a time, and by no dead one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from countermark.jobs import leftovers
from countermark.jobs.presence import Presence, presence
from countermark.settings import Service, Settings
from countermark.tests import databases
from countermark.tests.jobs.rooms import options, until

HOLDER = """
import sys
from countermark.jobs.presence import presence
from countermark.settings import Service, Settings
held = presence(Settings(home=sys.argv[1], service=Service(jobs=sys.argv[2])))
print(held.hold(sys.argv[3]), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=databases.KINDS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    given = options(request.param, tmp_path)
    return given.model_copy(update={"service": Service(jobs=given.jobs_url)})


def holder(made: Settings, name: str = "a worker") -> subprocess.Popen[str]:
    """Give another process that holds the name."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLDER, str(made.home), made.jobs_url, name]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None and process.stdout.readline() == "True\n"
    return process


def test_what_the_dead_left_is_removed_and_what_the_living_have_stays(made: Settings, tmp_path: Path) -> None:
    here, folder = presence(made), tmp_path / "work"
    for name in ("mine", "dead%2Fone", "living"):
        (folder / name).mkdir(parents=True)
        (folder / name / "clip.mp4").touch()
    with holder(made, "worker living") as other:
        leftovers.clear(here, folder / "mine")
        assert {path.name for path in folder.iterdir()} == {"mine", "living"}
        assert all((folder / name / "clip.mp4").exists() for name in ("mine", "living"))
        other.kill()
    until(lambda: here.hold("worker living"), 10)
    here.let_go("worker living")
    leftovers.clear(here, folder / "mine")
    assert [path.name for path in folder.iterdir()] == ["mine"]
    here.close()


def test_who_lost_a_name_for_a_moment_keeps_the_folder(made: Settings, tmp_path: Path) -> None:
    here, folder = presence(made), tmp_path / "work"
    (folder / "living").mkdir(parents=True)
    with leftovers.lived_in(folder / "living"):
        leftovers.clear(here, folder / "mine")
        assert (folder / "living").exists()
    leftovers.clear(here, folder / "mine")
    assert not (folder / "living").exists()
    here.close()


def test_a_name_is_free_as_soon_as_its_holder_is_dead(made: Settings) -> None:
    here = presence(made)
    with holder(made) as other:
        assert not here.hold("a worker")
        assert here.hold("another")
        other.kill()
    until(lambda: here.hold("a worker"), 10)
    here.close()


def test_what_is_let_go_is_for_others(made: Settings) -> None:
    first, second = presence(made), presence(made)
    assert first.hold("a worker") and first.hold("a worker")
    assert not second.hold("a worker")
    first.let_go("a worker")
    first.let_go("nothing")
    assert second.hold("a worker")
    assert not first.hold("a worker")
    second.close()
    until(lambda: first.hold("a worker"), 10)
    first.close()


def test_a_broken_connection_is_made_anew_with_all_its_names(tmp_path: Path) -> None:
    made = options("postgresql", tmp_path)
    first, second = presence(made), presence(made)
    assert first.hold("a") and first.hold("b")
    _break(made)
    assert first.hold("a")
    assert not second.hold("b")
    _break(made)
    assert second.hold("a")  # it was quicker
    assert not first.hold("a") and first.hold("b")
    _close(first, second)


def _break(made: Settings) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 'reg%'"
    databases.ask(made.jobs_url, end)


def _close(*all: Presence) -> None:
    for one in all:
        one.close()
