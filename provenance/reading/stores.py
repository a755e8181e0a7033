"""The boxes of a manifest store, as bytes: cuts one manifest out of it, and finds it in an mp4. Checks no signature.

A store is a JUMBF superbox: a description box, then one superbox a manifest, the active one last. Needs no library.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MANIFEST_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the kind of 'uuid' in which mp4 and mov keep it
_HEAD = 8
_SIGNATURE = b"c2pa.signature\0"
_PADDING = re.compile(rb"(?:\x63pad|\x64pad2)(?:\x58(.)|\x59(..)|\x5a(....))", re.DOTALL)  # CBOR: name, length


class Outer(NamedTuple):
    """One of an mp4's outermost boxes."""

    kind: bytes
    at: int
    body: int
    end: int  # as far as the file goes


def outer_boxes(stream: BinaryIO) -> Iterator[Outer]:
    """Walk an mp4 or mov; what is no box ends the walk."""
    end, at = stream.seek(0, os.SEEK_END), 0
    while at + _HEAD <= end:
        stream.seek(at)
        head = stream.read(16)
        size, start = int.from_bytes(head[:4], "big"), _HEAD
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), 16
        size = size or end - at
        if size < start:
            return
        yield Outer(head[4:8], at, min(at + start, end), min(at + size, end))
        at += size


def holds_manifest(stream: BinaryIO, box: Outer) -> bool:
    """Say whether a box is one of C2PA's."""
    stream.seek(box.body)
    return box.kind == b"uuid" and stream.read(len(MANIFEST_BOX)) == MANIFEST_BOX


def inside(stream: BinaryIO, most_bytes: int) -> bytes:
    """Give what C2PA's boxes of an mp4 or mov hold; nothing of another container, nor of more bytes than that."""
    stream.seek(4)
    found = b""
    if stream.read(4) == b"ftyp":
        for box in outer_boxes(stream):
            if holds_manifest(stream, box) and len(found) + box.end - box.body <= most_bytes:
                stream.seek(box.body)
                found += stream.read(box.end - box.body)
    return found


def padding_used(store: bytes) -> int:
    """Count the bytes that are not zero in what pads out signatures: nothing belongs there, and nothing covers it."""
    used = 0
    at = store.find(_SIGNATURE)
    while at >= 0:
        start = at + len(_SIGNATURE)
        content = store[start + _HEAD : start + int.from_bytes(store[start : start + 4], "big")]
        found = list(_PADDING.finditer(content))
        for one in found[-2:]:  # the unprotected part comes last: 'pad', and at times 'pad2'
            length = int.from_bytes(one[1] or one[2] or one[3], "big")
            padding = content[one.end() : one.end() + length]
            used += len(padding) - padding.count(0)
        at = store.find(_SIGNATURE, start)
    return used


def one_alone(store: bytes, manifest_id: str) -> bytes:
    """Give a store that holds one manifest alone; ValueError for what is no store, or holds no manifest of that id.

    The manifests of its ingredients are no longer there, which a reader will say of them.
    """
    kind, inner = next(_boxes(store), (b"", b""))
    children = list(_boxes(inner))
    if kind == b"jumb" and children and children[0][0] == b"jumd":
        for child in children[1:]:
            if child[0] == b"jumb" and _label(child[1]) == manifest_id:
                return _box(b"jumb", _box(*children[0]) + _box(*child))
    raise ValueError("no manifest of that id lies in the store")


def _label(superbox: bytes) -> str:
    """The name in a superbox's description, after a type of 16 bytes and one of switches."""
    kind, description = next(_boxes(superbox), (b"", b""))
    return description[17:].split(b"\0", 1)[0].decode("utf-8", "replace") if kind == b"jumd" else ""


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of each box."""
    at = 0
    while at + _HEAD <= len(content):
        size, kind, head = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], _HEAD
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        size = size or len(content) - at
        if size < head or at + size > len(content):
            raise ValueError("a box is larger than what it lies in")
        yield kind, content[at + head : at + size]
        at += size


def _box(kind: bytes, content: bytes) -> bytes:
    size = _HEAD + len(content)
    if size < 1 << 32:
        return size.to_bytes(4, "big") + kind + content
    return (1).to_bytes(4, "big") + kind + (size + 8).to_bytes(8, "big") + content
