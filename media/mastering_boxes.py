"""Puts HDR10 static metadata (`mdcv`, `clli`) into a finished mp4 or mov. Knows boxes, and nothing of codecs.

FFmpeg's muxer writes these boxes only from stream data that PyAV does not let us set, and players on phones read
them from nowhere else.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from .box_edit import box, inside, move_chunks, sample_tables, splice, top_boxes
from .facts import Mastering

_PICTURES = (b"avc1", b"avc3", b"hvc1", b"hev1", b"av01", b"vp09")
_ENTRY_HEAD = 8 + 78  # of a visual sample entry, before the boxes in it
_GREATEST_MOOV = 512 << 20


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
        splice(path, file, [(start, size, grown)])
    return True


def boxes_for(mastering: Mastering) -> dict[bytes, bytes]:
    """Give the boxes, whole, by name."""
    boxes = {}
    if mastering.primaries and mastering.white_point and mastering.luminance:
        red, green, blue = mastering.primaries
        points = [round(v * 50000) for point in (green, blue, red, mastering.white_point) for v in point]
        least, greatest = mastering.luminance
        boxes[b"mdcv"] = box(b"mdcv", struct.pack(">8H2I", *points, round(greatest * 10000), round(least * 10000)))
    if mastering.max_content_light is not None:
        light = (min(mastering.max_content_light, 65535), min(mastering.max_frame_average_light or 0, 65535))
        boxes[b"clli"] = box(b"clli", struct.pack(">2H", *light))
    return boxes


def _find_moov(file: BinaryIO) -> tuple[int, int] | None:
    """Give where `moov` starts and its size; None where it is missing, too large, or fragments follow it."""
    found = top_boxes(file) or []
    if any(name == b"moof" for name, _, _ in found):
        return None
    moov = next(((start, size) for name, start, size in reversed(found) if name == b"moov"), None)
    return moov if moov and moov[1] <= _GREATEST_MOOV else None


def _grow(moov: bytearray, start: int, mastering: Mastering) -> bytes | None:
    """Give `moov` with the boxes in its first visual sample entry, and with every chunk offset behind it moved."""
    for parents in sample_tables(moov):
        table = parents[-1][0]
        entry = next((one for one in inside(moov, table + 8, parents[-1][1]) if one[2] == b"stsd"), None)
        picture = entry and next((one for one in inside(moov, entry[0] + 16, entry[1]) if one[2] in _PICTURES), None)
        if not entry or not picture:
            continue
        present = {name for _, _, name in inside(moov, picture[0] + _ENTRY_HEAD, picture[1])}
        new = b"".join(whole for name, whole in boxes_for(mastering).items() if name not in present)
        if not new or not move_chunks(moov, start + len(moov), len(new)):
            return None
        for at, _ in (*parents, entry[:2], picture[:2]):
            struct.pack_into(">I", moov, at, struct.unpack_from(">I", moov, at)[0] + len(new))
        return bytes(moov[: picture[1]] + new + moov[picture[1] :])
    return None
