"""The JSON of banks, and its examples. Knows shapes; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, model_validator

from ....moderation.banks import Algorithm, Bank, BankContent, BankMatch, Opinion, Signals, vpdq
from ....moderation.banks import exchange as forms
from ..examples import AT, CHECK_ID, DIGEST
from ..shapes import Short, Taken

NAME = r"^[A-Z][A-Z0-9_]{0,63}$"
CONTENT_ID = "bcn_k5zq3v7w2m4x6yaabcdefghij2"
HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
MOST_SIGNAL = 1 << 20  # letters of what stands in JSON; an import takes longer ones
Signal = Annotated[str, StringConstraints(min_length=1, max_length=MOST_SIGNAL)]
Note = Annotated[str, StringConstraints(max_length=500)]

BANK_WISH: dict[str, Any] = {"name": "TAKEN_DOWN", "restricted": False, "enabled_share": 1.0}
BANK: dict[str, Any] = {**BANK_WISH, "created_at": AT}
BANK_CHANGE: dict[str, Any] = {"enabled_share": 0.5}
CONTENT_WISH: dict[str, Any] = {"signals": {"video_sha256": DIGEST, "pdq": HASH}, "note": "case 7"}
CONTENT: dict[str, Any] = {
    **{"id": CONTENT_ID, "number": 1, "signals": CONTENT_WISH["signals"], "opinion": "POSITIVE_CLASS"},
    **{"note": "case 7", "check_id": None, "added_at": AT, "disabled_at": None},
}
CONTENT_CHANGE: dict[str, Any] = {"opinion": "DISPUTED", "disabled": True}
LOOKUP: dict[str, Any] = {"signals": {"video_sha256": DIGEST}}
MATCH: dict[str, Any] = {
    **{"bank": "TAKEN_DOWN", "restricted": False, "content_id": CONTENT_ID, "number": 1, "opinion": "POSITIVE_CLASS"},
    **{"note": "case 7", "algorithm": "vpdq", "distance": 12, "share": 0.9, "share_of_content": 0.8},
    **{"compare": f"check:{CHECK_ID}", "spans": [{"copy": [0.0, 4.0], "content": [2.0, 6.0]}]},
}


class BankWish(Taken):
    """A bank that is to be made."""

    name: Annotated[str, StringConstraints(pattern=NAME)] = Field(description="capitals, digits and _")
    restricted: bool = Field(default=False, description="a match closes the media to all but a restricted queue")
    enabled_share: float = Field(default=1.0, ge=0, le=1, description="of what is looked up, how much is held to it")


class BankChange(Taken):
    """What is to be otherwise of a bank from now on."""

    restricted: bool | None = None
    enabled_share: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _says_something(self) -> BankChange:
        if not self.model_fields_set:
            raise ValueError("say restricted, enabled_share or both")
        return self


class BankShown(BaseModel):
    """A bank."""

    name: str
    restricted: bool
    enabled_share: float
    created_at: str


class BanksShown(BaseModel):
    """The banks of a tenant, by name."""

    banks: list[BankShown]


class SignalsGiven(Taken):
    """What a content is known by, each in the form of exchange files."""

    video_sha256: Signal | None = Field(default=None, description="SHA-256 of the file")
    pdq: Signal | None = Field(default=None, description="PDQ of a picture")
    vpdq: Signal | list[Short] | None = Field(default=None, description='frames of a video: ["hash,quality,seconds"]')


class Named(Taken):
    """A content: by its signals, or as a past check saw it."""

    signals: SignalsGiven | None = None
    check_id: Short | None = Field(default=None, description="a past check")

    @model_validator(mode="after")
    def _one_of_them(self) -> Named:
        if (self.signals is None) == (self.check_id is None):
            raise ValueError("say one of signals and check_id")
        if self.signals is not None and not any(self.signals.model_dump().values()):
            raise ValueError("signals names none: say video_sha256, pdq or vpdq")
        return self


class ContentWish(Named):
    """A content that is to go into a bank."""

    opinion: Opinion = "POSITIVE_CLASS"
    note: Note = ""


class ContentChange(Taken):
    """What is to be otherwise of a content from now on."""

    opinion: Opinion | None = None
    disabled: bool | None = Field(default=None, description="true: it matches nothing until it is enabled")

    @model_validator(mode="after")
    def _says_something(self) -> ContentChange:
        if self.opinion is None and self.disabled is None:
            raise ValueError("say opinion, disabled or both")
        return self


class ContentShown(BaseModel):
    """A content of a bank."""

    id: str
    number: int = Field(description="within its bank; the id that HMA's forms give")
    signals: dict[str, str] = Field(description="by type, as exchange files have them")
    opinion: Opinion
    note: str
    check_id: str | None = Field(description="that it came from")
    added_at: str
    disabled_at: str | None


class ContentsShown(BaseModel):
    """A page of a bank's contents, by number."""

    contents: list[ContentShown]
    next: int | None = Field(description="`after` of the next page; null: there is none")


class ImportShown(BaseModel):
    """What came of an exchange file."""

    added: int
    known: int = Field(description="in the bank before, or twice in the file")


class SpansShown(BaseModel):
    """Seconds of both sides that show the same."""

    copy_: tuple[float, float] = Field(alias="copy", description="of what was looked up")
    content: tuple[float, float] = Field(description="of the known content")


class MatchShown(BaseModel):
    """That something is like a known content. Nothing else follows from it."""

    bank: str
    restricted: bool
    content_id: str
    number: int
    opinion: Opinion = Field(description="of the known content")
    note: str
    algorithm: Algorithm
    distance: int = Field(description="bits of 256; of a video, the median over its frames that match")
    share: float = Field(description="of the frames that were looked up")
    share_of_content: float
    compare: str = Field(description="what to hold it to, to see what was changed: check:ID, or content:ID")
    spans: list[SpansShown]


class MatchesShown(BaseModel):
    """What the banks know that is like it, the likest of each bank first."""

    matches: list[MatchShown]


class ClosedShown(BaseModel):
    """A check whose media is for a restricted queue alone, and what it is like."""

    check_id: str
    matches: list[MatchShown]


class QuarantineShown(BaseModel):
    """A page of checks whose media is closed, by id."""

    checks: list[ClosedShown]
    next: str | None = Field(description="`after` of the next page; null: there is none")


class OpenedShown(BaseModel):
    """That media was opened again."""

    check_id: str
    closed: bool


def signals_of(given: SignalsGiven) -> Signals:
    """Read signals; SignalUnfit says what is wrong with one."""
    found = Signals()
    for kind, said in given.model_dump(exclude_none=True).items():
        if isinstance(said, list):
            one = Signals(vpdq=vpdq.frames_of(said))
        else:
            one = forms.signals(kind, said)
        found = Signals(one.sha256 or found.sha256, one.pdq or found.pdq, one.vpdq or found.vpdq)
    return found


def bank(one: Bank) -> BankShown:
    """Show a bank."""
    return BankShown(
        name=one.name, restricted=one.restricted, enabled_share=one.enabled_share, created_at=one.created_at
    )


def content(one: BankContent) -> ContentShown:
    """Show a content."""
    return ContentShown(**{**vars(one), "signals": forms.plain(one.signals)})


def matches(found: Iterable[BankMatch]) -> list[MatchShown]:
    """Show matches."""
    return [MatchShown(**{**_plain(one), "spans": _spans(one)}) for one in found]


def _plain(one: BankMatch) -> dict[str, Any]:
    return {name: getattr(one, name) for name in MatchShown.model_fields if name != "spans"}


def _spans(one: BankMatch) -> list[SpansShown]:
    pairs = (
        {"copy": (both.copy.start_s, both.copy.end_s), "content": (both.original.start_s, both.original.end_s)}
        for both in one.spans
    )
    return [SpansShown.model_validate(pair) for pair in pairs]
