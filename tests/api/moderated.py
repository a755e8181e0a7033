"""Things of moderation that tests of all routes ask for: a bank, a content, an endpoint, what is owed, a decision."""

from __future__ import annotations

from datetime import timedelta

from countermark.docket import times
from countermark.moderation.banks import Signals
from countermark.moderation.deciding import Deciding
from countermark.moderation.people import AppealRequest, Contact, Report, appeals, notices, opening, telling
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
    review = opening.want(place.service.desk, decided.submission, Review("matrix"))
    return {
        **_said_by_people(place, tenant),
        "bank": bank,
        "content_id": banks.add(tenant, bank, Signals(pdq=64 * "a"), "test").id,
        "endpoint_id": endpoint.id,
        "delivery_id": endpoints.test(tenant, endpoint.id),
        "decision_id": decided.id,
        "review_id": review,
        "queue": "matrix",
    }


def _said_by_people(place: Place, tenant: str) -> dict[str, str]:
    """Let somebody report, and somebody appeal against what was decided an hour ago."""
    report = Report("other", "deepfake", "it melts", by=Contact(email="zoe@mail.example"))
    old = decision(place, tenant, item="post/4711", clock=lambda: times.now() - timedelta(hours=1))
    notice = notices.receive(place.service.desk, tenant, old.submission.item, report).notice
    asked = AppealRequest("uploader", "it was a rehearsal")
    return {
        "report_id": notice.id,
        "told_id": telling.about(place.service.desk, tenant, notice.id)[0].id,
        "appeal_id": appeals.appeal(place.service.desk, tenant, old.id, asked).id,
    }


def decision(
    place: Place, tenant: str, *actions: Action, item: str = "v-17", clock: times.Clock = times.now
) -> Decision:
    """Let a person decide about an item of its own."""
    check = place.finished(tenant, item_id=item, item_type="video")
    deciding = Deciding(place.options, clock=clock)
    submitted = deciding.of_check(check.id)
    assert submitted is not None
    return deciding.decide_by_person(
        submitted.id, actions or (REMOVED,), by="person:1", note="", occasion="review", key=check.id, policy_id=""
    )
