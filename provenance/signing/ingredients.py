"""What a video was made from, as ingredients of its manifest. Takes over what credentials a file brings; judges none.

A file whose credentials can't be taken over, and one that has none, is named with its SHA-256: nothing in a history is
passed over in silence. Credentials may also lie beside a file, or come from a registry: where the container has a place
for them (mp4, mov), the library is shown the file with them at its end, which is as good as inside.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ... import outputs
from ...errors import InputUnreadable, ManifestFileInvalid, OverLimit
from ..reading.opening import beside, store_in
from ..trust import TrustAnchors
from ..trust.validator import context, steady
from .manifest import IngredientFacts, Relationship, ingredient_label

if TYPE_CHECKING:
    import c2pa

MOST_BYTES = 64 << 20  # of a manifest store that is taken over
_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # where mp4 and mov keep it
_HAS_BOXES = (".mp4", ".m4v", ".mov")
VIDEO_TYPES = {".mp4": "video/mp4", ".m4v": "video/x-m4v", ".mov": "video/quicktime", ".avi": "video/avi"}
_OTHER_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
    ".tif": "image/tiff", ".tiff": "image/tiff", ".heic": "image/heic", ".avif": "image/avif", ".wav": "audio/wav",
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska",
}  # fmt: skip


@dataclass(frozen=True)
class Ingredient:
    """One file, under the label by which the description's actions name it."""

    path: Path
    title: str
    relationship: Relationship
    label: str
    carries: bool  # credentials of its own, sound or not
    store: bytes | None = None  # they lie elsewhere: the manifest store

    def keep(self, builder: c2pa.Builder) -> None:
        """Take over the credentials that it carries."""
        tail = b"" if self.store is None or self.path.suffix.lower() not in _HAS_BOXES else _box(self.store)
        with steady(self.path, tail) as stream:
            builder.add_ingredient(json.dumps(self._said()), _type(self.path, "video/mp4"), stream)

    def name(self, builder: c2pa.Builder, why: str | None) -> None:
        """Name it alone; `why` its credentials could not be kept, where it has any."""
        with self.path.open("rb") as stream:
            description = f"SHA-256 {hashlib.file_digest(stream, 'sha256').hexdigest()}"
        if why:
            description += f"; its own credentials are past reading: {why}"
        said = {**self._said(), "description": description, "format": _type(self.path)}
        builder.add_ingredient(json.dumps(said), _type(Path()), io.BytesIO())

    def _said(self) -> dict[str, str]:
        return {"title": self.title, "relationship": self.relationship, "label": self.label}


def gather(parent: Path | None, store: bytes | None, given: Sequence[IngredientFacts]) -> list[Ingredient]:
    """Look at the files; `parent` is one whose credentials the caller knows of, `store` those that lie elsewhere."""
    found = []
    if parent is not None:
        store = store or _store_of(parent)
        label = ingredient_label(0, "parentOf")
        found.append(Ingredient(parent, parent.name, "parentOf", label, carries=True, store=store))
    for place, facts in enumerate(given):
        outputs.check_input(facts.path)
        check_size(facts.path)
        label = ingredient_label(place, facts.relationship)
        title, carries = facts.title or facts.path.name, carries_manifest(facts.path)
        found.append(Ingredient(facts.path, title, facts.relationship, label, carries, _store_of(facts.path)))
    if sum(ingredient.relationship == "parentOf" for ingredient in found) > 1:
        raise ValueError("a video has one parent at most; other files are componentOf or inputTo it")
    return found


def carries_manifest(path: Path) -> bool:
    """Say whether a file brings credentials of its own, inside or beside it, sound or not: none must be dropped."""
    return _carries_inside(path) or beside(path) is not None


def _carries_inside(path: Path) -> bool:
    import c2pa

    outputs.check_input(path)
    try:
        with steady(path) as stream, context(TrustAnchors()) as ground:
            c2pa.Reader(None, stream, context=ground).close()
    except c2pa.C2paError.ManifestNotFound:
        return False
    except c2pa.C2paError as error:
        return not isinstance(error, c2pa.C2paError.NotSupported)
    except OSError as error:
        raise InputUnreadable(f"{path}: {error.strerror or error}") from None
    return True


def _store_of(path: Path) -> bytes | None:
    """Give the manifest store beside a file that has none inside; one that is none is empty, and so past reading."""
    sidecar = beside(path)
    if sidecar is None or _carries_inside(path):
        return None
    try:
        return store_in(sidecar)
    except ManifestFileInvalid:
        return b""


def _box(store: bytes) -> bytes:
    """Put a manifest store into a box as mp4 and mov hold it: a manifest, with no list of pieces after it."""
    inside = _BOX + bytes(4) + b"manifest\0" + bytes(8) + store
    return (8 + len(inside)).to_bytes(4, "big") + b"uuid" + inside


def check_size(path: Path) -> None:
    """Refuse an mp4 or mov whose manifest would fill the memory of whoever takes it over as an ingredient."""
    for box in _top_boxes(path):
        if box.kind == b"uuid" and box.inside[:16] == _BOX and box.size > MOST_BYTES:
            raise OverLimit(f"{path.name}: a manifest of {box.size >> 20} MiB", advice="no honest one is that large")


def has_one_mdat(path: Path) -> bool:
    """Say whether all of an mp4's or mov's media lies in one box, which tells where it ends."""
    if path.suffix.lower() not in _HAS_BOXES:
        return False
    boxes = list(_top_boxes(path))
    kinds = [box.kind for box in boxes]
    return kinds.count(b"mdat") == 1 and b"moof" not in kinds and all(box.ends for box in boxes)


class _Top(NamedTuple):
    """One of a file's outermost boxes."""

    kind: bytes
    size: int  # as far as the file goes
    ends: bool  # False: it says that it goes to the end of the file, however long that is
    inside: bytes  # the first of it


def _top_boxes(path: Path) -> Iterator[_Top]:
    """Walk an mp4 or mov; what is no box ends the walk."""
    with path.open("rb") as stream:
        end, at = path.stat().st_size, 0
        while at + 8 <= end:
            stream.seek(at)
            head = stream.read(32)
            size, start = int.from_bytes(head[:4], "big"), 8
            if size == 1 and len(head) >= 16:
                size, start = int.from_bytes(head[8:16], "big"), 16
            if 0 < size < 8:
                return
            extent = min(size or end - at, end - at)
            yield _Top(head[4:8], extent, size > 0, head[start:])
            at += size or extent


def kept(store: bytes) -> int:
    """Count the ingredients whose credentials are in a manifest store: damaged ones can be passed over in silence."""
    import c2pa

    with (
        context(TrustAnchors()) as ground,
        c2pa.Reader("application/c2pa", io.BytesIO(store), context=ground) as reader,
    ):
        active = reader.get_active_manifest() or {}
    return sum("active_manifest" in ingredient for ingredient in active.get("ingredients", []))


def _type(path: Path, otherwise: str = "application/octet-stream") -> str:
    return {**VIDEO_TYPES, **_OTHER_TYPES}.get(path.suffix.lower(), otherwise)
