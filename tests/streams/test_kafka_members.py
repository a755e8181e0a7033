"""A member of a group of readers, by itself: what it is given again, and how it shares with others that live or die."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from countermark.errors import PackageMissing, SettingsInvalid, StreamUnavailable
from countermark.streams import Allowed, Batch
from countermark.streams.kafka import Topic
from tests.streams.brokers import Cluster, cluster

SECONDS = 40.0
ALLOWED = Allowed(("s3://in",))
QUICK = {"session.timeout.ms": "2000", "heartbeat.interval.ms": "300", "fetch.wait.max.ms": "50"}
_names = count(1)


@pytest.fixture(scope="module")
def played() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


@pytest.fixture
def topic() -> str:
    return f"members.{next(_names)}"


def sent(played: Cluster, topic: str, *numbers: int, partition: int | None = None) -> None:
    producer = Producer({"bootstrap.servers": played.brokers, "linger.ms": 0})
    for number in numbers:
        body = json.dumps({"countermark": 1, "id": f"s-{number}", "object": f"s3://in/{number}.mp4"}).encode()
        producer.produce(topic, value=body, partition=number % 4 if partition is None else partition)
    assert producer.flush(SECONDS) == 0


def reader(played: Cluster, topic: str, dead_letters: str = "") -> Topic:
    return Topic(played.brokers, topic, f"kafka:{topic}", ALLOWED, QUICK, dead_letters)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end, "it did not come to that"


def batch_of(source: Topic) -> Batch:
    found: list[Batch] = []

    def asked() -> bool:
        batch = source.read(0.2, 100)
        found.extend([batch] if batch is not None else [])
        return bool(found)

    until(asked)
    return found[0]


def taken(source: Topic, seen: list[str], most: int = 100) -> None:
    batch = source.read(0.1, most)
    if batch is not None:
        seen.extend(one.key for one in batch.arrived)
        source.acknowledge(batch)


def committed(played: Cluster, topic: str) -> int:
    asked = Consumer({"bootstrap.servers": played.brokers, "group.id": f"countermark.kafka:{topic}"})
    found = asked.committed([TopicPartition(topic, number) for number in range(4)], timeout=SECONDS)
    asked.close()
    return sum(max(0, one.offset) for one in found)


def test_what_is_not_acknowledged_is_given_again_here_and_to_whoever_follows(played: Cluster, topic: str) -> None:
    sent(played, topic, 0, partition=0)
    first = reader(played, topic)
    batch = batch_of(first)
    assert [one.key for one in batch.arrived] == ["id:s-0"]
    assert first.read(0.1, 100) == batch and not first.dry
    first.close()
    second = reader(played, topic)
    assert batch_of(second) == batch
    second.acknowledge(batch)
    assert committed(played, topic) == 1
    until(lambda: second.read(0.2, 100) is None and second.dry)
    second.close()


def test_a_member_that_is_killed_is_followed_by_another(played: Cluster, topic: str) -> None:
    sent(played, topic, 1, partition=0)
    call = f"""
from countermark.streams import Allowed
from countermark.streams.kafka import Topic
source = Topic({played.brokers!r}, {topic!r}, {f"kafka:{topic}"!r}, Allowed(("s3://in",)), {QUICK!r})
while (batch := source.read(0.2, 10)) is None:
    pass
print(batch.arrived[0].key, flush=True)
while True:
    source.idle()
"""
    child = subprocess.Popen([sys.executable, "-c", call], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "id:s-1"
    finally:
        child.kill()
        child.wait(SECONDS)
    follower = reader(played, topic)
    assert [one.key for one in batch_of(follower).arrived] == ["id:s-1"]
    follower.close()


def test_members_share_the_partitions_and_leave_them_to_each_other(played: Cluster, topic: str) -> None:
    sent(played, topic, *range(8))
    one, other = reader(played, topic), reader(played, topic)
    seen: list[str] = []

    def both_take() -> None:
        taken(one, seen, 3)
        taken(other, seen, 3)

    def mine(source: Topic) -> set[int]:
        return {part.partition for part in source._consumer.assignment()}

    def shared() -> bool:
        both_take()
        return len(mine(one)) == len(mine(other)) == 2

    def all_seen(number: int) -> bool:
        both_take()
        return len(set(seen)) == number

    until(shared)
    assert not mine(one) & mine(other)
    sent(played, topic, *range(8, 16))
    until(lambda: all_seen(16))
    one.close()
    sent(played, topic, *range(16, 24))

    def rest() -> bool:
        taken(other, seen)
        return len(set(seen)) == 24 and other.dry

    until(rest)
    assert mine(other) == {0, 1, 2, 3}
    other.close()
    assert committed(played, topic) == 24


def test_while_it_idles_it_stays_a_member_and_loses_nothing(played: Cluster, topic: str) -> None:
    sent(played, topic, 0, partition=0)
    source, seen = reader(played, topic), list[str]()
    source.acknowledge(batch_of(source))
    source.idle()
    sent(played, topic, *range(1, 6), partition=0)
    end = time.monotonic() + 2.5  # longer than a session
    while time.monotonic() < end:
        source.idle()
        time.sleep(0.1)
    assert {one.partition for one in source._consumer.assignment()} == {0, 1, 2, 3}

    def all_taken() -> bool:
        taken(source, seen, 2)
        return len(seen) >= 5

    until(all_taken)
    assert sorted(seen) == [f"id:s-{number}" for number in range(1, 6)]
    source.close()


def test_dead_letters_that_nobody_takes_are_not_counted_as_read(
    played: Cluster, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("countermark.streams.kafka.ANSWER_S", 0.5)
    producer = Producer({"bootstrap.servers": played.brokers})
    producer.produce(topic, value=b"poison", partition=0)
    assert producer.flush(SECONDS) == 0
    source = reader(played, topic, dead_letters=f"{topic}.dead")
    batch = batch_of(source)
    with played.away(), pytest.raises(StreamUnavailable, match="dead letters"):
        source.acknowledge(batch)
    assert source.read(0.1, 10) == batch
    source.close()
    assert committed(played, topic) == 0


def test_brokers_that_are_away_for_a_moment_are_waited_for(topic: str) -> None:
    with cluster() as played:
        source, seen = reader(played, topic), list[str]()
        sent(played, topic, 1, partition=0)
        source.acknowledge(batch_of(source))
        with played.away():
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                assert source.read(0.2, 10) is None
        sent(played, topic, 2, partition=0)

        def came() -> bool:
            taken(source, seen)
            return "id:s-2" in seen

        until(came)
        source.close()


@pytest.mark.parametrize(
    ("brokers", "topic", "more", "dead"),
    [
        ("me:s3cret@host:1", "t", {}, ""),
        ("", "t", {}, ""),
        ("host:1", "a/b", {}, ""),
        ("host:1", "t", {}, "t"),
        ("host:1", "t", {"group.id": "another"}, ""),
        ("host:1", "t", {"sasl.pasword": "s3cret"}, ""),
    ],
)
def test_what_is_unfit_is_said_without_passwords(
    brokers: str, topic: str, more: dict[str, str], dead: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingsInvalid) as said:
        Topic(brokers, topic, "kafka:t", ALLOWED, more, dead)
    assert "s3cret" not in f"{said.value} {said.value.advice} {caplog.text}"


def test_without_the_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(PackageMissing) as said:
        Topic("127.0.0.1:1", "t", "kafka:t", ALLOWED)
    assert "confluent-kafka" in said.value.advice
