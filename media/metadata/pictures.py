"""Fields of PNG, JPEG and GIF: comments, texts, XMP, EXIF. Knows chunks, segments and blocks; decodes no picture."""

from __future__ import annotations

from ..atoms import read_at, shown
from .exif import read_exif
from .fields import MOST_VALUE_BYTES
from .gathering import Gathering, inflated, text_name

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_MOST_PARTS = 64  # extended packets that are joined
_GIF_TRAILER = 257  # bytes behind an XMP packet that lead any reader of blocks to its end


# PNG ------------------------------------------------------------------------------------------------------------------


def read_png(found: Gathering) -> None:
    """Gather the fields of a PNG, moving or not."""
    at = 8
    while at + 8 <= found.size and not found.full() and found.step():
        head = read_at(found.file, at, 8)
        length, kind, body = int.from_bytes(head[:4], "big"), head[4:], at + 8
        if body + length > found.size:
            found.say(f"'{shown(kind)}' claims to reach past the end of the file")
            length = found.size - body
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            _png_text(found, kind, found.read(body, length), length)
        elif kind == b"eXIf":
            read_exif(found, "PNG eXIf", found.read(body, length))
        elif kind == b"IEND":
            return
        at = body + length + 4


def _png_text(found: Gathering, kind: bytes, data: bytes, length: int) -> None:
    keyword, _, value = data.partition(b"\0")
    packed, cut = False, len(data) < length
    if kind == b"zTXt":
        packed, value = True, value[1:]
    elif kind == b"iTXt":
        packed = value[:1] == b"\1"
        value = value[2:].partition(b"\0")[2].partition(b"\0")[2]
    if packed:
        value, short = inflated(value)
        cut = cut or short
    name = "XMP" if keyword == _XMP_KEYWORD else text_name(keyword)
    found.add(f"PNG {shown(kind)}", name, value if kind == b"iTXt" else _utf8(value), cut=cut)


def _utf8(value: bytes) -> bytes:
    """Give text that should be Latin-1 and often is UTF-8 already."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1").encode()
    return value


# JPEG -----------------------------------------------------------------------------------------------------------------


def read_jpeg(found: Gathering) -> None:
    """Gather the fields of a JPEG, up to where its picture begins."""
    at = 2
    more: dict[bytes, list[tuple[int, bytes]]] = {}
    while at + 4 <= found.size and not found.full() and found.step():
        head = read_at(found.file, at, 4)
        if head[0] != 0xFF:
            found.say(f"no segment begins at byte {at}; the rest was not looked at")
            break
        if head[1] == 0xFF or 0xD0 <= head[1] <= 0xD8 or head[1] == 1:
            at += 1 if head[1] == 0xFF else 2
            continue
        length = int.from_bytes(head[2:], "big")
        if head[1] in (0xD9, 0xDA) or length < 2:
            break
        if head[1] in (0xE1, 0xFE):
            _segment(found, head[1], found.read(at + 4, length - 2), more)
        at += 2 + length
    for parts in more.values():
        _joined(found, parts)


def _segment(found: Gathering, kind: int, data: bytes, more: dict[bytes, list[tuple[int, bytes]]]) -> None:
    if kind == 0xFE:
        found.add("JPEG COM", "comment", data)
    elif data.startswith(_JPEG_XMP):
        found.add("JPEG APP1", "XMP", data.removeprefix(_JPEG_XMP))
    elif data.startswith(b"Exif\0\0"):
        read_exif(found, "JPEG APP1", data)
    elif data.startswith(_JPEG_MORE_XMP):
        rest = data.removeprefix(_JPEG_MORE_XMP)
        parts = more.setdefault(rest[:32], [])
        if len(rest) < 40 or sum(map(len, more.values())) > _MOST_PARTS:
            found.say("an extended XMP packet has too many parts, or a broken one")
            return
        parts.append((int.from_bytes(rest[36:40], "big"), rest[40:]))


def _joined(found: Gathering, parts: list[tuple[int, bytes]]) -> None:
    """Join an XMP packet that did not fit into one segment."""
    whole = b""
    for offset, part in sorted(parts):
        if offset != len(whole):
            found.say("an extended XMP packet has a gap, or says something twice")
            return
        whole += part
    found.add("JPEG APP1 extended", "XMP", whole[:MOST_VALUE_BYTES], cut=len(whole) > MOST_VALUE_BYTES)


# GIF ------------------------------------------------------------------------------------------------------------------


def read_gif(found: Gathering) -> None:
    """Gather the fields of a GIF."""
    head = read_at(found.file, 0, 13)
    at = 13 + _colours(head[10:11])
    while at < found.size and not found.full() and found.step():
        mark = read_at(found.file, at, 2)
        if mark[:1] == b"\x2c":
            at += 11 + _colours(read_at(found.file, at + 9, 1))
            at = _blocks(found, at, None)
        elif mark == b"\x21\xfe":
            content = bytearray()
            at = _blocks(found, at + 2, content)
            found.add("GIF comment", "comment", bytes(content[:MOST_VALUE_BYTES]), cut=len(content) > MOST_VALUE_BYTES)
        elif mark == b"\x21\xff":
            at = _application(found, at + 2)
        elif mark[:1] == b"\x21":
            at = _blocks(found, at + 2, None)
        else:
            if mark[:1] != b"\x3b":
                found.say(f"unknown bytes at byte {at}; the rest was not looked at")
            return


def _application(found: Gathering, at: int) -> int:
    name = read_at(found.file, at + 1, 11)
    after = _blocks(found, at, None)
    body = at + 12
    if name == b"XMP DataXMP":  # the packet as it is, not in blocks
        found.take("GIF application", "XMP", body, max(0, after - body - 1 - _GIF_TRAILER))
    elif name not in (b"NETSCAPE2.0", b"ANIMEXTS1.0"):
        found.take("GIF application", text_name(name), body, max(0, after - body))
    return after


def _blocks(found: Gathering, at: int, content: bytearray | None) -> int:
    """Follow blocks to their end, keeping what is in them where it is wanted; read in large pieces, for speed."""
    while at < found.size and found.step():
        piece = read_at(found.file, at, 1 << 16)
        inside = 0
        while inside < len(piece):
            length = piece[inside]
            if not length:
                return at + inside + 1
            if inside and inside + 1 + length > len(piece):
                break
            if content is not None and len(content) <= MOST_VALUE_BYTES:
                content += piece[inside + 1 : inside + 1 + length]
            inside += 1 + length
        at += inside
    return found.size


def _colours(packed: bytes) -> int:
    return 3 << (packed[0] & 7) + 1 if packed and packed[0] & 0x80 else 0
