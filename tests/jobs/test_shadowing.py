"""A second detector looks beside the live one: its scores are kept, and nothing else of the check knows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.docket.desk import Desk
from countermark.jobs import Worker, rounds, shadowing
from countermark.jobs.again import GONE
from countermark.jobs.work import Work
from countermark.moderation.shadowing import Comparison, Shadows
from countermark.settings import Settings
from countermark.tests import recipes
from countermark.tests.detector import small as detector
from countermark.tests.jobs.rooms import Room, options, small, until

NAMES = "countermark-detector small 0123abcd"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(detector.model(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipes.clip(tmp_path_factory.mktemp("film") / "a.mp4", size=(320, 240), seconds=1, seed=51)


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "QUICK_S", 0.3)


def beside(kind: str, folder: Path, shadow: str, share: float = 1.0, detector: str = "always") -> Room:
    """A service with a shadow."""
    made: Settings = options(kind, folder, shadow=shadow, shadow_share=share)
    return Room(made.model_copy(update={"detector": detector}))


def compared(room: Room, shadow: str) -> Comparison:
    return Shadows(Desk(room.options)).compared(shadow)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_both_scores_are_kept_and_the_verdict_knows_of_one(kind: str, tmp_path: Path, film: Path, model: str) -> None:
    room = beside(kind, tmp_path, model)
    with Worker(room.options):
        check = room.over(room.asked(film))
        until(lambda: compared(room, model).checks == 1)
        assert room.docket.get(check.id) == check, "nothing was added to it, and no event came"
        assert "small 0123abcd" not in str(check)
        found = compared(room, model)
        assert (found.failed, found.unjudged, len(found.compared)) == (0, 0, 2)
        pairings = [one.pairing for one in found.compared]
        assert {one.target for one in pairings} == {"generated", "manipulated"}
        assert {one.beside for one in pairings} == {NAMES} and NAMES not in {one.live for one in pairings}
        assert all(one.judged == 1 for one in found.compared)
        assert found.seconds is not None and found.seconds > 0
        room.docket.delete(check.id, "key:1")
        assert compared(room, model).checks == 0, "it goes with the check"
    assert Shadows(Desk(room.options)).names() == ()


def test_one_that_fails_or_comes_too_late_says_so_and_no_check_does(tmp_path: Path, film: Path, model: str) -> None:
    broken = str(tmp_path / "nothing")
    room = beside("sqlite", tmp_path, broken)
    with Worker(room.options):
        check = room.over(room.asked(film))
        until(lambda: compared(room, broken).failed == 1)
        (why,) = compared(room, broken).why
        assert "no such folder" in why and compared(room, broken).compared == ()
        room.objects.delete(str(check.object_key))
        room.jobs.enqueue_shadow(check.id, model, "late")
        until(lambda: compared(room, model).why == {GONE: 1})
    assert room.docket.get(check.id).status == "succeeded" and len(room.docket.get(check.id).revisions) == 1


def test_where_the_live_one_was_not_asked_there_is_nothing_to_hold_it_to(tmp_path: Path, model: str) -> None:
    room = beside("sqlite", tmp_path, model, detector="never")
    with Worker(room.options):
        check = room.over(room.asked(small(tmp_path)))
        until(lambda: asked_of_shadows() == {f"{check.id}.shadow": "SUCCESS"})
    assert compared(room, model).checks == 0


def asked_of_shadows() -> dict[str, str]:
    from dbos import DBOS

    return {job.workflow_id.rpartition(".")[0]: job.status for job in DBOS.list_workflows(name="shadow")}


def test_the_share_is_one_of_ids(tmp_path: Path) -> None:
    ids = [f"chk_{number}" for number in range(2000)]
    few, more = ({one for one in ids if shadowing._chosen(one, share)} for share in (0.1, 0.3))
    assert few < more and abs(len(few) - 200) < 70
    assert all(shadowing._chosen(one, 1.0) for one in ids) and not any(shadowing._chosen(one, 0.0) for one in ids)


def test_who_cannot_ask_lets_the_check_be(tmp_path: Path) -> None:
    """The queue is away: nothing is raised."""
    room = Room(options("sqlite", tmp_path, shadow="next", shadow_share=1.0, jobs="postgresql://127.0.0.1:1/away"))
    check = room.docket.get(room.laid())
    shadowing.ask(Work(room.options, room.docket, room.objects, room.jobs, tmp_path), check)
    assert room.docket.get(check.id) == check
