"""What is decided about, and what a decision is, as values. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

ActionKind = Literal["label", "restrict", "demote", "remove", "block"]  # from the mildest to the hardest
# Why a decision was taken: the first look, another verdict, another policy, people, or a change of mind in time.
Occasion = Literal["first", "verdict", "policy", "review", "appeal", "undo"]
Effect = Literal["none", "actions", "review"]  # nothing is done; something is; people are to look first

ACTIONS: tuple[ActionKind, ...] = get_args(ActionKind)


@dataclass(frozen=True)
class Item:
    """A thing of a tenant's platform, as the platform names it."""

    id: str
    type_id: str

    @property
    def key(self) -> str:
        """Both in one text, for what is kept in order."""
        return f"{self.type_id}:{self.id}"


@dataclass(frozen=True)
class Submission:
    """One upload of an item; the same bytes from two accounts are two of these."""

    id: str
    tenant_id: str
    item: Item
    check_id: str
    at: str
    content_hash: str | None  # None: its media is not here yet
    uploader: Mapping[str, Any] = field(default_factory=dict)  # what the platform says of account and upload


@dataclass(frozen=True)
class Action:
    """One effect on an item."""

    kind: ActionKind
    value: str = ""  # the words of a label, whom it is restricted to

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.kind}: {self.value}" if self.value else self.kind


@dataclass(frozen=True)
class Review:
    """That people are to look, and where it waits for them."""

    queue: str
    priority: int = 0  # the higher, the sooner
    people: int = 1  # who must agree


@dataclass(frozen=True)
class Held:
    """A rule that held, and what it asks for."""

    rule: str  # its id within the policy
    why: str  # in plain words, for statement and notice
    actions: tuple[Action, ...] = ()
    review: Review | None = None


@dataclass(frozen=True)
class Unsure:
    """A rule that could not be answered, since facts are missing."""

    rule: str
    missing: tuple[str, ...]  # names of facts


@dataclass(frozen=True)
class Ruling:
    """What a version of a policy makes of one set of facts. Nothing is done yet."""

    held: tuple[Held, ...]
    unsure: tuple[Unsure, ...]
    actions: tuple[Action, ...]  # of all that held, each once, the hardest first
    review: Review | None  # where a rule asks for people, or one that could act was unsure
    background: tuple[Held, ...] = ()  # rules that run and do nothing
    background_unsure: tuple[Unsure, ...] = ()

    @property
    def effect(self) -> Effect:
        """What comes of it: people look before anything is done."""
        if self.review is not None:
            return "review"
        return "actions" if self.actions else "none"


@dataclass(frozen=True)
class Decision:
    """What was decided about one submission, under one version of a policy, on one occasion."""

    id: str
    tenant_id: str
    submission: Submission
    policy_id: str
    policy_version: int
    revision: int  # of the check's verdict that it rests on; 0: the check failed
    occasion: Occasion
    number: int  # from 1, of this submission under this policy
    ruling: Ruling
    actions: tuple[Action, ...]  # in force by it; none while people are to look
    by: str  # service, or person:ID
    note: str
    made_at: str
    effective_at: str  # when its effects go out; until then it can be undone
    background: bool = False  # its version runs in the background: counted, and nothing is done
    undone_at: str | None = None
    out_at: str | None = None  # when effects were handed on

    @property
    def automated(self) -> bool:
        """Whether no person took it."""
        return self.by == "service"
