"""Which characters a font file has letters for. Knows the table `cmap` of TrueType and OpenType, and no drawing.

Pillow draws a box where a font lacks a letter, and does not tell. Its font files come from the system: not hostile, but
now and then broken; what can't be followed counts as having no letters.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO

_MOST_TABLES = 200
_MOST_TABLE_BYTES = 8 << 20
_OUTLINES = {b"glyf", b"CFF ", b"CFF2"}  # what has none of them are pictures of one size, in colour
_UNICODE = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}


def lacking(file: BinaryIO, wanted: Iterable[str]) -> set[str]:
    """Say which of the characters the first font of a file has no letter for."""
    letters = set(wanted)
    try:
        table = _table(file)
        for kind, at in _maps(table):
            letters -= {one for one in letters if _glyph(table, kind, at, ord(one))}
    except (struct.error, OSError, IndexError, ValueError):
        pass
    return letters


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    content = file.read(size)
    if len(content) < size:
        raise ValueError("the font is cut short")
    return content


def _table(file: BinaryIO) -> bytes:
    start = 0
    if _read(file, 0, 4) == b"ttcf":  # several fonts in one file: they differ in style and language, not in letters
        (start,) = struct.unpack(">I", _read(file, 12, 4))
    (count,) = struct.unpack(">H", _read(file, start + 4, 2))
    if count > _MOST_TABLES:
        raise ValueError("no font has as many tables")
    entries = struct.iter_unpack(">4sIII", _read(file, start + 12, 16 * count))
    places = {name: (offset, size) for name, _, offset, size in entries}
    if not _OUTLINES & places.keys() or b"cmap" not in places:
        raise ValueError("a font without outlines or letters")
    offset, size = places[b"cmap"]
    return _read(file, offset, min(size, _MOST_TABLE_BYTES))


def _maps(table: bytes) -> list[tuple[int, int]]:
    """Give format and place of the maps from Unicode; two formats serve all fonts that are in use."""
    (count,) = struct.unpack_from(">H", table, 2)
    found = []
    for platform, encoding, at in struct.iter_unpack(">HHI", table[4 : 4 + 8 * min(count, _MOST_TABLES)]):
        (kind,) = struct.unpack_from(">H", table, at)
        if (platform, encoding) in _UNICODE and kind in (4, 12):
            found.append((kind, at))
    return found


def _glyph(table: bytes, kind: int, at: int, code: int) -> int:
    return _in_segments(table, at, code) if kind == 4 else _in_groups(table, at, code)


def _in_segments(table: bytes, at: int, code: int) -> int:
    """Format 4: segments of the first 65536 characters, sorted by their ends, in four parallel lists."""
    if code > 0xFFFF:
        return 0
    (double,) = struct.unpack_from(">H", table, at + 6)
    ends = at + 14
    low, high = 0, double // 2
    while low < high:
        middle = (low + high) // 2
        if struct.unpack_from(">H", table, ends + 2 * middle)[0] < code:
            low = middle + 1
        else:
            high = middle
    if low >= double // 2:
        return 0
    here = ends + double + 2 + 2 * low  # of the starts; the shifts and the offsets follow, each as long
    start, shift, offset = (struct.unpack_from(">H", table, here + double * which)[0] for which in range(3))
    if code < start:
        return 0
    if offset == 0:
        return int(code + shift) & 0xFFFF
    (glyph,) = struct.unpack_from(">H", table, here + 2 * double + offset + 2 * (code - start))
    return int(glyph + shift) & 0xFFFF if glyph else 0


def _in_groups(table: bytes, at: int, code: int) -> int:
    """Format 12: groups of neighbours, sorted."""
    (count,) = struct.unpack_from(">I", table, at + 12)
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        first, last, glyph = struct.unpack_from(">III", table, at + 16 + 12 * middle)
        if first <= code <= last:
            return int(glyph + code - first)
        low, high = (middle + 1, high) if last < code else (low, middle)
    return 0
