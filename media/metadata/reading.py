"""Gives all fields of a file's metadata, of any container, from its bytes. Knows which reader knows what.

Not by the library that decodes: it shows one field where a file has two. Any bytes give an answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..atoms import read_at
from ..boxes import sniff
from .ebml import read_ebml
from .exif import read_exif
from .fields import Metadata
from .flv import read_flv
from .gathering import Gathering
from .iso import read_iso
from .ogg import read_ogg
from .pictures import read_gif, read_jpeg, read_png
from .riff import read_riff


def metadata(path: Path) -> Metadata:
    """Read a file's metadata; raises OSError where the file itself can't be read, and nothing else."""
    with path.open("rb") as file:
        found = Gathering(file, os.fstat(file.fileno()).st_size)
        family, brand = sniff(read_at(file, 0, 4096))
        kind = brand if family == "image" else family
        reader = _READERS.get(kind or "")
        if reader is None:
            found.say(f"metadata of {kind or 'an unknown kind of file'} is not read")
        else:
            reader(found)
            if kind in _IN_PART:
                found.say(f"metadata of {kind} is read in part: boxes, but no items")
        return found.metadata()


def _tiff(found: Gathering) -> None:
    read_exif(found, "TIFF", found.read(0, found.size))


_IN_PART = ("avif", "heic", "heix", "heim", "heis", "mif1", "miaf")
_READERS: dict[str, Callable[[Gathering], None]] = {
    "isobmff": read_iso,
    **dict.fromkeys(_IN_PART, read_iso),
    "ebml": read_ebml,
    "riff": read_riff,
    "webp": read_riff,
    "flv": read_flv,
    "ogg": read_ogg,
    "gif": read_gif,
    "png": read_png,
    "jpeg": read_jpeg,
    "tiff": _tiff,
}
