"""Verdicts follow what they rest on: records, the model, trust. By real workers, and callbacks that arrive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from countermark import keyring
from countermark.accounts import Accounts
from countermark.docket import Change, Check, Docket, times
from countermark.evidence import CredentialDetails, Evidence, HumanDetails, RecordDetails
from countermark.jobs import Jobs, Worker, checking, revising, rounds
from countermark.provenance import Registry, trust
from countermark.rejudging import judged_again
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from countermark.tests import databases, recipes
from countermark.tests.jobs.rooms import Receiver, Room, options, receiving, small, until

WHO = "person:per_1 Bo"


@dataclass(frozen=True)
class Stamped:
    """A film, with its manifest's id, and a home that signed it."""

    path: Path
    manifest_id: str
    home: Path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipes.clip(tmp_path_factory.mktemp("film") / "a.mp4", size=(320, 240), seconds=1, seed=51)


@pytest.fixture(params=databases.KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    return Room(options(request.param, tmp_path))


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes are seen on rounds: nobody waits for the next one."""
    monkeypatch.setattr(rounds, "QUICK_S", 0.3)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def stamped(room: Room, film: Path, folder: Path) -> Stamped:
    """Stamp with a key of another home, whose root the service does not know, into the registry of the service."""
    home = folder / "maker"
    keyring.init_development(home)
    maker = Settings(home=home, database=room.options.database_url)
    done = stamp(film, folder / "stamped.mp4", facts=facts(), options=maker)
    return Stamped(done.path, done.manifest_id, home)


def believe(room: Room, one: Stamped) -> None:
    """Trust whoever stamped it, as `trust add` does."""
    (root,) = (
        path for path in one.home.rglob("*.pem") if "root" in path.name and "PRIVATE KEY" not in path.read_text()
    )
    trust.add(room.options.home, "maker", root)


def told(receiver: Receiver, check_id: str, kind: str = "check.verdict_changed") -> list[dict[str, object]]:
    bodies = (json.loads(body) for _, body in receiver.got)
    return [body["data"] for body in bodies if body["type"] == kind and body["data"]["id"] == check_id]


def revisions(room: Room, check_id: str) -> list[tuple[str, str]]:
    return [(one.why, one.verdict.outcome) for one in room.docket.get(check_id).revisions]


def all_over(room: Room, path: Path, count: int) -> list[str]:
    """Have a file checked so many times, at once."""
    asked = [room.asked(path) for _ in range(count)]
    return [room.over(check_id).id for check_id in asked]


def status(check: Check) -> str:
    assert check.verdict is not None
    return next(d.status for one in check.verdict.evidence if isinstance(d := one.details, RecordDetails))


def revoke(room: Room, manifest_id: str) -> None:
    """As an operator does, by the command."""
    environment = {
        **os.environ,
        "COUNTERMARK_HOME": str(room.options.home),
        "COUNTERMARK_DATABASE": room.options.database_url,
    }
    command = [sys.executable, "-m", "countermark", "registry", "revoke", manifest_id, "--reason", "by mistake"]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def die(room: Room, owner: str, name: str) -> None:
    """Let a worker of the same name die right after the first call of something."""
    module, _, rest = owner.partition(".")
    code = f"""
import os, signal, threading
from countermark import {module}
from countermark.jobs import Worker
from countermark.settings import settings
owner = {module}{"." + rest if rest else ""}
original = owner.{name}
def dying(*words, **more):
    original(*words, **more)
    os.kill(os.getpid(), signal.SIGKILL)
owner.{name} = dying
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


def found(check: Check, says: str = "genuine") -> Change:
    assert check.verdict is not None
    human = HumanDetails(says, WHO, "saw it")  # type: ignore[arg-type]
    finding = Evidence(check.verdict.subject, "video", "human", "1", "present", details=human)
    return Change(judged_again(check.verdict, finding), WHO, "human", "saw it", check.revisions[-1].versions)


def test_a_record_revoked_by_the_command_revises_what_rests_on_it(room: Room, film: Path, tmp_path: Path) -> None:
    one = stamped(room, film, tmp_path)
    believe(room, one)
    with Worker(room.options):
        check = room.over(room.asked(one.path))
        assert check.outcome == "ai_generated" and status(check) == "live"
        room.docket.revise_from(check.id, found)
        revoke(room, one.manifest_id)
        until(lambda: len(room.docket.get(check.id).revisions) == 3)
    check = room.docket.get(check.id)
    last = check.revisions[-1]
    assert (last.why, last.note, last.who) == ("revoked", "by mistake", "the service")
    assert status(check) == "revoked"
    assert any(isinstance(e.details, HumanDetails) for e in last.verdict.evidence), "what people found stays in force"


def test_a_worker_that_dies_over_a_revocation_is_gone_on_with(room: Room, film: Path, tmp_path: Path) -> None:
    """It dies after the first of several checks; the next one revises the others, and none twice."""
    one = stamped(room, film, tmp_path)
    believe(room, one)
    with Worker(room.options):
        ids = all_over(room, one.path, 3)
    Registry(room.options.database_url).revoke(one.manifest_id, "by mistake")
    die(room, "docket.Docket", "revise_from")
    assert sorted(len(room.docket.get(check_id).revisions) for check_id in ids) == [1, 1, 2]
    with Worker(room.options):
        until(lambda: all(len(room.docket.get(check_id).revisions) == 2 for check_id in ids))
    assert [status(room.docket.get(check_id)) for check_id in ids] == ["revoked"] * 3


@pytest.mark.parametrize("at", [("jobs.Jobs", "enqueue_again"), ("verify", "recovered")], ids=["walk", "look"])
def test_a_worker_that_dies_while_it_judges_anew_is_gone_on_with(
    room: Room, film: Path, tmp_path: Path, at: tuple[str, str]
) -> None:
    one = stamped(room, film, tmp_path)
    Registry(room.options.database_url).revoke(one.manifest_id, "by mistake")
    with Worker(room.options):
        ids = all_over(room, one.path, 2)
    believe(room, one)
    die(room, *at)
    with Worker(room.options):
        until(lambda: all(room.docket.get(check_id).outcome == "ai_generated" for check_id in ids))
    assert [revisions(room, check_id)[1:] for check_id in ids] == [[("trust", "ai_generated")]] * 2


def test_a_record_revoked_between_its_look_up_and_the_result(
    room: Room, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round has passed the ledger's line before the check has a verdict that it could find."""
    one = stamped(room, film, tmp_path)
    believe(room, one)
    original = checking.Checking._fold

    def late(self: checking.Checking, check: Check) -> None:
        from countermark.jobs.work import at_work

        if not room.docket.get(check.id).over:
            Registry(room.options.database_url).revoke(one.manifest_id, "by mistake")
            revising.follow_records(at_work())
        original(self, check)

    monkeypatch.setattr(checking.Checking, "_fold", late)
    with Worker(room.options):
        check = room.over(room.asked(one.path))
        until(lambda: status(room.docket.get(check.id)) == "revoked")
    assert [why for why, _ in revisions(room, check.id)] == ["first", "revoked"]


@pytest.mark.parametrize("kept", [True, False], ids=["media there", "media gone"])
def test_a_signer_who_is_trusted_by_now(room: Room, film: Path, receiver: Receiver, tmp_path: Path, kept: bool) -> None:
    one = stamped(room, film, tmp_path)
    # So its mark proves nothing: all hangs on the signature.
    Registry(room.options.database_url).revoke(one.manifest_id, "by mistake")
    with Worker(room.options):
        check = room.over(room.asked(one.path, callback_url=receiver.url))
        assert check.outcome == "declared_ai", check.verdict
        if not kept:
            Docket(room.options, clock=lambda: times.now() + timedelta(hours=2)).sweep()
            assert room.docket.get(check.id).object_key is None
        believe(room, one)
        until(lambda: told(receiver, check.id))
    check = room.docket.get(check.id)
    last = check.revisions[-1]
    assert (last.number, last.why, check.outcome) == (2, "trust", "ai_generated")
    assert check.verdict is not None
    signed = next(e.details for e in check.verdict.evidence if isinstance(e.details, CredentialDetails))
    assert (signed.trust, signed.content_matches, signed.place) == ("trusted", True, "embedded")
    assert ("gone" in last.note) == (not kept)
    assert [one["outcome"] for one in told(receiver, check.id)] == ["ai_generated"]


def head(room: Room, name: str, bias: float) -> None:
    """Give the tenant a head of the detector that finds everything synthetic, or nothing."""
    from countermark.detector.adapting import adapted
    from countermark.detector.model import load
    from countermark.tests.detector import heads

    adapted.keep(room.options.home, replace(heads.adding(load(), bias, -50.0), name=name, reals=(-50.0,) * 1000))


def test_a_model_that_says_something_else(tmp_path: Path, film: Path, receiver: Receiver) -> None:
    room = Room(options("sqlite", tmp_path).model_copy(update={"detector": "always"}))
    accounts = Accounts(room.options)
    tenant = accounts.add_tenant("desk").id
    head(room, "finds", 90.0)
    with Worker(room.options):
        check = room.over(room.asked(film, tenant_id=tenant, callback_url=receiver.url))
        other = room.over(room.asked(film, tenant_id="ten_b"))
        assert check.outcome == "inconclusive"
        accounts.set_detector_head(tenant, "finds")
        until(lambda: told(receiver, check.id))
    assert revisions(room, check.id) == [("first", "inconclusive"), ("model", "likely_ai")]
    assert "detector head" in room.docket.get(check.id).revisions[-1].versions
    assert len(room.docket.get(other.id).revisions) == 1, "another tenant's head is no ground of this verdict"


def test_what_changes_nothing_makes_no_revision(room: Room, film: Path, tmp_path: Path) -> None:
    """A walk over checks in pages; trust changes, and no verdict does."""
    one = stamped(room, film, tmp_path)
    plain = small(tmp_path)
    with Worker(room.options):
        ids = all_over(room, plain, 3)
        until(lambda: room.jobs.waiting()["bulk"] == 0)
        believe(room, one)
        until(lambda: _judged_again() >= set(ids))
    assert [len(room.docket.get(check_id).revisions) for check_id in ids] == [1, 1, 1]


def _judged_again() -> set[str]:
    from dbos import DBOS

    return {job.workflow_id.partition(".again.")[0] for job in DBOS.list_workflows(name="rejudge", status="SUCCESS")}


def test_asked_by_a_person(room: Room, film: Path, tmp_path: Path) -> None:
    """Asked twice, while another finds something: each has its say, once."""
    one = stamped(room, film, tmp_path)
    with Worker(room.options):
        check_id = room.over(room.asked(one.path)).id
        room.docket.revise_from(check_id, found)
        believe(room, one)
        Jobs(room.options).enqueue_again(check_id, WHO, "1", "live")
        until(lambda: len(room.docket.get(check_id).revisions) == 3)
    last = room.docket.get(check_id).revisions[-1]
    assert last.why == "trust"
    assert any(isinstance(e.details, HumanDetails) for e in last.verdict.evidence)


def test_a_finding_that_comes_between_is_not_lost(room: Room, film: Path, tmp_path: Path) -> None:
    with Worker(room.options):
        check_id = room.over(room.asked(small(tmp_path))).id
    came: list[int] = []

    def slow(check: Check) -> Change:
        if not came:  # another person is quicker
            came.append(1)
            made = found(check, "synthetic")
            assert made.verdict.evidence
            other = replace(made.verdict.evidence[-1], details=HumanDetails("synthetic", "person:per_2 Ada", "quick"))
            verdict = judged_again(check.verdict, other)  # type: ignore[arg-type]
            room.docket.revise(check_id, verdict, who="Ada", why="human", note="quick", versions={})
        return found(check, "manipulated")

    room.docket.revise_from(check_id, slow)
    check = room.docket.get(check_id)
    assert len(check.revisions) == 3 and check.verdict is not None
    people = {e.details.who for e in check.verdict.evidence if isinstance(e.details, HumanDetails)}
    assert people == {WHO, "person:per_2 Ada"}
