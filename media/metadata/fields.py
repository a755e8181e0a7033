"""What a file says in its metadata, and what is written into one. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What stays of a source's metadata. labels: what says something of the work, and what declares AI; all: what says
# something of a person, a place or a device too.
Keep = Literal["labels", "all", "none"]
MOST_VALUE_BYTES = 1 << 20  # of one field; of what is longer, the start is kept


@dataclass(frozen=True)
class Field:
    """One field as it stands in a file."""

    place: str  # the way to it in the container: "moov/udta/meta/keys", "uuid", "Segment/Tags", "GIF comment" ...
    name: str  # its own name: "AIGC", "title", "XMP", "prompt" ...
    value: bytes
    cut: bool = False  # it is longer than what is kept here

    def __repr__(self) -> str:
        """Sizes, not values: these may be personal."""
        return f"Field({self.place!r}, {self.name!r}, {len(self.value)} bytes{', cut' if self.cut else ''})"


@dataclass(frozen=True)
class Metadata:
    """All fields that were found within bounds, in the order of the file; the same name may stand more than once."""

    fields: tuple[Field, ...] = ()
    problems: tuple[str, ...] = ()  # what could not be followed, in plain words


@dataclass(frozen=True)
class FileLabels:
    """Labels to be written into a file: each stands there once, in place of what its source had under that name."""

    tags: tuple[tuple[str, str], ...] = ()  # under exactly these names; an empty value: what stood there goes
    xmp: bytes = b""  # a whole packet; only mp4 and mov have a place for it

    def __repr__(self) -> str:
        """Names, not values."""
        return f"FileLabels({', '.join(name for name, _ in self.tags)}; {len(self.xmp)} bytes of XMP)"
