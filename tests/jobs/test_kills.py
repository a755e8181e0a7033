"""Whatever dies, and wherever: each check has one result, and its callback arrives."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from countermark.docket import Check
from countermark.jobs.queue import TRIES
from countermark.settings import Settings
from countermark.tests import databases
from countermark.tests.jobs.lives import NO_MORE, POINTS
from countermark.tests.jobs.rooms import Receiver, Room, options, own, receiving, small, until


def lives(options: Settings, name: str, folder: Path, *words: str) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "COUNTERMARK_HOME": str(options.home),
        "COUNTERMARK_DATABASE": options.database_url,
        "COUNTERMARK_DETECTOR": "never",
        "COUNTERMARK_SERVICE__UNSAFE_PRIVATE_ADDRESSES": "true",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "countermark.tests.jobs.lives", name, str(folder), *words]
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(command, env=environment, stdout=said, stderr=said)


def live(room: Room, folder: Path, *words: str) -> None:
    process = lives(room.options, "one", folder, *words)
    assert process.wait(240) == 0, (folder / "said").read_text()


@dataclass(frozen=True)
class Told:
    """What came of checks over each of which a worker died once, and of one over which all died."""

    room: Room
    receiver: Receiver
    checks: dict[str, Check]
    log: list[str]


@pytest.fixture(scope="module", params=databases.KINDS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("kills")
    room = Room(options(request.param, folder))
    clip = small(folder)
    with receiving() as receiver:
        ids = {point: room.asked(own(clip, number), callback_url=receiver.url) for number, point in enumerate(POINTS)}
        live(room, folder / "one", *(f"{point}:{ids[point]}" for point in POINTS))
        ids["poison"] = room.asked(own(clip, len(POINTS)), callback_url=receiver.url)
        live(room, folder / "one", *[f"first finding:{ids['poison']}"] * TRIES)
        log = (folder / "one" / "log").read_text().splitlines()
        return Told(room, receiver, {point: room.docket.get(one) for point, one in ids.items()}, log)


@pytest.mark.parametrize("point", POINTS)
def test_a_check_completes_once_wherever_its_worker_dies(told: Told, point: str) -> None:
    check = told.checks[point]
    assert f"died {point} {check.id} -9" in told.log
    assert (check.status, check.outcome, len(check.revisions)) == ("succeeded", "no_evidence", 1)
    kinds = [event.kind for event in told.room.docket.events(check.id)]
    assert kinds.count("finished") == 1
    assert len(check.pictures) == len({one.name for one in check.pictures}) > 0
    assert all(told.room.objects.size(one.object_key) for one in check.pictures)


@pytest.mark.parametrize("point", POINTS)
def test_its_callback_arrives(told: Told, point: str) -> None:
    check = told.checks[point]
    (owed,) = told.room.callbacks.of_check(check.id)
    assert owed.delivered_at is not None
    came = told.receiver.about(check.id)
    assert set(came) == {owed.id}
    # Its own worker may die after its answer, and one that dies over another check between its answer and its note.
    assert len(came) <= 3


def test_what_was_seen_is_not_looked_at_again(told: Told) -> None:
    points = list(POINTS)
    for point in points[points.index("looked") :]:
        assert told.log.count(f"looked {told.checks[point].id}") == 1, point


def test_a_file_that_nobody_survives_is_given_up(told: Told) -> None:
    check = told.checks["poison"]
    assert told.log.count(f"died first finding {check.id} -9") == TRIES
    assert check.status == "failed" and check.error is not None
    assert (check.error.type, len(check.revisions)) == ("ReaderDied", 0)
    assert str(TRIES) in check.error.message and check.error.advice
    assert len(told.receiver.about(check.id)) == 1


def test_nothing_is_left_on_the_machine(told: Told) -> None:
    assert not list((told.room.options.home / "work").rglob("*.mp4"))


def test_the_living_take_up_what_the_dead_were_at(tmp_path: Path) -> None:
    """Two workers on one server: one dies over a check, and lives no more; the other brings that to its end, too."""
    room = Room(options("postgresql", tmp_path))
    ids = [room.laid(small(tmp_path)) for _ in range(4)]
    started = [
        lives(room.options, "living", tmp_path / "living", *(f":{one}" for one in ids)),
        lives(room.options, "dying", tmp_path / "dying", "first finding:", *(f":{one}" for one in ids), NO_MORE),
    ]
    try:
        until(lambda: all((room.options.home / "work" / name).exists() for name in ("living", "dying")))
        for one in ids:
            room.jobs.enqueue_check(one, "live")
        assert [process.wait(60) for process in started] == [0, 0]
    finally:
        for process in started:
            process.kill()
            process.wait()
    assert "died first finding  -9" in (tmp_path / "dying" / "log").read_text()
    checks = [room.docket.get(one) for one in ids]
    assert [(check.status, len(check.revisions)) for check in checks] == [("succeeded", 1)] * len(ids)
