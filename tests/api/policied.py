"""A policy in all its states, and a retroaction of it: what tests of all routes ask for."""

from __future__ import annotations

import json
from itertools import count

from countermark.api.v1.moderating.policies_examples import DOCUMENT, PROMOTION
from countermark.moderation.retroacting import Retroactions
from tests.api.served import Place

_NUMBERS = count(1)
DRAFT = "3"  # the number of the version that is one


def things_of_policies(place: Place, tenant: str) -> dict[str, str]:
    """Make a policy that goes live for the second time and has a draft, and give its ids by the names of routes."""
    shelf, name = place.service.shelf, f"{DOCUMENT['policy']}-{next(_NUMBERS)}"
    marked = {"id": PROMOTION["rule"], "when": {"mark": {"is": "present"}}}
    waits = {**DOCUMENT["rules"][0], **marked, "state": "BACKGROUND"}
    for number, title in enumerate(("first", "second", "third"), 1):
        document = {**DOCUMENT, "policy": name, "title": title, "rules": [*DOCUMENT["rules"], waits]}
        shelf.add(tenant, name, json.dumps(document), by="test")
        if str(number) != DRAFT:
            shelf.set_state(tenant, name, number, "LIVE", by="test")
    shelf.set_default(tenant, name, False, by="test")
    runs = Retroactions(place.service.desk)
    ended = runs.end(runs.ask(tenant, name, by="test").id, "cancelled", by="test")
    return {"policy": name, "retroaction_id": ended.id, "item_type": "video", "item_id": "v-17"}
