"""Files with metadata, made of their smallest parts; none of them has pictures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
FTYP = b"\0\0\0\x14ftypisom\0\0\0\0isom"
MDAT = b"\0\0\0\x10mdatpictures"


# Boxes ---------------------------------------------------------------------------------------------------------------


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def hdlr(kind: bytes) -> bytes:
    return box(b"hdlr", b"\0" * 8 + kind + b"\0" * 13)


def data(value: bytes, sort: int = 1) -> bytes:
    return box(b"data", struct.pack(">2I", sort, 0), value)


def keys(*names: str, claimed: int | None = None, space: bytes = b"mdta") -> bytes:
    entries = [struct.pack(">I4s", 8 + len(name.encode()), space) + name.encode() for name in names]
    return box(b"keys", struct.pack(">2I", 0, len(names) if claimed is None else claimed), *entries)


def ilst(*items: tuple[int, bytes]) -> bytes:
    return box(b"ilst", *(box(index.to_bytes(4, "big"), data(value)) for index, value in items))


def tagged(*pairs: tuple[str, str], iso: bool = True) -> bytes:
    """A `meta` box with keys and their values."""
    values = [(number, value.encode()) for number, (_, value) in enumerate(pairs, 1)]
    return box(b"meta", b"\0" * 4 if iso else b"", hdlr(b"mdta"), keys(*(name for name, _ in pairs)), ilst(*values))


def mp4(*inside_moov: bytes, before: Sequence[bytes] = (), after: Sequence[bytes] = ()) -> bytes:
    return b"".join((FTYP, *before, box(b"moov", *inside_moov), MDAT, *after))


# Elements ------------------------------------------------------------------------------------------------------------


def element(kind: int, *content: bytes, unknown: bool = False) -> bytes:
    body = b"".join(content)
    size = b"\x01" + b"\xff" * 7 if unknown else (len(body) | 1 << 56).to_bytes(8, "big")
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + size + body


def simple(name: str, value: bytes, *inside: bytes, binary: bool = False) -> bytes:
    return element(0x67C8, element(0x45A3, name.encode()), element(0x4485 if binary else 0x4487, value), *inside)


def tags(*simples: bytes, track: int = 0) -> bytes:
    aim = [element(0x63C0, element(0x63C5, bytes([track])))] if track else []
    return element(0x1254C367, element(0x7373, *aim, *simples))


def mkv(*inside_segment: bytes, unknown: bool = False) -> bytes:
    head = element(0x1A45DFA3, element(0x4282, b"matroska"))
    return head + element(0x18538067, *inside_segment, unknown=unknown)


# Chunks --------------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(form: bytes, *chunks: bytes) -> bytes:
    return chunk(b"RIFF", form, *chunks)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    every = ((b"IHDR", b"\0" * 13), *chunks, (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in every
    )


def segment(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, 2 + len(body)) + body


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + segment(0xDA, b"\0" * 6) + b"pictures\xff\xd9"


def blocks(content: bytes) -> bytes:
    cut = [content[at : at + 255] for at in range(0, len(content), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in cut) + b"\0"


def gif(*extensions: bytes) -> bytes:
    picture = b"\x2c" + b"\0" * 9 + b"\2" + blocks(b"\x44\1")
    return b"GIF89a" + struct.pack("<2H3B", 1, 1, 0x80, 0, 0) + b"\0" * 6 + b"".join(extensions) + picture + b"\x3b"


def gif_xmp(packet: bytes) -> bytes:
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    return b"\x21\xff\x0bXMP DataXMP" + packet + trailer


def exif(*entries: tuple[int, int, bytes], inner: Sequence[tuple[int, int, bytes]] = (), order: str = "<") -> bytes:
    """Entries as (tag, type, value); `inner` are those of EXIF's own table."""

    def table(rows: Sequence[tuple[int, int, bytes]], start: int, after: int = 0) -> tuple[bytes, bytes]:
        out, heap = struct.pack(f"{order}H", len(rows)), b""
        free = after or start + 2 + 12 * len(rows) + 4
        for tag, kind, value in rows:
            if len(value) <= 4:
                items = len(value) // (4 if kind == 4 else 1)
                out += struct.pack(f"{order}HHI", tag, kind, items) + value.ljust(4, b"\0")
                continue
            out += struct.pack(f"{order}HHII", tag, kind, len(value), free + len(heap))
            heap += value
        return out + b"\0" * 4, heap

    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8)
    if not inner:
        return head + b"".join(table(entries, 8))
    rows = [*entries, (0x8769, 4, b"\0" * 4)]
    body, heap = table(rows, 8)
    at = 8 + len(body) + len(heap)
    rows[-1] = (0x8769, 4, struct.pack(f"{order}I", at))
    body, heap = table(rows, 8)
    return head + body + heap + b"".join(table(inner, at))


# Streams -------------------------------------------------------------------------------------------------------------


def amf(value: object) -> bytes:
    if isinstance(value, str):
        return b"\2" + struct.pack(">H", len(value.encode())) + value.encode()
    if isinstance(value, dict):
        parts = [struct.pack(">H", len(name.encode())) + name.encode() + amf(one) for name, one in value.items()]
        return b"\x08" + struct.pack(">I", len(value)) + b"".join(parts) + b"\0\0\x09"
    if isinstance(value, list):
        return b"\x0a" + struct.pack(">I", len(value)) + b"".join(map(amf, value))
    return b"\0" + struct.pack(">d", float(str(value)))


def flv(*scripts: bytes) -> bytes:
    parts = [
        b"\x12" + len(one).to_bytes(3, "big") + bytes(7) + one + struct.pack(">I", 11 + len(one)) for one in scripts
    ]
    return b"FLV\x01\x01" + struct.pack(">I", 9) + b"\0" * 4 + b"".join(parts)


def ogg(*packets: bytes, serial: int = 1) -> bytes:
    made = b""
    for number, packet in enumerate(packets):
        lengths = [255] * (len(packet) // 255) + [len(packet) % 255]
        at = 0
        for begin in range(0, len(lengths), 255):
            table = bytes(lengths[begin : begin + 255])
            made += b"OggS\0\0" + b"\0" * 8 + struct.pack("<3I", serial, number, 0) + bytes([len(table)]) + table
            made += packet[at : at + sum(table)]
            at += sum(table)
    return made


def comments(mark: bytes, *pairs: str) -> bytes:
    texts = [text.encode() for text in pairs]
    each = [struct.pack("<I", len(text)) + text for text in texts[1:]]
    return mark + struct.pack("<I", len(texts[0])) + texts[0] + struct.pack("<I", len(each)) + b"".join(each)
