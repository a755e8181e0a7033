"""Whatever dies: each submission is decided once, and the platform hears of its effects."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection

from countermark.docket import Check
from countermark.docket.desk import Desk
from countermark.jobs import Worker, moderating
from countermark.jobs.work import Work
from countermark.moderation.deciding import Deciding
from countermark.moderation.hooks import Endpoints, Outbox
from countermark.moderation.people import telling
from countermark.moderation.shelf import Shelf
from countermark.moderation.values import Action, Decision, Item
from countermark.provenance import Registry
from countermark.settings import Settings
from countermark.tests import databases
from countermark.tests.docket.rooms import by_a_person
from countermark.tests.jobs.rooms import TENANT, Room, noise, options, small, until
from countermark.tests.moderation.rooms import EDITOR, POLICY, document

POINTS = ("finished", "decided")
NOW = document(undo_s=0)


def moderated(kind: str, folder: Path) -> Room:
    room = Room(options(kind, folder))
    shelf = Shelf(room.options)
    shelf.add(TENANT, POLICY, NOW, by=EDITOR)
    shelf.set_state(TENANT, POLICY, 1, "LIVE", by=EDITOR)
    return room


def work(room: Room) -> Work:
    return Work(room.options, room.docket, room.objects, room.jobs, room.options.home)


def decisions(room: Room, check_id: str) -> tuple[Decision, ...]:
    deciding = Deciding(room.options)
    of = deciding.of_check(check_id)
    assert of is not None
    return deciding.of_submission(of.id)


def live(options: Settings, folder: Path, *words: str) -> list[str]:
    folder.mkdir()
    environment = {
        **os.environ,
        "COUNTERMARK_HOME": str(options.home),
        "COUNTERMARK_DATABASE": options.database_url,
        "COUNTERMARK_DETECTOR": "never",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "countermark.tests.jobs.deciding_lives", "one", str(folder), *words]
    with (folder / "said").open("wb") as said:
        done = subprocess.run(command, env=environment, stdout=said, stderr=said, timeout=180)
    assert done.returncode == 0, (folder / "said").read_text()
    return (folder / "log").read_text().splitlines()


@dataclass(frozen=True)
class Told:
    """What came of submissions over each of which a worker died once."""

    room: Room
    checks: dict[str, Check]
    log: list[str]


@pytest.fixture(scope="module", params=databases.KINDS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("deciding")
    room = moderated(request.param, folder)
    clip = small(folder)
    ids = {point: room.asked(clip, item_id=point, item_type="video") for point in POINTS}
    log = live(room.options, folder / "one", *(f"{point}:{ids[point]}" for point in POINTS))
    return Told(room, {point: room.docket.get(one) for point, one in ids.items()}, log)


@pytest.mark.parametrize("point", POINTS)
def test_a_submission_is_decided_once_wherever_its_worker_dies(told: Told, point: str) -> None:
    check = told.checks[point]
    assert f"died {point} {check.id} -9" in told.log
    (made,) = decisions(told.room, check.id)
    assert (made.occasion, made.number, made.revision) == ("first", 1, 1)
    assert Deciding(told.room.options).owed() == ()
    Registry(told.room.options.database_url).verify()


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_worker_decides_what_it_checks_and_what_others_left(kind: str, tmp_path: Path) -> None:
    room = moderated(kind, tmp_path)
    with Worker(room.options):
        good = room.asked(small(tmp_path), item_id="1", item_type="video")
        bad = room.asked(noise(tmp_path), item_id="2", item_type="video")
        until(lambda: decisions(room, good) and decisions(room, bad))
    (made,), (failed,) = decisions(room, good), decisions(room, bad)
    assert (made.revision, failed.revision, failed.ruling.effect) == (1, 0, "review")
    room.docket.revise(good, by_a_person(), who="person:1", why="human", note="", versions={})
    moderating.decide_all(work(room))
    assert len(decisions(room, good)) == 1  # whoever wrote it may still be about to decide
    moderating.decide_all(work(room), seconds=0)
    assert [one.occasion for one in decisions(room, good)] == ["first", "verdict"]
    assert Deciding(room.options).in_force(TENANT, Item("1", "video")) == (Action("label", "Synthetic"),)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_effects_are_told_of_and_one_that_fails_holds_up_no_other(kind: str, tmp_path: Path) -> None:
    room = moderated(kind, tmp_path)
    ids = [room.laid(item_id=str(number), item_type="video") for number in range(3)]
    for one in ids:
        room.docket.at_stage(one, "fetch")
        room.docket.finish(one, by_a_person(), {})
    moderating.decide_all(work(room), seconds=0)
    heard: list[str] = []

    def tell(connection: Connection, decision: Decision) -> None:
        if decision.submission.item.id == "1":
            raise OSError("the receiver hangs")
        heard.append(decision.submission.item.id)

    moderating.hand_on(work(room), tell)
    moderating.hand_on(work(room), tell)
    assert sorted(heard) == ["0", "2"]
    out = {one: decisions(room, one)[0].out_at is not None for one in ids}
    assert list(out.values()) == [True, False, True]


@pytest.mark.parametrize("kind", databases.KINDS)
def test_who_dies_between_telling_and_noting_leaves_neither(kind: str, tmp_path: Path) -> None:
    """So what goes out is told of once, whoever dies, and whoever else is at it."""
    room = moderated(kind, tmp_path)
    endpoint = Endpoints(room.options).create(TENANT, "", way="kafka", kinds=["decision.made"], who="test")
    check_id = room.laid(item_id="1", item_type="video")
    room.docket.at_stage(check_id, "fetch")
    room.docket.finish(check_id, by_a_person(), {})
    moderating.decide_all(work(room), seconds=0)

    def dies(connection: Connection, decision: Decision) -> None:
        moderating.to_endpoints(connection, decision)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moderating.hand_on(work(room), dies)
    for _ in range(2):
        moderating.hand_on(work(room), moderating.to_endpoints)
    (one,) = Outbox(room.options).page(TENANT, endpoint_id=endpoint.id)
    assert (one.kind, one.sequence) == ("decision.made", 1)
    (made,) = decisions(room, check_id)
    assert [told.side for told in telling.about(Desk(room.options), TENANT, made.id)] == ["uploader"]


def test_a_policy_that_can_not_be_read_costs_no_check_its_result(tmp_path: Path) -> None:
    room = moderated("sqlite", tmp_path)
    databases.ask(room.options.database_url, "UPDATE policy_versions SET document = 'policy: of another time'")
    with Worker(room.options):
        check_id = room.asked(small(tmp_path), item_id="1", item_type="video")
        assert room.over(check_id).status == "succeeded"
        until(lambda: Deciding(room.options).owed() == ())
    assert decisions(room, check_id) == ()
    databases.ask(room.options.database_url, f"UPDATE policy_versions SET document = '{NOW}'")
    moderating.decide_all(work(room), seconds=-600)
    assert len(decisions(room, check_id)) == 1
