"""The JSON of the Soft Binding Resolution API, in its own spelling. Knows shapes alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_TEXT = 256  # letters of a name of an algorithm
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]


class Match(BaseModel):
    """A manifest that a soft binding leads to."""

    manifestId: str
    similarityScore: int | None = Field(default=None, ge=0, le=100)


class Matches(BaseModel):
    """All that were found; none is an answer too."""

    matches: list[Match]


class Query(BaseModel):
    """A soft binding that is too large for a URL."""

    model_config = ConfigDict(strict=True)

    alg: Name
    value: str


class Reference(BaseModel):
    """Where an asset lies that is too large to be sent."""

    model_config = ConfigDict(strict=True)

    referenceUrl: str = Field(pattern=r"^https://")
    assetLength: int = Field(gt=0)
    assetType: Name | None = None
    region: None = None  # parts of an asset are not looked at


class Watermark(BaseModel):
    """A watermark by its name on the public list."""

    alg: str
    watermarks: list[str] = []  # the published schema asks each entry for a field of this name; it says nothing


class Fingerprint(BaseModel):
    """A fingerprint by its name on the public list."""

    alg: str


class Algorithms(BaseModel):
    """What may be asked for."""

    watermarks: list[Watermark]
    fingerprints: list[Fingerprint]


class Capabilities(BaseModel):
    """Which optional parts of the API are served here."""

    c2paSpecificationVersion: str
    supportedCapabilities: list[str]


class Status(BaseModel):
    """How the service is."""

    status: Literal["ok", "down"]
    timestamp: str


class Discovery(BaseModel):
    """Where the API lies on this host."""

    apiEndpoint: str
    c2paSpecificationVersion: str
    capabilitiesEndpoint: str
    statusEndpoint: str
