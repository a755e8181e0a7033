"""What tests of streams stand on: listeners of this process and of their own, real brokers, and what came of it all."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from countermark.docket import Arrivals, Docket
from countermark.docket.desk import Desk
from countermark.jobs import Jobs
from countermark.moderation.shelf import Shelf
from countermark.settings import Settings
from countermark.streams import Allowed, Listener, Source, Taking, Wish, named, source
from countermark.tests import databases
from countermark.tests.cli.command import arguments, environment
from countermark.tests.needs import program
from tests.streams.brokers import cluster

SECONDS = 60.0
ROOT = "s3://in"
ALLOWED = Allowed((ROOT,), https=True)


def message(name: str, **more: Any) -> bytes:
    """Make a message of Countermark's own form."""
    return json.dumps({"countermark": 1, "object": f"{ROOT}/{name}", **more}).encode()


def until(true: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@dataclass
class Ear:
    """A service without a worker, and listeners to it."""

    options: Settings
    said: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def taking(self, wish: Wish) -> Taking:
        name, arrivals = named(wish), Arrivals(Desk(self.options))
        return Taking(
            Docket(self.options), Jobs(self.options), arrivals, Shelf(self.options), "main", name, f"stream:{name}"
        )

    def listener(self, wish: Wish, **more: Any) -> Listener:
        taking = self.taking(wish)
        return Listener(source(wish, taking), taking, self.said.append, self.stop, **more)

    def once(self, wish: Wish, **more: Any) -> tuple[int, int, int]:
        """Take what is there; gives how many were taken, had come before, and were refused."""
        counts = self.listener(wish, **more).run(once=True)
        return counts.taken, counts.again, counts.refused

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        return databases.ask(self.options.database_url, statement)

    def count(self) -> int:
        """How many checks there are; 0 where there is no database yet."""
        try:
            return int(self.ask("SELECT count(*) FROM checks")[0][0])
        except Exception:
            return 0

    def urls(self) -> list[str]:
        return sorted(str(url) for (url,) in self.ask("SELECT url FROM checks"))

    def refusals(self) -> list[str]:
        return sorted(str(why) for (why,) in self.ask("SELECT refused FROM arrivals WHERE refused IS NOT NULL"))


def left(read: Source, taking: Taking) -> int:
    """Die at the worst moment: all of a batch is laid down, and nothing acknowledged."""
    batch = None
    end = time.monotonic() + SECONDS
    while batch is None and time.monotonic() < end:
        batch = read.read(0.2, 100)
    assert batch is not None
    return sum(not taking.take(one).again for one in batch.arrived)


@contextmanager
def listening(ear: Ear, *given: object, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command, and end it after all."""
    with subprocess.Popen(
        arguments("listen", *given),
        env={**environment(ear.options.home), "COUNTERMARK_DATABASE": ear.options.database_url, **variables},
        cwd=ear.options.home.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait(20)


def port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def redis_server(folder: Path, at: int, **variables: str) -> Iterator[Any]:
    """Run a Redis server; gives somebody else's client."""
    import redis

    words = ["--port", str(at), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes", "--save", ""]
    command = [program("redis-server", "redis-server"), *words, *variables.get("more", "").split()]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        client = redis.Redis(port=at, password=variables.get("password"), socket_timeout=5)
        try:
            until(lambda: _answers(client), 20)
            yield client
        finally:
            client.close()
            process.terminate()
            process.wait(20)


def _answers(client: Any) -> bool:
    import redis

    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@dataclass
class Brokers:
    """A cluster that librdkafka plays."""

    addresses: str

    def send(self, topic: str, *values: bytes) -> None:
        producer = Producer({"bootstrap.servers": self.addresses})
        for number, value in enumerate(values):
            producer.produce(topic, value, partition=number % 4)
        assert producer.flush(20) == 0


@contextmanager
def played() -> Iterator[Brokers]:
    """Run one."""
    with cluster() as made:
        yield Brokers(made.brokers)


def kafka_file(folder: Path) -> Path:
    """Write properties under which a dead member of a group is missed soon."""
    path = folder / "kafka.properties"
    path.write_text("# of tests\nsession.timeout.ms=2000\nheartbeat.interval.ms=300\n")
    path.chmod(0o600)
    return path
