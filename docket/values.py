"""What a check is, as a value. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..evidence import Evidence
from ..verdict import Outcome, Verdict

PUBLIC = "public"  # the tenant of those who ask without a key

Source = Literal["upload", "url", "post"]
Lane = Literal["live", "bulk"]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
# In this order; `done` also where it failed or was cancelled.
Stage = Literal["waiting", "fetch", "look", "recover", "fold", "notify", "done"]
Why = Literal["first", "human", "revoked", "model", "trust"]  # a revision came about by
HoldReason = Literal["review", "appeal", "legal_order", "enforcement"]

STAGES: tuple[Stage, ...] = ("waiting", "fetch", "look", "recover", "fold", "notify", "done")
OVER: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True)
class Kept:
    """How long things are kept after a result; None: as tenant and settings say."""

    media_s: float | None = None
    record_days: float | None = None


@dataclass(frozen=True)
class Request:
    """What somebody asks to be checked."""

    tenant_id: str
    made_by: str  # key:ID, person:ID, or anonymous
    source: Source
    name: str  # of the file, as it was sent; shown, never used as a path
    url: str | None = None
    object_key: str | None = None  # of media that is here already
    content_hash: str | None = None  # of media that is here already; SHA-256 in hexadecimal
    bytes: int | None = None
    lane: Lane = "live"
    group_id: str | None = None
    rendition: Mapping[str, Any] | None = None
    callback_url: str | None = None
    external_id: str | None = None
    policy_id: str | None = None
    item_id: str | None = None  # of what is checked, as its platform names it
    item_type: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Kept = Kept()
    address: str | None = None  # of who asks without a key; a keyed hash of it is kept while its media is here


@dataclass(frozen=True)
class CheckError:
    """Why a check failed: the class of the error, its words, and what to do."""

    type: str
    message: str
    advice: str


@dataclass(frozen=True)
class Revision:
    """One verdict of a check: the first, or one that came about later."""

    number: int  # from 1
    at: str
    who: str  # the service, or person:ID with the name
    why: Why
    note: str
    verdict: Verdict
    versions: Mapping[str, str]  # of this program, of examiners, of the model, of lists of trust


@dataclass(frozen=True)
class Change:
    """What is to become of a check's verdict, by whom and why; it makes the next revision."""

    verdict: Verdict
    who: str
    why: Why
    note: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class CheckPicture:
    """A picture that lives with the record."""

    name: str  # unique within the check: key-1.jpg, heat-1.png, changes.png
    kind: Literal["key_frame", "heat_map", "changes"]
    seconds: float
    words: str  # what is to be seen, for who can't see it
    object_key: str


@dataclass(frozen=True)
class Hold:
    """A reason to keep media and record for longer than their time."""

    id: str
    reason: HoldReason
    note: str
    who: str
    placed_at: str
    lifted_at: str | None = None
    lifted_by: str | None = None


@dataclass(frozen=True)
class Feedback:
    """What somebody thinks of a result."""

    id: str
    at: str
    says: Literal["right", "wrong", "unclear"]
    comment: str
    made_by: str


@dataclass(frozen=True)
class CheckEvent:
    """Something that happened to a check; numbers ascend from 1 without a gap."""

    number: int
    at: str
    kind: str  # stage, evidence, finished, failed, cancelled, verdict_changed, deleted
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One check as it stands."""

    id: str
    tenant_id: str
    made_by: str
    source: Source
    name: str
    status: Status
    stage: Stage
    lane: Lane
    created_at: str
    url: str | None = None
    rendition: Mapping[str, Any] | None = None
    group_id: str | None = None
    content_hash: str | None = None
    bytes: int | None = None
    object_key: str | None = None  # None: not here yet, or gone
    error: CheckError | None = None
    outcome: Outcome | None = None  # of the latest revision
    callback_url: str | None = None
    external_id: str | None = None
    policy_id: str | None = None
    item_id: str | None = None
    item_type: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Kept = Kept()
    started_at: str | None = None
    finished_at: str | None = None
    media_until: str | None = None
    media_gone_at: str | None = None
    record_until: str | None = None
    deleted_at: str | None = None
    evidence: tuple[Evidence, ...] = ()  # as it comes; of the latest revision once there is one
    revisions: tuple[Revision, ...] = ()  # oldest first
    pictures: tuple[CheckPicture, ...] = ()
    holds: tuple[Hold, ...] = ()  # also lifted ones

    @property
    def over(self) -> bool:
        """Whether nothing more is done for it."""
        return self.status in OVER

    @property
    def verdict(self) -> Verdict | None:
        """The latest."""
        return self.revisions[-1].verdict if self.revisions else None

    @property
    def progress(self) -> float:
        """How far it is, from 0 to 1, by its stages."""
        return 1.0 if self.over else STAGES.index(self.stage) / (len(STAGES) - 1)


@dataclass(frozen=True)
class Opened:
    """A check that was just laid, and the secret that lets whoever asked without a key delete it."""

    check: Check
    manage: str | None = field(default=None, repr=False)  # said once, and kept nowhere


@dataclass(frozen=True)
class Page:
    """Some checks, the last laid first and without their evidence, and where the list goes on."""

    checks: tuple[Check, ...]
    next: str | None = None  # the cursor of the page after; None: this is the last


@dataclass(frozen=True)
class Swept:
    """What a sweep found past its time, and took away."""

    media: int = 0
    records: int = 0
    uploads: int = 0
    stamps: int = 0
