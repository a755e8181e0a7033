"""What a policy is, and what is known of a submission, as values. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, get_args

from ..values import Action, Review

State = Literal["DRAFT", "BACKGROUND", "LIVE", "EXPIRED"]  # runs not yet; runs, and does nothing; acts; runs no more
Op = Literal["is", "in", "at_least", "at_most", "contains", "overlaps"]
Scalar = bool | float | str

STATES: tuple[State, ...] = get_args(State)
OPS: tuple[Op, ...] = get_args(Op)


class _Unknown:
    """The one value of what nobody knows: it was not looked at, or whoever looked failed."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class OneOf:
    """One of these, and which is not settled."""

    values: frozenset[str]


@dataclass(frozen=True)
class Members:
    """What is among several things for sure, and what may be beside it."""

    has: frozenset[str]
    may: frozenset[str] | None = frozenset()  # None: anything


Known = Scalar | OneOf | Members | _Unknown


@dataclass(frozen=True)
class Facts:
    """What is known of one submission; what is not named is unknown."""

    values: Mapping[str, Known] = field(default_factory=dict)

    def get(self, name: str) -> Known:
        """Give what is known of a fact."""
        return self.values.get(name, UNKNOWN)


@dataclass(frozen=True)
class Compare:
    """A fact, held to a value; `in` and `overlaps` have several."""

    fact: str
    op: Op
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class IsKnown:
    """Whether a fact is known, whatever it is."""

    fact: str


@dataclass(frozen=True)
class Not:
    """The contrary; of what is unknown, unknown."""

    condition: Condition


@dataclass(frozen=True)
class All:
    """Each of them."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of them."""

    conditions: tuple[Condition, ...]


Condition = Compare | IsKnown | Not | All | AnyOf


@dataclass(frozen=True)
class Ground:
    """What a statement of reasons says of why a rule's action is taken."""

    kind: Literal["illegal", "incompatible"]  # with the law; with the platform's terms
    reference: str  # the law, or the passage of the terms
    explanation: str
    category: str = ""  # STATEMENT_CATEGORY_...
    keywords: tuple[str, ...] = ()  # KEYWORD_...


@dataclass(frozen=True)
class Rule:
    """When something is done, and what. One without any effect is an exception, which others name in `unless`."""

    id: str
    why: str  # in plain words, for statement and notice
    when: Condition
    actions: tuple[Action, ...] = ()
    review: Review | None = None  # people look first
    unless: tuple[str, ...] = ()  # ids of rules: where one of them holds, this one does not
    state: State = "LIVE"
    ground: Ground | None = None

    @property
    def acts(self) -> bool:
        """Whether anything comes of it."""
        return bool(self.actions) or self.review is not None


@dataclass(frozen=True)
class Policy:
    """A norm of a platform, and its rules."""

    name: str
    title: str
    norm: str  # the rule as users read it
    rules: tuple[Rule, ...]
    unknown: Review  # where what a rule could not answer waits for people
    undo_s: float = 300.0  # in which a decision can be taken back, before its effects go out
    people_to_agree: int = 1  # in reviews that do not say so themselves
    sample_share: float = 0.0  # of all items, whatever held, reviewed blind

    def rule(self, id: str) -> Rule | None:
        """Find a rule."""
        return self._by_id.get(id)

    @cached_property
    def _by_id(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.rules}
