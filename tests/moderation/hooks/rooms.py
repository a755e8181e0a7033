"""What tests of webhooks stand on: endpoints and an outbox on either database, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from countermark.moderation.hooks import Delivery, Endpoint, Endpoints, Outbox, emit
from countermark.settings import Settings
from countermark.store import engine
from countermark.tests.docket.rooms import Clock

TENANT = "ten_a"
URL = "https://receiver.example/hook"


@dataclass
class Hooks:
    """One service's webhooks, without a worker."""

    options: Settings
    tenant: str = TENANT
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        from countermark.docket import times

        self.clock.at = times.now() + timedelta(minutes=5)  # events are laid by the time of the day: before
        self.endpoints = Endpoints(self.options, clock=self.clock)
        self.outbox = Outbox(self.options, clock=self.clock)

    @property
    def url(self) -> str:
        return self.options.database_url

    def endpoint(self, url: str = URL, **more: Any) -> Endpoint:
        return self.endpoints.create(self.tenant, url, who="key:1", **more)

    def emit(self, subject: str, kind: str = "decision.made", body: Mapping[str, Any] | None = None) -> str:
        """Lay an event that one endpoint wants; give the delivery's id."""
        (found,) = self.emit_to_all(subject, kind, body)
        return found

    def emit_to_all(
        self, subject: str, kind: str = "decision.made", body: Mapping[str, Any] | None = None
    ) -> tuple[str, ...]:
        with engine.changing(self.url) as connection:
            return emit(connection, self.tenant, subject, kind, body or {"id": "dec_1"})

    def get(self, delivery_id: str) -> Delivery:
        return self.outbox.get(self.tenant, delivery_id)

    def due(self, endpoint: Endpoint, most: int = 100) -> list[str]:
        """Give the ids of what is due now."""
        return [one.id for one in self.outbox.due(endpoint.id, most)]

    def attempt(self, delivery_id: str) -> int:
        """Begin an attempt; give its number."""
        number = self.get(delivery_id).attempts + 1
        assert self.outbox.begin(delivery_id, number) is not None
        return number

    def deliver(self, delivery_id: str) -> None:
        self.outbox.delivered(delivery_id, attempt=self.attempt(delivery_id))

    def fail(self, delivery_id: str, why: str = "answered 500", **more: Any) -> None:
        self.outbox.failed(delivery_id, why, attempt=self.attempt(delivery_id), **more)
