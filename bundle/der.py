"""DER, as far as signatures and timestamps need it: written, and read strictly. Knows tags; no meaning of them."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, BITS, OCTETS, NULL, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31
UTC_TIME, GENERAL_TIME = 0x17, 0x18


class NotDer(ValueError):
    """These bytes are no DER, or not of the shape that was expected."""


@dataclass(frozen=True)
class Value:
    """One value as it stands: its tag, what is in it, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> tuple[Value, ...]:
        """Read what stands in it in a row."""
        return row(self.content)

    def of(self, tag: int) -> Value:
        """Insist on a tag."""
        if self.tag != tag:
            raise NotDer(f"a value of tag {self.tag:#04x} where one of {tag:#04x} belongs")
        return self

    def number(self) -> int:
        """Read a whole number, which has one way to be written."""
        content = self.of(INTEGER).content
        if not content or (len(content) > 1 and content[0] in (0, 0xFF) and (content[0] ^ content[1]) < 0x80):
            raise NotDer("a number is written the long way")
        return int.from_bytes(content, "big", signed=True)


def only(content: bytes) -> Value:
    """Read the one value that bytes are."""
    found = row(content)
    if len(found) != 1:
        raise NotDer(f"{len(found)} values where one belongs")
    return found[0]


def row(content: bytes) -> tuple[Value, ...]:
    """Read values that stand in a row, to the last byte."""
    found, at = [], 0
    while at < len(content):
        value = _first(content, at)
        found.append(value)
        at += len(value.whole)
    return tuple(found)


def _first(content: bytes, at: int) -> Value:
    head = content[at : at + 2]
    if len(head) < 2 or head[0] & 0x1F == 0x1F:
        raise NotDer("a value ends before it begins, or has a tag that nothing here has")
    size, begin = head[1], at + 2
    if size & 0x80:
        count = size & 0x7F
        told = content[begin : begin + count]
        size, begin = int.from_bytes(told, "big"), begin + count
        if not 1 <= count <= 4 or len(told) < count or told[0] == 0 or size < 0x80:
            raise NotDer("a length is not written in the one way of DER")
    if begin + size > len(content):
        raise NotDer("a value is cut off")
    return Value(head[0], content[begin : begin + size], content[at : begin + size])


def written(tag: int, *parts: bytes) -> bytes:
    """Write one value."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def number(value: int) -> bytes:
    """Write a whole number that is not negative."""
    return written(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def set_of(*parts: bytes) -> bytes:
    """Write a set, whose members DER sorts."""
    return written(SET, *sorted(parts))


def oid(dotted: str) -> bytes:
    """Write an object identifier.

    >>> oid("1.2.840.113549.1.7.2").hex()
    '06092a864886f70d010702'
    """
    first, second, *rest = map(int, dotted.split("."))
    body = bytearray()
    for part in (40 * first + second, *rest):
        sevens = [part & 0x7F]
        while part := part >> 7:
            sevens.append(0x80 | part & 0x7F)
        body += bytes(reversed(sevens))
    return written(OID, bytes(body))
