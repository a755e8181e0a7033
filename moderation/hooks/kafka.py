"""Events sent to a topic of a broker that speaks Kafka's protocol: the operator's own, as the settings name it.

A subject's events have one key, so that one partition keeps their order. What is sent again after a worker's death may
be there twice; the header `webhook-id` is the same each time.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...errors import PackageMissing, SettingsInvalid
from ...private_files import read_private
from ...settings import Settings
from .values import Delivery

ANSWER_S = 10.0  # for the broker to say that all replicas have it
_OURS = frozenset({"bootstrap.servers", "acks", "enable.idempotence", "delivery.timeout.ms"})

log = logging.getLogger(__name__)


class KafkaSink:
    """One producer, shared by the threads of a process."""

    def __init__(self, brokers: str, topic: str, more: dict[str, str] | None = None) -> None:
        """Take the brokers, and more properties of librdkafka; nothing is reached yet."""
        try:
            from confluent_kafka import Producer
        except ImportError:
            advice = "pip install confluent-kafka"
            raise PackageMissing("events go to a broker by confluent-kafka", advice=advice) from None
        ours = {
            "bootstrap.servers": brokers,
            "acks": "all",
            "enable.idempotence": True,
            "delivery.timeout.ms": round(1000 * ANSWER_S),
        }
        self._topic = topic
        try:
            settings = {"client.id": "countermark", "linger.ms": 0, **(more or {}), **ours}
            self._producer: Any = Producer(settings, logger=log)
        except Exception as error:  # a property that librdkafka does not know; it may hold a password
            said = f"the broker's properties are not taken: {type(error).__name__}"
            raise SettingsInvalid(said, advice="see `service.kafka` and `service.kafka_file`") from None

    def send(self, delivery: Delivery, body: bytes) -> str | None:
        """Send one event as it was written, and wait until every replica has it; give why it did not arrive."""
        from confluent_kafka import KafkaException

        said: list[str | None] = []
        done = threading.Event()

        def answered(error: Any, message: Any) -> None:
            said.append(None if error is None else f"the broker: {error.str()}")
            done.set()

        headers = {"webhook-id": delivery.id, "tenant": delivery.tenant_id, "sequence": str(delivery.sequence)}
        try:
            self._producer.produce(
                self._topic,
                value=body,
                key=delivery.subject.encode("utf-8"),
                headers={name: value.encode("utf-8") for name, value in headers.items()},
                on_delivery=answered,
            )
        except (BufferError, KafkaException) as error:
            return f"the broker: {error}"
        end = time.monotonic() + ANSWER_S + 2.0  # librdkafka itself gives up before
        while not done.is_set() and time.monotonic() < end:
            self._producer.poll(0.05)  # whoever polls hears for all
        return said[0] if said else f"the broker did not answer in {ANSWER_S:.0f} s"


def sink(options: Settings) -> KafkaSink:
    """Give this process's sink."""
    service = options.service
    if not service.kafka:
        raise SettingsInvalid("no broker is named", advice="set `service.kafka`")
    return _sink(service.kafka, service.kafka_topic, service.kafka_file)


@lru_cache(maxsize=4)
def _sink(brokers: str, topic: str, file: Path | None) -> KafkaSink:
    return KafkaSink(brokers, topic, {} if file is None else _properties(file))


def _properties(file: Path) -> dict[str, str]:
    """Read properties, of which ours can't be changed."""
    lines = read_private(file).decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines if line.strip() and not line.startswith("#"))
    found = {name.strip(): value.strip() for name, _, value in pairs}
    if wrong := _OURS & found.keys():
        raise SettingsInvalid(f"{file} sets {min(wrong)}", advice="leave it out: events rest on how it is set")
    return found
