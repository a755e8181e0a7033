"""The JSON of decisions: what is taken in, what is answered, and examples of both. Knows shapes; asks nobody."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from ....moderation import decided
from ....moderation.values import Action, Decision, Occasion
from ..examples import AT, CHECK_ID
from ..shapes import Taken


class UndoAsked(Taken):
    """Why a decision is taken back."""

    note: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class ActionShown(BaseModel):
    """One effect on an item."""

    kind: Literal["label", "restrict", "demote", "remove", "block"]
    value: str = Field(description="the words of a label, whom it is restricted to")


class ItemShown(BaseModel):
    """An item, as its platform names it."""

    id: str
    type: str


class GroundShown(BaseModel):
    """A rule that held."""

    rule: str
    why: str


class UnsureShown(BaseModel):
    """A rule that could not be answered."""

    rule: str
    missing: list[str] = Field(description="facts that nobody knew")


class DecisionShown(BaseModel):
    """What was decided about one submission, under one version of a policy, on one occasion."""

    id: str
    check_id: str
    submission_id: str
    item: ItemShown
    policy_id: str = Field(description="empty: people decided under none")
    policy_version: int
    revision: int = Field(description="of the check's verdict that it rests on; 0: the check failed")
    number: int = Field(description="from 1, of this submission under this policy")
    occasion: Occasion
    effect: Literal["none", "actions", "review"] = Field(description="review: people look before anything is done")
    actions: list[ActionShown] = Field(description="in force by it, the hardest first")
    why: str = Field(description="in one line")
    grounds: list[GroundShown] = Field(
        description="in the background: what would have held; of people's: rules they followed"
    )
    unsure: list[UnsureShown]
    by: str = Field(description="service, or who took it")
    automated: bool
    note: str
    background: bool = Field(description="its version runs in the background: it is counted, and nothing is done")
    made_at: str
    effective_at: str = Field(description="when its effects go out; until then it can be undone")
    out_at: str | None = Field(description="when its effects went out")
    undone_at: str | None


class DecisionsShown(BaseModel):
    """Decisions, the last made first."""

    decisions: list[DecisionShown]
    next: str | None = Field(description="the cursor of the next page; null: there is none")


class ItemDecisions(DecisionsShown):
    """Decisions about an item, and what stands against it."""

    item: ItemShown
    in_force: list[ActionShown] = Field(description="of all its submissions and policies, each action once")


def decision(one: Decision) -> DecisionShown:
    """Give a decision with its grounds."""
    names = ("id", "policy_id", "policy_version", "revision", "number", "occasion", "by", "automated", "note")
    times = ("background", "made_at", "effective_at", "out_at", "undone_at")
    return DecisionShown(
        **{name: getattr(one, name) for name in (*names, *times)},
        check_id=one.submission.check_id,
        submission_id=one.submission.id,
        item=ItemShown(id=one.submission.item.id, type=one.submission.item.type_id),
        effect=_effect(one),
        actions=[action(each) for each in one.actions],
        why=decided.why(one),
        **_grounds(one),
    )


def _effect(one: Decision) -> Literal["none", "actions", "review"]:
    if one.automated and one.ruling.effect == "review":
        return "review"
    return "actions" if one.actions else "none"


def _grounds(of: Decision) -> dict[str, Any]:
    ruling = of.ruling
    held, unsure = (ruling.background, ruling.background_unsure) if of.background else (ruling.held, ruling.unsure)
    if of.occasion in ("review", "appeal"):  # rules that people overruled are no grounds, and nothing is unsure to them
        held, unsure = tuple(one for one in held if set(one.actions) & set(of.actions)), ()
    return {
        "grounds": [GroundShown(rule=each.rule, why=each.why) for each in held],
        "unsure": [UnsureShown(rule=each.rule, missing=list(each.missing)) for each in unsure],
    }


def action(one: Action) -> ActionShown:
    """Give an action."""
    return ActionShown(kind=one.kind, value=one.value)


# Examples ------------------------------------------------------------------------------------------------------------

DECISION_ID = "dec_7w2m4x6yaabcdefghij2k5zq3v"
UNDO = {"note": "the label was meant for another post"}
_WHY = "A proof says that it was made by AI."
DECISION: dict[str, Any] = {
    **{"id": DECISION_ID, "check_id": CHECK_ID, "submission_id": "sub_m4x6yaabcdefghij2k5zq3v7w2"},
    **{"item": {"id": "post/4711", "type": "video"}, "policy_id": "our-platform", "policy_version": 2},
    **{"revision": 1, "number": 1, "occasion": "first", "effect": "actions"},
    **{"actions": [{"kind": "label", "value": "Made with AI"}], "why": f"proven: {_WHY}"},
    **{"grounds": [{"rule": "proven", "why": _WHY}], "unsure": [], "by": "service", "automated": True, "note": ""},
    **{"background": False, "made_at": AT, "effective_at": AT, "out_at": None, "undone_at": None},
}
UNDONE = {
    **DECISION,
    **{"number": 2, "occasion": "undo", "effect": "none", "actions": [], "grounds": [], "note": UNDO["note"]},
    **{"why": f"the decision before was undone: {UNDO['note']}", "automated": False},
    "by": "person:per_3q5x7w2m4k6z7y2abcdefghij4",
}
DECISIONS = {"decisions": [DECISION], "next": None}
OF_ITEM = {**DECISIONS, "item": DECISION["item"], "in_force": DECISION["actions"]}
