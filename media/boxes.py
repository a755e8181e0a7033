"""Walks the structure of a file and says what does not add up. Knows boxes, elements and chunks; decodes nothing.

Two readers that disagree about one file can be made to show two different things, and bytes that belong to nothing
can hide something. So: ISO base media (mp4, mov), Matroska and WebM (EBML) and AVI (RIFF) are walked here, apart from
the library that decodes. Any bytes at all give an answer: the walk is bounded and raises nothing about content.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .atoms import Box, box_at, element_at, printable, read_at, shown

_MOST_BOXES = 20_000
_MOST_FINDINGS = 16
_MOST_TABLE_BYTES = 8 << 20
_DEEPEST = 10

_TOP = {
    *(b"ftyp", b"styp", b"pdin", b"moov", b"mdat", b"moof", b"mfra", b"free", b"skip", b"wide", b"uuid", b"meta"),
    *(b"meco", b"sidx", b"ssix", b"prft", b"emsg", b"imda", b"udta", b"pnot", b"PICT", b"junk", b"mdta", b"ainf"),
}
_PARENTS = {
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"mvex", b"moof", b"traf", b"mfra", b"udta"),
}
_FILLERS = {b"free", b"skip"}
_LOOK = 1 << 16  # bytes of a filler that are looked at, at either end
_IMAGES = (
    *((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"BM", "bmp"), (b"II*\0", "tiff"), (b"MM\0*", "tiff")),
    *((b"\xff\x0a", "jxl"), (b"\0\0\0\x0cJXL ", "jxl")),
)
_MARKS = (
    (0, b"\x1a\x45\xdf\xa3", "ebml"),
    (0, b"GIF8", "gif"),
    (0, b"\x00\x00\x01\xba", "mpegps"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"OggS", "ogg"),
    (4, b"jumb", "c2pa"),  # a manifest store without the file that it speaks of
)
_STILLS = ("avif", "heic", "heix", "heim", "heis", "mif1", "miaf")  # brands of isobmff
_ONCE = {b"moov", b"ftyp", b"mvhd", b"tkhd", b"mdia", b"mdhd", b"minf", b"stbl", b"stsd", b"stsz", b"stts", b"stsc"}


@dataclass(frozen=True)
class Structure:
    """What kind of container the bytes are, and what is odd about them."""

    family: str | None  # isobmff, ebml, riff, gif, mpegts, mpegps, flv, asf, ogg, image, c2pa; None: unknown here
    brand: str | None = None  # major brand of isobmff, document type of ebml, form of riff, name of an image format
    anomalies: tuple[str, ...] = ()
    media_bytes: int = 0  # in the boxes of isobmff that hold what is shown
    filler_bytes: int = 0  # in those that readers pass over, and signatures leave out


def structure(path: Path) -> Structure:
    """Read a file's structure; raises OSError where the file itself can't be read, and nothing else."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        family, brand = sniff(read_at(file, 0, 4096))
        findings = _Findings()
        media = filler = 0
        if family == "isobmff":
            media, filler = _Iso(file, size, findings).walk()
        elif family == "ebml":
            brand = _Ebml(file, size, findings).walk()
        elif family == "riff":
            _riff(file, size, findings)
    return Structure(family, brand, tuple(findings.lines), media, filler)


class _Findings:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        if line not in self.lines and len(self.lines) < _MOST_FINDINGS:
            self.lines.append(line)


def sniff(head: bytes) -> tuple[str | None, str | None]:
    """Give family and brand of a file by its first 4096 bytes."""
    for mark, name in _IMAGES:
        if head.startswith(mark):
            return "image", name
    if head[4:8] == b"ftyp":
        brand = shown(head[8:12]).strip()
        return ("image", brand) if brand in _STILLS else ("isobmff", brand)
    if head[4:8] in _TOP and printable(head[4:8]):
        return "isobmff", "qt"  # QuickTime before there was an ftyp
    if head[:4] == b"RIFF" or head[:4] == b"RF64":
        form = shown(head[8:12]).strip()
        return ("image", "webp") if form == "WEBP" else ("riff", form)
    for first, kind in ((0, None), (4, "m2ts")):
        if len(head) > first + 376 and head[first] == head[first + 188] == head[first + 376] == 0x47:
            return "mpegts", kind
    return next((family for at, mark, family in _MARKS if head.startswith(mark, at)), None), None


class _Iso:
    """ISO/IEC 14496-12 and QuickTime."""

    def __init__(self, file: BinaryIO, size: int, findings: _Findings) -> None:
        self._file, self._size, self._say = file, size, findings.add
        self._left = _MOST_BOXES
        self._media: list[tuple[int, int]] = []
        self._chunks: list[tuple[Box, int]] = []

    def walk(self) -> tuple[int, int]:
        """Walk it, and give how many bytes lie in media data, and how many in fillers."""
        seen: dict[bytes, int] = {}
        fillers: list[Box] = []
        last = 0  # where what is no filler ends
        for box in self._boxes(0, self._size, None):
            seen[box.kind] = seen.get(box.kind, 0) + 1
            if box.kind in (b"mdat", b"imda"):
                self._media.append((box.body, min(box.end, self._size)))
            if box.kind in _PARENTS:
                self._into(box, 1)
            if box.kind in _FILLERS:
                fillers.append(box)
            else:
                last = box.end
        self._look_into([box for box in fillers if box.start >= last])
        for kind in (b"moov", b"ftyp"):
            if seen.get(kind, 0) > 1:
                self._say(f"'{shown(kind)}' stands {seen[kind]} times where one may")
        if b"moov" not in seen:
            self._say("no 'moov': the index of the pictures is missing")
        if not self._media:
            self._say("no 'mdat': there is no media data")
        for box, width in self._chunks:
            self._check_chunks(box, width)
        filled = sum(min(box.end, self._size) - box.body for box in fillers)
        return sum(end - start for start, end in self._media), filled

    def _look_into(self, behind: list[Box]) -> None:
        """Editors leave scraps in fillers; one behind everything else was put there, and no reader shows it."""
        for box in behind:
            end = min(box.end, self._size)
            if any(any(read_at(self._file, at, min(_LOOK, end - at))) for at in {box.body, max(box.body, end - _LOOK)}):
                much = f"{end - box.body} bytes"
                self._say(f"'{shown(box.kind)}' at byte {box.start}, behind everything else, holds {much}")

    def _into(self, parent: Box, depth: int) -> None:
        if depth > _DEEPEST:
            self._say(f"boxes are nested more than {_DEEPEST} deep")
            return
        seen: set[bytes] = set()
        for box in self._boxes(parent.body, min(parent.end, self._size), parent):
            if box.kind in seen and box.kind in _ONCE:
                self._say(f"'{shown(box.kind)}' stands more than once in '{shown(parent.kind)}'")
            seen.add(box.kind)
            if box.kind in (b"stco", b"co64"):
                self._chunks.append((box, 4 if box.kind == b"stco" else 8))
            elif box.kind in _PARENTS:
                self._into(box, depth + 1)

    def _boxes(self, start: int, end: int, parent: Box | None) -> Iterator[Box]:
        """Yield the boxes between two offsets, saying what does not fit; a box that can't be followed ends the walk."""
        at = start
        while at < end:
            self._left -= 1
            if self._left < 0:
                self._say(f"more than {_MOST_BOXES} boxes; the rest was not walked")
                return
            box = box_at(self._file, at, end if parent else self._size) if end - at >= 8 else None
            if box is None:
                self._remainder(at, end, parent)
                return
            if (
                parent is None
                and box.kind not in _TOP
                and not (printable(box.kind) and at < box.body <= box.end <= end)
            ):
                self._say(f"{end - at} bytes after the last box, at byte {at}, belong to no box")
                return
            if box.end < box.body:
                if parent and parent.kind == b"udta" and not any(read_at(self._file, at, 4)):
                    return  # QuickTime ends user data with four zero bytes
                self._say(f"'{shown(box.kind)}' at byte {at} claims fewer bytes than its own header has")
                return
            if parent is None and box.kind not in _TOP:
                self._say(f"unknown box '{shown(box.kind)}' at byte {at}")
            if box.end > end:
                where = f"its parent '{shown(parent.kind)}'" if parent else "the file"
                self._say(
                    f"'{shown(box.kind)}' at byte {at} claims to reach {box.end - end} bytes past the end of {where}"
                )
            yield box
            at = box.end

    def _remainder(self, at: int, end: int, parent: Box | None) -> None:
        if parent is None:
            self._say(f"{end - at} bytes after the last box, at byte {at}, belong to no box")
        elif any(read_at(self._file, at, min(8, end - at))):
            self._say(f"{end - at} bytes at the end of '{shown(parent.kind)}' belong to no box")

    def _check_chunks(self, box: Box, width: int) -> None:
        """Samples have to lie in media data; offsets that lead elsewhere make other bytes pass for pictures."""
        head = read_at(self._file, box.body, 8)
        count = min(int.from_bytes(head[4:8], "big"), (box.end - box.body - 8) // width, _MOST_TABLE_BYTES // width)
        if int.from_bytes(head[4:8], "big") * width + 8 > box.end - box.body:
            self._say(f"'{shown(box.kind)}' at byte {box.start} claims more entries than it has room for")
        if count <= 0 or not self._media:
            return
        offsets = array("I" if width == 4 else "Q")
        content = read_at(self._file, box.body + 8, count * width)
        offsets.frombytes(content[: len(content) // width * width])
        if sys.byteorder == "little":
            offsets.byteswap()
        if len(self._media) == 1:
            first, last = self._media[0]
            outside = sum(not first <= offset < last for offset in offsets)
        else:
            outside = sum(not any(a <= offset < b for a, b in self._media[:64]) for offset in offsets[:100_000])
        if outside:
            self._say(f"{outside} of {len(offsets)} chunk offsets in '{shown(box.kind)}' lead outside the media data")


class _Ebml:
    """Matroska and WebM, down to the children of a segment."""

    _HEADER, _SEGMENT, _DOCTYPE = 0x1A45DFA3, 0x18538067, 0x4282
    _FILLERS = (0xEC, 0xBF)
    _LEVEL_1 = {
        0x114D9B74: "SeekHead",
        0x1549A966: "Info",
        0x1654AE6B: "Tracks",
        0x1F43B675: "Cluster",
        0x1C53BB6B: "Cues",
        0x1941A469: "Attachments",
        0x1043A770: "Chapters",
        0x1254C367: "Tags",
    }

    def __init__(self, file: BinaryIO, size: int, findings: _Findings) -> None:
        self._file, self._size, self._say = file, size, findings.add
        self._left = _MOST_BOXES

    def walk(self) -> str | None:
        """Walk it, and give the document type."""
        at, segments, doctype = 0, 0, None
        while at < self._size:
            element = element_at(self._file, at)
            if element is None or element.kind not in (self._HEADER, self._SEGMENT, *self._FILLERS):
                self._say(f"{self._size - at} bytes after the last element, at byte {at}, belong to no element")
                break
            kind, body, end = element.kind, element.body, element.end
            if end is not None and end > self._size:
                name = {self._HEADER: "the header", self._SEGMENT: "the segment"}.get(kind, "a filler")
                self._say(f"{name} at byte {at} claims to reach {end - self._size} bytes past the end of the file")
            if kind == self._HEADER and doctype is None:
                doctype = self._doctype(body, min(end or self._size, self._size))
            if kind == self._SEGMENT:
                segments += 1
                self._segment(body, min(end or self._size, self._size))
            if end is None:
                break
            at = end
        if segments != 1:
            self._say("no segment" if not segments else f"{segments} segments where one may stand")
        return doctype

    def _segment(self, start: int, end: int) -> None:
        at, tracks = start, 0
        while at < end:
            self._left -= 1
            element = element_at(self._file, at) if self._left >= 0 else None
            if self._left < 0:
                self._say(f"more than {_MOST_BOXES} elements; the rest was not walked")
                return
            if element is None or (element.kind not in self._LEVEL_1 and element.kind not in self._FILLERS):
                self._say(f"unknown bytes at byte {at}, inside the segment")
                return
            kind, after = element.kind, element.end
            tracks += self._LEVEL_1.get(kind) == "Tracks"
            if after is None:
                return  # of unknown length, as live streams are written: nothing to compare
            if after > end:
                name = self._LEVEL_1.get(kind, "a filler")
                self._say(f"{name} at byte {at} claims to reach {after - end} bytes past the end of the segment")
            at = after
        if tracks != 1:
            self._say("the segment has no Tracks" if not tracks else f"the segment has {tracks} Tracks")

    def _doctype(self, at: int, end: int) -> str | None:
        for _ in range(32):
            element = element_at(self._file, at) if at < end else None
            if element is None:
                return None
            kind, body, after = element.kind, element.body, element.end
            if after is None:
                return None
            if kind == self._DOCTYPE:
                return shown(read_at(self._file, body, min(after - body, 16)).rstrip(b"\0"))
            at = after
        return None


def _riff(file: BinaryIO, size: int, findings: _Findings) -> None:
    """AVI: RIFF chunks at the top (one, and one more for each gigabyte), lists and chunks inside."""
    at = 0
    kinds: list[bytes] = []
    for _ in range(1024):
        head = read_at(file, at, 12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64"):
            break
        end = at + 8 + int.from_bytes(head[4:8], "little")
        if end > size:
            findings.add(f"'RIFF' at byte {at} claims to reach {end - size} bytes past the end of the file")
        if head[8:12] in (b"AVI ", b"AVIX"):
            kinds += _riff_chunks(file, at + 12, min(end, size), findings)
        at = end + end % 2
    if at < size:
        findings.add(f"{size - at} bytes after the last chunk, at byte {at}, belong to no chunk")
    if kinds and b"movi" not in kinds:
        findings.add("no 'movi': there is no media data")


def _riff_chunks(file: BinaryIO, at: int, end: int, findings: _Findings) -> list[bytes]:
    kinds = []
    for _ in range(4096):
        if at + 8 > end:
            break
        head = read_at(file, at, 12)
        after = at + 8 + int.from_bytes(head[4:8], "little")
        if after > end:
            name = shown(head[:4])
            findings.add(f"'{name}' at byte {at} claims to reach {after - end} bytes past the end of its parent")
        kinds.append(head[8:12] if head[:4] == b"LIST" else head[:4])
        at = after + after % 2
    return kinds
