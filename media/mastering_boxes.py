"""Puts HDR10 static metadata (`mdcv`, `clli`) into a finished mp4 or mov. Knows boxes, and nothing of codecs.

FFmpeg's muxer writes these boxes only from stream data that PyAV does not let us set, and players on phones read
them from nowhere else. The file is written anew beside itself and replaced whole.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .facts import Mastering

_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_PICTURES = (b"avc1", b"avc3", b"hvc1", b"hev1", b"av01", b"vp09")
_ENTRY_HEAD = 8 + 78  # of a visual sample entry, before the boxes in it
_GREATEST_MOOV = 512 << 20
_BLOCK = 1 << 20


def insert_mastering(path: Path, mastering: Mastering) -> bool:
    """Insert what is known of `mastering`; False where nothing could or needed to be done, the file then unchanged."""
    with path.open("rb") as file:
        found = _find_moov(file)
        if found is None:
            return False
        start, size = found
        file.seek(start)
        moov = bytearray(file.read(size))
        grown = _grow(moov, start, mastering)
        if grown is None:
            return False
        fresh = path.with_name(f"{path.name}.boxes")
        try:
            with fresh.open("wb") as out:
                file.seek(0)
                _copy(file, out, start)
                out.write(grown)
                file.seek(start + size)
                _copy(file, out, None)
            os.replace(fresh, path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    return True


def boxes_for(mastering: Mastering) -> dict[bytes, bytes]:
    """Give the boxes, whole, by name."""
    boxes = {}
    if mastering.primaries and mastering.white_point and mastering.luminance:
        red, green, blue = mastering.primaries
        points = [round(v * 50000) for point in (green, blue, red, mastering.white_point) for v in point]
        least, greatest = mastering.luminance
        boxes[b"mdcv"] = _box(b"mdcv", struct.pack(">8H2I", *points, round(greatest * 10000), round(least * 10000)))
    if mastering.max_content_light is not None:
        light = (min(mastering.max_content_light, 65535), min(mastering.max_frame_average_light or 0, 65535))
        boxes[b"clli"] = _box(b"clli", struct.pack(">2H", *light))
    return boxes


def _find_moov(file: BinaryIO) -> tuple[int, int] | None:
    """Give where `moov` starts and its size; None where it is missing, too large, or fragments follow it."""
    end, at, moov = os.fstat(file.fileno()).st_size, 0, None
    while at + 8 <= end:
        file.seek(at)
        size, name = struct.unpack(">I4s", file.read(8))
        if size == 1:
            size = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))[0]
        elif size == 0:
            size = end - at
        if size < 8 or at + size > end or name == b"moof":
            return None
        if name == b"moov":
            moov = (at, size)
        at += size
    return moov if moov and moov[1] <= _GREATEST_MOOV else None


def _grow(moov: bytearray, start: int, mastering: Mastering) -> bytes | None:
    """Give `moov` with the boxes in its first visual sample entry, and with every chunk offset behind it moved."""
    for parents in _tables(moov, 0, len(moov), ()):
        table = parents[-1][0]
        entry = next((box for box in _inside(moov, table + 8, parents[-1][1]) if box[2] == b"stsd"), None)
        picture = entry and next((box for box in _inside(moov, entry[0] + 16, entry[1]) if box[2] in _PICTURES), None)
        if not entry or not picture:
            continue
        present = {name for _, _, name in _inside(moov, picture[0] + _ENTRY_HEAD, picture[1])}
        new = b"".join(box for name, box in boxes_for(mastering).items() if name not in present)
        if not new or not _move_chunks(moov, start + len(moov), len(new)):
            return None
        for at, _ in (*parents, entry[:2], picture[:2]):
            struct.pack_into(">I", moov, at, struct.unpack_from(">I", moov, at)[0] + len(new))
        return bytes(moov[: picture[1]] + new + moov[picture[1] :])
    return None


def _tables(
    data: bytearray, at: int, end: int, above: tuple[tuple[int, int], ...]
) -> Iterator[tuple[tuple[int, int], ...]]:
    """Give, for each track, the chain of boxes from `moov` down to its sample table, as (start, end)."""
    for begin, stop, name in _inside(data, at, end):
        if name == _PATH[len(above)]:
            chain = (*above, (begin, stop))
            if len(chain) == len(_PATH):
                yield chain
            else:
                yield from _tables(data, begin + 8, stop, chain)


def _move_chunks(moov: bytearray, behind: int, by: int) -> bool:
    """Move the offsets of chunks that lie behind `moov`; False, and nothing moved, where one would not fit any more."""
    places: list[tuple[str, int, int]] = []
    for chain in _tables(moov, 0, len(moov), ()):
        for begin, _, name in _inside(moov, chain[-1][0] + 8, chain[-1][1]):
            if name in (b"stco", b"co64"):
                kind, width = (">I", 4) if name == b"stco" else (">Q", 8)
                (count,) = struct.unpack_from(">I", moov, begin + 12)
                for place in range(begin + 16, begin + 16 + count * width, width):
                    (offset,) = struct.unpack_from(kind, moov, place)
                    if offset >= behind:
                        places.append((kind, place, offset + by))
    if any(kind == ">I" and offset > 0xFFFFFFFF for kind, _, offset in places):
        return False
    for kind, place, offset in places:
        struct.pack_into(kind, moov, place, offset)
    return True


def _inside(data: bytearray, at: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Give (start, end, name) of the boxes between two places; stops where sizes make no sense."""
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > end:
            return
        yield at, at + size, name
        at += size


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _copy(file: BinaryIO, out: BinaryIO, count: int | None) -> None:
    while count is None or count > 0:
        block = file.read(_BLOCK if count is None else min(_BLOCK, count))
        if not block:
            return
        out.write(block)
        count = None if count is None else count - len(block)
