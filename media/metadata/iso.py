"""Fields of ISO base media and QuickTime: user data, `meta` boxes, `uuid` boxes. Knows boxes, and no meaning.

Doubles stay apart, and what stands in an odd place is given with that place: who judges wants to know.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..atoms import Box, box_at, shown
from .gathering import DEEPEST, MOST_NAME, Gathering, text_name

XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MANIFEST = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # of C2PA: read and judged elsewhere
_PARENTS = (b"moov", b"trak", b"mdia", b"moof", b"traf")
_IN_UDTA = (*_PARENTS, b"udta", b"meta", b"uuid")
_FILLERS = (b"free", b"skip", b"wide")
_ITUNES = 0xA9  # © begins the names of QuickTime's texts
_MOST_KEYS = 4096
_UTF16 = 2  # among the sorts of values
# Of 3GPP: version and flags, a packed language, then the text.
_3GPP = (b"titl", b"auth", b"dscp", b"cprt", b"perf", b"gnre", b"rtng", b"clsf", b"kywd", b"albm", b"yrrc", b"loci")


def read_iso(found: Gathering) -> None:
    """Gather all fields of the file."""
    _Reader(found).level("", 0, found.size, 0)


class _Reader:
    def __init__(self, found: Gathering) -> None:
        self._found = found
        self._tracks = 0

    def level(self, place: str, start: int, end: int, depth: int) -> None:
        """Look through the boxes between two places, and into those that may hold fields."""
        if depth > DEEPEST:
            self._found.say(f"boxes are nested more than {DEEPEST} deep; what is inside was not looked at")
            return
        for box in self._boxes(start, end, place):
            way = self._way(place, box)
            last = min(box.end, end)
            if box.kind == b"uuid":
                self._uuid(way, box, last)
            elif box.kind == b"meta":
                self._meta(way, box.body, last, depth + 1)
            elif box.kind == b"udta":
                self._udta(way, box.body, last, depth + 1)
            elif box.kind in _PARENTS:
                self.level(way, box.body, last, depth + 1)
            elif box.kind == b"hdlr" and place.endswith("mdia"):
                self._handler(way, box.body + 24, last)

    def _handler(self, way: str, start: int, end: int) -> None:
        """QuickTime puts the length of the name before it, ISO a zero byte behind."""
        counted = self._found.read(start, 1) == bytes([(end - start - 1) & 0xFF])
        self._found.take(way, "handler_name", start + counted, end - start - counted)

    def _way(self, place: str, box: Box) -> str:
        """Tracks are numbered: it matters in which one a field stands."""
        name = shown(box.kind)
        if box.kind == b"trak":
            self._tracks += 1
            name = f"trak[{self._tracks}]"
        return f"{place}/{name}" if place else name

    def _boxes(self, at: int, end: int, place: str) -> Iterator[Box]:
        while at + 8 <= end and not self._found.full() and self._found.step():
            box = box_at(self._found.file, at, end)
            if box is None or (box.kind == b"\0\0\0\0" and box.end == at):
                return  # QuickTime ends user data with zero bytes
            if box.end < box.body:
                self._found.say(f"'{shown(box.kind)}' in {place or 'the file'} has no sensible size; it ends there")
                return
            if box.end > end:
                self._found.say(f"'{shown(box.kind)}' in {place or 'the file'} claims to reach past its end")
            yield box
            at = box.end

    def _uuid(self, way: str, box: Box, end: int) -> None:
        """The identifier stands before the body, unless the size took eight bytes more."""
        long = box.body - box.start == 16
        body = box.body + 16 if long else box.body
        identifier = self._found.read(body - 16, 16)
        if identifier != _MANIFEST:
            name = "XMP" if identifier == XMP else f"uuid:{identifier.hex()}"
            self._found.take(way, name, body, max(0, end - body))

    # User data ------------------------------------------------------------------------------------------------------

    def _udta(self, way: str, start: int, end: int, depth: int) -> None:
        for box in self._boxes(start, end, way):
            if box.kind in _IN_UDTA:
                self.level(way, box.start, min(box.end, end), depth)
                continue
            last = min(box.end, end)
            if box.kind in _FILLERS:
                continue
            if box.kind == b"XMP_":
                self._found.take(f"{way}/XMP_", "XMP", box.body, last - box.body)
            elif box.kind[0] == _ITUNES:
                self._international(way, box, last)
            else:
                skip = 6 if box.kind in _3GPP and last - box.body > 6 else 0
                self._found.take(way, _atom(box.kind), box.body + skip, last - box.body - skip)

    def _international(self, way: str, box: Box, end: int) -> None:
        """Each text has a length and a language; what does not fit that is given as it stands."""
        at, name = box.body, _atom(box.kind)
        texts: list[tuple[int, int]] = []
        while at + 4 <= end:
            length = int.from_bytes(self._found.read(at, 2), "big")
            if at + 4 + length > end or len(texts) >= 16:
                break
            texts.append((at + 4, length))
            at += 4 + length
        for begin, length in texts if at == end else [(box.body, end - box.body)]:
            self._found.take(way, name, begin, length)

    # Boxes of metadata ----------------------------------------------------------------------------------------------

    def _meta(self, way: str, start: int, end: int, depth: int) -> None:
        """ISO begins with version and flags, QuickTime does not."""
        head = self._found.read(start, 12)
        if head[8:] == b"hdlr" or (head[4:8] != b"hdlr" and head[:4] == b"\0\0\0\0"):
            start += 4
        boxes = list(self._boxes(start, end, way))
        tables = [self._keys(f"{way}/keys", box, end) for box in boxes if box.kind == b"keys"]
        if len(tables) > 1:
            self._found.say(f"'keys' stands {len(tables)} times in {way}")
        lists = [box for box in boxes if box.kind == b"ilst"]
        for number, box in enumerate(lists):
            self._items(way, box.body, min(box.end, end), tables[min(number, len(tables) - 1)] if tables else [])
        if any(tables) and not lists:
            self._found.say(f"a key without a value in {way}/keys")
        for box in boxes:
            if box.kind in (b"xml ", b"bxml"):
                self._found.take(way, shown(box.kind).strip(), box.body + 4, max(0, min(box.end, end) - box.body - 4))
            elif box.kind in _IN_UDTA:
                self.level(way, box.start, min(box.end, end), depth)

    def _keys(self, way: str, box: Box, end: int) -> list[str]:
        last = min(box.end, end)
        claimed = int.from_bytes(self._found.read(box.body + 4, 4), "big")
        at = box.body + 8
        names: list[str] = []
        while at + 8 <= last and len(names) < min(claimed, _MOST_KEYS) and self._found.step():
            head = self._found.read(at, 8)
            size = int.from_bytes(head[:4], "big")
            if size < 8 or at + size > last:
                break
            name = text_name(self._found.read(at + 8, min(size - 8, 4 * MOST_NAME)))
            names.append(name if head[4:8] == b"mdta" else f"{shown(head[4:8])}:{name}")
            at += size
        if len(names) != claimed:
            self._found.say(f"{way} claims {claimed} keys and has {len(names)}")
        elif at != last:
            self._found.say(f"{way} has bytes behind its {claimed} keys")
        return names

    def _items(self, way: str, start: int, end: int, names: list[str]) -> None:
        """An item is named by its place in `keys`, by its own kind, or (`----`) by boxes inside it."""
        seen = set()
        for box in self._boxes(start, end, f"{way}/ilst"):
            last, index = min(box.end, end), int.from_bytes(box.kind, "big")
            seen.add(index)
            if box.kind == b"----":
                self._own_item(f"{way}/ilst", box.body, last)
            elif names and 1 <= index <= len(names):
                self._values(f"{way}/keys", names[index - 1], box.body, last)
            elif any(box.kind[:2]):
                self._values(f"{way}/ilst", _atom(box.kind), box.body, last)
            else:
                self._found.say(f"{way}/ilst has a value for key {index}, and {way}/keys has {len(names)}")
                self._values(f"{way}/ilst", f"#{index}", box.body, last)
        if len(set(range(1, len(names) + 1)) - seen):
            self._found.say(f"a key without a value in {way}/keys")

    def _own_item(self, way: str, start: int, end: int) -> None:
        parts = {b"mean": "", b"name": ""}
        for box in self._boxes(start, end, way):
            if box.kind in parts:
                length = min(box.end, end) - box.body - 4
                parts[box.kind] = text_name(self._found.read(box.body + 4, min(max(0, length), 4 * MOST_NAME)))
        self._values(way, f"----:{parts[b'mean']}:{parts[b'name']}", start, end)

    def _values(self, way: str, name: str, start: int, end: int) -> None:
        """Give the `data` boxes of an item, or where there is none, the item as it stands."""
        boxes = [box for box in self._boxes(start, end, way) if box.kind == b"data"]
        if not boxes:
            self._found.take(way, name, start, max(0, end - start))
        for box in boxes:
            body, last = box.body + 8, min(box.end, end)
            if int.from_bytes(self._found.read(box.body, 4), "big") == _UTF16:
                raw = self._found.read(body, max(0, last - body))
                text = raw.decode("utf-16-be", "replace").encode()
                self._found.add(way, name, text, cut=len(raw) < last - body)
            else:
                self._found.take(way, name, body, max(0, last - body))


def _atom(kind: bytes) -> str:
    """Give the name of an atom as people write it.

    >>> _atom(bytes([169]) + b"nam")
    '©nam'
    """
    return kind.decode("latin-1").rstrip()
