"""What `rescan` and `shadow report` say to a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RescanItem:
    """`rescan`: how far one is, or what it would come to."""

    rescan: str  # its id; empty: nothing was begun
    because: Literal["model", "adapter", "trust", "revoked", "policy"]
    state: Literal["estimate", "going", "done", "cancelled"]
    checks: int  # that it goes over, as far as that is known
    looked: int
    changed: int
    same: int
    could_not: int
    gone: int  # of these, whose media is gone: what was found stays
    kept: int | None = None  # an estimate: whose media is still there
    seconds: float | None = None  # an estimate: of one worker; none where nothing was measured
    examples: tuple[RescanExample, ...] = ()
    kind: Literal["rescan"] = "rescan"


@dataclass(frozen=True)
class RescanExample:
    """One check of it."""

    check: str
    outcome: str  # of an estimate, what was found; else what came of it: changed, gone, failed
    note: str


@dataclass(frozen=True)
class RateItem:
    """A share with its 95 % interval."""

    count: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class ShadowPairing:
    """A release of the live detector and one of a shadow on one question, each at its own threshold."""

    target: Literal["generated", "manipulated"]
    live: str
    shadow: str
    live_fpr: float | None  # that an alarm means, as it states itself
    shadow_fpr: float | None
    since: str  # of the looks
    until: str
    judged: int  # by both
    both: int  # raise an alarm
    live_only: int
    shadow_only: int
    neither: int
    agreed: RateItem
    kappa: float | None
    live_found: RateItem  # of what blind people agreed that it is
    shadow_found: RateItem
    live_false: RateItem  # of what blind people agreed is genuine
    shadow_false: RateItem
    only_live: tuple[str, ...]
    only_shadow: tuple[str, ...]


@dataclass(frozen=True)
class ShadowItem:
    """`shadow report`: a detector that looks beside the live one."""

    shadow: str
    checks: int  # over all releases
    failed: int
    why: Mapping[str, int]
    unjudged: int  # looks at which it could not judge
    seconds: float | None  # a look, over all releases
    pairings: tuple[ShadowPairing, ...]  # the one that was looked at last comes first
    kind: Literal["shadow"] = "shadow"
