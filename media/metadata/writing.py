"""Writes labels into a file that is being made: tags in the muxer's own way, XMP as a box of its own. Knows no law.

In mp4 and mov the tags stand under exactly their names, as entries of `moov/udta/meta/keys`; in Matroska and WebM as
tags of the whole file, whose names its muxer writes in capitals.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..box_edit import box, insert, top_boxes
from .fields import FileLabels, Keep
from .iso import XMP

if TYPE_CHECKING:
    from av.container import OutputContainer

_BOXED = ("mp4", "mov")  # the containers that are made of boxes
_KNOWN = ("comment",)  # names for which the muxer has atoms of its own


def mux_options(container: str, labels: FileLabels | None, keep: Keep) -> dict[str, str]:
    """Give the muxer's options: without `use_metadata_tags` it drops names that it does not know."""
    if container not in _BOXED:
        return {}
    exact = keep == "all" or any(value and name not in _KNOWN for name, value in (labels.tags if labels else ()))
    return {"movflags": "+faststart+use_metadata_tags" if exact else "+faststart"}


def write_tags(out: OutputContainer, labels: FileLabels | None) -> None:
    """Set the tags in place of all of the same name; called before the first packet. An empty one only takes away."""
    for name, value in labels.tags if labels else ():
        for other in [other for other in out.metadata if other.lower() == name.lower()]:
            del out.metadata[other]
        if value:
            out.metadata[name] = value


def write_xmp(path: Path, container: str, labels: FileLabels | None) -> tuple[tuple[str, ...], list[str]]:
    """Put the XMP packet into the finished file, before its media data.

    Give the names of all labels that are in the file now, and what could not be written, in words.
    """
    if labels is None:
        return (), []
    names = tuple(name for name, value in labels.tags if value)
    if not labels.xmp:
        return names, []
    if container not in _BOXED:
        return names, [f"the XMP packet: {container} has no place for it"]
    with path.open("rb") as file:
        found = top_boxes(file) or []
    behind_head = next((start + size for name, start, size in found if name == b"ftyp"), None)
    whole = box(b"uuid", XMP + labels.xmp)
    if behind_head is None or not insert(path, behind_head, whole):
        return names, ["the XMP packet: what points into the file has no room for it"]
    return (*names, "XMP"), []
