"""The boxes of a manifest store, as bytes: cuts one manifest out of it. Checks no signature, and needs no C2PA library.

A store is a JUMBF superbox: a description box, then one superbox a manifest, the active one last.
"""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = 8


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
