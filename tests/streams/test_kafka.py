"""Topics of a cluster that librdkafka plays, over its real protocol: laid once and then committed, whoever dies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from countermark.errors import SettingsInvalid, StreamUnavailable
from countermark.streams import Listener, Wish
from tests.jobs.rooms import options
from tests.streams.rooms import ALLOWED, Brokers, Ear, kafka_file, left, listening, message, played, until


@pytest.fixture(scope="module")
def brokers() -> Iterator[Brokers]:
    with played() as found:
        yield found


def wish(brokers: Brokers, topic: str, folder: Path, **more: Any) -> Wish:
    address = f"kafka://{brokers.addresses}/{topic}"
    return Wish(address, **{"allowed": ALLOWED, "kafka_file": kafka_file(folder), **more})


def committed(brokers: Brokers, topic: str) -> int:
    """Add up how far a group is in a topic."""
    asked = Consumer({"bootstrap.servers": brokers.addresses, "group.id": f"countermark.kafka:{topic}"})
    parts = [TopicPartition(topic, number) for number in range(4)]
    found = sum(max(0, one.offset) for one in asked.committed(parts, timeout=20))
    asked.close()
    return found


def emptied(ear: Ear, one: Listener) -> int:
    """Make room in the queue, and count what was laid so far."""
    laid = ear.ask("SELECT id FROM checks")
    for (id,) in laid:
        one.taking.jobs.cancel_check(id)
    return len(laid)


def test_each_message_is_taken_once_and_committed(brokers: Brokers, tmp_path: Path) -> None:
    ear = Ear(options("sqlite", tmp_path))
    brokers.send(
        "plain", *(message(f"{number}.mp4") for number in range(6)), message("x", id="1"), message("x", id="1")
    )
    assert ear.once(wish(brokers, "plain", tmp_path)) == (7, 1, 0)
    assert committed(brokers, "plain") == 8
    brokers.send("plain", message("late.mp4"))
    assert ear.once(wish(brokers, "plain", tmp_path)) == (1, 0, 0)


def test_poison_goes_to_a_topic_of_its_own_and_holds_nothing_up(brokers: Brokers, tmp_path: Path) -> None:
    ear = Ear(options("sqlite", tmp_path))
    record = {"bucket": {"name": "in"}, "object": {"key": "b.mp4", "eTag": "e"}}
    told = json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": record}]}).encode()
    brokers.send("mixed", b"\xff", message("a.mp4"), b"", told, told)
    assert ear.once(wish(brokers, "mixed", tmp_path, dead_letters="buried")) == (2, 1, 2)
    assert committed(brokers, "mixed") == 5 and ear.urls() == ["s3://in/a.mp4", "s3://in/b.mp4"]
    reader = Consumer({"bootstrap.servers": brokers.addresses, "group.id": "g", "auto.offset.reset": "earliest"})
    reader.subscribe(["buried"])
    found: list[Any] = []
    until(lambda: found.extend(reader.consume(9, 0.2)) or len(found) >= 2)
    reader.close()
    assert {one.value() or b"" for one in found} == {b"\xff", b""} and "JSON" in str(found[0].headers())


def test_laid_and_not_committed_is_not_laid_again(brokers: Brokers, tmp_path: Path) -> None:
    ear = Ear(options("sqlite", tmp_path))
    brokers.send("left", *(message(f"{number}.mp4") for number in range(4)))
    dead = ear.listener(wish(brokers, "left", tmp_path))
    laid = left(dead.source, dead.taking)
    dead.source.close()
    assert laid > 0 and committed(brokers, "left") == 0
    assert ear.once(wish(brokers, "left", tmp_path)) == (4 - laid, laid, 0)


def test_killed_in_the_middle_each_submission_has_one_check(brokers: Brokers, tmp_path: Path) -> None:
    ear = Ear(options("postgresql", tmp_path))
    brokers.send("killed", *(message(f"{number:03}.mp4") for number in range(200)))
    words = (f"kafka://{brokers.addresses}/killed", "--root", "s3://in")
    variables = {"COUNTERMARK_SERVICE__KAFKA_FILE": str(kafka_file(tmp_path))}
    with listening(ear, *words, **variables) as process:
        until(lambda: ear.count() >= 20)
        process.kill()
        process.wait(20)
    assert ear.count() < 200
    with listening(ear, *words, **variables) as process:
        until(lambda: ear.count() == 200 and committed(brokers, "killed") == 200)
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 0 and "Traceback" not in said, said
    assert ear.count() == 200 == len(set(ear.urls()))


def test_a_second_listener_shares_and_a_full_queue_keeps_the_place(brokers: Brokers, tmp_path: Path) -> None:
    ear = Ear(options("postgresql", tmp_path))
    one = ear.listener(wish(brokers, "shared", tmp_path), most_waiting=3)
    other = ear.listener(wish(brokers, "shared", tmp_path))
    brokers.send("shared", *(message(f"{number}.mp4") for number in range(10)))
    threads = [threading.Thread(target=one.run)]
    threads[0].start()
    try:
        until(lambda: any("enough checks wait" in said for said in ear.said))
        threads.append(threading.Thread(target=other.run))
        threads[1].start()
        until(lambda: other.counts.taken > 0)
        until(lambda: emptied(ear, one) == 10)
    finally:
        ear.stop.set()
        for thread in threads:
            thread.join(30)
    assert len(set(ear.urls())) == 10 == one.counts.taken + other.counts.taken


def test_a_broker_that_is_nowhere_is_said_and_ours_can_not_be_changed(tmp_path: Path) -> None:
    ear = Ear(options("sqlite", tmp_path))
    with pytest.raises(StreamUnavailable, match="nowhere"):
        ear.once(Wish("kafka://127.0.0.1:9/nowhere", kafka_file=kafka_file(tmp_path)))
    file = kafka_file(tmp_path)
    file.write_text("enable.auto.commit=true\n")
    with pytest.raises(SettingsInvalid, match="enable.auto.commit"):
        ear.listener(Wish("kafka://127.0.0.1:9/nowhere", kafka_file=file))
