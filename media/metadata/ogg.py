"""Fields of Ogg: the comments at the start of each stream. Knows pages and packets; no codec."""

from __future__ import annotations

import struct

from ..atoms import read_at
from .fields import MOST_VALUE_BYTES
from .gathering import Gathering, text_name

_COMMENTS = (b"\3vorbis", b"OpusTags", b"\x81theora", b"OVP80\2 ")
_MOST_PAGES = 4096
_MOST_STREAMS = 16


def read_ogg(found: Gathering) -> None:
    """Gather the comments of all streams; each stands in the second packet of its stream."""
    at = 0
    packets: dict[bytes, list[bytearray]] = {}
    for _ in range(_MOST_PAGES):
        head = read_at(found.file, at, 27)
        if head[:4] != b"OggS" or len(head) < 27 or not found.step():
            break
        table = read_at(found.file, at + 27, head[26])
        serial = head[14:18]
        if serial in packets or len(packets) < _MOST_STREAMS:
            _page(packets.setdefault(serial, [bytearray()]), table, found.read(at + 27 + len(table), sum(table)))
        at += 27 + len(table) + sum(table)
        if packets and all(len(stream) > 2 for stream in packets.values()):
            break
    for stream in packets.values():
        for packet in stream[1:2]:
            _comments(found, bytes(packet))


def _page(stream: list[bytearray], table: bytes, data: bytes) -> None:
    """Add a page's pieces to the first three packets; the third is where the first two are whole."""
    at = 0
    for length in table:
        if len(stream) > 2:
            return
        if len(stream[-1]) <= MOST_VALUE_BYTES:
            stream[-1] += data[at : at + length]
        at += length
        if length < 255:
            stream.append(bytearray())


def _comments(found: Gathering, packet: bytes) -> None:
    mark = next((one for one in _COMMENTS if packet.startswith(one)), None)
    if mark is None:
        return
    at = len(mark)
    place = "Ogg comments"
    for number in range(3 + MOST_VALUE_BYTES):
        if at + 4 > len(packet) or found.full() or not found.step():
            break
        if number == 1:  # how many there are; they end where the packet does
            at += 4
            continue
        (length,) = struct.unpack_from("<I", packet, at)
        text = packet[at + 4 : at + 4 + length]
        if len(text) < length:
            found.say("a comment of Ogg claims to reach past its end")
            return
        name, _, value = text.partition(b"=") if number else (b"vendor", b"", text)
        found.add(place, text_name(name), value)
        at += 4 + length
