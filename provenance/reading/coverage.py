"""How much of a file a signature leaves out, where it is bound by ranges of bytes (c2pa.hash.data).

The manifest itself has to be left out, and may be most of the file; a signer can leave out anything else as well, and
the library calls that sound. Knows ranges and bytes; judges no signature.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

_LOOK = 1 << 16  # bytes at the beginning of a range in which a store begins
_MOST_LOOKS = 8
_SLACK = 1 << 10  # what a container puts around a store: names of chunks, and a head for each piece of it


class LeftOut(NamedTuple):
    """What ranges leave out beside the manifest."""

    bytes: int
    of: int  # all bytes of the file that are not its manifest

    @property
    def most(self) -> bool:
        """Whether more is left out than is signed."""
        return 2 * self.bytes > self.of


def left_out(stream: BinaryIO, ranges: Sequence[tuple[int, int]]) -> LeftOut:
    """Hold ranges (first byte, how many) to the file; what reaches beyond it, or lies in two of them, counts once."""
    size = stream.seek(0, os.SEEK_END)
    merged: list[tuple[int, int]] = []
    for start, length in sorted(ranges):
        first, end = max(0, start), min(size, start + length)
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif first < end:
            merged.append((first, end))
    longest = sorted(merged, key=lambda one: one[0] - one[1])[:_MOST_LOOKS]
    own = max((_manifest_in(stream, first, end) for first, end in longest), default=0)
    return LeftOut(sum(end - first for first, end in merged) - own, size - own)


def _manifest_in(stream: BinaryIO, first: int, end: int) -> int:
    """How many bytes of a range a manifest store takes up there, by what it says of itself."""
    stream.seek(first)
    head = stream.read(min(_LOOK, end - first))
    length = _length(head)
    if length == 0:  # a drawing holds it as text
        text = head[: len(head) // 4 * 4]
        try:
            length = _length(base64.b64decode(text, validate=True)) * 4 // 3
        except binascii.Error:
            return 0
    return min(end - first, length * 51 // 50 + _SLACK) if length else 0


def _length(head: bytes) -> int:
    at = head.find(b"jumb", 4)
    return int.from_bytes(head[at - 4 : at], "big") if at >= 4 and b"c2pa" in head[at : at + 64] else 0
