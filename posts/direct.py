"""URLs that name media itself. A page is told from it by its first bytes, before anything is brought."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from ..errors import PostUnresolved
from ..fetch import SUFFIXES, Fetched, Guard, fetch
from ..fetch.connection import Deadline, Request, answered
from ..settings import Limits
from .values import Rendition

_ACCEPT = "video/*, */*;q=0.5"
_ADVICE = "the address answers too slowly; download the file and upload it"
_TEXTS = (
    "text/",
    "application/json",
    "application/xhtml",
    "application/xml",
    "application/pdf",
    "application/javascript",
)
_PICTURES = "image/"
_MARKUP = re.compile(rb"\s*(<!doctype|<html|<head|<body|<\?xml|<script|<!--|\{|\[)", re.IGNORECASE)
_MEDIA = re.compile(  # ISO media, Matroska, AVI, GIF, FLV, MPEG
    rb"....(ftyp|moov|mdat|wide|free|styp|sidx)|\x1aE\xdf\xa3|RIFF....AVI |GIF8|FLV\x01|\0\0\x01[\xb3\xba]|G.{187}G",
    re.DOTALL,
)


class Direct:
    """Takes the URL for the address of a file."""

    def __init__(self, limits: Limits, guard: Guard) -> None:
        """Take limits, and which addresses may be asked."""
        self._limits, self._guard = limits, guard

    def resolve(self, url: str) -> tuple[Rendition, ...]:
        """Look at the first bytes of what it names."""
        with (
            closing(Deadline(self._limits.fetch_s, _ADVICE, paced=True)) as deadline,
            answered(url, Request(_ACCEPT), lambda parts: self._guard, deadline) as answer,
        ):
            first = next(answer.chunks(self._limits.fetch_bytes, _ADVICE), b"")
            kind, promised = answer.content_type or "", answer.response.headers.get("Content-Length", "")
        plain = kind.partition(";")[0].strip()
        if not first:
            raise PostUnresolved(f"{url[:200]} names an empty file")
        if not _is_media(plain, first):
            raise PostUnresolved(f"{url[:200]} names a page or a document ({plain or 'of no type'}), no video")
        size = int(promised) if promised.isascii() and promised.isdigit() else None
        return (Rendition(url, "direct", container=SUFFIXES.get(plain, "").lstrip("."), bytes=size),)

    def bring(self, rendition: Rendition, folder: Path) -> Fetched:
        """Bring the file."""
        return fetch(rendition.url, folder, self._limits, guard=self._guard)


def _is_media(kind: str, first: bytes) -> bool:
    """Believe the bytes first, then the type that the server gives; what neither names may still be video."""
    if _MEDIA.match(first):
        return True
    is_text = kind.startswith(_TEXTS) or (kind.startswith(_PICTURES) and kind not in SUFFIXES)
    return not is_text and not _MARKUP.match(first[:512])
