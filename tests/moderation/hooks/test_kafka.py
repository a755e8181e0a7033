"""Events at a broker: a cluster that librdkafka plays, over its real protocol."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from countermark.errors import PackageMissing, SettingsInvalid, UnsafeKeys
from countermark.moderation.hooks import Delivery, kafka
from countermark.moderation.hooks.osprey import written
from countermark.settings import Service, Settings

TOPIC = "countermark.events"


@contextmanager
def played() -> Iterator[str]:
    """Run a cluster of three; give its brokers."""
    cluster = Producer({"bootstrap.servers": "played", "test.mock.num.brokers": 3})
    found = cluster.list_topics(timeout=20).brokers.values()
    yield ",".join(f"{one.host}:{one.port}" for one in found)
    cluster.flush(5)


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    with played() as found:
        yield found


def delivery(number: int, subject: str = "video:1") -> Delivery:
    return Delivery(
        f"dlv_{subject}_{number}", "hok_1", "ten_a", subject, number, "decision.made", f'{{"n":{number}}}', "2026", 0, 0
    )


def told(sink: kafka.KafkaSink, one: Delivery) -> str | None:
    return sink.send(one, written(one, "standard"))


def taken(brokers: str, count: int) -> list[tuple[str, str, dict[str, str], int]]:
    """Give key, value, headers and partition of so many messages."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "readers", "auto.offset.reset": "earliest"})
    consumer.subscribe([TOPIC])
    found = []
    end = time.monotonic() + 60
    while len(found) < count and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            headers = {name: value.decode() for name, value in message.headers()}
            found.append((message.key().decode(), message.value().decode(), headers, message.partition()))
    consumer.close()
    return found


def test_a_subjects_events_are_there_in_order_with_their_ids(brokers: str) -> None:
    sink = kafka.KafkaSink(brokers, TOPIC)
    for number in range(1, 6):
        assert told(sink, delivery(number)) is None
        assert told(sink, delivery(number, "video:2")) is None
    found = taken(brokers, 10)
    for subject in ("video:1", "video:2"):
        own = [one for one in found if one[0] == subject]
        assert [value for _, value, _, _ in own] == [f'{{"n":{number}}}' for number in range(1, 6)]
        assert len({partition for *_, partition in own}) == 1
        assert own[0][2] == {"webhook-id": f"dlv_{subject}_1", "tenant": "ten_a", "sequence": "1"}


def test_a_broker_that_is_not_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "ANSWER_S", 1.0)
    why = told(kafka.KafkaSink("127.0.0.1:1", TOPIC), delivery(1))
    assert why is not None and why.startswith("the broker")


def test_the_settings_name_it(tmp_path: Path, brokers: str) -> None:
    with pytest.raises(SettingsInvalid, match="no broker"):
        kafka.sink(Settings(home=tmp_path))
    file = tmp_path / "kafka.properties"
    file.write_text("# ours\nclient.id=platform\n\nsasl.password = s3cret=\n")
    service = Service(kafka=brokers, kafka_file=file)
    file.chmod(0o644)
    with pytest.raises(UnsafeKeys):
        kafka.sink(Settings(home=tmp_path, service=service))
    file.chmod(0o600)
    assert kafka._properties(file) == {"client.id": "platform", "sasl.password": "s3cret="}
    assert kafka.sink(Settings(home=tmp_path, service=service)) is kafka.sink(Settings(home=tmp_path, service=service))


@pytest.mark.parametrize("line", ["acks=0", "enable.idempotence=false"])
def test_what_events_rest_on_cannot_be_changed(tmp_path: Path, line: str) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text(line)
    file.chmod(0o600)
    with pytest.raises(SettingsInvalid, match=line.partition("=")[0]):
        kafka.sink(Settings(home=tmp_path, service=Service(kafka="127.0.0.1:1", kafka_file=file)))


def test_a_property_that_is_none_is_said_without_its_value() -> None:
    with pytest.raises(SettingsInvalid) as said:
        kafka.KafkaSink("127.0.0.1:1", TOPIC, {"sasl.pasword": "s3cret"})
    assert "s3cret" not in str(said.value)


def test_without_the_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(PackageMissing) as said:
        kafka.KafkaSink("127.0.0.1:1", TOPIC)
    assert "confluent-kafka" in said.value.advice
