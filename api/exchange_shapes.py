"""The JSON of Hasher-Matcher-Actioner's forms, and its examples. Knows shapes; asks nobody."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from ..moderation.banks import Bank
from .v1.examples import DIGEST
from .v1.moderating.banks_shapes import HASH, NAME
from .v1.shapes import Taken

HASHES: dict[str, str] = {"video_sha256": DIGEST, "vpdq": f'["{HASH},100,0.04"]'}
LOOKED_UP: dict[str, Any] = {"TAKEN_DOWN": [{"bank_content_id": 1, "distance": "12"}]}
BANK: dict[str, Any] = {"name": "TAKEN_DOWN", "matching_enabled_ratio": 1.0}
BANK_WISH: dict[str, Any] = {"name": "PARTNER_7", "enabled_ratio": 1.0}
BANKED: dict[str, Any] = {"id": 1, "signals": {"pdq": HASH}}


class BankWish(Taken):
    """A bank that is to be made."""

    name: Annotated[str, StringConstraints(pattern=NAME)]
    enabled: bool | None = None
    enabled_ratio: float | None = Field(default=None, ge=0, le=1)


class BankChange(Taken):
    """What is to be otherwise of a bank."""

    enabled: bool | None = None
    enabled_ratio: float | None = Field(default=None, ge=0, le=1)


class BankShown(BaseModel):
    """A bank."""

    name: str
    matching_enabled_ratio: float


class Banked(BaseModel):
    """A content that is in a bank."""

    id: int = Field(description="within its bank")
    signals: dict[str, str]


class Match(BaseModel):
    """A content that is like what was looked up."""

    bank_content_id: int
    distance: str = Field(description="in the words of the threatexchange package")


class Known(BaseModel):
    """A type of signal."""

    name: str
    enabled_ratio: float


class Gone(BaseModel):
    """How many contents were taken away."""

    deleted: int


class Done(BaseModel):
    """That something was done."""

    message: str


def share(asked: BankWish | BankChange) -> float | None:
    """Give how much is held to a bank; the ratio counts before the switch, and neither leaves it as it is."""
    if asked.enabled_ratio is None and asked.enabled is not None:
        return float(asked.enabled)
    return asked.enabled_ratio


def bank(one: Bank) -> BankShown:
    """Show a bank."""
    return BankShown(name=one.name, matching_enabled_ratio=one.enabled_share)
