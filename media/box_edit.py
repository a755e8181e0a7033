"""Puts bytes into a finished mp4 or mov. Knows boxes, and what in them points at places in the file.

The file is written anew beside itself and replaced whole. Media data is copied as it is; what points behind the new
bytes is moved along: the chunk offsets of `moov`, and in files of fragments the base of each fragment and the index
at the end. A `sidx` counts from its own end, so it stays true as long as nothing is put between it and what it tells.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .atoms import box_at, box_of

_TABLE = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_GREATEST_INDEX = 512 << 20  # of what is read whole
_MOST_AT_TOP = 100_000
_BLOCK = 1 << 20
_BASE_GIVEN = 1  # flag of tfhd: it names a place in the file

Chain = tuple[tuple[int, int], ...]  # from a box down to one inside it, each as (start, end)


def top_boxes(file: BinaryIO) -> list[tuple[bytes, int, int]] | None:
    """Give name, start and size of each box at the top; None where they do not fill the file exactly."""
    end, at = os.fstat(file.fileno()).st_size, 0
    found: list[tuple[bytes, int, int]] = []
    while at < end:
        one = box_at(file, at, end)
        if one is None or len(found) >= _MOST_AT_TOP or not at + 8 <= one.end <= end:
            return None
        found.append((one.kind, at, one.end - at))
        at = one.end
    return found


def inside(data: bytearray, at: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Give (start, end, name) of the boxes between two places; stops where a size is not of 32 bits, or senseless."""
    while at + 8 <= end:
        one = box_of(bytes(data[at : at + 16]), at, end)
        if one is None or one.end > end or not 8 <= one.end - at == int.from_bytes(data[at : at + 4], "big"):
            return
        yield at, one.end, one.kind
        at = one.end


def chains(data: bytearray, path: tuple[bytes, ...], at: int, end: int, above: Chain = ()) -> Iterator[Chain]:
    """Give, for each box at the end of `path`, the way down to it."""
    for begin, stop, name in inside(data, at, end):
        if name == path[len(above)]:
            chain = (*above, (begin, stop))
            if len(chain) == len(path):
                yield chain
            else:
                yield from chains(data, path, begin + 8, stop, chain)


def sample_tables(moov: bytearray) -> Iterator[Chain]:
    """Give, for each track, the way from `moov` down to its sample table."""
    return chains(moov, _TABLE, 0, len(moov))


def move_chunks(moov: bytearray, behind: int, by: int) -> bool:
    """Move the offsets of chunks that lie at `behind` or later; False, nothing moved, where one would not fit."""
    places: list[tuple[str, int]] = []
    for chain in sample_tables(moov):
        for begin, end, name in inside(moov, chain[-1][0] + 8, chain[-1][1]):
            if name in (b"stco", b"co64") and end - begin >= 16:
                kind, width = (">I", 4) if name == b"stco" else (">Q", 8)
                (count,) = struct.unpack_from(">I", moov, begin + 12)
                if begin + 16 + count * width > end:
                    return False
                places += [(kind, at) for at in range(begin + 16, begin + 16 + count * width, width)]
    return _move(moov, places, behind, by)


def insert(path: Path, at: int, new: bytes) -> bool:
    """Insert whole boxes at the top, `at` where one begins; False where that can't be done, the file unchanged."""
    with path.open("rb") as file:
        found = top_boxes(file)
        if found is None or at not in {start for _, start, _ in found}:
            return False
        edits = [(at, 0, new)]
        for name, start, size in found:
            if name not in _MOVERS:
                continue
            if size > _GREATEST_INDEX:
                return False
            file.seek(start)
            content = bytearray(file.read(size))
            if content[:4] != size.to_bytes(4, "big") or not _MOVERS[name](content, at, len(new)):
                return False
            edits.append((start, size, bytes(content)))
        splice(path, file, edits)
    return True


def splice(path: Path, file: BinaryIO, edits: list[tuple[int, int, bytes]]) -> None:
    """Write `file` anew in the place of `path`, with (start, how many bytes, what stands there instead)."""
    fresh = path.with_name(f"{path.name}.boxes")
    try:
        with fresh.open("wb") as out:
            file.seek(0)
            for start, size, new in sorted(edits):
                _copy(file, out, start - file.tell())
                out.write(new)
                file.seek(start + size)
            _copy(file, out, None)
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def box(name: bytes, content: bytes) -> bytes:
    """Make one."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def _move_fragment(moof: bytearray, behind: int, by: int) -> bool:
    places = []
    for chain in chains(moof, (b"moof", b"traf", b"tfhd"), 0, len(moof)):
        begin, end = chain[-1]
        if end - begin >= 24 and int.from_bytes(moof[begin + 9 : begin + 12], "big") & _BASE_GIVEN:
            places.append((">Q", begin + 16))
    return _move(moof, places, behind, by)


def _move_index(mfra: bytearray, behind: int, by: int) -> bool:
    places = []
    for chain in chains(mfra, (b"mfra", b"tfra"), 0, len(mfra)):
        begin, end = chain[-1]
        if end - begin < 24:
            continue
        wide = mfra[begin + 8] == 1
        lengths, count = struct.unpack_from(">2I", mfra, begin + 16)
        step = (16 if wide else 8) + sum((lengths >> shift & 3) + 1 for shift in (0, 2, 4))
        if begin + 24 + count * step > end:
            return False
        kind, skip = (">Q", 8) if wide else (">I", 4)
        places += [(kind, begin + 24 + number * step + skip) for number in range(count)]
    return _move(mfra, places, behind, by)


_MOVERS = {b"moov": move_chunks, b"moof": _move_fragment, b"mfra": _move_index}


def _move(data: bytearray, places: list[tuple[str, int]], behind: int, by: int) -> bool:
    moved = []
    for kind, place in places:
        (offset,) = struct.unpack_from(kind, data, place)
        if offset >= behind:
            if offset + by >= 1 << (32 if kind == ">I" else 64):
                return False
            moved.append((kind, place, offset + by))
    for kind, place, offset in moved:
        struct.pack_into(kind, data, place, offset)
    return True


def _copy(file: BinaryIO, out: BinaryIO, count: int | None) -> None:
    while count is None or count > 0:
        block = file.read(_BLOCK if count is None else min(_BLOCK, count))
        if not block:
            return
        out.write(block)
        count = None if count is None else count - len(block)
