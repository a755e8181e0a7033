"""What a reader of metadata gathers, and the bounds that it keeps. Knows no container.

A hostile file costs a reader some thousand small reads and a few megabytes, whatever it claims; where a bound ends the
reading, a problem says so.
"""

from __future__ import annotations

import unicodedata
import zlib
from typing import BinaryIO

from ..atoms import read_at
from .fields import MOST_VALUE_BYTES, Field, Metadata

MOST_UNITS = 100_000  # boxes, elements, chunks that are walked
MOST_FIELDS = 256
MOST_BYTES = 16 << 20  # of all values together
MOST_NAME = 200  # characters
DEEPEST = 16
_MOST_PROBLEMS = 32


class Gathering:
    """Fields and problems so far, and the file they come from."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Begin with nothing, and with all bounds still ahead."""
        self._file, self.size = file, size
        self._fields: list[Field] = []
        self._problems: list[str] = []
        self._units, self._bytes = MOST_UNITS, MOST_BYTES

    @property
    def file(self) -> BinaryIO:
        """The file itself, for what reads the head of a unit."""
        return self._file

    def read(self, at: int, count: int) -> bytes:
        """Read at most the bytes that one value may have."""
        return read_at(self._file, at, min(count, MOST_VALUE_BYTES))

    def step(self) -> bool:
        """Count one unit; False, and a problem, where there are too many."""
        self._units -= 1
        if self._units < 0:
            self.say(f"more than {MOST_UNITS} parts; the rest was not looked at")
        return self._units >= 0

    def full(self) -> bool:
        """Whether no further field would be kept; then that is a problem."""
        if len(self._fields) >= MOST_FIELDS:
            self.say(f"{MOST_FIELDS} fields were kept; what stands behind them was not looked at")
        return len(self._fields) >= MOST_FIELDS

    def take(self, place: str, name: str, at: int, length: int) -> None:
        """Keep a field whose value stands in the file."""
        if not self.full():
            value = read_at(self._file, at, self._room(length))
            self.add(place, name, value, cut=len(value) < length)

    def add(self, place: str, name: str, value: bytes, *, cut: bool = False) -> None:
        """Keep a field, without the zero bytes that end or fill up its value."""
        if self.full():
            return
        kept = value[: self._room(len(value))]
        self._bytes -= len(kept)
        self._fields.append(Field(place, harmless(name), kept.rstrip(b"\0"), cut or len(kept) < len(value)))

    def say(self, line: str) -> None:
        """Name a problem, once."""
        if line not in self._problems and len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(line)

    def metadata(self) -> Metadata:
        """Give what was found."""
        return Metadata(tuple(self._fields), tuple(self._problems))

    def _room(self, length: int) -> int:
        wanted = min(length, MOST_VALUE_BYTES)  # that a value was longer is said by the field itself
        if wanted > self._bytes:
            self.say(f"more than {MOST_BYTES >> 20} MiB of values; the rest was not kept")
        return max(0, min(wanted, self._bytes))


def harmless(name: str) -> str:
    """Give a name that can be printed, and is no longer than a name should be.

    >>> harmless("AI" + chr(0) + "GC")
    'AI\\\\x00GC'
    """
    return "".join(
        one if one.isprintable() and unicodedata.category(one) != "Cf" else one.encode("unicode_escape").decode()
        for one in name[:MOST_NAME]
    )


def text_name(raw: bytes) -> str:
    """Read a name that stands in a file."""
    return raw[: 4 * MOST_NAME].decode("utf-8", "replace")


def inflated(packed: bytes) -> tuple[bytes, bool]:
    """Unpack a zlib stream up to the bytes that one value may have; and whether that is not all of it."""
    engine = zlib.decompressobj()
    try:
        value = engine.decompress(packed, MOST_VALUE_BYTES)
    except zlib.error:
        return b"", True
    return value, not engine.eof
