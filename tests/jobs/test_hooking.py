"""Events over HTTP: signed as Standard Webhooks has it, in order, tried until they arrive, whoever hangs or dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from countermark.docket import callbacks
from countermark.fetch import guard
from countermark.jobs import Worker, endpoint_secret, hooking, queue, rounds
from countermark.jobs.work import Work
from countermark.moderation.hooks import Delivery, Endpoint, Endpoints, Outbox, emit, outbox
from countermark.settings import Service
from countermark.store import engine
from countermark.tests import memory
from countermark.tests.jobs.rooms import TENANT, Receiver, Room, options, receiving, until


class Hooks(Room):
    """A service whose events are delivered."""

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.options)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.options)

    def endpoint(self, url: str, **more: Any) -> Endpoint:
        return self.endpoints.create(TENANT, url, who="key:1", **more)

    def emit(self, *subjects: str, kind: str = "decision.made") -> list[str]:
        """Lay events, all in one transaction; give the ids of the deliveries."""
        with engine.changing(self.options.database_url) as connection:
            laid = [emit(connection, TENANT, one, kind, {"id": f"dec_{n}"}) for n, one in enumerate(subjects)]
        return [one for ids in laid for one in ids]

    def get(self, delivery_id: str) -> Delivery:
        return self.outbox.get(TENANT, delivery_id)

    def over(self, *ids: str) -> list[Delivery]:
        until(lambda: all(self.get(one).state != "waiting" for one in ids))
        return [self.get(one) for one in ids]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with memory.folder() as folder:
        yield folder


@pytest.fixture
def hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hooks:
    monkeypatch.setattr(callbacks, "PAUSES_S", (0.1, 0.1))
    monkeypatch.setattr(rounds, "QUICK_S", 0.1)
    monkeypatch.setitem(queue.POLL_S, queue.HOOKS, 0.1)
    made = options("sqlite", tmp_path)
    return Hooks(made)


def ids(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for headers, _ in receiver.got]


def test_it_is_signed_with_both_secrets_while_they_overlap(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.endpoint(receiver.url)
    first, second, third = (endpoint_secret(hooks.options, made.id, number) for number in (1, 2, 3))
    assert len({first, second, third}) == 3 and first.startswith("whsec_")
    with Worker(hooks.options):
        (one,) = hooks.over(*hooks.emit("a"))
        hooks.endpoints.rotate(TENANT, made.id, who="key:1")
        hooks.over(*hooks.emit("a"))
        hooks.endpoints.rotate(TENANT, made.id, who="key:1", overlap_s=0)
        hooks.over(*hooks.emit("a"))
    (at_first, body), (both, later), (after, last) = receiver.got
    assert Webhook(first).verify(body, at_first) == json.loads(one.body)
    assert at_first["webhook-id"] == one.id and at_first["content-type"] == "application/json"
    for key in (first, second):
        assert Webhook(key).verify(later, both)["sequence"] == 2
    assert Webhook(third).verify(last, after)["sequence"] == 3
    wrong = [(second, at_first, body), (first, at_first, body + b" "), (third, both, later), (second, after, last)]
    for key, headers, said in wrong:
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(said, headers)


def test_one_who_fails_and_recovers_gets_all_in_order(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    receiver.answers = [(500, {}), (429, {"Retry-After": "1"})]
    laid = hooks.emit("a", "a", "a")
    with Worker(hooks.options):
        over = hooks.over(*laid)
    assert ids(receiver) == [laid[0], laid[0], laid[0], laid[1], laid[2]]
    assert [json.loads(body)["sequence"] for _, body in receiver.got] == [1, 1, 1, 2, 3]
    assert [(one.state, one.attempts) for one in over] == [("delivered", 3), ("delivered", 1), ("delivered", 1)]


def test_many_arrive_each_once_and_in_order(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    laid = hooks.emit(*("abcde" * 12))
    with Worker(hooks.options):
        hooks.over(*laid)
    assert sorted(ids(receiver)) == sorted(laid)
    for subject in "abcde":
        told = [json.loads(body) for _, body in receiver.got]
        assert [one["sequence"] for one in told if one["subject"] == subject] == list(range(1, 13))


def test_it_is_given_up_with_a_reason_and_can_be_sent_again(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.endpoint(receiver.url)
    receiver.answers = [(503, {})] * 3
    laid = hooks.emit("a", "a")
    with Worker(hooks.options):
        dead, arrived = hooks.over(*laid)
        assert (dead.state, dead.failure, arrived.state) == ("dead", "answered 503", "delivered")
        assert hooks.outbox.replay(TENANT, made.id, who="key:1") == 1
        (again,) = hooks.over(dead.id)
    assert (again.state, again.body) == ("delivered", dead.body)
    assert ids(receiver) == [laid[0]] * 3 + [laid[1], laid[0]]


def test_a_redirect_is_not_followed(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    receiver.answers = [(307, {"Location": f"{receiver.url}/elsewhere"})] * 3
    with Worker(hooks.options):
        (one,) = hooks.over(*hooks.emit("a"))
    assert (one.state, one.failure) == ("dead", "answered 307, and redirects are not followed")
    assert len(receiver.got) == 3


def test_one_who_says_gone_is_told_no_more_and_others_are(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.endpoint(receiver.url, kinds=["decision.made"])
    with receiving() as other, Worker(hooks.options):
        hooks.endpoint(other.url, kinds=["endpoint.disabled"])
        receiver.answers = [(410, {})]
        first, second = hooks.over(*hooks.emit("a", "a"))
        until(lambda: other.got)
        assert hooks.emit("a") == []
    assert (first.state, second.state, len(receiver.got)) == ("dead", "dead", 1)
    assert hooks.endpoints.get(TENANT, made.id).disabled_why == "answered 410"
    assert json.loads(other.got[0][1])["data"]["endpoint"] == made.id


@contextmanager
def hanging_at(subject: str, sequence: int) -> Iterator[tuple[str, list[tuple[str, int]], threading.Event]]:
    """Run a receiver that does not answer one event until it is told to; give what came, in order."""
    got: list[tuple[str, int]] = []
    heals = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append((said["subject"], said["sequence"]))
            if got[-1] == (subject, sequence):
                heals.wait(60)
            try:
                self.send_response(204)
                self.end_headers()
            except OSError:
                pass  # who asked has gone

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", got, heals
    finally:
        heals.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_one_who_hangs_holds_up_one_subject_and_for_a_while(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "PAUSES_S", (0.1,) * 200)
    monkeypatch.setattr(hooking, "ANSWER_S", 0.3)
    monkeypatch.setattr(outbox, "HELD_S", 3.0)
    with hanging_at("a", 1) as (url, got, heals), Worker(hooks.options):
        hooks.endpoint(url)
        hung, *later = hooks.emit("a", "a", "a", "b", "b")
        hooks.over(*later[2:])
        assert [one for one in got if one[0] == "b"] == [("b", 1), ("b", 2)]
        assert ("a", 2) not in got
        hooks.over(*later)
        assert [one for one in got if one[0] == "a" and one[1] > 1] == [("a", 2), ("a", 3)]
        assert hooks.get(hung).state == "waiting" and "took longer" in str(hooks.get(hung).failure)
        heals.set()
        (one,) = hooks.over(hung)
    assert one.state == "delivered" and got.count(("a", 1)) > 1


def test_a_machine_inside_is_never_asked(tmp_path: Path, hooks: Hooks, receiver: Receiver, monkeypatch: Any) -> None:
    guarded = Hooks(hooks.options.model_copy(update={"service": Service(executor="one")}))
    resolve = guard.resolve
    monkeypatch.setattr(guard, "resolve", lambda name, port: resolve("127.0.0.1", port))
    guarded.endpoint(receiver.url.replace("127.0.0.1", "inside.example"))
    with Worker(guarded.options):
        (one,) = guarded.over(*guarded.emit("a"))
    assert one.state == "dead" and "no public address" in str(one.failure)
    assert receiver.got == []


def test_a_test_is_sent(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.endpoint(receiver.url, kinds=["policy.changed"])
    with Worker(hooks.options):
        (one,) = hooks.over(hooks.endpoints.test(TENANT, made.id))
    assert one.state == "delivered"
    assert json.loads(receiver.got[0][1])["type"] == "endpoint.test"


def test_an_attempt_that_ended_without_a_note_counts_as_failed(
    hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "ASKED_S", 0.3)
    wrong = iter([True])

    def ended(work: Work, delivery_id: str, attempt: int) -> None:
        if next(wrong, False):
            raise ValueError("a fault of ours")
        attempted(work, delivery_id, attempt)

    attempted = hooking._attempted
    monkeypatch.setattr(hooking, "_attempted", ended)
    hooks.endpoint(receiver.url)
    with Worker(hooks.options):
        (one,) = hooks.over(*hooks.emit("a"))
    assert (one.state, one.attempts, len(receiver.got)) == ("delivered", 2, 1)


def test_an_attempt_over_which_every_worker_dies_has_failed(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    (one,) = hooks.emit("a")
    rounds._give_up(SimpleNamespace(options=hooks.options), SimpleNamespace(name="hook", workflow_id=f"{one}.1"))  # type: ignore[arg-type]
    found = hooks.get(one)
    assert (found.attempts, found.state, found.failure) == (1, "waiting", "whoever was to deliver it died over it")


def test_what_one_claims_nobody_else_does(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.endpoint(receiver.url)
    (one,) = hooks.emit("a")
    claimed = hooks.outbox.claim(made.id, 16)
    assert claimed is not None and claimed.id == one
    assert hooks.outbox.claim(made.id, 16) is None
    assert hooks.outbox.asked([claimed]) == ()


def test_events_go_to_the_broker_of_the_settings(hooks: Hooks) -> None:
    from countermark.tests.moderation.hooks.test_kafka import played, taken

    with played() as brokers:
        service = hooks.options.service.model_copy(update={"kafka": brokers})
        there = Hooks(hooks.options.model_copy(update={"service": service}))
        there.endpoint("", way="kafka")
        with Worker(there.options):
            laid = there.emit("a", "a", "b")
            assert [one.state for one in there.over(*laid)] == ["delivered"] * 3
        found = taken(brokers, 3)
    assert [headers["webhook-id"] for key, _, headers, _ in found if key == "a"] == laid[:2]


def test_a_worker_that_dies_between_answer_and_note_loses_nothing(tmp_path: Path, receiver: Receiver) -> None:
    made = options("postgresql", tmp_path)  # the tests above have the other; so have workers that die over checks
    hooks = Hooks(made)
    hooks.endpoint(receiver.url)
    laid = hooks.emit("a", "a")
    environment = {
        **os.environ,
        "COUNTERMARK_HOME": str(made.home),
        "COUNTERMARK_DATABASE": made.database_url,
        "COUNTERMARK_DETECTOR": "never",
        "COUNTERMARK_SERVICE__UNSAFE_PRIVATE_ADDRESSES": "true",
        "OMP_NUM_THREADS": "1",
    }

    def life(word: str) -> int:
        command = [sys.executable, "-m", "countermark.tests.jobs.hook_lives", word, *laid]
        with (tmp_path / "said").open("ab") as said:
            return subprocess.run(command, env=environment, stdout=said, stderr=said, timeout=120).returncode

    assert life("die") == -signal.SIGKILL, (tmp_path / "said").read_text()
    assert ids(receiver) == [laid[0]] and hooks.get(laid[0]).state == "waiting"
    assert life("live") == 0, (tmp_path / "said").read_text()
    assert ids(receiver) == [laid[0], laid[0], laid[1]]
    assert receiver.got[0][1] == receiver.got[1][1]
    assert [(hooks.get(one).state, hooks.get(one).attempts) for one in laid] == [("delivered", 1)] * 2
