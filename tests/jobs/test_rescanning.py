"""Rescans: what can change is judged again, each check has exactly one outcome, whatever dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from countermark.accounts import Accounts
from countermark.detector.adapting import adapted
from countermark.detector.model import load
from countermark.docket import Docket, times
from countermark.docket.desk import Desk
from countermark.errors import ScanUnfit
from countermark.jobs import Worker, past, rescanning, revising, rounds
from countermark.jobs.again import DELETED, GONE
from countermark.jobs.patience import Stopped
from countermark.jobs.rescans import Because, Plan, Rescan, Rescans
from countermark.jobs.work import Work
from countermark.moderation.deciding import Deciding
from countermark.moderation.shelf import Shelf
from countermark.provenance import Registry
from countermark.tests import databases, recipes
from countermark.tests.detector import heads
from countermark.tests.jobs.rooms import TENANT, Room, options, small, until
from countermark.tests.jobs.test_revising import believe, stamped
from countermark.tests.moderation.rooms import EDITOR, POLICY, document


@pytest.fixture(params=databases.KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    return Room(options(request.param, tmp_path))


@pytest.fixture(autouse=True)
def nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows by itself has been through already; and nobody waits for the next round."""
    monkeypatch.setattr(revising, "follow_versions", lambda work: None)
    monkeypatch.setattr(revising, "follow_records", lambda work: None)
    monkeypatch.setattr(rounds, "QUICK_S", 0.2)


def rescans(room: Room) -> Rescans:
    return Rescans(Desk(room.options))


def work(room: Room) -> Work:
    return Work(room.options, room.docket, room.objects, room.jobs, room.options.home)


def done(room: Room, plan: Plan) -> Rescan:
    """Have one made by a worker that is there."""
    rescan_id = rescans(room).open(plan)
    until(lambda: rescans(room).get(rescan_id).state != "going")
    return rescans(room).get(rescan_id)


def can_change(room: Room, because: Because) -> set[str]:
    return {one.check_id for one in past.Past(room.options, Plan(because)).all()}


def kinds(room: Room) -> list[str]:
    rows = databases.ask(room.options.database_url, "SELECT kind FROM ledger WHERE kind LIKE 'rescan%' ORDER BY seq")
    return [str(kind) for (kind,) in rows]


def without_media(room: Room) -> None:
    """Let its time pass, as the retention clock has it."""
    Docket(room.options, clock=lambda: times.now() + timedelta(hours=2)).sweep()


def test_a_record_that_was_revoked_and_then_a_signer_who_is_trusted(tmp_path: Path) -> None:
    """What carries credentials is judged again, whether its media is there or not; what carries none can't change."""
    room = Room(options("sqlite", tmp_path))
    one = stamped(room, recipes.clip(tmp_path / "a.mp4", size=(320, 240), seconds=1, seed=51), tmp_path)
    with Worker(room.options):
        gone = room.over(room.asked(one.path)).id
        without_media(room)
        ids = {gone, room.over(room.asked(one.path)).id}
        plain = room.over(room.asked(small(tmp_path))).id
        assert can_change(room, "revoked") == can_change(room, "trust") == set()
        Registry(room.options.database_url).revoke(one.manifest_id, "by mistake")
        assert can_change(room, "revoked") == ids
        made = done(room, Plan("revoked"))
        assert (made.looked, made.changed) == (2, 2) and can_change(room, "revoked") == set()
        believe(room, one)
        assert can_change(room, "trust") == ids
        found = past.estimate(room.options, Plan("trust"))
        assert (found.checks, found.kept) == (2, 1) and found.seconds is not None and found.seconds > 0
        made = done(room, Plan("trust"))
        assert (made.state, made.looked, made.changed, made.waiting) == ("done", 2, 2, 0)
        assert can_change(room, "trust") == set() and done(room, Plan("trust")).looked == 0
    for check_id in ids:
        check = room.docket.get(check_id)
        assert [each.why for each in check.revisions] == ["first", "revoked", "trust"]
        assert check.outcome == "ai_generated"
    assert len(room.docket.get(plain).revisions) == 1
    assert kinds(room) == ["rescan.begun", "rescan.done"] * 3


def test_a_head_of_one_tenant(tmp_path: Path) -> None:
    """Where the media is gone, what was found stays, and that is said; another tenant's checks can't change."""
    room = Room(options("sqlite", tmp_path).model_copy(update={"detector": "always"}))
    accounts = Accounts(room.options)
    tenant = accounts.add_tenant("desk").id
    adapted.keep(room.options.home, replace(heads.adding(load(), 90.0, -50.0), name="finds", reals=(-50.0,) * 1000))
    film = recipes.clip(tmp_path / "a.mp4", size=(320, 240), seconds=1, seed=51)
    with Worker(room.options):
        gone = room.over(room.asked(film, tenant_id=tenant)).id
        without_media(room)
        kept, other = (room.asked(film, tenant_id=each) for each in (tenant, TENANT))
        assert {room.over(one).outcome for one in (kept, other)} == {"inconclusive"}
        accounts.set_detector_head(tenant, "finds")
        assert can_change(room, "adapter") == {gone, kept} and can_change(room, "model") == set()
        made = done(room, Plan("adapter"))
    assert (made.looked, made.changed, made.same, made.gone, made.could_not) == (2, 1, 0, 1, 1)
    (line,) = rescans(room).lines(made.id, ("gone",))
    assert (line.check_id, line.note) == (gone, GONE)
    assert room.docket.get(kept).outcome == "likely_ai" and room.docket.get(gone).outcome == "inconclusive"
    assert can_change(room, "adapter") == set(), "to look once more would come to the same"


UNSEEN = """  - id: unseen
    why: No person has called it genuine.
    when: {not: {person.says: {contains: genuine}}}
    then: [ACTION]
    state: LIVE
"""
HARD, MILD = (document(UNSEEN.replace("ACTION", action), undo_s=0) for action in ("block", "demote"))


def submitted(room: Room, folder: Path, count: int) -> list[str]:
    shelf = Shelf(room.options)
    shelf.add(TENANT, POLICY, HARD, by=EDITOR)
    shelf.set_state(TENANT, POLICY, 1, "LIVE", by=EDITOR)
    clip = small(folder)
    with Worker(room.options):
        ids = [room.asked(clip, item_id=str(number), item_type="video") for number in range(count)]
        deciding = Deciding(room.options)
        until(lambda: all(room.docket.get(one).over for one in ids) and all(map(deciding.of_check, ids)))
        until(lambda: all(decisions(room, one) for one in ids))
    return ids


def decisions(room: Room, check_id: str) -> list[tuple[int, str]]:
    deciding = Deciding(room.options)
    of = deciding.of_check(check_id)
    assert of is not None
    return [(one.policy_version, one.occasion) for one in deciding.of_submission(of.id)]


def new_version(room: Room) -> None:
    shelf = Shelf(room.options)
    shelf.add(TENANT, POLICY, MILD, by=EDITOR)
    shelf.set_state(TENANT, POLICY, 2, "LIVE", by=EDITOR)


def die(room: Room, over: str = "True", *, before: bool = False) -> None:
    """Let a worker of the same name die over something that it decides anew: the first, or one; after it, or before."""
    code = f"""
import os, signal, threading
from countermark.jobs import Worker
from countermark.moderation.deciding import Deciding
from countermark.settings import settings
original = Deciding.reconsider
def dying(*words):
    if {not before}:
        original(*words)
    if {over}:
        os.kill(os.getpid(), signal.SIGKILL)
    original(*words)
Deciding.reconsider = dying
with Worker(settings(), name="one"):
    threading.Event().wait(60)
"""
    environment = {
        **os.environ,
        "COUNTERMARK_HOME": str(room.options.home),
        "COUNTERMARK_DATABASE": room.options.database_url,
        "COUNTERMARK_DETECTOR": "never",
    }
    assert subprocess.run([sys.executable, "-c", code], env=environment, timeout=100).returncode == -signal.SIGKILL


def test_a_policy_of_a_former_version_and_a_worker_that_dies(room: Room, tmp_path: Path) -> None:
    """Each is decided anew once, and its line says so, also where the worker died before it was written."""
    ids = submitted(room, tmp_path, 3)
    assert can_change(room, "policy") == set()
    new_version(room)
    assert can_change(room, "policy") == set(ids)
    rescan_id = rescans(room).open(Plan("policy", tenant=TENANT))
    die(room)
    assert rescans(room).get(rescan_id).looked == 0
    with Worker(room.options):
        until(lambda: rescans(room).get(rescan_id).state == "done")
    made = rescans(room).get(rescan_id)
    assert (made.looked, made.changed, made.could_not) == (3, 3, 0)
    assert {one.check_id for one in rescans(room).lines(rescan_id, ("changed",))} == set(ids)
    assert [decisions(room, one) for one in ids] == [[(1, "first"), (2, "policy")]] * 3
    assert kinds(room) == ["rescan.begun", "rescan.done"]


def test_bounds_what_is_deleted_and_what_is_live_comes_first(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    ids = submitted(room, tmp_path, 6)
    new_version(room)
    early = Plan("policy", until=room.docket.get(ids[0]).created_at)
    assert past.estimate(room.options, early).checks == 1
    assert past.estimate(room.options, Plan("policy", tenant="ten_other")).checks == 0
    few = {one.check_id for one in past.Past(room.options, Plan("policy", share=0.5)).all()}
    some = {one.check_id for one in past.Past(room.options, Plan("policy", share=0.8)).all()}
    assert few <= some <= set(ids)
    rescan_id = rescans(room).open(Plan("policy", limit=4))
    for _ in range(2):  # nobody asks twice
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Rescans, "dealt", lambda self, rescan_id: ())  # without a worker, nobody knows of jobs
            rescanning.ask(work(room))
    assert rescans(room).get(rescan_id).waiting == 4
    counted = room.jobs.waiting()
    assert (counted["rescans"], counted["bulk"]) == (1, 0), "what can wait holds back nothing that is new"
    chosen = set(rescans(room).of_shard(rescan_id, 1))
    assert len(chosen) == 4
    deleted = min(chosen)
    room.docket.delete(deleted, "key:1")
    new = room.asked(small(tmp_path))
    with Worker(room.options):
        room.over(new)
        until(lambda: rescans(room).get(rescan_id).state == "done")
    made = rescans(room).get(rescan_id)
    assert (made.looked, made.changed, made.could_not) == (4, 3, 1)
    (line,) = rescans(room).lines(rescan_id, ("failed",))
    assert (line.check_id, line.note) == (deleted, DELETED)
    rows = databases.ask(room.options.database_url, "SELECT of_check, at FROM rescan_lines")
    assert Counter(str(check_id) for check_id, _ in rows) == Counter(chosen)
    assert min(str(at) for _, at in rows) > str(room.docket.get(new).finished_at)


def test_one_that_is_not_there_or_is_over(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    with pytest.raises(ScanUnfit, match="no rescan rsc_x"):
        rescans(room).get("rsc_x")
    rescan_id = rescans(room).open(Plan("model"))
    assert rescans(room).cancel(rescan_id) and not rescans(room).cancel(rescan_id)
    rescanning.ask(work(room))
    assert rescans(room).get(rescan_id).state == "cancelled"
    assert kinds(room) == ["rescan.begun", "rescan.cancelled"]
    bodies = databases.ask(room.options.database_url, "SELECT body FROM ledger WHERE kind = 'rescan.begun'")
    assert json.loads(str(bodies[0][0])) == {"rescan": rescan_id, "because": "model", "tenant": None}


def listed(room: Room, rescan_id: str) -> None:
    one = rescans(room).standing(rescan_id)
    rescanning._list(rescans(room), past.Past(room.options, one.plan), one)


def made_here(room: Room, rescan_id: str) -> str:
    """Have the next shard of a rescan made without a queue."""
    listed(room, rescan_id)
    shard = rescans(room).deal(rescan_id, rescans(room).dealt(rescan_id), rescanning.SHARD)
    assert shard is not None
    return rescanning._made(work(room), rescan_id, shard)


def test_what_comes_goes_and_comes_again_can_change_again(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    (check_id,) = submitted(room, tmp_path, 1)
    new_version(room)
    shelf = Shelf(room.options)
    for change in ("", "back", "again"):
        if change == "back":
            shelf.roll_back(TENANT, POLICY, by=EDITOR)
        elif change == "again":
            shelf.set_state(TENANT, POLICY, 2, "LIVE", by=EDITOR)
        assert can_change(room, "policy") == {check_id}
        rescan_id = rescans(room).open(Plan("policy"))
        assert made_here(room, rescan_id) == "done"
        assert rescans(room).get(rescan_id).changed == 1
        assert rescans(room).finish(rescan_id)
        assert can_change(room, "policy") == set()


def test_a_long_list_holds_up_no_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(options("sqlite", tmp_path))
    submitted(room, tmp_path, 3)
    monkeypatch.setattr(past, "PAGE", 1)
    monkeypatch.setattr(rescanning, "LIST_S", 0.0)
    rescan_id = rescans(room).open(Plan("model"))
    rescanning.ask(work(room))
    assert (rescans(room).get(rescan_id).listed, rescans(room).get(rescan_id).after) == (False, "")


def test_a_shard_ends_after_a_moment_and_what_is_left_is_dealt_out_anew(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So what is new waits for a second and one look at most; and each check is come to once."""
    submitted(room, tmp_path, 3)
    new_version(room)
    rescan_id = rescans(room).open(Plan("policy"))
    monkeypatch.setattr(rescanning, "SHARD_S", 0.0)
    assert [made_here(room, rescan_id) for _ in range(3)] == ["in time"] * 3
    assert rescans(room).deal(rescan_id, (1, 2, 3), rescanning.SHARD) is None, "nothing is left"
    assert (rescans(room).get(rescan_id).changed, rescans(room).standing(rescan_id).waiting) == (3, 0)
    rows = databases.ask(room.options.database_url, "SELECT shard, attempt FROM rescan_lines ORDER BY shard")
    assert [tuple(row) for row in rows] == [(1, 1), (2, 1), (3, 1)]


def test_who_deals_out_what_another_has_dealt_out_finds_nothing(room: Room, tmp_path: Path) -> None:
    submitted(room, tmp_path, 3)
    new_version(room)
    rescan_id = rescans(room).open(Plan("policy"))
    listed(room, rescan_id)
    first = [rescans(room).deal(rescan_id, (), 2) for _ in range(3)]
    assert first == [1, 2, None] and rescans(room).dealt(rescan_id) == (1, 2)
    again = [rescans(room).deal(rescan_id, (1,), 2) for _ in range(2)]  # both found the first one over
    assert again == [3, None] and len(rescans(room).of_shard(rescan_id, 3)) == 2
    (check_id,) = rescans(room).of_shard(rescan_id, 2)
    assert rescans(room).begun(rescan_id, check_id, 1) is None, "it is another's"
    assert rescanning._made(work(room), rescan_id, 1) == "done" and rescans(room).get(rescan_id).looked == 0


def test_who_stops_in_peace_has_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(options("sqlite", tmp_path))
    submitted(room, tmp_path, 1)
    new_version(room)
    rescan_id = rescans(room).open(Plan("policy"))
    with monkeypatch.context() as patch:
        patch.setattr(Deciding, "reconsider", stopped)
        with pytest.raises(Stopped):
            made_here(room, rescan_id)
    assert tries(room) == [0]
    with monkeypatch.context() as patch:  # also between the decision and the note of it
        patch.setattr(Rescans, "told", stopped)
        with pytest.raises(Stopped):
            made_here(room, rescan_id)
    assert tries(room) == [0]
    assert made_here(room, rescan_id) == "done" and rescans(room).get(rescan_id).changed == 1


def tries(room: Room) -> list[int]:
    return [int(str(one)) for (one,) in databases.ask(room.options.database_url, "SELECT attempt FROM rescan_lines")]


def stopped(*words: object) -> None:
    raise Stopped


@pytest.mark.parametrize("before", [True, False])
def test_one_that_kills_whoever_looks_costs_the_others_nothing(room: Room, tmp_path: Path, before: bool) -> None:
    """Given up, its line says what became of it all the same: who died after the decision has made it."""
    ids = submitted(room, tmp_path, 4)
    new_version(room)
    poison = sorted(ids)[1]
    rescan_id = rescans(room).open(Plan("policy"))
    for _ in range(rescanning.MOST_TRIES):
        die(room, f"words[1] == {poison!r}", before=before)
    with Worker(room.options):
        until(lambda: rescans(room).get(rescan_id).state == "done")
    made = rescans(room).get(rescan_id)
    assert (made.looked, made.changed, made.could_not) == ((4, 3, 1) if before else (4, 4, 0))
    assert [one for one in ids if len(decisions(room, one)) == 2] == [one for one in ids if one != poison or not before]
    failed = [(one.check_id, one.note) for one in rescans(room).lines(rescan_id, ("failed",))]
    assert failed == ([(poison, rescanning.BROKEN_OFF)] if before else [])
