"""Messages as they come from brokers: Countermark's own form, and notifications of stores that speak as S3 does.

What is said in a message is a stranger's: it is held to its shape, and names only what the operator lets it name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from .. import fetch
from ..errors import NetworkRefused
from ..moderation import Item
from .roots import stored
from .values import Allowed, Arrival, Refused, Stored

MOST_BYTES = 1 << 20  # of a message
MOST_ITEM = 500
_CONFIRMS = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; after a backslash of its own it is five letters
_SAFE = "its text can't be kept: it holds NUL or broken letters"
Short = Annotated[str, StringConstraints(max_length=200)]
Words = Annotated[str, StringConstraints(max_length=1000)]
Whole = Annotated[int, Field(ge=-(1 << 53), le=1 << 53)]
Plain = (
    bool | Whole | Annotated[float, Field(allow_inf_nan=False)] | Words | Annotated[list[Words], Field(max_length=100)]
)
Taken = tuple[Arrival | Refused, ...]


class Message(BaseModel):
    """One submission, in version 1 of Countermark's own form."""

    model_config = ConfigDict(extra="forbid")

    countermark: Annotated[int, Field(strict=True, ge=1, le=1)]
    object: str | None = None  # URI, as it stands: s3://bucket/name
    version: Annotated[str, StringConstraints(max_length=1024)] = ""
    url: Annotated[str, StringConstraints(max_length=4096)] | None = None
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    item_id: (
        Annotated[str, StringConstraints(min_length=1, max_length=MOST_ITEM, pattern=r"^[^\x00-\x1f\x7f]+$")] | None
    ) = None
    item_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] | None = None
    name: Short = ""
    external_id: Short | None = None
    policy_id: Short | None = None
    metadata: dict[Short, Plain] = Field(default_factory=dict, max_length=32)

    @model_validator(mode="after")
    def _names_one_thing(self) -> Message:
        if (self.object is None) == (self.url is None):
            raise ValueError("one of object and url is checked")
        if (self.item_id is None) != (self.item_type is None):
            raise ValueError("an item is named by item_id and item_type, or by neither")
        return self


def read(raw: bytes, key: str, allowed: Allowed) -> Taken:
    """Read a message that its source calls `key`; what can't be read is one refusal, never an error."""
    if len(raw) > MOST_BYTES:
        return (Refused(key, f"it has more than {MOST_BYTES:,} bytes", raw),)
    plain = unwrapped(raw)
    if isinstance(plain, str):
        return (Refused(key, plain, raw),)
    if isinstance(plain.get("Records"), list):
        return tuple(notified(plain, key, allowed, raw))
    if plain.get("Event") == "s3:TestEvent":
        return ()
    return (_own(plain, key, allowed, raw),)


def unwrapped(raw: bytes | str) -> dict[str, Any] | str:
    """Read a JSON object, taken out of an envelope of Amazon's SNS where it is in one; or say why it can't be read."""
    try:
        plain = json.loads(raw)
        text = json.dumps(plain, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return _SAFE
    except (ValueError, RecursionError):
        return "it is no JSON that can be read"
    if _NUL.search(text):
        return _SAFE
    if not isinstance(plain, dict):
        return "it is no JSON object"
    if plain.get("Type") in _CONFIRMS:
        return "it asks to confirm a subscription, which is never done by itself: open its SubscribeURL yourself"
    if plain.get("Type") == "Notification" and isinstance(plain.get("Message"), str):
        return unwrapped(plain["Message"])
    return plain


def _own(plain: dict[str, Any], key: str, allowed: Allowed, raw: bytes) -> Arrival | Refused:
    try:
        said = Message.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"]) or "message"
        return Refused(key, f"{place}: {first['msg']}"[:300], raw)
    key = f"id:{said.id}" if said.id is not None else key
    media = stored(allowed, said.object, "", said.version) if said.object else _https(allowed, said.url or "")
    if isinstance(media, str) and not media.startswith("https://"):
        return Refused(key, media, raw)
    item = Item(said.item_id, said.item_type) if said.item_id and said.item_type else None
    return Arrival(key, media, item, said.name, said.external_id, said.policy_id, said.metadata)


def _https(allowed: Allowed, url: str) -> str:
    """Give the URL back, or say why it is not fetched."""
    if not allowed.https:
        return "it names a URL, and this source may tell of objects alone"
    if not url.startswith("https://"):
        return "only https:// is fetched for a stream"
    try:
        fetch.checked(url)
    except NetworkRefused:
        return "its URL is none that is fetched"
    return url


# Notifications -------------------------------------------------------------------------------------------------------


def notified(plain: dict[str, Any], key: str, allowed: Allowed, raw: bytes = b"") -> Iterator[Arrival | Refused]:
    """Read what a store tells of its objects; of all that may happen to them, those that were made count."""
    for number, record in enumerate(plain["Records"]):
        one = f"{key}.{number}"
        try:
            event, told = record["eventName"], record["s3"]
            bucket, thing = told["bucket"]["name"], told["object"]
            name, size = unquote_plus(thing["key"], errors="strict"), thing.get("size")
            marks = [thing.get(word) or "" for word in ("versionId", "eTag", "sequencer")]
            if not all(isinstance(word, str) for word in (event, bucket, name, *marks)):
                raise TypeError
        except (LookupError, TypeError, AttributeError, ValueError):
            yield Refused(one, "it is no notification of a store: bucket, key or eventName is missing", raw)
            continue
        if event.removeprefix("s3:").startswith("ObjectCreated:") and not (name.endswith("/") and not size):
            yield _made(one, bucket, name, marks, allowed, raw)


def _made(one: str, bucket: str, name: str, marks: list[str], allowed: Allowed, raw: bytes) -> Arrival | Refused:
    version, tag, sequence = marks[0] if marks[0] != "null" else "", marks[1].strip('"'), marks[2]
    mark = version or ".".join(one for one in (tag, sequence) if one)  # the same bytes may come back after others
    key = f"{bucket}/{name}/{mark}" if mark else one
    found = stored(allowed, f"s3://{bucket}/{name}", "" if version else tag, version)
    if isinstance(found, str):
        return Refused(key, found, raw)
    return of_object(key, found, allowed)


def of_object(key: str, found: Stored, allowed: Allowed) -> Arrival:
    """Make the arrival of an object of which nobody says more: it is its own item."""
    id = found.url if len(found.url) <= MOST_ITEM else hashlib.sha256(found.url.encode()).hexdigest()
    return Arrival(key, found, Item(id, allowed.item_type))
