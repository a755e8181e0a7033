"""Boxes of an mp4, for tests that move them."""

from __future__ import annotations

LEFT_OUT = (b"ftyp", b"mfra", b"free", b"skip")  # what no signature covers, beside the manifest's own box
MANIFEST = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def box(kind: bytes, content: bytes) -> bytes:
    """Make one."""
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def boxes(content: bytes) -> list[tuple[bytes, int, int]]:
    """Kind, place and size of each at the top; what is no box ends the list."""
    found, at = [], 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        size = int.from_bytes(content[at + 8 : at + 16], "big") if size == 1 else size or len(content) - at
        if size < 8 or at + size > len(content):
            break
        found.append((content[at + 4 : at + 8], at, size))
        at += size
    return found


def without(content: bytes, kind: bytes) -> bytes:
    """Take all of one kind out."""
    return b"".join(content[at : at + size] for found, at, size in boxes(content) if found != kind)


def shown(content: bytes) -> bytes:
    """Everything that a signature covers."""
    kept, end = [], 0
    for kind, at, size in boxes(content):
        end = at + size
        manifest = kind == b"uuid" and content[at + 8 : at + 24] == MANIFEST
        if kind not in LEFT_OUT and not manifest:
            kept.append(content[at:end])
    return b"".join(kept) + content[end:]
