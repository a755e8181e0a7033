"""How the smallest parts of containers begin: a box, an element, a chunk. Knows no order in which they may stand.

What walks a container's structure and what reads its metadata share it, so that both see the same parts. Any bytes
give an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

_MOST_BOX_HEAD = 16
_MOST_ELEMENT_HEAD = 12


@dataclass(frozen=True)
class Box:
    """A box of ISO base media, as its header has it."""

    kind: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True)
class Element:
    """An element of EBML."""

    kind: int
    start: int
    body: int
    end: int | None  # None: of unknown length, as live streams are written


def read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    """Read at a place that a file named itself."""
    if not 0 <= offset < 1 << 62:
        return b""
    file.seek(offset)
    return file.read(max(count, 0))


def box_at(file: BinaryIO, at: int, rest: int) -> Box | None:
    """Give the box that begins at `at`, `rest` being where a box without a size of its own ends; None: no header."""
    return box_of(read_at(file, at, _MOST_BOX_HEAD), at, rest)


def box_of(head: bytes, at: int, rest: int) -> Box | None:
    """Give the box that begins with these bytes, as `box_at` does."""
    if len(head) < 8:
        return None
    size, kind, body = int.from_bytes(head[:4], "big"), head[4:8], at + 8
    if size == 1:
        size, body = int.from_bytes(head[8:16], "big") if len(head) == _MOST_BOX_HEAD else 0, at + 16
        return Box(kind, at, body, at + size)
    if kind == b"uuid":
        body = at + 24
    return Box(kind, at, body, rest if size == 0 and kind != b"\0\0\0\0" else at + size)


def element_at(file: BinaryIO, at: int) -> Element | None:
    """Give the element that begins at `at`; None for what is no element."""
    head = read_at(file, at, _MOST_ELEMENT_HEAD)
    wide = _vint_length(head[:1])
    if not 1 <= wide <= 4 or len(head) < wide + 1:
        return None
    long = _vint_length(head[wide : wide + 1])
    if not 1 <= long <= 8 or len(head) < wide + long:
        return None
    size = int.from_bytes(head[wide : wide + long], "big") & ((1 << 7 * long) - 1)
    body = at + wide + long
    unknown = size == (1 << 7 * long) - 1
    return Element(int.from_bytes(head[:wide], "big"), at, body, None if unknown else body + size)


def printable(kind: bytes) -> bool:
    """Whether a kind of box is one that people could have named."""
    return len(kind) == 4 and all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind)


def shown(kind: bytes) -> str:
    """Write bytes that should be a name so that they can be printed.

    >>> shown(b"moov"), shown(bytes([169]) + b"nam")
    ('moov', '\\\\xa9nam')
    """
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in kind)


def _vint_length(first: bytes) -> int:
    return 9 - first[0].bit_length() if first and first[0] else 0
