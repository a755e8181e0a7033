"""The JSON of policies: what is taken in, what is answered, and examples of both. Knows shapes; asks nobody."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    model_validator,
)

from ....docket import times
from ....moderation.policies import Policy
from ....moderation.policies.tables import Tried, said_of
from ....moderation.policies.values import State
from ....moderation.retroacting import Run
from ....moderation.shelf import PolicyChange, Shelved, Version
from ....moderation.trying import Backtest, Example
from ..shapes import Note, Taken, Time
from .decisions_shapes import ItemShown

MOST_LOOKED = 5_000  # past checks that one backtest goes over, within a request
MOST_EXAMPLES = 50
Document = Annotated[str, StringConstraints(min_length=1, max_length=256 * 1024)]


# What is taken in ----------------------------------------------------------------------------------------------------


class StateAsked(Taken):
    """To what a version is brought."""

    state: State
    share: float = Field(
        default=1.0, ge=0, le=1, allow_inf_nan=False, description="of items, where it goes LIVE; the rest stay as now"
    )
    note: Note = ""


class PromotionAsked(Taken):
    """Which rule of the live version is to act."""

    rule: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(description="its id")
    share: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False, description="of items on which it acts")
    note: Note = ""


class RollBackAsked(Taken):
    """Why what went live last is ended."""

    note: Note = ""


class DefaultAsked(Taken):
    """Whether a policy is also for checks that name none."""

    by_default: bool


class TestAsked(Taken):
    """A policy, and the table of cases that it is tried with."""

    document: Document | dict[str, Any] | None = Field(
        default=None, description="the policy, as YAML or JSON in a text, or as JSON itself"
    )
    policy_id: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        default=None, description="a policy of yours instead"
    )
    version: int | None = Field(default=None, ge=1, le=(1 << 31) - 1, description="of it; without one, the newest")
    cases: Document | dict[str, Any] = Field(description="the table, in the same ways: docs/policies.md")

    @model_validator(mode="after")
    def _of_one(self) -> TestAsked:
        if (self.document is None) == (self.policy_id is None):
            raise ValueError("one policy is tried: send `document` or `policy_id`, and not both")
        if self.version is not None and self.policy_id is None:
            raise ValueError("`version` goes with `policy_id`")
        return self


class BacktestAsked(Taken):
    """Over what of the past a version is tried."""

    since: Time | None = Field(default=None, description="checks laid from then on; without one, of the last 30 days")
    until: Time | None = None
    limit: int = Field(default=1_000, ge=1, le=MOST_LOOKED, description="checks, the oldest first")
    examples: int = Field(default=10, ge=0, le=MOST_EXAMPLES, description="of each kind")

    def span(self, now: str) -> tuple[str, str | None]:
        """Give from when to when, as the tables write it."""
        since = times.later(now, days=-30) if self.since is None else times.written(self.since)
        return since, None if self.until is None else times.written(self.until)


class RetroactionAsked(Taken):
    """Which submissions are decided anew."""

    since: Time | None = Field(default=None, description="submitted from then on; without one, all")
    until: Time | None = Field(default=None, description="and until then; without one, until now")


# What is answered ----------------------------------------------------------------------------------------------------


class VersionShown(BaseModel):
    """A version as a list shows it."""

    number: int
    digest: str = Field(description="SHA-256 of the document")
    state: State
    share: float = Field(description="of items, while it is live")
    former: int | None = Field(description="the version that was live before it")
    made_by: str
    made_at: str
    note: str


class VersionWhole(VersionShown):
    """A version with its document."""

    policy_id: str
    document: str = Field(description="as it was sent: YAML or JSON")
    diff: str | None = Field(description="in what it differs from the version that was asked for, line by line")


class PolicyListed(BaseModel):
    """A policy as a list shows it."""

    policy_id: str
    by_default: bool = Field(description="also for checks that name no policy")
    changes: int = Field(description="number of its latest change; what If-Match is held to")
    newest: int
    live: int | None = Field(description="the version that acts for all, or for most")
    staged: int | None = Field(description="a newer one that acts for a share of items")
    background: list[int] = Field(description="versions that run and do nothing")


class PolicyShown(PolicyListed):
    """A policy with its versions, oldest first."""

    versions: list[VersionShown]


class Policies(BaseModel):
    """Some of a tenant's policies, by name."""

    policies: list[PolicyListed]
    next: str | None = Field(description="the cursor of the next page; null: there is none")


class ChangeShown(BaseModel):
    """Who brought a version to which state."""

    number: int
    version: int
    state: State
    share: float
    who: str
    at: str
    note: str


class History(BaseModel):
    """Changes of a policy, the last first."""

    changes: list[ChangeShown]
    next: int | None = Field(description="`before` of the next page; null: there is none")


class RuleShown(BaseModel):
    """A rule of a document, in short."""

    id: str
    state: State
    why: str
    effect: Literal["actions", "review", "exception"]


class Looked(BaseModel):
    """A document that was looked over: it could be kept."""

    policy_id: str
    title: str
    rules: list[RuleShown]


class CaseShown(BaseModel):
    """What came of a case."""

    name: str
    passed: bool
    differences: list[str] = Field(description="-: expected and lacking; +: came as well")
    came: dict[str, str | list[str]]


class Tests(BaseModel):
    """What came of a table."""

    passed: bool
    cases: list[CaseShown]
    untried: list[str] = Field(description="rules that held in no case")


class ExampleShown(BaseModel):
    """A check of which something else would come."""

    check_id: str
    item: ItemShown | None
    was: list[str]
    now: list[str]
    rules: list[str]


class EffectCount(BaseModel):
    """Of how many checks one thing came, and another would."""

    was: Literal["undecided", "none", "actions", "review"]
    now: Literal["none", "actions", "review"]
    count: int


class RuleCounted(BaseModel):
    """Of how many checks a rule holds, and of how many nobody can say."""

    rule: str
    held: int
    unsure: int


class ActionCounted(BaseModel):
    """On how many an action is in force, and on how many it would be."""

    action: str
    was: int
    now: int


class BacktestShown(BaseModel):
    """What would change, held to what is in force."""

    policy_id: str
    version: int
    since: str
    looked: int
    changed: int
    overruled: int = Field(description="where people decided, and it would decide otherwise: they would look again")
    rules: list[RuleCounted]
    effects: list[EffectCount]
    actions: list[ActionCounted]
    harder: list[ExampleShown] = Field(description="some of those on which an action more would be taken")
    milder: list[ExampleShown] = Field(description="some of those of which one would be lifted")
    whole: bool = Field(description="false: there is more of this time; ask for a later part of it, or for more")


class RunShown(BaseModel):
    """A retroaction as it stands."""

    id: str
    policy_id: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    since: str | None
    until: str
    asked_by: str
    asked_at: str
    looked: int = Field(description="submissions so far")
    changed: int = Field(description="decisions that it brought so far")
    ended_at: str | None
    why: str = Field(description="where it failed")


class RunsShown(BaseModel):
    """Retroactions of a policy, the last asked first."""

    retroactions: list[RunShown]
    next: str | None = Field(description="the cursor of the next page; null: there is none")


# From values to shapes -----------------------------------------------------------------------------------------------


def version(one: Version) -> VersionShown:
    """Give a version without its document."""
    return VersionShown(**{name: getattr(one, name) for name in VersionShown.model_fields})


def whole(one: Version, diff: str | None) -> VersionWhole:
    """Give a version with its document."""
    return VersionWhole(**version(one).model_dump(), policy_id=one.policy_id, document=one.text, diff=diff)


def listed(one: Shelved) -> PolicyListed:
    """Give a policy in short."""
    return PolicyListed(**_plain(one))


def shown(one: Shelved) -> PolicyShown:
    """Give a policy with its versions."""
    return PolicyShown(**_plain(one), versions=[version(each) for each in one.versions])


def _plain(one: Shelved) -> dict[str, Any]:
    return {
        "policy_id": one.policy_id,
        "by_default": one.by_default,
        "changes": one.changes,
        "newest": one.versions[-1].number,
        "live": one.live.number if one.live else None,
        "staged": one.staged.number if one.staged else None,
        "background": [each.number for each in one.versions if each.state == "BACKGROUND"],
    }


def change(one: PolicyChange) -> ChangeShown:
    """Give a change."""
    return ChangeShown(**vars(one))


def looked(policy: Policy) -> Looked:
    """Give what a document says, in short."""
    return Looked(
        policy_id=policy.name,
        title=policy.title,
        rules=[
            RuleShown(
                id=rule.id,
                state=rule.state,
                why=rule.why,
                effect="review" if rule.review else "actions" if rule.actions else "exception",
            )
            for rule in policy.rules
        ],
    )


def tests(results: tuple[Tried, ...], untried: tuple[str, ...]) -> Tests:
    """Give what came of a table."""
    cases = [
        CaseShown(
            name=one.case.name,
            passed=not one.differences,
            differences=list(one.differences),
            came={name: said if isinstance(said, str) else list(said) for name, said in said_of(one.ruling).items()},
        )
        for one in results
    ]
    return Tests(passed=all(one.passed for one in cases), cases=cases, untried=list(untried))


def backtest(of: Version, since: str, found: Backtest) -> BacktestShown:
    """Give what a backtest found."""
    return BacktestShown(
        policy_id=of.policy_id,
        version=of.number,
        since=since,
        **{name: getattr(found, name) for name in ("looked", "changed", "overruled", "whole")},
        rules=[RuleCounted(rule=id, **vars(one)) for id, one in found.by_rule.items()],
        effects=[EffectCount(was=was, now=now, count=count) for (was, now), count in sorted(found.by_effect.items())],
        actions=[ActionCounted(action=kind, **vars(one)) for kind, one in found.by_action.items()],
        harder=[_example(one) for one in found.harder],
        milder=[_example(one) for one in found.milder],
    )


def _example(one: Example) -> ExampleShown:
    return ExampleShown(
        check_id=one.check_id,
        item=ItemShown(id=one.item.id, type=one.item.type_id) if one.item else None,
        was=[action.words for action in one.was],
        now=[action.words for action in one.now],
        rules=list(one.rules),
    )


def run(one: Run) -> RunShown:
    """Give a retroaction."""
    plain = {name: getattr(one, name) for name in RunShown.model_fields}
    return RunShown(**{**plain, "since": one.since or None})


def text_of(given: str | dict[str, Any]) -> str:
    """Give a document as the text that is read."""
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
