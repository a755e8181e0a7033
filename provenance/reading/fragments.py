"""DASH and CMAF: an init segment and the fragments that follow it. Knows names and bytes, no signatures or pictures."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ...errors import FragmentsInvalid, OverLimit
from ...media.boxes import structure
from ...media.leash import alive
from ...settings import Limits
from .stores import holds_manifest, outer_boxes

MOST = 20_000
_PIECE = 1 << 20
_UNSIGNED = (b"free", b"skip", b"mfra")  # boxes in which a copy may differ and still be the same fragment


def in_order(fragments: Sequence[Path]) -> tuple[Path, ...]:
    """Put fragments in the order of the numbers in their names, each once; raises FragmentsInvalid.

    >>> [path.name for path in in_order([Path("seg10.m4s"), Path("seg9.m4s")])]
    ['seg9.m4s', 'seg10.m4s']
    """
    if len(fragments) > MOST:
        raise FragmentsInvalid(f"{len(fragments)} fragments, more than {MOST}")
    return tuple(sorted(dict.fromkeys(fragments), key=_by_number))


def check(init: Path, fragments: Sequence[Path]) -> None:
    """Refuse what can't be the beginning and the fragments of one stream."""
    if (shape := structure(init)).family != "isobmff" or shape.media_bytes:
        raise FragmentsInvalid(f"{init.name} is no init segment: it is not mp4, or holds media of its own")
    for fragment in fragments:
        if not fragment.is_file():
            raise FragmentsInvalid(f"{fragment.name} is no file")


def join(init: Path, fragments: Sequence[Path], folder: Path, limits: Limits) -> Path:
    """Write one file that plays, for those who look at pictures: the init segment, then each fragment."""
    total = sum(path.stat().st_size for path in (init, *fragments))
    if total > limits.max_bytes:
        raise OverLimit(f"{init.name} and its fragments: {total} bytes, over the limit of {limits.max_bytes}")
    joined = folder / f"{init.stem}.joined.mp4"
    with joined.open("xb") as target:
        for path in (init, *fragments):
            with path.open("rb") as part:
                shutil.copyfileobj(part, target, 1 << 20)
    return joined


def different(fragments: Sequence[Path]) -> int:
    """Count fragments, copies of one as one, whatever their names: each is held to its signature on its own."""
    return len({_signed_part(path) for path in fragments})


def _signed_part(path: Path) -> bytes:
    alive()
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for box in outer_boxes(stream):
            if box.kind in _UNSIGNED or holds_manifest(stream, box):
                continue
            stream.seek(box.at)
            left = box.end - box.at
            while left > 0 and (piece := stream.read(min(left, _PIECE))):
                digest.update(piece)
                left -= len(piece)
    return digest.digest()


def _by_number(path: Path) -> list[tuple[int, str]]:
    """Numbers compare as numbers, the rest as text."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() and len(part) < 19 else (-1, part) for part in parts]
