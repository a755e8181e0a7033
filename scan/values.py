"""What a scan is, as values. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ..verdict import Outcome

# From the cheapest look to the dearest: bytes alone; what the file says of itself; what its pictures carry and lead
# to; what statistics say of them.
ScanStage = Literal["digest", "container", "pictures", "detector"]
ScanState = Literal["listing", "going", "done", "cancelled"]
STAGES: tuple[ScanStage, ...] = get_args(ScanStage)
SHARD = 64  # objects
MOST_SHARD = 1024

FLEET = re.compile("[a-z0-9-]{0,40}")


@dataclass(frozen=True)
class Plan:
    """What a scan is to do; it stays the same from its first object to its last."""

    urls: tuple[str, ...]
    to: ScanStage = "detector"  # no dearer look than this
    settled_by: tuple[Outcome, ...] = ("ai_generated",)  # once proven, dearer looks are spared
    share: float = 1.0  # of the objects, chosen by a hash of their names
    only: str = "*"  # names that are looked at, as in a shell
    shard: int = SHARD
    policy: str | None = None  # as `moderation.policies.written` gives it
    fleet: str = ""  # of workers, that makes it; empty: all that make scans

    def __post_init__(self) -> None:
        """Refuse what no scan can be."""
        if not self.urls or not 0 < self.share <= 1 or not 1 <= self.shard <= MOST_SHARD:
            raise ValueError("a scan needs a place, a share in (0, 1], and shards of 1 to 1024 objects")
        if not FLEET.fullmatch(self.fleet):
            raise ValueError("a fleet is called by small letters, digits and hyphens")


@dataclass(frozen=True)
class Counts:
    """How many objects came to what."""

    objects: int = 0
    bytes: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)  # by outcome; failures by the class of their error
    stages: Mapping[str, int] = field(default_factory=dict)  # by the last look that was taken
    seconds: Mapping[str, float] = field(default_factory=dict)  # by look, of one worker's time
    effects: Mapping[str, int] = field(default_factory=dict)  # of the policy, where there is one

    def plus(self, other: Counts) -> Counts:
        """Add two up.

        >>> Counts(1, 5, {"a": 1}).plus(Counts(2, 5, {"a": 1, "b": 1})).outcomes
        {'a': 2, 'b': 1}
        """

        def added(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, Any]:
            return {name: one.get(name, 0) + two.get(name, 0) for name in dict.fromkeys((*one, *two))}

        return Counts(
            self.objects + other.objects,
            self.bytes + other.bytes,
            added(self.outcomes, other.outcomes),
            added(self.stages, other.stages),
            added(self.seconds, other.seconds),
            added(self.effects, other.effects),
        )


@dataclass(frozen=True)
class Scan:
    """One scan as it stands."""

    id: str
    plan: Plan
    state: ScanState
    made_at: str
    shards: int
    objects: int
    bytes: int
    shards_done: int
    counts: Counts  # of the shards that are done
    finished_at: str | None = None


@dataclass(frozen=True)
class Outcomes:
    """One object's line: a verdict in short, or why there is none. The whole evidence stays out of it."""

    url: str  # of the place
    name: str
    bytes: int
    stage: ScanStage  # the last look that was taken
    seconds: Mapping[str, float]
    sha256: str | None = None
    same_as: str | None = None  # an object of this shard with the same bytes, whose look serves
    outcome: Outcome | None = None
    also: tuple[str, ...] = ()
    sureness: str | None = None
    basis: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # of detectors: score and FPR
    ruling: Mapping[str, Any] | None = None  # of the policy: effect, actions, rules that held, rules unsure
    error: Mapping[str, str] | None = None  # type, message, advice

    @property
    def counted(self) -> Counts:
        """As counts of one."""
        said = self.outcome or (self.error or {}).get("type", "unknown")
        effects = {} if self.ruling is None else {str(self.ruling["effect"]): 1}
        return Counts(1, self.bytes, {said: 1}, {self.stage: 1}, self.seconds, effects)
