"""What a verification service says, as values. What a newer service says beyond them is left out. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from ...evidence import Evidence
from ...verdict import Outcome, Verdict

STAGES = ("waiting", "fetch", "look", "recover", "fold", "notify", "done")
OVER = frozenset({"succeeded", "failed", "cancelled"})


class Wishes(TypedDict, total=False):
    """What may be asked of a check, however its media comes."""

    name: str  # of the file; shown, and nothing else
    external_id: str  # the asker's own id of the media
    policy_id: str
    metadata: Mapping[str, str]  # of the asker; given back as it is
    callback_url: str
    retention: Mapping[str, float]  # media_s, record_days
    lane: str  # live, or bulk


class StampWishes(TypedDict, total=False):
    """What is to be said of a film that is stamped."""

    title: str
    model: str  # the system that made it
    model_version: str
    prompt: str  # given back to nobody; a digest takes its place when the stamp is over
    source_type: str
    remark: bool


@dataclass(frozen=True)
class Listed:
    """A check as a list shows it."""

    id: str
    status: str  # queued, running, succeeded, failed, cancelled
    stage: str
    progress: float
    outcome: Outcome | None
    created_at: str
    source: str
    name: str
    started_at: str | None = None
    finished_at: str | None = None
    url: str | None = None
    lane: str = "live"
    group_id: str | None = None  # checks of one post share it
    external_id: str | None = None
    policy_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    content_hash: str | None = None
    bytes: int | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in OVER


@dataclass(frozen=True)
class Opened(Listed):
    """A check that was just laid."""

    manage: str | None = None  # without a key: lets you cancel and delete it, and is told this once


@dataclass(frozen=True)
class Told:
    """Why there is no verdict: the class of the error, its words, and what to do."""

    type: str
    message: str
    advice: str


@dataclass(frozen=True)
class Result:
    """The latest verdict."""

    revision: int
    at: str
    verdict: Verdict


@dataclass(frozen=True)
class Revision:
    """One verdict there was, in short."""

    number: int
    at: str
    who: str
    why: str
    note: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """A key frame or a heat map, behind a link that holds for a short time."""

    name: str
    kind: str
    seconds: float
    words: str
    url: str
    expires_at: str


@dataclass(frozen=True)
class Retention:
    """Until when things are kept."""

    media_until: str | None = None
    media_gone_at: str | None = None
    record_until: str | None = None
    held: bool = False


@dataclass(frozen=True)
class Operator:
    """Who runs the service."""

    name: str = ""
    contact: str = ""
    terms_url: str = ""
    privacy_url: str = ""


@dataclass(frozen=True)
class Check(Listed):
    """A check as it stands."""

    pending: tuple[str, ...] = ()  # examiners that have not said anything yet
    evidence: tuple[Evidence, ...] = ()
    result: Result | None = None
    error: Told | None = None
    revisions: tuple[Revision, ...] = ()  # oldest first
    pictures: tuple[Picture, ...] = ()
    rendition: Mapping[str, Any] | None = None
    limitations: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    retention: Retention = Retention()
    operator: Operator = Operator()

    @property
    def verdict(self) -> Verdict | None:
        """The latest."""
        return self.result.verdict if self.result else None


@dataclass(frozen=True)
class Page:
    """Some checks, the last laid first."""

    checks: tuple[Listed, ...]
    next: str | None  # the cursor of the next page; None: there is none


@dataclass(frozen=True)
class Event:
    """Something that happened to a check."""

    number: int
    kind: str  # stage, evidence, finished, failed, cancelled, verdict_changed, deleted
    body: Mapping[str, Any]

    @property
    def share(self) -> float | None:
        """How far the check is, from 0 to 1; None where it does not say that."""
        stage = self.body.get("stage")
        return STAGES.index(stage) / (len(STAGES) - 1) if stage in STAGES else None


@dataclass(frozen=True)
class Feedback:
    """What somebody thinks of a result."""

    id: str
    at: str
    says: str
    comment: str


@dataclass(frozen=True)
class Stamp:
    """A film that is labelled, marked, signed and registered under the operator's identity."""

    id: str
    name: str
    status: str  # queued, running, succeeded, failed
    created_at: str
    finished_at: str | None = None
    until: str | None = None  # when its files go
    asked: Mapping[str, Any] = field(default_factory=dict)
    stamped: Mapping[str, Any] | None = None  # as `countermark stamp --json` says it
    error: Told | None = None
    file: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in OVER


@dataclass(frozen=True)
class Stamps:
    """Some stamps, the last laid first."""

    stamps: tuple[Stamp, ...]
    next: str | None
