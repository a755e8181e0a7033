"""What `policy` says to a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PolicyItem:
    """`policy check`: a policy in which no fault was found."""

    input: str
    policy: str
    title: str
    rules: int
    live: int
    background: int
    sha256: str  # of the form that is kept
    kind: Literal["policy"] = "policy"


@dataclass(frozen=True)
class PolicyCaseItem:
    """`policy test`: one case, or one verdict, and what the policy makes of it."""

    name: str
    effect: Literal["none", "actions", "review"]
    actions: tuple[str, ...]
    held: tuple[str, ...]
    unsure: tuple[str, ...]
    missing: tuple[str, ...]  # facts that left it unsure
    queue: str  # where people look; none
    differences: tuple[str, ...] = ()  # from what the case expects
    kind: Literal["policy-case"] = "policy-case"


@dataclass(frozen=True)
class PolicyShownItem:
    """`policy show`: a policy that comes along, as it is written."""

    policy: str
    text: str
    kind: Literal["policy-shown"] = "policy-shown"
