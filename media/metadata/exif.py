"""Fields of EXIF and TIFF: what people and programs write about a picture. Knows entries; no photography."""

from __future__ import annotations

import struct

from .gathering import Gathering

_NAMES = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x02BC: "XMP",
    0x8298: "Copyright",
    0x9286: "UserComment",
    0x9C9C: "XPComment",
    0x9C9E: "XPKeywords",
}
_EXIF_PART = 0x8769  # an entry that leads to further entries
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4}
_MOST_ENTRIES = 512


def read_exif(found: Gathering, place: str, data: bytes) -> None:
    """Gather the fields of one block, which may begin with the mark that JPEG puts before it."""
    data = data.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        found.say(f"{place} is no EXIF")
        return
    (first,) = struct.unpack_from(f"{order}I", data, 4)
    led = _entries(found, place, data, order, first)
    if led is not None:
        _entries(found, place, data, order, led)


def _entries(found: Gathering, place: str, data: bytes, order: str, at: int) -> int | None:
    """Gather one table, and give where the table of EXIF's own entries stands, if this one says so."""
    if at + 2 > len(data):
        found.say(f"{place} leads outside itself")
        return None
    (count,) = struct.unpack_from(f"{order}H", data, at)
    led = None
    for place_of in range(at + 2, min(at + 2 + 12 * min(count, _MOST_ENTRIES), len(data) - 11), 12):
        if not found.step():
            break
        tag, kind, items = struct.unpack_from(f"{order}HHI", data, place_of)
        length = _WIDTHS.get(kind, 0) * items
        begin = place_of + 8 if length <= 4 else struct.unpack_from(f"{order}I", data, place_of + 8)[0]
        if tag == _EXIF_PART and kind in (4, 13):
            (led,) = struct.unpack_from(f"{order}I", data, place_of + 8)
        elif tag in _NAMES:
            value = data[begin : begin + length]
            found.add(place, _NAMES[tag], _text(tag, value, order), cut=len(value) < length)
    return led


def _text(tag: int, value: bytes, order: str) -> bytes:
    """Bring a comment to UTF-8: its first eight bytes say how it is written."""
    if tag == 0x9286 and value[:8] in (b"ASCII\0\0\0", b"UNICODE\0", b"\0" * 8):
        body = value[8:]
        if value[:8] == b"UNICODE\0":
            big = body[:1] == b"\0" if body[:2].count(0) == 1 else order == ">"
            body = body.decode("utf-16-be" if big else "utf-16-le", "replace").encode()
        return body
    if tag in (0x9C9C, 0x9C9E):
        return value.decode("utf-16-le", "replace").encode()
    return value
