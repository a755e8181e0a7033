"""Between values and rows. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ..values import Action, Item, Submission
from .values import Appeal, Notice, Opinion, Place, ReviewJob, Said, Seen, Told

Row = Mapping[str, Any]


def item(row: Row) -> Item:
    """Read what a row is of."""
    return Item(row["item_id"], row["item_type"])


def item_row(of: Item) -> dict[str, str]:
    """Give the columns of an item."""
    return {"item_id": of.id, "item_type": of.type_id}


def actions_text(actions: Iterable[Action]) -> str:
    """Write actions."""
    return json.dumps([asdict(one) for one in actions], separators=(",", ":"))


def actions_of(text: str) -> tuple[Action, ...]:
    """Read actions."""
    return tuple(Action(**one) for one in json.loads(text))


def place_text(place: Place) -> str:
    """Write a place; letters beyond ASCII are escaped, so that every database takes them."""
    return json.dumps({"urls": list(place.urls), "seconds": [list(span) for span in place.seconds]})


def notice(row: Row) -> Notice:
    """Read a notice."""
    said = json.loads(row["place"])
    place = Place(tuple(said["urls"]), tuple((first, last) for first, last in said["seconds"]))
    plain = {name: row[name] for name in _OF_NOTICE}
    return Notice(**plain, item=item(row), place=place, missing=tuple(json.loads(row["missing"])))


_OF_NOTICE = ("id", "tenant_id", "review_id", "kind", "category", "explanation", "good_faith", "made_at")


def opinion(row: Row) -> Opinion:
    """Read an opinion."""
    plain = {name: value for name, value in row.items() if name not in ("actions", "review_id")}
    return Opinion(**plain, actions=actions_of(row["actions"]))


def said(of: Opinion) -> Said:
    """Give what somebody said, without who and when."""
    return Said(of.finding, of.actions, of.reason, of.category, of.answer)


def job(
    row: Row,
    of: Submission,
    opinions: tuple[Opinion, ...],
    notices: tuple[Notice, ...],
    answers: Appeal | None = None,
    *,
    hidden: bool = False,
) -> ReviewJob:
    """Read a review; hidden, or while it is blind and not settled, without what the detector says."""
    hidden = hidden or (row["kind"] == "blind" and row["settled_at"] is None)
    return ReviewJob(
        **{name: row[name] for name in _OF_JOB},
        submission=of,
        seen=None if hidden else Seen(row["outcome"], tuple(row["manipulations"].split())),
        opinions=opinions,
        notices=notices,
        appeal=answers,
    )


_OF_JOB = (
    "id",
    "tenant_id",
    "queue",
    "kind",
    "priority",
    "people",
    "round",
    "made_at",
    "claimed_by",
    "claimed_until",
    "settled_at",
    "finding",
    "decision_id",
    "effective_at",
)


def appeal(row: Row) -> Appeal:
    """Read an appeal."""
    left = ("item_id", "item_type", "of_check", "hold_id", "actions", "policies")
    plain = {name: value for name, value in row.items() if name not in left}
    actions, policies = actions_of(row["actions"]), tuple(json.loads(row["policies"]))
    return Appeal(**plain, item=item(row), actions=actions, policies=policies)


def told(row: Row) -> Told:
    """Read what is owed."""
    return Told(**{name: value for name, value in row.items() if not name.startswith("item_")}, item=item(row))
