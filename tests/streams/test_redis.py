"""Streams of a real Redis server: laid once and then acknowledged, whoever dies, and whatever comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import StreamUnavailable
from countermark.streams import Wish
from tests.jobs.rooms import options
from tests.streams.rooms import ALLOWED, Ear, left, listening, message, port, redis_server, until

GROUP = "countermark.redis:s"


@pytest.fixture(scope="module")
def at() -> int:
    return port()


@pytest.fixture(scope="module")
def server(at: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with redis_server(tmp_path_factory.mktemp("redis"), at) as client:
        yield client


@pytest.fixture
def ear(tmp_path: Path, server: Any) -> Ear:
    server.flushall()
    return Ear(options("sqlite", tmp_path))


def wish(at: int, **more: Any) -> Wish:
    return Wish(f"redis://127.0.0.1:{at}/s", allowed=ALLOWED, **{"claim_s": 0.3, **more})


def send(server: Any, *messages: bytes, field: str = "message") -> None:
    for one in messages:
        server.xadd("s", {field: one})


def test_each_entry_is_taken_once_and_acknowledged(ear: Ear, at: int, server: Any) -> None:
    send(server, message("a.mp4"), message("b.mp4", id="s-1"), message("b.mp4", id="s-1"))
    send(server, message("c.mp4"), field="data")
    assert ear.once(wish(at)) == (3, 1, 0)
    assert server.xpending("s", GROUP)["pending"] == 0 and server.xinfo_consumers("s", GROUP) == []
    assert ear.once(wish(at)) == (0, 0, 0) and ear.count() == 3


def test_what_can_not_be_taken_holds_nothing_up(ear: Ear, at: int, server: Any) -> None:
    send(server, b"\xff poison", message("a.mp4"), b'{"countermark": 1, "object": "file:///etc/passwd"}')
    server.xadd("s", {"other": "1"})
    assert ear.once(wish(at, dead_letters="dead")) == (1, 0, 3)
    buried = [entry for _, entry in server.xrange("dead")]
    assert [one[b"message"][:7] for one in buried] == [b"\xff poiso", b'{"count', b""] and buried[0][b"reason"]
    assert len(ear.refusals()) == 3 and any("is refused" in said for said in ear.said)
    assert server.xpending("s", GROUP)["pending"] == 0


def test_what_a_dead_listener_had_is_taken_over(ear: Ear, at: int, server: Any) -> None:
    send(server, *(message(f"{number}.mp4") for number in range(5)))
    dead = ear.listener(wish(at))
    assert left(dead.source, dead.taking) == 5
    assert server.xpending("s", GROUP)["pending"] == 5
    thread = threading.Thread(target=(living := ear.listener(wish(at))).run)
    thread.start()
    try:
        until(lambda: server.xpending("s", GROUP)["pending"] == 0)
    finally:
        ear.stop.set()
        thread.join(20)
    assert (living.counts.taken, living.counts.again, ear.count()) == (0, 5, 5)


def test_killed_in_the_middle_each_submission_has_one_check(tmp_path: Path, at: int, server: Any) -> None:
    server.flushall()
    ear = Ear(options("postgresql", tmp_path))
    send(server, *(message(f"{number:03}.mp4", id=f"s-{number % 150}") for number in range(200)))
    words = (f"redis://127.0.0.1:{at}/s", "--root", "s3://in", "--claim-after", 0.5)
    with listening(ear, *words) as process:
        until(lambda: ear.count() >= 30)
        process.kill()
        process.wait(20)
    assert server.xpending("s", GROUP)["pending"] > 0 and ear.count() < 150
    with listening(ear, *words) as process:
        until(lambda: ear.count() == 150 and server.xpending("s", GROUP)["pending"] == 0)
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 0 and "Traceback" not in said, said
    assert ear.count() == 150 == len(set(ear.urls()))


def test_a_server_that_is_away_for_a_while_is_waited_for(tmp_path: Path) -> None:
    ear, at = Ear(options("sqlite", tmp_path)), port()
    thread = threading.Thread(target=(one := ear.listener(wish(at))).run)
    thread.start()
    try:
        until(lambda: any("tried again" in said for said in ear.said))
        for number in range(2):  # it comes, goes with all that it knew, and comes again
            (folder := tmp_path / str(number)).mkdir()
            with redis_server(folder, at) as client:
                client.xadd("s", {"message": message(f"{number}.mp4")})
                until(lambda number=number: ear.count() == number + 1)
    finally:
        ear.stop.set()
        thread.join(30)
    assert not thread.is_alive() and one.counts.taken == 2


def test_a_password_comes_from_the_environment_and_is_said_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, at = Ear(options("sqlite", tmp_path)), port()
    with redis_server(tmp_path, at, password="a-secret", more="--requirepass a-secret") as client:
        client.xadd("s", {"message": message("a.mp4")})
        with pytest.raises(StreamUnavailable) as said:
            ear.once(wish(at))
        assert "Auth" in str(said.value)
        monkeypatch.setenv("REDISCLI_AUTH", "a-secret")
        assert ear.once(wish(at)) == (1, 0, 0)
    database = Path(ear.options.database_url.removeprefix("sqlite:///"))
    assert b"a-secret" not in database.read_bytes() and "a-secret" not in str(ear.said)


def test_nothing_is_read_while_enough_waits(ear: Ear, at: int, server: Any) -> None:
    send(server, *(message(f"{number}.mp4") for number in range(9)))
    thread = threading.Thread(target=(one := ear.listener(wish(at), most_waiting=4)).run)
    thread.start()
    try:
        until(lambda: any("enough checks wait" in said for said in ear.said))
        time.sleep(0.5)
        assert one.counts.taken == 4 and ear.count() == 4
        for (id,) in ear.ask("SELECT id FROM checks"):
            one.taking.jobs.cancel_check(id)
        until(lambda: one.counts.taken == 8)
    finally:
        ear.stop.set()
        thread.join(20)
    assert any("goes on" in said for said in ear.said)


def test_a_tenant_without_room_is_waited_for(tmp_path: Path, at: int, server: Any) -> None:
    server.flushall()
    ear = Ear(options("sqlite", tmp_path, standing_bytes=10))
    from tests.jobs.rooms import Room

    room = Room(ear.options)
    full = room.laid(tenant_id="main", object_key="media/a", content_hash="0" * 64, bytes=20)
    send(server, message("a.mp4"))
    thread = threading.Thread(target=(one := ear.listener(wish(at))).run)
    thread.start()
    try:
        until(lambda: any("waits" in said for said in ear.said))
        room.docket.cancel(full, "test")
        room.docket.delete(full, "test")
        room.docket.sweep()
        until(lambda: one.counts.taken == 1)
    finally:
        ear.stop.set()
        thread.join(20)
    assert server.xpending("s", GROUP)["pending"] == 0
