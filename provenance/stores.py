"""The boxes of a manifest store, as bytes: cuts one manifest out of it. Checks no signature, and needs no C2PA library.

A store is a JUMBF superbox: a description box, then one superbox a manifest, the active one last.
"""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = 8


def active_alone(store: bytes) -> bytes:
    """Give a store that holds the active manifest alone; ValueError for what is no store.

    Its ingredients' manifests are no longer there, which a reader will say of them.
    """
    kind, inner = next(_boxes(store), (b"", b""))
    children = list(_boxes(inner))
    if kind != b"jumb" or len(children) < 2 or children[0][0] != b"jumd" or children[-1][0] != b"jumb":
        raise ValueError("no manifest store")
    return _box(b"jumb", _box(*children[0]) + _box(*children[-1]))


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
