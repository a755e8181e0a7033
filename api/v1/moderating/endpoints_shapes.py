"""The JSON of endpoints and of what is owed to them, and its examples. Knows shapes; asks nobody."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, model_validator

from ....moderation.hooks import Delivery, Endpoint
from ....moderation.hooks.values import Form, Kind, State, Way
from ..examples import AT
from ..shapes import Taken, Time

ENDPOINT_ID = "hok_k5zq3v7w2m4x6yaabcdefghij2"
DELIVERY_ID = "dlv_k5zq3v7w2m4x6yaabcdefghij2"
LONGEST_OVERLAP_S = 30 * 24 * 3600.0
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Description = Annotated[str, StringConstraints(max_length=2000)]

WISH: dict[str, Any] = {
    **{"url": "https://platform.example/hook", "kinds": ["decision.made", "decision.undone"]},
    "description": "our queue of effects",
}
ENDPOINT: dict[str, Any] = {
    **{"id": ENDPOINT_ID, "way": "http", "form": "standard", **WISH, "enabled": True},
    **{"generation": 1, "created_at": AT, "overlap_until": None, "failing_since": None},
    **{"disabled_at": None, "disabled_why": None},
}
MADE: dict[str, Any] = {**ENDPOINT, "secret": "whsec_" + 10 * "a2c4" + "A2c="}
ROTATED: dict[str, Any] = {**MADE, "generation": 2, "overlap_until": AT}
CHANGE: dict[str, Any] = {"kinds": [], "enabled": True}
ROTATION: dict[str, Any] = {"overlap_s": 86400.0}
REPLAY: dict[str, Any] = {"since": "2026-11-22T08:00:00Z"}
_EVENT: dict[str, Any] = {
    **{"type": "decision.made", "timestamp": AT, "subject": "video:v-17", "sequence": 4},
    "data": {"decision": "dec_k5zq3v7w2m4x6yaabcdefghij2"},
}
LISTED: dict[str, Any] = {
    **{"id": DELIVERY_ID, "endpoint_id": ENDPOINT_ID, "state": "dead", "kind": "decision.made"},
    **{"subject": "video:v-17", "sequence": 4, "made_at": AT, "attempts": 8, "due_at": None, "delivered_at": None},
    **{"dead_at": AT, "failure": "answered 503"},
}
DELIVERY: dict[str, Any] = {**LISTED, "event": _EVENT}
RETRIED: dict[str, Any] = {**DELIVERY, "state": "waiting", "due_at": AT, "dead_at": None}


class EndpointWish(Taken):
    """Somebody who is to be told."""

    url: Url = Field(description="https, of a machine that the internet reaches")
    kinds: list[Kind] = Field(default_factory=list, max_length=50, description="of what it is told; none: of all")
    form: Form = Field(default="standard", description="osprey: as an action for Osprey's rules engine")
    description: Description = ""


class EndpointChange(Taken):
    """What is to be otherwise of an endpoint."""

    url: Url | None = None
    kinds: list[Kind] | None = Field(default=None, max_length=50, description="none in the list: all")
    description: Description | None = None
    enabled: bool | None = Field(default=None, description="false: what is owed to it is given up, to be replayed")

    @model_validator(mode="after")
    def _says_something(self) -> EndpointChange:
        if not self.model_dump(exclude_none=True):
            raise ValueError("say url, kinds, description or enabled")
        return self


class Rotation(Taken):
    """How long the secret of before signs as well."""

    overlap_s: float = Field(default=24 * 3600.0, ge=0, le=LONGEST_OVERLAP_S, description="0: it leaked")


class ReplayAsked(Taken):
    """What is to be sent again."""

    since: Time | None = Field(
        default=None, description="all that is over and was made since then; null: all that was given up"
    )


class EndpointShown(BaseModel):
    """An endpoint, without its secret."""

    id: str
    way: Way
    form: Form
    url: str = Field(description="empty: the operator's broker")
    kinds: list[str] = Field(description="none: all")
    description: str
    enabled: bool
    generation: int = Field(description="of its secret")
    created_at: str
    overlap_until: str | None = Field(description="until when the secret of before signs as well")
    failing_since: str | None = Field(description="since when nothing has arrived")
    disabled_at: str | None
    disabled_why: str | None


class EndpointMade(EndpointShown):
    """An endpoint with a secret that is new."""

    secret: str = Field(description="what signatures are checked with; it is told this once")


class EndpointsShown(BaseModel):
    """The endpoints of a tenant, oldest first."""

    endpoints: list[EndpointShown]


class Sent(BaseModel):
    """The event of a test."""

    delivery_id: str


class Replayed(BaseModel):
    """How much is sent again."""

    count: int


class DeliveryListed(BaseModel):
    """An event that is, or was, owed to an endpoint."""

    id: str = Field(description="the header webhook-id, the same at every try")
    endpoint_id: str
    state: State
    kind: str
    subject: str = Field(description="what is kept in order")
    sequence: int
    made_at: str
    attempts: int
    due_at: str | None = Field(description="when it is tried next")
    delivered_at: str | None
    dead_at: str | None = Field(description="when it was given up")
    failure: str | None = Field(description="why the last try failed")


class DeliveryShown(DeliveryListed):
    """One of them, with what is sent."""

    event: dict[str, Any]


class DeliveriesShown(BaseModel):
    """A page of deliveries, oldest first."""

    deliveries: list[DeliveryListed]
    next: str | None


def endpoint(one: Endpoint) -> dict[str, Any]:
    """Give what is shown of an endpoint."""
    return {name: getattr(one, name) for name in EndpointShown.model_fields} | {"kinds": list(one.kinds)}


def delivery(one: Delivery) -> dict[str, Any]:
    """Give what is shown of a delivery."""
    return {name: getattr(one, name) for name in DeliveryListed.model_fields}
