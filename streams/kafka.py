"""A topic of a broker that speaks Kafka's protocol, read by a consumer group: several listeners share its partitions.

A message counts as read once its batch was acknowledged, and no sooner: whoever dies before that is followed by another
member of the group, to whom it comes again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import PackageMissing, SettingsInvalid, StreamUnavailable
from .messages import read
from .values import Allowed, Arrival, Batch, Refused

ANSWER_S = 10.0  # for the broker to say that all replicas have a dead letter
_OURS = frozenset(
    {"bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store", "enable.partition.eof"}
)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_BROKERS = re.compile(r"[A-Za-z0-9._:\[\],-]+")
_REFUSES = ("_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED")
_AWAY = ("_ALL_BROKERS_DOWN", "_TRANSPORT", "_RESOLVE", "_TIMED_OUT", "REQUEST_TIMED_OUT", "COORDINATOR_NOT_AVAILABLE")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Read:
    """A batch that is not acknowledged yet."""

    batch: Batch
    after: Mapping[int, int]  # by partition, the offset that comes next
    dead: tuple[tuple[Any, str], ...]  # messages that could not be taken, and why


class Topic:
    """A member of a group that reads a topic."""

    def __init__(
        self,
        brokers: str,
        topic: str,
        name: str,
        allowed: Allowed,
        more: Mapping[str, str] | None = None,
        dead_letters: str = "",
    ) -> None:
        """Take host:port by commas, and more properties of librdkafka. No broker need be there yet."""
        try:
            from confluent_kafka import Consumer
        except ImportError:
            raise PackageMissing("a topic is read by confluent-kafka", advice="pip install confluent-kafka") from None
        _refuse_unfit(brokers, topic, dead_letters, more or {})
        self._brokers, self._topic, self._name = brokers, topic, name
        self._allowed, self._more, self._dead_letters = allowed, dict(more or {}), dead_letters
        ours = {
            **{"bootstrap.servers": brokers, "group.id": f"countermark.{name}"},
            **{"enable.auto.commit": False, "enable.auto.offset.store": False, "enable.partition.eof": True},
        }
        defaults = {"auto.offset.reset": "earliest", "partition.assignment.strategy": "cooperative-sticky"}
        heard = {"client.id": "countermark", "error_cb": self._heard}
        self._consumer: Any = _made(Consumer, {**heard, **defaults, **self._more, **ours})
        self._producer: Any = None
        self._read: _Read | None = None
        self._held: list[Any] = []  # messages that came while nothing was to be read
        self._ended: set[int] = set()  # partitions of which all was given
        self._refuses = self._away = ""  # what the brokers said since this was last asked
        self._paused = False
        self._owed: dict[int, int] = {}  # what the brokers would not note at that moment
        self._consumer.subscribe([topic], on_assign=self._assigned)

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def dry(self) -> bool:
        """Whether each partition that is this member's was read to its end."""
        mine = {one.partition for one in self._consumer.assignment()}
        return bool(mine) and mine <= self._ended and not (self._read or self._held or self._owed)

    @property
    def left(self) -> str:
        """Nothing is passed over: a message is whole."""
        return ""

    def read(self, wait_s: float, most: int) -> Batch | None:
        """Give messages; the same again where they were not acknowledged."""
        if self._read is not None:
            return self._read.batch
        if self._paused:
            self._consumer.resume(self._consumer.assignment())
            self._paused = False
        found = self._messages(wait_s, most)
        if not found:
            self._commit()
            self._report()
            return None
        self._away = ""
        self._read = self._understood(found)
        if not self._read.batch.arrived:
            self.acknowledge(self._read.batch)
            return None
        return self._read.batch

    def _messages(self, wait_s: float, most: int) -> list[Any]:
        found, self._held = self._held[:most], self._held[most:]
        while len(found) < most:
            message = self._consumer.poll(0.0 if found else wait_s)
            if message is None:
                break
            if self._holds(message):
                found.append(message)
            elif not found and self._ended:
                wait_s = 0.0  # what lies there was given: whoever asks wants to hear of it
        return found

    def _holds(self, message: Any) -> bool:
        """Whether it is a message; what else librdkafka says is noted."""
        from confluent_kafka import KafkaError

        error = message.error()
        if error is None:
            self._ended.discard(message.partition())
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            self._ended.add(message.partition())
        else:
            self._heard(error)
        return False

    def _understood(self, found: list[Any]) -> _Read:
        arrived: list[Arrival | Refused] = []
        dead: list[tuple[Any, str]] = []
        after: dict[int, int] = {}
        for message in found:
            here = read(message.value() or b"", _key(message), self._allowed)
            arrived += here
            after[message.partition()] = message.offset() + 1
            if reason := next((one.reason for one in here if isinstance(one, Refused)), ""):
                dead.append((message, reason))
        position = ",".join(f"{partition}:{offset}" for partition, offset in sorted(after.items()))
        return _Read(Batch(tuple(arrived), position), after, tuple(dead))

    def acknowledge(self, batch: Batch) -> None:
        """Lay down what could not be taken, where a topic is for that; then say how far this member is."""
        if self._read is None or batch != self._read.batch:
            return
        if self._read.dead and self._dead_letters:
            self._bury(self._read.dead)
            self._read = replace(self._read, dead=())
        self._owed |= self._read.after
        self._commit()
        self._read = None

    def _commit(self) -> None:
        """Say how far this member is in the partitions that are still its own."""
        from confluent_kafka import KafkaException, TopicPartition

        mine = {one.partition for one in self._consumer.assignment()}
        self._owed = {partition: offset for partition, offset in self._owed.items() if partition in mine}
        if not self._owed:
            return
        try:
            after = [TopicPartition(self._topic, *one) for one in self._owed.items()]
            self._consumer.commit(offsets=after, asynchronous=False)
            self._owed = {}
        except KafkaException as error:
            if error.args[0].name() in _AWAY:
                raise StreamUnavailable(f"the broker of {self._topic}: {error.args[0].name()}") from None
            # Its members are being counted anew: said again once that is over.
            log.info("%s: what was taken is not noted yet: %s", self._name, error.args[0].name())

    def _bury(self, dead: tuple[tuple[Any, str], ...]) -> None:
        """Send dead letters, and wait until every replica has them."""
        failed: list[str] = []
        try:
            for message, reason in dead:
                headers = {"reason": reason, "from": f"{message.topic()}-{message.partition()}-{message.offset()}"}
                self._sender().produce(
                    self._dead_letters,
                    value=message.value(),
                    key=message.key(),
                    headers={name: value.encode("utf-8", "replace") for name, value in headers.items()},
                    on_delivery=lambda error, _: failed.append(error.str()) if error else None,
                )
            left = self._sender().flush(ANSWER_S + 2.0)
        except BufferError as error:
            failed, left = [str(error)], 0
        if failed or left:
            why = failed[0] if failed else "it does not answer"
            raise StreamUnavailable(f"the broker of {self._dead_letters} takes no dead letters: {why}")

    def _sender(self) -> Any:
        from confluent_kafka import Producer

        if self._producer is None:
            ours = {"acks": "all", "enable.idempotence": True, "delivery.timeout.ms": round(1000 * ANSWER_S)}
            where = {"bootstrap.servers": self._brokers, "client.id": "countermark"}
            self._producer = _made(Producer, {**where, **self._more, **ours})
        return self._producer

    def idle(self) -> None:
        """Stay a member, and have nothing sent meanwhile; what was on its way is kept."""
        from confluent_kafka import KafkaException

        self._paused = True
        try:
            self._consumer.pause(self._consumer.assignment())  # also what came to this member since
        except KafkaException as error:
            log.warning("%s: %s", self._name, error.args[0].name())
        message = self._consumer.poll(0.0)
        if message is not None and self._holds(message):
            self._held.append(message)

    def close(self) -> None:
        """Leave the group, so that another member takes over at once."""
        self._consumer.close()
        self._read, self._held = None, []

    def _assigned(self, consumer: Any, partitions: list[Any]) -> None:
        new = {one.partition for one in partitions}
        self._ended -= new
        self._owed = {partition: offset for partition, offset in self._owed.items() if partition not in new}
        mine = {one.partition for one in (*consumer.assignment(), *partitions)}
        self._held = [one for one in self._held if one.partition() in mine]

    def _heard(self, error: Any) -> None:
        if error.name() in _REFUSES:
            self._refuses = error.name()
        elif error.name() in _AWAY:
            self._away = error.name()
        log.warning("%s: %s", self._name, error.name())

    def _report(self) -> None:
        """Say what keeps messages away, once for each time that it was heard."""
        refuses, away, self._refuses, self._away = self._refuses, self._away, "", ""
        if refuses:
            raise SettingsInvalid(f"the broker lets nobody in: {refuses}", advice="see `service.kafka_file`")
        if away:
            raise StreamUnavailable(f"the broker of {self._topic}: {away}")


def _key(message: Any) -> str:
    """Name a message for good; its time tells it from another in a topic that was made anew."""
    _, at = message.timestamp()
    return f"{message.topic()}-{message.partition()}-{message.offset()}@{at}"


def _refuse_unfit(brokers: str, topic: str, dead_letters: str, more: Mapping[str, str]) -> None:
    if not _BROKERS.fullmatch(brokers):
        raise SettingsInvalid("the brokers are host:port by commas", advice="passwords belong in `service.kafka_file`")
    for one in filter(None, (topic, dead_letters)):
        if not _TOPIC.fullmatch(one):
            raise SettingsInvalid("a topic's name has letters, digits, '.', '_' and '-' alone", advice="name another")
    if dead_letters == topic:
        raise SettingsInvalid("dead letters would come in again", advice="name another topic for them")
    if wrong := _OURS & more.keys():
        said = f"`service.kafka_file` sets {min(wrong)}"
        raise SettingsInvalid(said, advice="leave it out: what is acknowledged rests on how it is set")


def _made(kind: Any, given: dict[str, Any]) -> Any:
    try:
        return kind(given, logger=log)
    except Exception as error:  # a property that librdkafka does not know; it may hold a password
        said = f"the broker's properties are not taken: {type(error).__name__}"
        raise SettingsInvalid(said, advice="see `service.kafka_file`") from None
