"""What comes in by a stream, as values: arrivals, refusals, batches; and what a source of them can do. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..moderation import Item


@dataclass(frozen=True)
class Stored:
    """An object below a root that the operator has named."""

    root: str
    name: str
    tag: str = ""  # that it must still have
    version: str = ""

    @property
    def url(self) -> str:
        """Where it lies, for people."""
        return f"{self.root}/{self.name}"


@dataclass(frozen=True)
class Arrival:
    """One submission that a source tells of, perhaps not for the first time."""

    key: str  # what it is called in its source, for good: the same key is the same submission
    media: Stored | str  # an object, or an https URL
    item: Item | None = None
    name: str = ""
    external_id: str | None = None
    policy_id: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """What came and can't be taken, with the reason; it holds up nothing that comes after it."""

    key: str
    reason: str
    raw: bytes = field(default=b"", repr=False)  # as it came, for whoever collects such


@dataclass(frozen=True)
class Batch:
    """What a source gave at once, in its order."""

    arrived: tuple[Arrival | Refused, ...]
    position: str  # how far the source is after it, in its own words


@dataclass(frozen=True)
class Allowed:
    """What the operator lets a source tell of, and what is said of all that it tells of."""

    roots: tuple[str, ...] = ()  # s3://bucket/prefix and the like
    https: bool = False
    item_type: str = "object"  # of objects of which nobody says more


class Source(Protocol):
    """Where arrivals come from. Whatever was not acknowledged comes again."""

    @property
    def name(self) -> str:
        """What it is called: part of each arrival's key, and what two listeners of one source share."""
        ...

    @property
    def dry(self) -> bool:
        """Whether all that lay there when it was last read has been given."""
        ...

    @property
    def left(self) -> str:
        """What was passed over for now, in words; empty: nothing was."""
        ...

    def read(self, wait_s: float, most: int) -> Batch | None:
        """Give what has come, after so many seconds at most; None where nothing has."""
        ...

    def acknowledge(self, batch: Batch) -> None:
        """Note that all of a batch is laid down for good."""
        ...

    def idle(self) -> None:
        """Keep the place among other listeners while nothing is read, since there is too much to do already."""
        ...

    def close(self) -> None:
        """Let go; what was read and not acknowledged comes again."""
        ...
