"""What is found behind a URL, and who finds it. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from ..fetch import Fetched


@dataclass(frozen=True)
class Rendition:
    """One media behind a URL, and which of its files is to be brought: what is recorded with a check."""

    url: str  # that was asked about
    found_by: Literal["direct", "yt-dlp"]
    version: str = ""  # of whoever found it
    extractor: str = ""  # that knows the site
    media_id: str = ""  # as the site names it
    title: str = ""
    number: int = 1  # of several in one post
    count: int = 1
    format_id: str = ""  # which of the files that the site has of it
    container: str = ""
    protocol: str = ""
    video_codec: str = ""
    audio_codec: str = ""  # "none": it comes without sound
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    bytes: int | None = None  # as the site says, or about so many
    duration_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, without what is not known."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Rendition:
        """Rebuild from plain values; ValueError where they are those of no rendition."""
        from pydantic import TypeAdapter

        return TypeAdapter(cls).validate_python(dict(values))


class Resolver(Protocol):
    """Finds media behind a URL, and brings it."""

    def resolve(self, url: str) -> tuple[Rendition, ...]:
        """Find what there is, one for each media; PostUnresolved where there is none."""
        ...

    def bring(self, rendition: Rendition, folder: Path) -> Fetched:
        """Bring one of them into a folder, under a name of ours; whole, or not at all."""
        ...
