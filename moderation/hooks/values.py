"""Who is told of what, and one event that is owed to one of them, as values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Way = Literal["http", "kafka", "coop"]
Form = Literal["standard", "osprey"]  # how an event is written
State = Literal["waiting", "delivered", "dead"]
Kind = Literal[
    "check.finished",
    "check.verdict_changed",
    "decision.made",
    "decision.undone",
    "report.received",
    "report.decided",
    "review.decided",
    "appeal.received",
    "appeal.decided",
    "bank.matched",
    "policy.changed",
    "endpoint.disabled",
    "endpoint.test",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
COOP_KINDS: tuple[Kind, ...] = ("report.received", "appeal.received")  # of which Coop has a form


@dataclass(frozen=True)
class Endpoint:
    """Somebody who is told."""

    id: str
    tenant_id: str
    way: Way
    form: Form
    url: str  # empty: the broker of the settings, or their Coop
    kinds: tuple[str, ...]  # none: all
    description: str
    generation: int  # of its secret
    made_by: str
    created_at: str
    overlap_until: str | None = None  # until when the secret before signs as well
    failing_since: str | None = None
    disabled_at: str | None = None
    disabled_why: str | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is told."""
        return self.disabled_at is None

    def wants(self, kind: str) -> bool:
        """Whether it is told of such events."""
        return self.enabled and (not self.kinds or kind in self.kinds)

    def generations(self, now: str) -> tuple[int, ...]:
        """Give those of its secrets that sign at a time, the newest first."""
        overlaps = self.overlap_until is not None and now < self.overlap_until
        return (self.generation, self.generation - 1) if overlaps else (self.generation,)


@dataclass(frozen=True)
class Delivery:
    """One event that is owed to one endpoint, and how far it is."""

    id: str  # the same at every try, so that who receives it twice can tell
    endpoint_id: str
    tenant_id: str
    subject: str  # what is kept in order
    sequence: int  # among all of this subject to this endpoint, from 1, without gaps
    kind: str
    body: str  # JSON, exactly as it is sent
    made_at: str
    attempts: int  # number of the last; to be sent again takes one, too
    tries: int  # since it was laid, or was to be sent again
    begun_at: str | None = None  # the first of these
    asked_at: str | None = None  # since when an attempt stands in the queue
    due_at: str | None = None  # when it is to be tried next
    delivered_at: str | None = None
    dead_at: str | None = None
    failure: str | None = None  # why the last try failed

    @property
    def state(self) -> State:
        """How it stands."""
        if self.delivered_at is not None:
            return "delivered"
        return "dead" if self.dead_at is not None else "waiting"
