"""What a platform's team looks at in Coop, ROOST's review console: reports and appeals in its forms. No I/O.

Coop must know the types of items, and its own ids of actions and policies; who calls gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import ModerationUnfit
from ..people.values import Appeal, Notice
from ..values import Decision, Item

Form = dict[str, Any]
_ADVICE = "docs/webhooks.md names the fields that an answer of Coop has"


@dataclass(frozen=True)
class Answered:
    """What a moderator made of an appeal, in Coop."""

    appeal_id: str
    item: Item
    granted: bool  # else what was decided stands


def report_of_notice(
    notice: Notice, data: Mapping[str, Any], *, reporter: Item, policy_id: str = "", csam: bool = False
) -> Form:
    """Give a notice as a report; `data`: the item, as its type in Coop wants it. `reporter`: the user, and their type.

    csam: Coop routes it to the queue of that alone.
    """
    return _report(notice.item, data, reporter, notice.made_at, notice.explanation, policy_id, csam)


def report_of_decision(decision: Decision, data: Mapping[str, Any], *, reporter: Item, policy_id: str = "") -> Form:
    """Give a decision as a report, so that people look; `reporter`: a user of this service's own."""
    held = [one.why for one in decision.ruling.held]
    unsure = [f"{one.rule} can't be answered: {', '.join(one.missing)}" for one in decision.ruling.unsure]
    reason = "; ".join([*held, *unsure]) or decision.note
    return _report(decision.submission.item, data, reporter, decision.made_at, reason, policy_id, False)


def appeal(
    made: Appeal,
    data: Mapping[str, Any],
    *,
    by: Item,
    action_ids: Iterable[str],
    policy_ids: Iterable[str] = (),
) -> Form:
    """Give an appeal; `action_ids`, `policy_ids`: what was done and why, by Coop's ids. `by`: user, and their type."""
    return {
        "appealId": made.id,
        "appealedBy": _name(by),
        "appealedAt": made.at,
        "actionedItem": _whole(made.item, data),
        "actionsTaken": list(action_ids),
        "appealReason": made.reason,
        "violatingPolicies": [{"id": one} for one in policy_ids],
    }


def answered(said: Mapping[str, Any]) -> Answered:
    """Read what Coop calls back with; see that the call is Coop's before."""
    item, found = said.get("item"), said.get("appealDecision")
    if found not in ("ACCEPT", "REJECT"):
        raise ModerationUnfit("Coop's answer has no appealDecision of ACCEPT or REJECT", advice=_ADVICE)
    if not isinstance(item, Mapping) or not all(isinstance(item.get(name), str) for name in ("id", "typeId")):
        raise ModerationUnfit("Coop's answer names no item", advice=_ADVICE)
    if not isinstance(said.get("appealId"), str):
        raise ModerationUnfit("Coop's answer names no appeal", advice=_ADVICE)
    return Answered(said["appealId"], Item(item["id"], item["typeId"]), found == "ACCEPT")


def _report(
    item: Item, data: Mapping[str, Any], reporter: Item, at: str, reason: str, policy_id: str, csam: bool
) -> Form:
    why: Form = {"reason": reason, "csam": csam}
    if policy_id:
        why["policyId"] = policy_id
    return {
        "reporter": {"kind": "user", **_name(reporter)},
        "reportedAt": at,
        "reportedForReason": why,
        "reportedItem": _whole(item, data),
    }


def _name(item: Item) -> Form:
    return {"typeId": item.type_id, "id": item.id}


def _whole(item: Item, data: Mapping[str, Any]) -> Form:
    return {**_name(item), "data": dict(data)}
