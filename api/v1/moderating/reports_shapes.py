"""The JSON of notices and of what their sides are told, and its examples. Knows shapes; asks nobody."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, model_validator

from ....moderation.people import Contact, Notice, Place, Report, Told
from ....moderation.people.values import NoticeKind, Side, ToldKind
from ..examples import AT
from ..shapes import Taken
from .decisions_shapes import ItemShown

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=500)]
ItemType = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Line = Annotated[str, StringConstraints(max_length=320)]
_Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]

NOTICE_ID = "ntc_k5zq3v7w2m4x6yaabcdefghij2"
REVIEW_ID = "rvw_k5zq3v7w2m4x6yaabcdefghij2"
REPORT: dict[str, Any] = {
    **{"item_id": "post/4711", "item_type": "video", "kind": "article_16", "category": "deepfake"},
    **{"explanation": "This is my face, and I was never there.", "good_faith": True},
    "place": {"urls": ["https://platform.example/p/4711"], "seconds": [[12.0, 19.5]]},
    "contact": {"name": "Zoe Example", "email": "zoe@mail.example"},
}
NOTICE: dict[str, Any] = {
    **{"id": NOTICE_ID, "review_id": REVIEW_ID, "item": {"id": "post/4711", "type": "video"}, "made_at": AT},
    **{name: REPORT[name] for name in ("kind", "category", "explanation", "good_faith", "place")},
    **{"full": True, "missing": []},
}
RECEIVED = {**NOTICE, "again": False}
TOLD: dict[str, Any] = {
    **{"id": "tld_k5zq3v7w2m4x6yaabcdefghij2", "side": "reporter", "of": NOTICE_ID, "about": NOTICE_ID},
    **{"item": NOTICE["item"], "kind": "notice.received", "words": f"Your report {NOTICE_ID} has come in."},
    **{"redress": "Nothing is decided yet. You will be told what is, and how you can object to it."},
    **{"made_at": AT, "due_at": AT, "sent_at": None},
}
OWED = {**TOLD, "contact": {"name": "Zoe Example", "email": "zoe@mail.example", "account": ""}}


class ContactGiven(Taken):
    """Who reports or appeals; it is kept apart from what they say, and can be erased."""

    name: _Line = ""
    email: _Line = ""
    account: _Line = Field(default="", description="as your platform names it")


class PersonAsked(ContactGiven):
    """Who is to be forgotten: by the account, or else by the e-mail, that they left."""

    @model_validator(mode="after")
    def _known(self) -> PersonAsked:
        if not contact(self).known:
            raise ValueError("say email or account")
        return self


class Erased(BaseModel):
    """In how many notices and appeals somebody was forgotten."""

    count: int


class PlaceGiven(Taken):
    """Where what is reported is to be found."""

    urls: list[Annotated[str, StringConstraints(min_length=1, max_length=2000)]] = Field(default=[], max_length=50)
    seconds: list[tuple[_Seconds, _Seconds]] = Field(default=[], max_length=50, description="from, to")


class ReportAsked(Taken):
    """What somebody says of an item."""

    item_id: ItemId
    item_type: ItemType
    kind: NoticeKind = Field(
        default="article_16",
        description="trusted_flagger and own_initiative take the scope reviews:write besides",
    )
    category: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(description="deepfake, fraud, …")
    explanation: Annotated[str, StringConstraints(max_length=10_000)] = Field(default="", description="why")
    place: PlaceGiven = PlaceGiven()
    good_faith: bool = Field(default=False, description="they state that what they say is right and complete")
    contact: ContactGiven = ContactGiven()


class PlaceShown(BaseModel):
    """Where what is reported is to be found."""

    urls: list[str]
    seconds: list[tuple[float, float]]


class NoticeShown(BaseModel):
    """A report as it is kept, without who made it."""

    id: str
    review_id: str = Field(description="the review in which people look at it")
    item: ItemShown
    kind: NoticeKind
    category: str
    explanation: str
    place: PlaceShown
    good_faith: bool
    full: bool = Field(description="it has all that article 16 asks of a notice")
    missing: list[str] = Field(description="what it lacks for that, in words")
    made_at: str


class NoticeReceived(NoticeShown):
    """A report that came in."""

    again: bool = Field(description="this reporter had sent it before; it was mended where it lacks less now")


class NoticesShown(BaseModel):
    """Reports, the last made first."""

    reports: list[NoticeShown]
    next: str | None = Field(description="the cursor of the next page; null: there is none")


class ContactShown(BaseModel):
    """Who it is for."""

    name: str
    email: str
    account: str


class ToldShown(BaseModel):
    """What one side is, or was, to be told."""

    id: str
    side: Side
    of: str | None = Field(description="the notice or appeal whose sender is told; null: the item's uploader")
    about: str = Field(description="a notice, a decision or an appeal")
    item: ItemShown
    kind: ToldKind
    words: str
    redress: str = Field(description="what they can do about it")
    made_at: str
    due_at: str | None = Field(description="not before; null: they were told, or it was undone")
    sent_at: str | None


class Owed(ToldShown):
    """What somebody is to be told, and whom to tell."""

    contact: ContactShown | None = Field(
        description="null where `of` is: the uploader, whom your platform knows;"
        " null elsewhere: they asked to be forgotten, or you lack the scope provenance:personal"
    )


class AllTold(BaseModel):
    """What both sides are, or were, to be told, oldest first."""

    told: list[ToldShown]


class AllOwed(BaseModel):
    """What is to be told by now, the longest due first."""

    told: list[Owed]
    next: str | None = Field(description="the cursor of the next page; null: there is none")


def report(asked: ReportAsked) -> Report:
    """Give what was sent as the room takes it."""
    place = Place(tuple(asked.place.urls), tuple(asked.place.seconds))
    by = contact(asked.contact)
    return Report(asked.kind, asked.category, asked.explanation, place, asked.good_faith, by)


def contact(given: ContactGiven) -> Contact:
    """Give who it is from."""
    return Contact(given.name, given.email, given.account)


def notice(one: Notice) -> NoticeShown:
    """Give a notice."""
    return NoticeShown(**_notice(one))


def received(one: Notice, again: bool) -> NoticeReceived:
    """Give a notice that came in."""
    return NoticeReceived(**_notice(one), again=again)


def _notice(one: Notice) -> dict[str, Any]:
    names = ("id", "review_id", "kind", "category", "explanation", "good_faith", "full", "made_at")
    return {
        **{name: getattr(one, name) for name in names},
        "item": ItemShown(id=one.item.id, type=one.item.type_id),
        "place": PlaceShown(urls=list(one.place.urls), seconds=list(one.place.seconds)),
        "missing": list(one.missing),
    }


def told(one: Told) -> ToldShown:
    """Give what somebody is told."""
    return ToldShown(**_told(one))


def owed(one: Told, to: Contact | None) -> Owed:
    """Give what is to be told, and to whom."""
    shown = None if to is None else ContactShown(name=to.name, email=to.email, account=to.account)
    return Owed(**_told(one), contact=shown)


def _told(one: Told) -> dict[str, Any]:
    names = ("id", "side", "of", "about", "kind", "words", "redress", "made_at", "due_at", "sent_at")
    item = ItemShown(id=one.item.id, type=one.item.type_id)
    return {**{name: getattr(one, name) for name in names}, "item": item}
