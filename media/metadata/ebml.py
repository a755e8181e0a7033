"""Fields of Matroska and WebM: tags, titles, the programs that wrote it, names of tracks and attachments.

Knows elements, and no meaning. Tags may stand behind all clusters, and a cluster of a live stream has no length: the
segment's own index says where to look then, and where it does not, the clusters are walked, within bounds.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..atoms import Element, element_at
from .gathering import DEEPEST, MOST_NAME, Gathering, text_name

_SEGMENT, _SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_AT = 0x18538067, 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_INFO, _TRACKS, _CLUSTER, _ATTACHMENTS, _TAGS = 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1941A469, 0x1254C367
_TAG, _TARGETS, _SIMPLE = 0x7373, 0x63C0, 0x67C8
_NAME, _TEXT, _BINARY = 0x45A3, 0x4487, 0x4485
_NAMES = {
    _INFO: {0x7BA9: "Title", 0x4D80: "MuxingApp", 0x5741: "WritingApp"},
    _TRACKS: {0x536E: "Name"},
    _ATTACHMENTS: {0x466E: "FileName", 0x467E: "FileDescription"},
}
_PLACES = {_INFO: "Segment/Info", _TRACKS: "Segment/Tracks", _ATTACHMENTS: "Segment/Attachments", _TAGS: "Segment/Tags"}
_MOST_INDEXED = 64
_ENTRIES = (0xAE, 0x61A7)  # of tracks, of attachments
_AIMS = {0x63C5: "Track", 0x63C9: "Edition", 0x63C4: "Chapter", 0x63C6: "Attachment"}


def read_ebml(found: Gathering) -> None:
    """Gather all fields of the file."""
    reader = _Reader(found)
    at = 0
    while at < found.size and found.step():
        element = element_at(found.file, at)
        if element is None:
            break
        end = found.size if element.end is None else min(element.end, found.size)
        if element.kind == _SEGMENT:
            reader.segment(element.body, end)
        at = end


class _Reader:
    def __init__(self, found: Gathering) -> None:
        self._found = found

    def segment(self, start: int, end: int) -> None:
        """Look through a segment; what its index names is looked at before the first cluster."""
        seen: set[int] = set()
        index: dict[int, int] = {}
        at = start
        while at < end and not self._found.full() and self._found.step():
            element = element_at(self._found.file, at)
            if element is None:
                self._found.say(f"unknown bytes at byte {at}, inside the segment")
                break
            last = _end(element, end)
            if element.kind == _SEEK_HEAD:
                index |= self._index(element.body, last, start)
            elif element.kind in _PLACES and at not in seen:
                seen.add(at)
                self._part(element.kind, element.body, last)
            elif element.kind == _CLUSTER and index:  # before the walk over all of them uses the bounds up
                self._indexed(index, seen, start, end)
                index = {}
            at = element.body if element.end is None and element.kind == _CLUSTER else last
        self._indexed(index, seen, start, end)

    def _indexed(self, index: dict[int, int], seen: set[int], start: int, end: int) -> None:
        for at, kind in list(index.items())[:_MOST_INDEXED]:
            element = element_at(self._found.file, at) if start <= at < end and at not in seen else None
            if kind in _PLACES and element and element.kind == kind:
                seen.add(at)
                self._part(kind, element.body, _end(element, end))

    def _index(self, start: int, end: int, segment: int) -> dict[int, int]:
        found = {}
        for seek in self._children(start, end):
            parts = {
                one.kind: int.from_bytes(self._found.read(one.body, min(8, _end(one, end) - one.body)), "big")
                for one in (self._children(seek.body, _end(seek, end)) if seek.kind == _SEEK else ())
            }
            if _SEEK_ID in parts and _SEEK_AT in parts:
                found[segment + parts[_SEEK_AT]] = parts[_SEEK_ID]
        return found

    def _part(self, kind: int, start: int, end: int) -> None:
        for one in self._children(start, end):
            if kind == _TAGS:
                if one.kind == _TAG:
                    self._tag(one.body, _end(one, end))
            elif one.kind in _ENTRIES:
                self._part(kind, one.body, _end(one, end))
            elif one.kind in _NAMES[kind]:
                self._found.take(_PLACES[kind], _NAMES[kind][one.kind], one.body, _end(one, end) - one.body)

    def _tag(self, start: int, end: int) -> None:
        children = list(self._children(start, end))
        place = _PLACES[_TAGS]
        for targets in (one for one in children if one.kind == _TARGETS):
            for aim in self._children(targets.body, _end(targets, end)):
                if aim.kind in _AIMS and any(self._found.read(aim.body, min(8, _end(aim, end) - aim.body))):
                    place = f"{_PLACES[_TAGS]}/{_AIMS[aim.kind]}"
        for one in children:
            if one.kind == _SIMPLE:
                self._simple(place, "", one.body, _end(one, end), 0)

    def _simple(self, place: str, above: str, start: int, end: int, depth: int) -> None:
        """A tag, and the tags inside it, which are named by the way to them."""
        if depth > DEEPEST:
            self._found.say(f"tags are nested more than {DEEPEST} deep; what is inside was not looked at")
            return
        children = list(self._children(start, end))
        given = next((one for one in children if one.kind == _NAME), None)
        length = min(_end(given, end) - given.body, 4 * MOST_NAME) if given else 0
        name = above + (text_name(self._found.read(given.body, length).rstrip(b"\0")) if given else "")
        for one in children:
            if one.kind in (_TEXT, _BINARY):
                self._found.take(place, name, one.body, _end(one, end) - one.body)
            elif one.kind == _SIMPLE:
                self._simple(place, f"{name}/", one.body, _end(one, end), depth + 1)

    def _children(self, at: int, end: int) -> Iterator[Element]:
        while at < end and not self._found.full() and self._found.step():
            one = element_at(self._found.file, at)
            if one is None or one.end is None:
                self._found.say(f"unknown bytes at byte {at}, among the metadata")
                return
            if one.end > end:
                self._found.say(f"an element at byte {at} claims to reach past the end of its parent")
            yield one
            at = one.end


def _end(element: Element, parent: int) -> int:
    return min(parent if element.end is None else element.end, parent)
