"""Fields of RIFF (avi, wav, webp): the list of INFO, names of streams, XMP and EXIF chunks. Knows chunks."""

from __future__ import annotations

from ..atoms import read_at, shown
from .exif import read_exif
from .gathering import DEEPEST, Gathering

_TEXTS = (b"strn", b"IDIT", b"bext", b"iXML", b"axml", b"id3 ", b"ID3 ")
_XMP = (b"_PMX", b"XMP ")
_EXIF = (b"EXIF", b"exif")


def read_riff(found: Gathering) -> None:
    """Gather all fields of the file: one part at the top, or one more for each gigabyte."""
    at = 0
    while at + 12 <= found.size and found.step():
        head = read_at(found.file, at, 12)
        if head[:4] not in (b"RIFF", b"RF64"):
            found.say(f"{found.size - at} bytes after the last chunk were not looked at")
            return
        end = min(at + 8 + int.from_bytes(head[4:8], "little"), found.size)
        _chunks(found, "RIFF", at + 12, found.size if head[:4] == b"RF64" else end, 0)
        at = max(end + end % 2, at + 12)


def _chunks(found: Gathering, place: str, at: int, end: int, depth: int) -> None:
    if depth > DEEPEST:
        found.say(f"lists are nested more than {DEEPEST} deep; what is inside was not looked at")
        return
    while at + 8 <= end and not found.full() and found.step():
        head = read_at(found.file, at, 12)
        kind, body, after = head[:4], at + 8, at + 8 + int.from_bytes(head[4:8], "little")
        last = min(after, end)
        if after > end:
            found.say(f"'{shown(kind)}' in {place} claims to reach past its end")
        if kind == b"LIST":
            if head[8:12] != b"movi":
                _chunks(found, f"{place}/{shown(head[8:12]).strip()}", at + 12, last, depth + 1)
        elif kind in _XMP:
            found.take(f"{place}/{shown(kind).strip()}", "XMP", body, last - body)
        elif kind in _EXIF:
            read_exif(found, f"{place}/{shown(kind)}", found.read(body, last - body))
        elif place.endswith("/INFO") or kind in _TEXTS:
            found.take(place, shown(kind).strip(), body, last - body)
        at = after + after % 2
