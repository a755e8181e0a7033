"""Pictures and clips on their way to a service: whole files, of kinds that services take, not larger than they take.

A picture is decoded once before it goes: what is broken is found before anything is paid.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputUnfit
from ...settings import Settings
from ..inputs import clip, picture

_KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x1a\x45\xdf\xa3": "video/webm",
}
_FTYP = slice(4, 8)  # where an MP4 or MOV says what it is


@dataclass(frozen=True)
class Sent:
    """A file as it is sent."""

    kind: str  # image/png ...
    content: bytes

    @property
    def text(self) -> str:
        """In base64."""
        return base64.b64encode(self.content).decode()

    @property
    def uri(self) -> str:
        """As a data URI."""
        return f"data:{self.kind};base64,{self.text}"


def still(path: Path, options: Settings, most_bytes: int) -> Sent:
    """Read a picture that a service should begin from."""
    picture(path, options)
    return _read(path, "image/", "give a PNG or a JPEG", most_bytes)


def film(path: Path, options: Settings, most_bytes: int) -> Sent:
    """Read a clip that a service should change, or go on from."""
    clip(path, options, 1)
    return _read(path, "video/", "give an MP4, MOV or WebM", most_bytes)


def _read(path: Path, kind: str, advice: str, most_bytes: int) -> Sent:
    size = path.stat().st_size
    if size > most_bytes:
        limit = f"{most_bytes / 1e6:.1f} MB"
        raise InputUnfit(
            f"{path.name}: {size / 1e6:.1f} MB are more than this service takes", advice=f"stay under {limit}"
        )
    content = path.read_bytes()
    found = next((name for magic, name in _KINDS.items() if content.startswith(magic)), "")
    if content[_FTYP] == b"ftyp":
        found = "video/quicktime" if content[8:10] == b"qt" else "video/mp4"
    if not found.startswith(kind):
        raise InputUnfit(f"{path.name}: this service does not take files of its kind", advice=advice)
    return Sent(found, content)
