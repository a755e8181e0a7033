"""Things of moderation that tests of all routes ask for: a bank, a content, an endpoint, what is owed, a decision."""

from __future__ import annotations

from countermark.moderation.banks import Signals
from countermark.moderation.deciding import Deciding
from countermark.moderation.people import opening
from countermark.moderation.values import Action, Decision, Review
from tests.api.served import Place

REMOVED = Action("remove")


def things_of_moderation(place: Place, tenant: str) -> dict[str, str]:
    """Make one of each, and give their ids by the names that routes have for them."""
    decided = decision(place, tenant)
    banks, endpoints = place.service.banks, place.service.endpoints
    bank = f"B_{decided.id.upper()}"
    banks.create(tenant, bank, "test")
    endpoint = endpoints.create(tenant, "https://hooks.example/a", who="test")
    return {
        "bank": bank,
        "content_id": banks.add(tenant, bank, Signals(pdq=64 * "a"), "test").id,
        "endpoint_id": endpoint.id,
        "delivery_id": endpoints.test(tenant, endpoint.id),
        "decision_id": decided.id,
        "review_id": opening.want(place.service.desk, decided.submission, Review("matrix")),
    }


def decision(place: Place, tenant: str, *actions: Action) -> Decision:
    """Let a person decide about an item of its own."""
    check = place.finished(tenant, item_id="v-17", item_type="video")
    deciding = Deciding(place.options)
    submitted = deciding.of_check(check.id)
    assert submitted is not None
    return deciding.decide_by_person(
        submitted.id, actions or (REMOVED,), by="person:1", note="", occasion="review", key=check.id, policy_id=""
    )
