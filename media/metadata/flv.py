"""Fields of FLV: the texts of its script data (AMF). Knows tags and values; no streams."""

from __future__ import annotations

import struct

from ..atoms import read_at
from .gathering import DEEPEST, Gathering, text_name

_NUMBER, _BOOL, _TEXT, _OBJECT, _NULL, _UNDEFINED, _ARRAY, _LIST, _DATE, _LONG = 0, 1, 2, 3, 5, 6, 8, 10, 11, 12
_FIXED = {_NUMBER: 8, _BOOL: 1, _NULL: 0, _UNDEFINED: 0, _DATE: 10}
_SCRIPT = 18
_MOST_TAGS = 4096  # script data stands at the start; a long stream is not walked to its end


def read_flv(found: Gathering) -> None:
    """Gather the texts of the script data near the start."""
    at = int.from_bytes(read_at(found.file, 5, 4), "big") + 4
    for _ in range(_MOST_TAGS):
        head = read_at(found.file, at, 11)
        if len(head) < 11 or found.full() or not found.step():
            return
        length = int.from_bytes(head[1:4], "big")
        if head[0] & 0x1F == _SCRIPT:
            _Values(found, found.read(at + 11, length)).script()
        at += 11 + length + 4


class _Values:
    """One piece of script data, read from its start; what does not fit ends it."""

    def __init__(self, found: Gathering, data: bytes) -> None:
        self._found, self._data, self._at = found, data, 0

    def script(self) -> None:
        """Read the name of the message, then its values."""
        try:
            if self._bytes(1) == b"\2":
                place = f"FLV {text_name(self._text(2))}"
                while self._at < len(self._data):
                    self._value(place if place.isprintable() else "FLV script", "", 0)
        except _EndsEarly:
            self._found.say("script data of FLV ends early, or has a value of an unknown sort")

    def _value(self, place: str, name: str, depth: int) -> None:
        kind = self._bytes(1)[0]
        if depth > DEEPEST or not self._found.step() or self._found.full():
            raise _EndsEarly
        if kind in (_TEXT, _LONG):
            self._found.add(place, name, self._text(2 if kind == _TEXT else 4))
        elif kind in (_OBJECT, _ARRAY):
            self._bytes(4 if kind == _ARRAY else 0)
            while self._data[self._at : self._at + 3] != b"\0\0\x09":
                inner = text_name(self._text(2))
                self._value(place, f"{name}/{inner}" if name else inner, depth + 1)
            self._bytes(3)
        elif kind == _LIST:
            for _ in range(struct.unpack(">I", self._bytes(4))[0]):
                self._value(place, name, depth + 1)
        elif kind in _FIXED:
            self._bytes(_FIXED[kind])
        else:
            raise _EndsEarly

    def _text(self, width: int) -> bytes:
        return self._bytes(int.from_bytes(self._bytes(width), "big"))

    def _bytes(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise _EndsEarly
        self._at += count
        return piece


class _EndsEarly(Exception):
    """Stays inside this file: it ends the reading of one piece of script data."""
