"""The JSON of version 1: what is answered, and what is taken in. Knows shapes; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from ...docket import (
    Check,
    CheckEvent,
    CheckPicture,
    Lane,
    Revision,
    Source,
    Stage,
    Status,
    times,
)
from ...evidence import Evidence
from ...settings import Settings
from ...verdict import Outcome, Verdict
from ..links import Links

MOST_NUMBER = (1 << 31) - 1  # that every database counts to
DEEPEST = 32  # values inside one another that are taken in
MOST_METADATA = 32  # names; what is sent along is the sender's own, and comes back as it was
Short = Annotated[str, StringConstraints(max_length=200)]
# Of an item, as its platform names it: addresses hold both, so that no letter may stand in them that these refuse.
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
ItemType = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Words = Annotated[str, StringConstraints(max_length=1000)]
Whole = Annotated[int, Field(ge=-(1 << 53), le=1 << 53)]
Number = Annotated[float, Field(allow_inf_nan=False)]
# What a platform says of account and upload; conditions of policies ask for it as `uploader.NAME`.
Said = bool | Whole | Number | Words | Annotated[list[Words], Field(max_length=100)]
Time = Annotated[AwareDatetime, AfterValidator(lambda at: _in_range(at)), PlainSerializer(times.written)]
Note = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]
Url = Annotated[str, StringConstraints(max_length=4096)]

EXAMINERS = ("container", "credentials", "declarations", "watermark", "fingerprint", "detector")  # in their order


def _in_range(at: datetime) -> datetime:
    if not 1970 <= at.year <= 9000:
        raise ValueError("this is a time of the years 1970 to 9000")
    return at


# What is taken in ----------------------------------------------------------------------------------------------------


class Taken(BaseModel):
    """What is taken in from strangers: nothing that has another name, and no text that a database refuses."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _holds_no_nul(cls, given: Any) -> Any:
        level, depth = [given], 0
        while level:
            if any(isinstance(one, str) and "\0" in one for one in level):
                raise ValueError("a text holds the letter NUL; leave it out")
            if depth > DEEPEST:
                raise ValueError(f"more than {DEEPEST} values lie inside one another")
            level, depth = [inner for one in level for inner in _within(one)], depth + 1
        return given


def _within(given: Any) -> Iterable[Any]:
    if isinstance(given, dict):
        return (*given, *given.values())
    return given if isinstance(given, list) else ()


class Retention(Taken):
    """How long to keep things after the result; what is longer than the service's own time is cut to that."""

    media_s: float | None = Field(default=None, ge=0, le=1e9)
    record_days: float | None = Field(default=None, gt=0, le=1e5)


class CheckAsked(Taken):
    """What may be asked of a check, whichever way its media comes."""

    url: Url | None = Field(default=None, description="where the media lies: a file, or a post if the operator lets")
    upload_id: Short | None = Field(default=None, description="an upload that is whole: /v1/uploads")
    name: Short | None = Field(default=None, description="of the file; shown, and nothing else")
    policy_id: Short | None = Field(
        default=None, description="by which is decided about its item; without one, by all that are for everything"
    )
    item_id: ItemId | None = Field(default=None, description="of what is checked, as your platform names it")
    item_type: ItemType | None = Field(default=None, description="of the item; both or neither, and they take a key")
    callback_url: Url | None = Field(default=None, description="is told when the check is over (docs/service.md)")
    external_id: Short | None = Field(default=None, description="the sender's own id of the media")
    metadata: dict[Short, Said] = Field(
        default_factory=dict,
        max_length=MOST_METADATA,
        description="of the sender; given back as it is, and what policies ask of an item as `uploader.NAME`",
    )
    retention: Retention = Retention()
    lane: Lane = Field(default="live", description="bulk: after all that is live; takes a key")

    @model_validator(mode="after")
    def _names_an_item_whole(self) -> CheckAsked:
        if (self.item_id is None) != (self.item_type is None):
            raise ValueError("an item is named by item_id and item_type; send both, or neither")
        return self


# What is answered ----------------------------------------------------------------------------------------------------


class Operator(BaseModel):
    """Who runs the service."""

    name: str
    contact: str
    terms_url: str
    privacy_url: str


class Told(BaseModel):
    """Why there is no verdict."""

    type: str
    message: str
    advice: str


class PictureShown(BaseModel):
    """A picture that lives with the record, behind a link made for this answer."""

    name: str
    kind: Literal["key_frame", "heat_map", "changes"]
    seconds: float
    words: str
    url: str
    expires_at: str


class RevisionShown(BaseModel):
    """One verdict of a check, in short."""

    number: int
    at: str
    who: str
    why: Literal["first", "human", "revoked", "model", "trust"]
    note: str
    outcome: Outcome
    reasons: list[str]
    versions: dict[str, str]


class RevisionWhole(RevisionShown):
    """One verdict of a check, with all that it rests on."""

    verdict: Verdict


class Result(BaseModel):
    """The latest verdict, as `countermark verify --json` says it."""

    revision: int
    at: str
    verdict: Verdict


class Kept(BaseModel):
    """Until when things are kept."""

    media_until: str | None
    media_gone_at: str | None
    record_until: str | None
    held: bool = Field(description="a hold stands: nothing is taken away")


class CheckListed(BaseModel):
    """A check as a list shows it."""

    id: str
    status: Status
    stage: Stage
    progress: float
    outcome: Outcome | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    source: Source
    name: str
    url: str | None
    lane: Lane
    group_id: str | None = Field(description="checks of one post share it")
    external_id: str | None
    policy_id: str | None
    item_id: str | None
    item_type: str | None
    metadata: dict[str, Any]
    content_hash: str | None
    bytes: int | None


class CheckShown(CheckListed):
    """A check as it stands."""

    pending: list[str] = Field(description="examiners that have not said anything yet")
    evidence: list[Evidence] = Field(description="so far; once there is a result, its verdict has it")
    result: Result | None
    error: Told | None
    revisions: list[RevisionShown] = Field(description="oldest first; the last one is the result")
    pictures: list[PictureShown]
    rendition: dict[str, Any] | None = Field(description="which of several was fetched")
    limitations: list[str]
    versions: dict[str, str]
    retention: Kept
    operator: Operator


class CheckOpened(CheckListed):
    """A check that was just laid."""

    manage: str | None = Field(
        default=None, description="lets whoever asked without a key cancel and delete it: X-Manage-Token; said once"
    )


class Checks(BaseModel):
    """A page of checks, the last laid first."""

    checks: list[CheckListed]
    next: str | None = Field(description="the cursor of the next page; null: there is none")


class CheckGone(BaseModel):
    """What is left of a check that was deleted, or whose time was over."""

    id: str
    created_at: str
    finished_at: str | None
    deleted_at: str | None
    content_hash: str | None


# From values to shapes -----------------------------------------------------------------------------------------------


def listed(check: Check) -> dict[str, Any]:
    """Give what a list shows of a check."""
    plain = {name: getattr(check, name) for name in CheckListed.model_fields if name != "metadata"}
    return {**plain, "metadata": dict(check.metadata)}


def shown(check: Check, options: Settings, links: Links, now: float) -> CheckShown:
    """Give a check as it stands; the caller has taken out what is personal."""
    latest = check.revisions[-1] if check.revisions else None
    return CheckShown(
        **listed(check),
        pending=pending(check, options),
        evidence=[] if latest else list(check.evidence),
        result=Result(revision=latest.number, at=latest.at, verdict=latest.verdict) if latest else None,
        error=Told(**vars(check.error)) if check.error else None,
        revisions=[revision(one) for one in check.revisions],
        pictures=[picture(check.id, one, links, now) for one in check.pictures],
        rendition=None if check.rendition is None else dict(check.rendition),
        limitations=list(limitations(check)),
        versions=dict(latest.versions) if latest else {},
        retention=Kept(
            media_until=check.media_until,
            media_gone_at=check.media_gone_at,
            record_until=check.record_until,
            held=any(hold.lifted_at is None for hold in check.holds),
        ),
        operator=operator(options),
    )


def revision(one: Revision) -> RevisionShown:
    """Give a revision in short."""
    return RevisionShown(**_revision(one))


def revision_whole(one: Revision) -> RevisionWhole:
    """Give a revision with its verdict."""
    return RevisionWhole(**_revision(one), verdict=one.verdict)


def _revision(one: Revision) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("number", "at", "who", "why", "note")}
    said = {"outcome": one.verdict.outcome, "reasons": list(one.verdict.reasons)}
    return {**plain, **said, "versions": dict(one.versions)}


def picture(check_id: str, one: CheckPicture, links: Links, now: float) -> PictureShown:
    """Give a picture with a link that holds for a short time."""
    link = links.made(picture_path(check_id, one.name), now)
    until = datetime.fromtimestamp(link.until, UTC).isoformat(timespec="seconds")
    return PictureShown(
        name=one.name, kind=one.kind, seconds=one.seconds, words=one.words, url=link.path, expires_at=until
    )


def picture_path(check_id: str, name: str) -> str:
    """Say where a picture is served, before its link is signed."""
    return f"/v1/checks/{check_id}/pictures/{name}"


def operator(options: Settings) -> Operator:
    """Say who runs the service."""
    ours = options.service
    return Operator(
        name=ours.operator, contact=ours.operator_contact, terms_url=ours.terms_url, privacy_url=ours.privacy_url
    )


def gone(check: Check) -> CheckGone:
    """Give what a tombstone says."""
    return CheckGone(**{name: getattr(check, name) for name in CheckGone.model_fields})


def event(one: CheckEvent) -> dict[str, Any]:
    """Give what an event says, without who brought it about."""
    return {"at": one.at, **{name: value for name, value in one.body.items() if name != "who"}}


def pending(check: Check, options: Settings) -> list[str]:
    """Name the examiners that are still to speak."""
    if check.over:
        return []
    asked = EXAMINERS if options.detector != "never" else EXAMINERS[:-1]
    said = {one.examiner for one in check.evidence}
    return [name for name in asked if name not in said]


def limitations(check: Check) -> tuple[str, ...]:
    """Say what a reader must not take the result for."""
    verdict = check.verdict
    if verdict is None:
        return ()
    general = _LIMITS.get(verdict.sureness, ())
    return (*general, *(f"not looked at: {what}" for what in verdict.not_looked_at))


_LIMITS: dict[str, tuple[str, ...]] = {
    "likely": ("this rests on statistics, which can be wrong: the rate of false alarms stands with the reasons",),
    "claimed": ("this is somebody's word, which nothing proves",),
    "unknown": ("that nothing was found proves nothing: neither that it is real nor that it is not",),
}
