"""Callbacks: signed as Standard Webhooks has it, tried again, given up, and never sent to a machine inside."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from countermark.docket import CheckError, Owed, callbacks
from countermark.fetch import guard
from countermark.jobs import Worker, callback_secret, delivering, rounds
from countermark.jobs.work import Work
from countermark.settings import Service, Settings
from countermark.tests.jobs.rooms import TENANT, Receiver, Room, noise, options, receiving, until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(callbacks, "PAUSES_S", (0.1, 0.1))
    monkeypatch.setattr(rounds, "QUICK_S", 0.1)
    return Room(options("sqlite", tmp_path))


def owed(room: Room, folder: Path, url: str) -> Owed:
    """Make a check that ends, and give its callback once nothing more is done about it."""
    with Worker(room.options):
        check_id = room.asked(noise(folder), callback_url=url)
        until(lambda: [one for one in room.callbacks.of_check(check_id) if one.due_at is None])
    (one,) = room.callbacks.of_check(check_id)
    return one


def test_it_is_signed_so_that_others_can_tell(room: Room, receiver: Receiver, tmp_path: Path) -> None:
    one = owed(room, tmp_path, receiver.url)
    ((headers, body),) = receiver.got
    assert headers["webhook-id"] == one.id and headers["content-type"] == "application/json"
    secret = callback_secret(room.options, TENANT)
    told = Webhook(secret).verify(body, headers)
    assert told == json.loads(one.body)
    assert (told["type"], told["data"]["status"]) == ("check.finished", "failed")
    for wrong in (body + b" ", body):
        key = secret if wrong != body else callback_secret(room.options, "ten_b")
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(wrong, headers)


def test_the_secret_is_a_tenants_own_and_stays(tmp_path: Path) -> None:
    made = Settings(home=tmp_path / "home")
    assert callback_secret(made, "ten_a") == callback_secret(made, "ten_a") != callback_secret(made, "ten_b")
    (key,) = made.home.iterdir()
    assert key.stat().st_mode & 0o777 == 0o600
    assert callback_secret(Settings(home=tmp_path / "elsewhere"), "ten_a") != callback_secret(made, "ten_a")


def test_it_is_tried_again_with_the_same_id(room: Room, receiver: Receiver, tmp_path: Path) -> None:
    receiver.answers = [(500, {}), (429, {})]
    one = owed(room, tmp_path, receiver.url)
    assert one.delivered_at is not None and one.attempts == 3
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [one.id] * 3


def test_it_is_given_up_with_a_reason(room: Room, receiver: Receiver, tmp_path: Path) -> None:
    receiver.answers = [(503, {})] * 9
    one = owed(room, tmp_path, receiver.url)
    assert one.dead and (one.attempts, one.failure) == (3, "answered 503")
    assert len(receiver.got) == 3


def test_a_redirect_is_not_followed(room: Room, receiver: Receiver, tmp_path: Path) -> None:
    receiver.answers = [(307, {"Location": f"{receiver.url}/elsewhere"})] * 3
    one = owed(room, tmp_path, receiver.url)
    assert one.dead and one.failure == "answered 307, and redirects are not followed"


def test_nobody_there_is_a_reason_too(room: Room, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        one = owed(room, tmp_path, f"http://127.0.0.1:{taken.getsockname()[1]}/hook")
    assert one.dead and "refused" in str(one.failure)


def test_one_who_never_answers_is_left(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "ANSWER_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = owed(room, tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
    assert one.dead and "took longer than 0.3 s" in str(one.failure)


def test_a_secret_that_cannot_be_read_is_said_and_tried_again(
    room: Room, receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room.options.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (room.options.home / "callbacks.key").mkdir()
    one = owed(room, tmp_path, receiver.url)
    assert one.dead and one.attempts == 3 and str(one.failure).startswith("could not be sent")
    assert receiver.got == []
    assert [record.name for record in caplog.records if record.levelname == "ERROR"] == [delivering.__name__] * 3


def test_an_attempt_that_ended_without_a_note_counts_as_failed(
    room: Room, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "ASKED_S", 0.3)
    wrong = iter([True])

    def ended(work: Work, callback_id: str, attempt: int) -> str:
        if next(wrong, False):
            raise ValueError("a fault of ours")
        return attempted(work, callback_id, attempt)

    attempted = delivering._attempted
    monkeypatch.setattr(delivering, "_attempted", ended)
    one = owed(room, tmp_path, receiver.url)
    assert one.delivered_at is not None and one.attempts == 2


def test_what_was_asked_for_leaves_room_for_the_rest(room: Room, receiver: Receiver, tmp_path: Path) -> None:
    """Also where one tenant's receivers never answer, and far more is owed to them than is asked for at once."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent, Worker(room.options):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        for _ in range(12):
            room.docket.fail(room.laid(callback_url=url, tenant_id="ten_tar"), CheckError("Some", "thing", "else"))
        until(lambda: not room.callbacks.due())
        other = room.laid(callback_url=receiver.url)
        room.docket.fail(other, CheckError("Some", "thing", "else"))
        until(lambda: receiver.about(other), 10)
        assert receiver.about(other) == [one.id for one in room.callbacks.of_check(other)]


@pytest.mark.parametrize("host", ["127.0.0.1", "inside.example"])
def test_a_machine_inside_is_never_asked(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """By its address, or by a name of the outside that leads to it, the second time it is asked for."""
    monkeypatch.setattr(callbacks, "PAUSES_S", (0.1,))
    monkeypatch.setattr(rounds, "QUICK_S", 0.1)
    made = options("sqlite", tmp_path)
    guarded = Room(made.model_copy(update={"service": Service(executor="one")}))
    resolve = guard.resolve
    monkeypatch.setattr(guard, "resolve", lambda name, port: resolve("127.0.0.1", port))
    one = owed(guarded, tmp_path, receiver.url.replace("127.0.0.1", host))
    assert one.dead and "no public address" in str(one.failure)
    assert receiver.got == []


def test_a_changed_verdict_is_told_as_well(room: Room, receiver: Receiver, tmp_path: Path) -> None:
    from countermark.evidence import Evidence, HumanDetails
    from countermark.tests.jobs.rooms import small
    from countermark.verdict import Judgement, fold

    with Worker(room.options):
        check = room.over(room.asked(small(tmp_path), callback_url=receiver.url))
        until(lambda: receiver.got)
        assert check.verdict is not None
        human = Evidence(
            check.verdict.subject, "video", "person", "1", "present", details=HumanDetails("synthetic", "Ada", "x")
        )
        verdict = fold(check.verdict.subject, (*check.evidence, human), Judgement())
        assert verdict.outcome != check.outcome
        room.docket.revise(check.id, verdict, who="person:1", why="human", note="", versions={})
        until(lambda: len(receiver.got) == 2)
    kinds = [json.loads(body)["type"] for _, body in receiver.got]
    assert kinds == ["check.finished", "check.verdict_changed"]
