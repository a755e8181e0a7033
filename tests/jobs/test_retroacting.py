"""Retroactions as jobs: asked once, done page by page, gone on with by whoever comes after, told where they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.docket.desk import Desk
from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.jobs import Worker, retroacting
from countermark.jobs.patience import Stopped
from countermark.jobs.work import Work
from countermark.moderation import trying
from countermark.moderation.deciding import Deciding
from countermark.moderation.retroacting import Retroactions
from countermark.moderation.shelf import Shelf
from countermark.moderation.values import Action, Item
from countermark.provenance import Registry
from countermark.tests import databases
from countermark.tests.docket.rooms import by_a_person
from countermark.tests.jobs.rooms import TENANT, Room, options, until
from countermark.tests.moderation.rooms import BLOCKS, EDITOR, POLICY, document

ITEMS = 5


@pytest.fixture(params=databases.KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    """Items that were labelled, under a policy that blocks by now."""
    room = Room(options(request.param, tmp_path))
    shelf = Shelf(room.options)
    for number, text in enumerate((document(), document(BLOCKS)), 1):
        shelf.add(TENANT, POLICY, text, by=EDITOR)
        shelf.set_state(TENANT, POLICY, number, "LIVE", by=EDITOR)
        for item in range(ITEMS if number == 1 else 0):
            one = room.laid(item_id=str(item), item_type="video")
            room.docket.at_stage(one, "fetch")
            room.docket.finish(one, by_a_person(), {})
            Deciding(room.options).decide(one)
    return room


def runs(room: Room) -> Retroactions:
    return Retroactions(Desk(room.options))


def in_force(room: Room) -> list[tuple[Action, ...]]:
    deciding = Deciding(room.options)
    return [deciding.in_force(TENANT, Item(str(item), "video")) for item in range(ITEMS)]


def work(room: Room) -> Work:
    return Work(room.options, room.docket, room.objects, room.jobs, room.options.home)


def test_a_worker_brings_a_policy_to_the_past(room: Room) -> None:
    asked = runs(room).ask(TENANT, POLICY, by=EDITOR)
    assert (asked.state, asked.attempt) == ("waiting", 0)
    with pytest.raises(ModerationUnfit, match=asked.id):
        runs(room).ask(TENANT, POLICY, by=EDITOR)
    with Worker(room.options):
        until(lambda: runs(room).get(asked.id).ended_at)
    done = runs(room).get(asked.id, TENANT)
    assert (done.state, done.looked, done.changed, done.why) == ("done", ITEMS, ITEMS, "")
    assert in_force(room) == [(Action("block"),)] * ITEMS
    Registry(room.options.database_url).verify()
    assert runs(room).going() == ()
    assert runs(room).ask(TENANT, POLICY, by=EDITOR).id != asked.id
    with pytest.raises(ModerationMissing):
        runs(room).get(asked.id, "ten_other")


def test_it_is_gone_on_with_where_a_worker_stopped(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PAGE", 2)
    asked, working = runs(room).ask(TENANT, POLICY, by=EDITOR), work(room)
    page = retroacting._page

    def stops(*of: object) -> bool:
        working.draining.set()
        return page(*of)  # type: ignore[arg-type]

    monkeypatch.setattr(retroacting, "_page", stops)
    with pytest.raises(Stopped):
        retroacting._gone_over(working, asked.id)
    part = runs(room).get(asked.id)
    assert (part.state, part.looked, part.changed) == ("running", 2, 2)
    monkeypatch.undo()
    monkeypatch.setattr(trying, "PAGE", 2)
    assert retroacting._gone_over(work(room), asked.id) == "done"
    assert (runs(room).get(asked.id).looked, in_force(room)) == (ITEMS, [(Action("block"),)] * ITEMS)
    assert retroacting._gone_over(work(room), asked.id) == "done", "once more changes nothing"


def test_one_that_is_cancelled_goes_no_further(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PAGE", 2)
    asked = runs(room).ask(TENANT, POLICY, by=EDITOR)
    page = retroacting._page

    def cancels(*of: object) -> bool:
        runs(room).end(asked.id, "cancelled", by=EDITOR)
        return page(*of)  # type: ignore[arg-type]

    monkeypatch.setattr(retroacting, "_page", cancels)
    assert retroacting._gone_over(work(room), asked.id) == "cancelled"
    assert (runs(room).get(asked.id).looked, runs(room).end(asked.id, "done", by=EDITOR).state) == (2, "cancelled")


def test_one_that_can_not_be_done_says_why(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    shelf = Shelf(room.options)
    with pytest.raises(ModerationMissing):
        runs(room).ask(TENANT, POLICY, by=EDITOR)
    shelf.add(TENANT, POLICY, document(), by=EDITOR)
    with pytest.raises(ModerationUnfit, match="live"):
        runs(room).ask(TENANT, POLICY, by=EDITOR)
    shelf.set_state(TENANT, POLICY, 1, "LIVE", by=EDITOR)
    one = room.laid(item_id="1", item_type="video")
    room.docket.at_stage(one, "fetch")
    room.docket.finish(one, by_a_person(), {})
    Deciding(room.options).decide(one)
    databases.ask(room.options.database_url, "UPDATE policy_versions SET document = 'policy: of another time'")
    asked = runs(room).ask(TENANT, POLICY, by=EDITOR)
    with Worker(room.options):
        until(lambda: runs(room).get(asked.id).ended_at)
    failed = runs(room).get(asked.id)
    assert failed.state == "failed" and POLICY in failed.why


def test_one_whose_job_is_given_up_is_asked_for_again_and_not_for_ever(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    shelf = Shelf(room.options)
    shelf.add(TENANT, POLICY, document(), by=EDITOR)
    shelf.set_state(TENANT, POLICY, 1, "LIVE", by=EDITOR)
    lost, tried = runs(room).ask(TENANT, POLICY, by=EDITOR), retroacting.MOST_TRIES
    runs(room).asked(lost.id, tried - 1)  # and no queue has it
    with Worker(room.options):
        until(lambda: runs(room).get(lost.id).ended_at)
    assert (runs(room).get(lost.id).state, runs(room).get(lost.id).attempt) == ("done", tried)
    other = runs(room).ask(TENANT, POLICY, by=EDITOR)
    runs(room).asked(other.id, tried)
    with Worker(room.options):
        until(lambda: runs(room).get(other.id).ended_at)
    assert (runs(room).get(other.id).state, runs(room).get(other.id).looked) == ("failed", 0)


def test_one_verdict_that_can_not_be_read_ends_nothing(room: Room) -> None:
    (row, *_) = databases.ask(room.options.database_url, "SELECT of_check FROM submissions WHERE item_id = '2'")
    databases.ask(room.options.database_url, f"UPDATE check_revisions SET verdict = '{{}}' WHERE check_id = '{row[0]}'")
    asked = runs(room).ask(TENANT, POLICY, by=EDITOR)
    assert retroacting._gone_over(work(room), asked.id) == "done"
    assert (runs(room).get(asked.id).looked, runs(room).get(asked.id).changed) == (ITEMS, ITEMS - 1)
